"""Days on which staff of the ERP reject what customers wait for, and may undo it."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.model.ids import Entity
from shared.model.issue import IssueKind, IssueState
from shared.ports import Table
from tests.simulation.engine import SECOND
from tests.simulation.scenario import ORDERLY, SHARE, Play, Scenario, few, spread
from tests.simulation.truth import wanted

KIND = IssueKind.CHANGE_REJECTED


def _rejected(play: Play) -> None:
    """Items are rejected and wanted again, while the shop cancels and goods leave."""
    rng = play.rng
    play.later(5 * SECOND, partial(play.order, "shop", ("HAT-M", 2), ("HAT-L", 1)))
    for at in spread(play, 80 * SECOND, 1 + rng.randint(0, 2)):
        play.later(15 * SECOND + at, partial(_reject, play, "00"))
        if rng.random() < SHARE:
            back = rng.randint(1, 30) * SECOND
            play.later(15 * SECOND + at + back, partial(_reject, play, ""))
    if rng.random() < SHARE:
        play.later(rng.randint(20, 90) * SECOND, partial(play.cancel, "shop"))
    if rng.random() < SHARE:
        away = partial(play.deliver, parts=rng.random() < SHARE)
        play.later(rng.randint(20, 90) * SECOND, away)
    if rng.random() < SHARE:
        play.later(rng.randint(20, 90) * SECOND, partial(play.refund, "shop", restock=True))


def _reject(play: Play, reason: str) -> None:
    """The whole order, or one of its items; without a reason it is undone."""
    erp = play.world.vendors["erp"]
    for order in list(erp.tenant.orders.after(None)):
        item = play.rng.choice((None, *(one.item for one in order.items)))
        said = "rejected" if reason else "rejected no longer"
        play.world.engine.note(f"ERP: {item or 'all'} of {order.number} is {said}")
        erp.control("reject", order=order.number, item=item, reason=reason)
        if not reason:
            play.world.undone.add(order.number)


def _told_while_wanted(play: Play) -> list[str]:
    """I6: what is wanted and rejected is one exception, and nothing else is."""
    return list(_mistold(play))


def _mistold(play: Play) -> Iterator[str]:
    told = {
        str(row.body["subject"])
        for row in play.world.store.rows(Table.ISSUES)
        if row.body["kind"] == KIND and row.body["state"] == IssueState.OPEN
    }
    for number, order in play.world.vendors["shop"].shop.orders.items():
        due = _lacks(play, order)
        if (f"shop:{number}" in told) is not bool(due):
            said = "is told for nothing" if not due else f"is not told, though it lacks {due}"
            yield f"{KIND} of order {number} {said}"


def _lacks(play: Play, order: Any) -> dict[str, int]:
    """Units the customer waits for and the ERP will not send, by article."""
    held = play.world.vendors["erp"].tenant.by_reference.get(f"SHOP-{order.order_id}", [])
    items = {item.position: item for one in held for item in one.items if item.rejected}
    wish, found = wanted(order), {}
    for place, line in enumerate(order.lines, start=1):
        item = items.get(str(place))
        if item is not None and wish[line.line_id] > item.delivered:
            found[line.sku] = wish[line.line_id] - int(item.delivered)
    return found


REJECTED = (
    Scenario(
        "staff reject what is wanted",
        few,
        _rejected,
        reads=ORDERLY | {Entity.ALLOCATION},
        check=_told_while_wanted,
    ),
)
