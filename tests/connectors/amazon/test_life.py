"""The life of an order of Amazon's: its statuses, what the ERP makes of it, and back again."""

import pytest

from shared.domain import lifecycle
from shared.domain.lifecycle import Fulfilment
from shared.flows.shipments_told import ShipmentTeller
from shared.model.case import Case, CaseState, HoldReason
from shared.model.order import Order, ShipmentLine, Tracking
from tests.connectors.amazon.world import World, retailer, world
from tests.flows.world import World as Flows
from tests.flows.world import shipment


class Life:
    """Amazon and the ERP, with every flow between them; `hear` is a poll."""

    def __init__(self) -> None:
        self.there: World = world()
        self.there.listed("HAT-M", "HAT-S", quantity=20)
        self.flows = Flows(retailer())
        self.flows.clock.at = self.there.clock.at
        self.flows.know("M", "S", units=20)
        placed = self.there.ordered(
            lines=[{"sku": "HAT-M", "quantity": 2}, {"sku": "HAT-S"}], pending=True
        )
        self.number = str(placed["id"])
        self.placed = placed
        self.teller = ShipmentTeller(
            "market",
            self.there.market,
            self.flows.cases,
            self.flows.bus,
            self.flows.issues,
            self.flows.clock,
        )
        lines = self.there.read(placed).lines
        self.flows.erp.items = {line.line_id: f"{i}0" for i, line in enumerate(lines, 1)}
        self.hear()

    @property
    def order_id(self) -> str:
        return f"amazon-uk:{self.number}"

    @property
    def case(self) -> Case:
        found = self.flows.cases.find(self.order_id)
        assert found is not None
        return found.case

    @property
    def standing(self) -> lifecycle.Standing:
        return lifecycle.standing(self.case, now=self.flows.clock.now())

    def hear(self) -> Order:
        self.there.clock.advance(minutes=1)
        self.flows.clock.at = self.there.clock.at
        order = self.there.read(self.placed)
        self.flows.capture.take(order)
        self.flows.sender.send(self.order_id)
        self.flows.amender.amend(self.order_id)
        return order

    def told(self, name: str, **more: str) -> Order:
        self.there.control(name, order=self.number, **more)
        return self.hear()

    def leaves(self, units: int, item: str, sku: str, number: str) -> None:
        line = ShipmentLine(erp_item=item, sku=sku, quantity=units)
        made = shipment(shipment_id=number, erp_order=str(self.case.erp_order)).model_copy(
            update={"lines": (line,), "tracking": (Tracking(carrier="DHL", number=f"JD{number}"),)}
        )
        self.flows.shipments.record(made, source=self.flows.erp)
        self.teller.tell(self.order_id)


@pytest.fixture
def life() -> Life:
    return Life()


def test_a_pending_order_waits_and_is_sent_on_once_it_is_paid(life: Life) -> None:
    assert (life.case.state, life.case.holds) == (CaseState.HELD, (HoldReason.PAYMENT,))
    assert life.flows.erp.orders == []
    life.told("pay")
    assert life.case.state is CaseState.ACCEPTED
    assert len(life.flows.erp.orders) == 1


def test_it_is_partly_shipped_and_shipped_by_parcels_amazon_is_told_of(life: Life) -> None:
    life.told("pay")
    life.leaves(1, "10", "HAT-M", "1")
    order = life.hear()
    assert life.case.state is CaseState.PARTLY_SHIPPED
    assert sum(order.left.values()) == 1
    life.leaves(1, "10", "HAT-M", "2")
    life.leaves(1, "20", "HAT-S", "3")
    order = life.hear()
    assert (life.case.state, life.standing.fulfilment) == (CaseState.SHIPPED, Fulfilment.SHIPPED)
    assert sum(order.left.values()) == 3
    assert life.there.simulator.seller.orders[life.number].status == "SHIPPED"
    assert life.case.holds == ()


def test_a_buyer_who_asks_to_cancel_is_told_of_and_the_seller_s_cancellation_follows(
    life: Life,
) -> None:
    life.told("pay")
    life.told("request_cancel", sku="HAT-S")
    assert life.flows.kinds() == ["cancellation_asked"]
    life.told("cancel_item", sku="HAT-S")
    assert life.flows.kinds() == []
    ((_, line_id, units),) = life.flows.erp.changed
    assert (life.flows.erp.items[line_id], units) == ("20", 0)
    assert [line.sku for line in life.case.order.lines] == ["HAT-M"]


def test_an_order_cancelled_before_it_is_paid_never_gets_to_the_erp(life: Life) -> None:
    life.told("cancel")
    assert life.case.state is CaseState.CANCELLED
    assert life.flows.erp.orders == []


def test_an_order_that_left_before_the_erp_knew_of_it_waits_for_a_person(life: Life) -> None:
    life.there.control("pay", order=life.number)
    life.there.control("ship_by_hand", order=life.number, sku="HAT-M", units=2)
    life.hear()
    assert (life.case.state, life.case.holds) == (CaseState.HELD, (HoldReason.SHIPPED_ELSEWHERE,))
    assert life.flows.erp.orders == []
