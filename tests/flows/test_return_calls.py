"""Returns by call: granted of what has left, received once, and moved by disposition."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import RejectedError, RetryableError
from shared.flows.return_calls import ReturnCalls
from shared.model.case import Case, CaseState
from shared.model.facts import StockCard
from shared.model.movement import PARTS, StockStatus
from tests.flows.stock_world import StockWorld, level
from tests.flows.test_returns import made
from tests.flows.world import order, shipment


class Setup:
    """An order of two hats that have left; Leeds is told of by a warehouse nobody can ask."""

    def __init__(self) -> None:
        self.world = w = StockWorld()
        w.know("M")
        w.erp.stock["HAT-M"] = 8
        w.take(level(as_of="2026-11-27T08:00:00Z"))
        w.capture.take(order())
        w.sender.send("shop:77")
        w.shipments.record(shipment(), source=w.erp)
        w.queues.sent.clear()
        self.calls = ReturnCalls(
            w.store, w.queues, w.bus, w.issues, w.cases, w.ledger, w.clock, w.retailer
        )

    def grant(self, units: int = 1, key: str = "k1", **over: object) -> dict[str, Any]:
        lines = [{"line_id": "1", "quantity": units}]
        said = {"order_id": "shop:77", "return_id": "RMA-1", "lines": lines} | over
        return self.calls.grant(said, caller="shopfront", key=key)

    def receive(
        self, *lines: tuple[int, str], name: str = "G-1", key: str = "", **over: object
    ) -> dict[str, Any]:
        said = {
            "receipt_id": name,
            "received_at": "2026-11-27T09:00:00Z",
            "location": "leeds",
            "lines": [{"line_id": "1", "quantity": n, "disposition": d} for n, d in lines],
        } | over
        return self.calls.receive(said, "api:RMA-1", caller="warehouse", key=key or name)

    def case(self) -> Case:
        found = self.world.cases.find("shop:77")
        assert found is not None
        return found.case

    def card(self) -> StockCard:
        return self.world.card()

    def part(self, status: StockStatus) -> int:
        (position,) = [p for p in self.card().positions if p.location == "leeds"]
        return int(getattr(position, status, 0))


@pytest.fixture
def setup() -> Setup:
    return Setup()


class Dead:
    """Books that cannot be written just now."""

    def take(self, *_: object, **__: object) -> None:
        raise RetryableError("contended")


def sellable(setup: Setup) -> int:
    (position,) = [p for p in setup.card().positions if p.location == "leeds"]
    kept = sum(getattr(position, part, 0) for part in PARTS)
    return int(position.on_hand - kept)


def test_a_return_is_granted_and_asked_of_the_erp(setup: Setup) -> None:
    said = setup.grant()
    assert (said["return_id"], said["state"]) == ("api:RMA-1", "authorised")
    assert setup.grant() == said
    setup.world.authorising.ask("shop:77")
    assert [w.reference for _, w in setup.world.erp.returns] == ["SHOP-ARMA-1"]
    found: Any = setup.calls.find("api:RMA-1")
    assert found["document"] == "6501"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"units": 3}, "lines.0.quantity"),
        ({"order_id": "shop:404"}, "order_id"),
        ({"return_id": "a b"}, "return_id"),
        ({"lines": []}, "lines"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_return_that_cannot_be_granted_says_what_is_wrong(
    setup: Setup, over: dict[str, Any], field: str
) -> None:
    with pytest.raises(RejectedError) as raised:
        setup.grant(**over)
    assert raised.value.field == field
    assert setup.case().returns == ()


def test_units_are_in_one_return_at_most(setup: Setup) -> None:
    setup.grant(2)
    with pytest.raises(RejectedError, match="are in no return"):
        setup.grant(1, key="k2", return_id="RMA-2")


def test_restocked_units_may_be_sold_and_damaged_ones_never(setup: Setup) -> None:
    setup.grant(2)
    said = setup.receive((1, "restock"), (1, "damaged"))
    assert said["state"] == "received"
    assert setup.world.on_hand() == 7 + 2
    assert setup.part(StockStatus.DAMAGED) == 1
    assert sellable(setup) == 8
    assert setup.case().state is CaseState.RETURNED


@pytest.mark.parametrize(("disposition", "on_hand"), [("quarantine", 8), ("scrap", 7)])
def test_what_is_not_for_sale_stays_so(setup: Setup, disposition: str, on_hand: int) -> None:
    setup.grant()
    setup.receive((1, disposition))
    assert setup.world.on_hand() == on_hand
    assert sellable(setup) == 7


def test_a_receipt_told_again_moves_nothing(setup: Setup) -> None:
    setup.grant(2)
    first = setup.receive((1, "restock"))
    for key in ("G-1", "another key"):
        assert setup.receive((1, "restock"), key=key) == first
    assert setup.world.on_hand() == 8
    assert setup.case().counts.returned == {"1": 1}


def test_a_call_that_failed_before_the_books_is_made_good_by_its_repeat(setup: Setup) -> None:
    setup.grant()
    whole = setup.calls
    ledger: Any = Dead()
    setup.calls = replace(whole, ledger=ledger)
    with pytest.raises(RetryableError):
        setup.receive((1, "restock"))
    assert setup.case().counts.returned == {"1": 1}
    setup.calls = whole
    setup.receive((1, "restock"))
    assert setup.world.on_hand() == 8


def test_more_than_is_to_come_is_refused_by_line(setup: Setup) -> None:
    setup.grant()
    setup.receive((1, "restock"))
    with pytest.raises(RejectedError, match="still to come") as raised:
        setup.receive((1, "restock"), name="G-2")
    assert raised.value.field == "lines.0.quantity"
    assert setup.world.on_hand() == 8


def test_the_shop_telling_of_the_same_unit_moves_it_no_second_time(setup: Setup) -> None:
    setup.grant()
    setup.world.authorising.ask("shop:77")
    setup.receive((1, "restock"))
    setup.world.returns.record(
        made("6501", came=True, reference="SHOP-ARMA-1"), source=setup.world.erp
    )
    assert setup.world.on_hand() == 8
    assert setup.case().counts.returned == {"1": 1}


def test_an_unknown_return_is_not_found(setup: Setup) -> None:
    assert setup.calls.find("api:RMA-9") is None
    with pytest.raises(RejectedError, match="nothing is known"):
        setup.receive((1, "restock"))


def test_an_unknown_location_is_refused_with_those_there_are(setup: Setup) -> None:
    setup.grant()
    with pytest.raises(RejectedError) as raised:
        setup.receive((1, "restock"), location="paris")
    assert (raised.value.field, "leeds" in (raised.value.remedy or "")) == ("location", True)


def test_the_timeline_of_a_return_tells_everything_in_order(setup: Setup) -> None:
    setup.grant()
    setup.world.authorising.ask("shop:77")
    setup.world.clock.advance(minutes=5)
    setup.receive((1, "restock"), received_at="2026-11-27T09:04:00Z")
    found: Any = setup.calls.find("api:RMA-1")
    assert [hop["what"] for hop in found["timeline"]] == [
        "kept by the ERP",
        "open at api",
        "received, told by api",
    ]
