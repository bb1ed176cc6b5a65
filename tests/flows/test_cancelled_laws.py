"""The law of a cancellation: what is heard of it, and of the goods, in any order, has one end.

Whether it is in time is up to the warehouse, and not to what was heard first.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import permutations

from shared.domain import lifecycle
from shared.domain.demand import AmendedLine
from shared.domain.lifecycle import Cancellation
from shared.model.allocation import ErpAllocation, Promise
from shared.model.case import CaseState
from shared.model.invoice import BillingKind
from tests.domain.world import NOW
from tests.flows.order_world import case, held
from tests.flows.test_order_laws import bill, parcel
from tests.flows.world import World, order

type News = Callable[[World], None]

CANCELLED_AT = NOW + timedelta(minutes=1)
INVOICE = bill("90", BillingKind.INVOICE, "5001", ("10", 2))
PROMISE = Promise(units=2, on=date(2026, 11, 30))
ALLOCATED = ErpAllocation(erp_order="5001", told_at=NOW, promises={"10": (PROMISE,)})

CHANNEL: dict[str, News] = {
    "placed": lambda world: _heard(world, minutes=0),
    "cancelled": lambda world: _heard(world, minutes=1),
    "looked at since": lambda world: _heard(world, minutes=2),
}
WAREHOUSE: dict[str, News] = {
    "first parcel": lambda world: _left(world, "80"),
    "second parcel": lambda world: _left(world, "81"),
    "its number": lambda world: _left(world, "81", "B2"),
    "invoiced": lambda world: world.bills.record(INVOICE),
}
OFFICE: dict[str, News] = {"allocated": lambda world: world.promises.record(ALLOCATED)}


def _heard(world: World, *, minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    world.capture.take(order(updated_at=at, cancelled_at=CANCELLED_AT if minutes else None))


def _left(world: World, name: str, *numbers: str) -> None:
    world.shipments.record(parcel(name, 1, 0, *numbers), source=world.erp)


def sold(*, gone: bool) -> World:
    """Two hats that the ERP has taken; whether they have left it by now."""
    world = World()
    world.know("M")
    world.erp.stock = {"HAT-M": 8}
    world.capture.take(order())
    world.sender.send("shop:77")
    if gone:
        world.erp.lines["5001"] = {"1": AmendedLine("1", "10", 1, 2, delivered=True)}
    return world


def lived(news: Sequence[News], *, gone: bool) -> World:
    world = sold(gone=gone)
    for said in news:
        said(world)
        world.amender.amend("shop:77")
        world.teller.tell("shop:77")
        world.queues.sent.clear()
    return world


def end(world: World) -> tuple[object, ...]:
    """All that anybody can see of it."""
    now = case(world)
    return (
        lifecycle.standing(now, now=NOW),
        {one.shipment_id: one for one in now.shipments},
        now.late,
        now.counts.invoiced,
        {line: known.units for line, known in now.erp_lines.items()},
        held(world),
        sorted(world.kinds()),
        {(s.shipment_id, t.number) for s in world.channel.told for t in s.tracking},
    )


def ends(news: dict[str, News], *, gone: bool) -> set[str]:
    return {str(end(lived(some, gone=gone))) for some in permutations(news.values())}


def test_of_goods_that_have_left_every_order_of_the_news_ends_too_late() -> None:
    news = {name: CHANNEL[name] for name in ("placed", "cancelled")} | WAREHOUSE
    assert len(ends(news, gone=True)) == 1
    world = lived(list(news.values()), gone=True)
    now = case(world)
    assert (now.state, now.late, held(world)) == (CaseState.SHIPPED, {"1": 2}, 0)
    assert lifecycle.standing(now, now=NOW).cancellation is Cancellation.TOO_LATE
    assert world.kinds() == ["cancelled_too_late"]


def test_of_goods_that_are_there_every_order_of_the_news_ends_cancelled() -> None:
    news = CHANNEL | OFFICE
    assert len(ends(news, gone=False)) == 1
    world = lived(list(news.values()), gone=False)
    now = case(world)
    assert (now.state, now.late, held(world)) == (CaseState.CANCELLED, {}, 0)
    assert world.kinds() == []
