"""What an order takes beyond what may be sold, where channels sold the same units twice.

What is short at a location is short of the orders that came last. Those that wait for stock already
count first, so that of two who took the last unit one goes on, whoever is looked at first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from shared.domain import orders
from shared.domain.availability import Pool, held_at
from shared.domain.awaiting import given_from
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.holds import Hold, HoldCard
from shared.model.kits import KitOrders
from shared.model.order_policy import Oversold
from shared.model.product import Component


@frozen
class Goods:
    """What is known of an article an order took units of."""

    pool: Pool | None
    holds: HoldCard | None
    components: tuple[Component, ...] = ()
    kits: Mapping[str, KitOrders] = field(default_factory=dict)


def short(
    case: Case,
    goods: Mapping[str, Goods],
    waiting: Iterable[str],
    policy: Oversold,
    *,
    places: Sequence[str],
) -> dict[str, int]:
    """Units short by line; of an article nobody tells the stock of, none.

    `waiting` are other orders that wait for stock. `places` are the channel's: what the location of
    a line lacks the others give, and a line without one is held at the first.
    """
    if policy == "accept":
        return {}
    wanted = orders.holds(case, location=places[0])
    lines = {line.line_id: line for line in orders.lines_of(case)}
    found: dict[str, int] = {}
    left: dict[tuple[str, tuple[str, ...]], int] = {}
    for hold in wanted.values():
        line = lines[hold.line_id]
        sku, here = str(line.sku), given_from(line.location, places)
        missing = 0
        for part, each in _parts(sku, goods):
            spot = part, here
            if spot not in left:
                more = sum(_uncounted(sku, part, goods, place) for place in here) * each
                left[spot] = _missing(case, goods.get(part), here, set(waiting), policy, more)
            off = min(left[spot], hold.quantity * each)
            left[spot] -= off
            missing = max(missing, -(-off // each))
        if missing:
            found[hold.line_id] = missing
    return found


def later_orders(case: Case, goods: Iterable[Goods]) -> set[str]:
    """Others that hold these articles and were captured after this one."""
    found = set()
    for one in goods:
        for hold in one.holds.holds.values() if one.holds else ():
            if _after(hold, case):
                found.add(hold.order_id)
    return found


def _parts(sku: str, goods: Mapping[str, Goods]) -> Iterator[tuple[str, int]]:
    """Articles to be taken from a shelf for one unit of this one."""
    one = goods.get(sku)
    if one is None or not one.components:
        yield sku, 1
        return
    for component in one.components:
        yield component.sku, component.quantity


def _uncounted(kit: str, part: str, goods: Mapping[str, Goods], place: str) -> int:
    """Units of a kit that its component does not know of yet."""
    if kit == part:
        return 0
    known = goods[part].kits.get(kit) if part in goods else None
    return held_at(goods[kit].holds).get(place, 0) - (known.promised.get(place, 0) if known else 0)


def _missing(
    case: Case,
    goods: Goods | None,
    places: Sequence[str],
    waiting: set[str],
    policy: Oversold,
    more: int,
) -> int:
    """Units promised at these places that are not there, less those that others wait for."""
    if goods is None or goods.pool is None:
        return 0
    there = [goods.pool.places[place] for place in places if place in goods.pool.places]
    free = sum(one.total if policy == "backorder" else one.free for one in there)
    others = sum(
        hold.quantity
        for hold in (goods.holds.holds.values() if goods.holds else ())
        if hold.location in places and hold.order_id in waiting and _after(hold, case)
    )
    return max(0, more - free - others)


def _after(hold: Hold, case: Case) -> bool:
    mine = case.captured_at, case.order.order_id
    return hold.order_id != case.order.order_id and (hold.since, hold.order_id) > mine
