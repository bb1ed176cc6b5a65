"""Orders that are posted: captured once, answered the same, and held where they do not add up."""

import json

import pytest

from shared.errors import RejectedError
from shared.flows.calls import KEY_REUSED, MALFORMED, NO_KEY
from shared.flows.order_calls import OrderCalls
from shared.kit.records.jsons import decoded
from shared.model.base import Json
from shared.model.case import CaseState
from tests.flows.order_world import ordering
from tests.flows.world import World, shipment


@pytest.fixture
def world() -> World:
    return ordering()


def body(**over: Json) -> dict[str, Json]:
    line: Json = {
        "line_id": "1",
        "sku": "HAT-M",
        "title": "Hat",
        "quantity": 2,
        "unit_price": "19.99",
    }
    said: dict[str, Json] = {
        "channel": "shop",
        "order_id": "W-1",
        "placed_at": "2026-11-27T09:00:00Z",
        "currency": "GBP",
        "taxes_included": True,
        "lines": [line],
        "total": "39.98",
    }
    return said | over


def post(world: World, said: Json, *, key: str = "k1", caller: str = "shop") -> dict[str, Json]:
    """As it comes over the wire."""
    made = OrderCalls(world.capture)
    return made.take(decoded(json.dumps(said)), caller=caller, key=key)


def refusal(world: World, said: Json, *, key: str = "k1") -> RejectedError:
    with pytest.raises(RejectedError) as refused:
        post(world, said, key=key)
    return refused.value


def test_an_order_is_captured_before_it_is_answered(world: World) -> None:
    said = post(world, body())
    assert (said["order_id"], said["state"], said["holds"]) == ("shop:W-1", "released", [])
    found = world.cases.find("shop:W-1")
    assert found is not None
    assert found.case.order.total.amount == 3998
    assert [m.body for m in world.queues.take("erp-write")] == [{"case": "shop:W-1"}]


def test_a_repeat_is_answered_as_the_first_time_whatever_became_of_the_order(
    world: World,
) -> None:
    first = post(world, body())
    world.sender.send("shop:W-1")
    assert post(world, body()) == first
    assert len(world.erp.orders) == 1


def test_the_same_key_with_another_body_is_refused_and_captures_nothing(world: World) -> None:
    post(world, body())
    error = refusal(world, body(order_id="W-2"))
    assert error.code == KEY_REUSED
    assert world.cases.find("shop:W-2") is None


def test_keys_of_two_callers_are_apart(world: World) -> None:
    post(world, body())
    assert post(world, body(order_id="W-2"), caller="till")["order_id"] == "shop:W-2"


def test_the_same_order_under_two_keys_is_one_order(world: World) -> None:
    post(world, body())
    post(world, body(), key="k2")
    world.sender.send("shop:W-1")
    world.sender.send("shop:W-1")
    assert len(world.erp.orders) == 1


def test_a_total_that_does_not_add_up_holds_the_order_and_both_are_answered(
    world: World,
) -> None:
    said = post(world, body(total="40.00"))
    assert (said["state"], said["holds"]) == ("held", ["totals_differ"])
    assert said["totals"] == {"stated": "40.00", "computed": "39.98", "line": None}


def test_the_line_whose_total_is_not_what_its_parts_make_is_named(world: World) -> None:
    hat: dict[str, Json] = {"title": "Hat", "sku": "HAT-M", "unit_price": "10.00"}
    lines: list[Json] = [
        {**hat, "line_id": "1", "quantity": 1, "total": "10.00"},
        {**hat, "line_id": "2", "quantity": 2, "total": "19.00"},
    ]
    said = post(world, body(lines=lines, total="29.00"))
    assert said["totals"] == {"stated": "29.00", "computed": "30.00", "line": "2"}
    (issue,) = world.open()
    assert (issue.kind, issue.field) == ("totals_differ", "lines.2")
    assert "29.00 GBP" in issue.summary
    assert "30.00 GBP" in issue.summary


def test_a_code_nobody_knows_holds_the_order_and_is_answered(world: World) -> None:
    line: Json = {"line_id": "1", "sku": "X", "title": "X", "quantity": 2, "unit_price": "19.99"}
    said = post(world, body(lines=[line]))
    assert (said["state"], said["unmapped"]) == ("held", ["X"])


def test_a_number_is_the_text_it_is(world: World) -> None:
    said = post(world, body(total=39.98))
    assert said["state"] == "released"


def test_a_later_telling_cancels_the_order(world: World) -> None:
    post(world, body())
    later = "2026-11-27T10:00:00Z"
    said = post(world, body(updated_at=later, cancelled_at=later), key="k2")
    assert said["state"] == "cancelled"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"channel": "nobody"}, "channel"),
        ({"currency": "EUR"}, "currency"),
        ({"total": "1.234"}, "total"),
        ({"total": "much"}, "total"),
        ({"lines": []}, "lines"),
        ({"order_id": "x" * 31}, "order_id"),
        ({"order_id": "a/b"}, "order_id"),
        ({"surprise": 1}, "surprise"),
        ({"placed_at": "2026-11-27T09:00:00"}, "placed_at"),
        ({"customer": {"email": "\ud800"}}, "body"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_captured(
    world: World, over: dict[str, Json], field: str
) -> None:
    error = refusal(world, body(**over))
    assert (error.code, error.field) == (MALFORMED, field)
    assert error.remedy
    assert world.cases.find("shop:W-1") is None


def test_two_lines_of_one_id_and_a_place_that_is_none_are_refused(world: World) -> None:
    line: dict[str, Json] = {
        "line_id": "1",
        "sku": "HAT-M",
        "title": "Hat",
        "quantity": 1,
        "unit_price": "1.00",
    }
    assert refusal(world, body(lines=[line, line])).field == "lines.1.line_id"
    elsewhere: Json = {**line, "location": "mars"}
    assert refusal(world, body(lines=[elsewhere])).field == "lines.0.location"


def test_a_call_without_a_key_is_refused(world: World) -> None:
    assert refusal(world, body(), key="").code == NO_KEY


@pytest.mark.parametrize("said", [None, [], "order", {"a": {"b": 1}}])
def test_what_is_no_order_is_refused(world: World, said: Json) -> None:
    assert refusal(world, said).code == MALFORMED


def test_an_order_too_large_to_be_kept_is_refused(world: World) -> None:
    line: dict[str, Json] = {
        "sku": "HAT-M",
        "title": "t" * 250,
        "quantity": 1,
        "unit_price": "1.00",
    }
    lines: list[Json] = [{**line, "line_id": f"{i}-{'x' * 100}"} for i in range(1000)]
    error = refusal(world, body(lines=lines))
    assert error.field == "lines"


def test_a_posted_order_has_no_channel_to_tell_and_its_shipment_is_news(world: World) -> None:
    post(world, body())
    world.sender.send("shop:W-1")
    world.shipments.record(shipment(), source=world.erp)
    world.teller.tell("shop:W-1")
    found = world.cases.find("shop:W-1")
    assert found is not None
    assert found.case.state is CaseState.SHIPPED
    assert world.channel.shipped == []
    assert world.bus.types.count("OrderShipped") == 1
    assert world.kinds() == []


def test_an_order_too_large_for_its_row_is_refused_by_its_bytes(world: World) -> None:
    """A character may take three of them."""
    line: Json = {"sku": "HAT-M", "title": "\u5e3d" * 255, "quantity": 1, "unit_price": "1"}
    lines: Json = [{**line, "line_id": str(n)} for n in range(200)]  # type: ignore[dict-item]
    error = refusal(world, body(lines=lines, total="200"))
    assert (error.code, error.field) == (MALFORMED, "lines")
