"""A kit that comes back as what it is made of has come once all of that has."""

import pytest

from shared.flows.return_calls import ReturnCalls
from shared.model.case import CaseState
from shared.model.ids import Entity
from shared.model.order import ShipmentLine
from shared.model.retailer import Retailer
from tests.flows.stock_world import STOCK_RETAILER, StockWorld, level
from tests.flows.test_returns_moved import Moved
from tests.flows.world import order, product, shipment

SET = {
    "sku": "SET-M",
    "components": [{"sku": "HAT-M", "quantity": 2}, {"sku": "HAT-S", "quantity": 1}],
}
KITS = Retailer.model_validate(
    STOCK_RETAILER.model_dump(mode="json") | {"kits": {"defined": [SET]}}
)


class Sets(Moved):
    """An order of two sets, each of two hats M and one S, that have left."""

    def __init__(self) -> None:
        self.world = w = StockWorld(KITS)
        w.know("M", "S")
        w.apply(Entity.PRODUCT, w.product_card(product("M", product_id="SET")))
        w.erp.stock |= {"HAT-M": 8, "HAT-S": 8}
        w.take(level(as_of="2026-11-27T08:00:00Z"))
        w.capture.take(order(("SET-M", 2)))
        w.sender.send("shop:77")
        line = ShipmentLine(erp_item="10", sku="SET-M", quantity=2)
        w.shipments.record(shipment().model_copy(update={"lines": (line,)}), source=w.erp)
        self.calls = ReturnCalls(
            w.store, w.queues, w.bus, w.issues, w.cases, w.ledger, w.clock, w.retailer
        )

    def came(self, sku: str, units: int, name: str, status: str = "available") -> None:
        self.post(sku=sku, quantity=str(units), movement_id=name, to_status=status)

    def state(self) -> str:
        return str(self.view()["state"])


@pytest.fixture
def sets() -> Sets:
    return Sets()


def test_a_set_has_come_once_each_of_its_articles_has(sets: Sets) -> None:
    sets.grant(2)
    sets.came("HAT-M", 3, "m1")
    assert (sets.state(), sets.issues()) == ("authorised", [])
    sets.came("HAT-S", 1, "s1")
    assert (sets.state(), sets.case().counts.returned) == ("partly_received", {"1": 1})
    sets.came("HAT-S", 1, "s2", status="damaged")
    sets.came("HAT-M", 1, "m2")
    assert (sets.state(), sets.issues()) == ("received", [])
    assert sets.case().state is CaseState.RETURNED
    assert sets.world.on_hand() == 7 + 4
    told = [hop["detail"] for hop in sets.view()["timeline"] if "received" in hop["what"]]
    assert told == ["1 restock", "1 damaged"]


def test_more_of_an_article_than_its_sets_take_is_told(sets: Sets) -> None:
    sets.grant(1)
    sets.came("HAT-M", 3, "m1")
    (issue,) = sets.issues()
    assert (issue.issue_id, issue.field) == ("return_differs#shop:77/api:RMA-1/HAT-M", "sku")
    assert issue.summary.startswith("1 of HAT-M came")


def test_an_article_of_no_set_is_told_by_name(sets: Sets) -> None:
    sets.world.know("L")
    sets.grant(1)
    sets.came("HAT-L", 1, "l1")
    assert [issue.issue_id for issue in sets.issues()] == ["return_differs#shop:77/api:RMA-1/HAT-L"]


def test_sets_that_came_before_their_return_was_known_are_put_onto_it(sets: Sets) -> None:
    sets.came("HAT-M", 2, "m1")
    sets.came("HAT-S", 1, "s1")
    sets.grant(1)
    sets.later()
    assert (sets.state(), sets.issues()) == ("received", [])


def test_a_set_that_came_whole_is_one_unit_of_it(sets: Sets) -> None:
    sets.grant(1)
    sets.came("SET-M", 1, "k1")
    assert (sets.state(), sets.issues()) == ("received", [])
