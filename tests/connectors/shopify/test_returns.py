"""Returns as the shop tells them: granted, processed, exchanged and refunded."""

import json

import pytest

from shared.connectors.shopify import hints, queries
from shared.domain import orders, returns
from shared.errors import RejectedError
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.order import Order
from shared.model.returns import Disposition, ReturnState, ReturnStatus
from tests.connectors.shopify.raw import asked
from tests.connectors.shopify.world import World, world

LINES: Json = [
    {"title": "A", "price": "5.00", "quantity": 3, "sku": "A"},
    {"title": "B", "price": "2.00", "quantity": 1, "sku": "B"},
]


def sent(there: World) -> dict[str, Json]:
    """An order all of which has left."""
    placed = there.ordered(lines=LINES)
    group: Json = {
        "fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{max(there.simulator.shop.placements)}"
    }
    wanted: Json = {"lineItemsByFulfillmentOrder": [group]}
    body = asked(there.simulator, queries.FULFIL.document, fulfillment=wanted)
    payload = body["data"]["fulfillmentCreate"]
    assert isinstance(payload, dict)
    assert payload["userErrors"] == []
    return placed


def opened(there: World, placed: dict[str, Json], *, requested: bool = False) -> int:
    lines: Json = [{"sku": "A", "quantity": 2}]
    made = there.simulator.control(
        "open_return", order=placed["id"], lines=lines, requested=requested
    )
    return int(str(made))


def line_id(order: Order, sku: str) -> str:
    return next(line.line_id for line in order.lines if line.channel_sku == sku)


def test_an_order_without_returns_is_read_by_one_call() -> None:
    there = world()
    placed = sent(there)
    assert there.read(placed).returns == ()
    assert there.counter("Returns") == 0


def test_a_return_is_read_with_its_order() -> None:
    there = world()
    placed = sent(there)
    number = opened(there, placed)
    order = there.read(placed)
    (one,) = order.returns
    assert (one.return_id, one.status, one.told_at) == (
        f"web:{number}",
        ReturnStatus.OPEN,
        order.updated_at,
    )
    assert returns.units(one.lines) == {line_id(order, "A"): 2}


def test_several_returns_are_read_one_after_another() -> None:
    there = world()
    placed = sent(there)
    opened(there, placed)
    lines: Json = [{"sku": "B"}]
    there.simulator.control("open_return", order=placed["id"], lines=lines)
    assert len(there.read(placed).returns) == 2


@pytest.mark.parametrize(
    ("note", "names"),
    [
        ("taken back in the shop [erp:60000017]", "erp:60000017"),
        ("[erp:60000017] ", "erp:60000017"),
        ("[erp:60000017], the red one", None),
        ("the ERP's 60000017", None),
        ("", None),
    ],
)
def test_a_return_may_name_the_erp_s_at_the_end_of_its_note(note: str, names: str | None) -> None:
    there = world()
    placed = sent(there)
    lines: Json = [{"sku": "A", "quantity": 2}]
    there.simulator.control("open_return", order=placed["id"], lines=lines, note=note)
    (one,) = there.read(placed).returns
    assert one.names == names


@pytest.mark.parametrize(
    ("how", "status"), [("approve", ReturnStatus.OPEN), ("decline", ReturnStatus.DECLINED)]
)
def test_a_request_is_answered(how: str, status: ReturnStatus) -> None:
    there = world()
    placed = sent(there)
    number = opened(there, placed, requested=True)
    assert there.read(placed).returns[0].status is ReturnStatus.REQUESTED
    there.simulator.control("answer_return", order=placed["id"], number=number, how=how)
    assert there.read(placed).returns[0].status is status


def test_what_the_shop_did_with_units_is_a_receipt_each() -> None:
    there = world()
    placed = sent(there)
    number = opened(there, placed)
    lines: Json = [
        {"sku": "A", "quantity": 1, "disposition": "RESTOCKED"},
        {"sku": "A", "quantity": 1, "disposition": "NOT_RESTOCKED"},
    ]
    there.simulator.control(
        "process_return", order=placed["id"], number=number, lines=lines, refund=True
    )
    order = there.read(placed)
    (one,) = order.returns
    came = [(line.quantity, line.disposition) for r in one.receipts for line in r.lines]
    assert came == [(1, Disposition.RESTOCK), (1, Disposition.DAMAGED)]
    assert returns.state_of(one) is ReturnState.RECEIVED
    (refund,) = order.refunds
    assert (refund.return_id, refund.total.amount) == (one.return_id, 1000)
    assert sorted(line.restock for line in refund.lines) == [False, True]


def test_what_never_came_is_no_receipt() -> None:
    there = world()
    placed = sent(there)
    number = opened(there, placed)
    lines: Json = [{"sku": "A", "quantity": 2, "disposition": "MISSING"}]
    there.simulator.control("process_return", order=placed["id"], number=number, lines=lines)
    (one,) = there.read(placed).returns
    assert (one.receipts, returns.state_of(one)) == ((), ReturnState.CLOSED)


def test_an_exchange_adds_a_line_and_the_total_agrees() -> None:
    there = world()
    placed = sent(there)
    number = opened(there, placed)
    lines: Json = [{"sku": "A", "quantity": 2, "disposition": "RESTOCKED"}]
    exchange: Json = [{"sku": "C", "title": "C", "price": "6.50", "quantity": 1}]
    there.simulator.control(
        "process_return",
        order=placed["id"],
        number=number,
        lines=lines,
        amount="3.50",
        exchange=exchange,
    )
    order = there.read(placed)
    assert order.returns[0].exchanged == (line_id(order, "C"),)
    assert order.refunds[0].total.amount == 2 * 500 - 650
    assert orders.check_totals(order, tolerance_minor=0) is None


@pytest.mark.parametrize("quantity", [0, 4])
def test_only_what_was_sent_can_be_returned(quantity: int) -> None:
    there = world()
    placed = sent(there)
    lines: Json = [{"sku": "A", "quantity": quantity}]
    with pytest.raises(ValueError, match="fulfilled units"):
        there.simulator.control("open_return", order=placed["id"], lines=lines)


def test_a_return_is_told_by_a_webhook_that_leads_to_its_order() -> None:
    there = world()
    placed = sent(there)
    list(there.simulator.due(there.clock.now()))
    opened(there, placed)
    told = there.simulator.due(there.clock.now())
    hook = next(d for d in told if d.headers["x-shopify-topic"] == "returns/approve")
    (reading,) = hints.readings(hook.headers, hook.body)
    assert (reading.entity, reading.key) == (Entity.ORDER, str(placed["id"]))


@pytest.mark.parametrize("body", [{"order_id": 5}, {"order": {"id": 5}}])
def test_a_delivery_names_its_order_either_way(body: dict[str, object]) -> None:
    headers = {"x-shopify-topic": "returns/close"}
    (reading,) = hints.readings(headers, json.dumps(body).encode())
    assert reading.key == "5"


def test_a_delivery_without_an_order_is_refused_by_name() -> None:
    with pytest.raises(RejectedError, match="not an order id"):
        hints.readings({"x-shopify-topic": "returns/close"}, b'{"order": {"id": "x"}}')
