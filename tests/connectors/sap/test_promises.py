"""Schedule lines of the simulated tenant: allocated, backordered, or nothing yet."""

from datetime import date, timedelta

from shared.connectors.sap import hints
from shared.model.allocation import Promise
from shared.model.ids import Entity
from tests.connectors.sap.test_returns import placed
from tests.connectors.sap.world import GENERIC, Tenant, hat, stock

MONDAY, FRIDAY = date(2026, 11, 30), date(2026, 12, 4)


def tenant() -> Tenant:
    made = Tenant(page_size=2)
    made.load(materials=[GENERIC, hat("M")], stock=[stock()])
    return made


def test_a_confirmed_day_is_allocated_and_a_later_one_backordered() -> None:
    there = tenant()
    _, posted = placed(there)
    there.simulator.control(
        "confirm",
        order=posted.erp_order,
        item="10",
        lines=[["1", MONDAY.isoformat()], ["1", FRIDAY.isoformat()], ["0", None]],
        asked_for=MONDAY.isoformat(),
    )
    (found,) = there.client.read_promised(posted.erp_order).items
    assert found.promises["10"] == (
        Promise(units=1, on=MONDAY),
        Promise(units=1, on=FRIDAY, late=True),
    )
    delivery = next(d for d in there.simulator.due(there.clock.now()) if b"Changed" in d.body)
    (reading,) = hints.readings(delivery.headers, delivery.body)
    assert (reading.entity, reading.key) == (Entity.ALLOCATION, posted.erp_order)


def test_what_staff_reject_is_told_until_they_undo_it() -> None:
    there = tenant()
    _, posted = placed(there)
    for reason, rejected in (("00", {"10"}), ("", set())):
        there.simulator.control("reject", order=posted.erp_order, item="10", reason=reason)
        (found,) = there.client.read_promised(posted.erp_order).items
        assert found.rejected == rejected
    told = [d for d in there.simulator.due(there.clock.now()) if b"Changed" in d.body]
    assert len(told) == 2


def test_changed_orders_are_polled_page_by_page() -> None:
    there = tenant()
    for _ in range(3):
        placed(there)
    since = there.clock.now() - timedelta(hours=1)
    first = there.client.promised_since(since, page=None)
    second = there.client.promised_since(since, page=first.next)
    assert [one.erp_order for one in (*first.items, *second.items)] == [
        "50000001",
        "50000002",
        "50000003",
    ]
    assert second.next is None
