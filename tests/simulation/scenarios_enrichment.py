"""Days on which orders wait for money or a verdict, and days on which customers are created."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from shared.model.base import Json
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.engine import SECOND
from tests.simulation.faults import Kind
from tests.simulation.retailer import CANARY
from tests.simulation.scenario import SHARE, Play, Scenario, catalogue, spread

ONE: list[Json] = [{"sku": "HAT-M", "quantity": 1}]
POLICY = '{ release_when = "authorised", fraud = "hold" }'
RULES = """
[[order_rules]]
customer = "create"
house_account = "17100001"
"""


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=20)


def _holds(play: Play) -> None:
    """Verdicts and payments come late, or never, and an authorisation expires meanwhile."""
    first, second = spread(play, 20 * SECOND, 2)
    play.later(first, partial(_doubtful, play))
    play.later(second, partial(_unpaid, play))


def _doubtful(play: Play) -> None:
    """Its verdict comes before its authorisation expires, or after; then it is paid anew.

    A gift card may have paid a little of it, which is captured and does not expire.
    """
    lasts, verdict = (play.rng.randint(20, 70) for _ in range(2))
    ends = play.world.stage.clock.now() + timedelta(seconds=lasts)
    order = play.basket(
        "shop",
        ONE,
        risk="INVESTIGATE",
        paid="authorization",
        expires_at=ends.isoformat(),
        gift_card="1.00" if play.rng.random() < SHARE else None,
    )
    if order is None:
        return
    said = play.rng.choice(("ACCEPT", "ACCEPT", "CANCEL"))
    now = play.world.engine.now_ms
    play.later(now + verdict * SECOND, partial(_assess, play, order, said))
    if play.rng.random() < 0.5:
        play.later(now + (verdict + 10) * SECOND, partial(_pay, play, order, "authorization"))


def _unpaid(play: Play) -> None:
    order = play.basket("shop", ONE, paid="nothing")
    if order is not None and play.rng.random() < 0.7:
        at = play.world.engine.now_ms + play.rng.randint(5, 60) * SECOND
        kind = play.rng.choice(("capture", "authorization"))
        play.later(at, partial(_pay, play, order, kind))


def _assess(play: Play, order: int, said: str) -> None:
    play.world.engine.note(f"shop: the verdict on {order} is {said}")
    play.world.vendors["shop"].control("assess", order=order, recommendation=said)
    _noted(play, order)


def _pay(play: Play, order: int, kind: str) -> None:
    play.world.engine.note(f"shop: {order} is paid by {kind}")
    play.world.vendors["shop"].control("pay", order=order, kind=kind)
    _noted(play, order)


def _noted(play: Play, order: int) -> None:
    """Whether the order may go on at this moment: only news makes it so, never time."""
    if _fine(play, _order(play, order)):
        play.notes[f"fine {order}"] = True


def _order(play: Play, order: int) -> Any:
    return play.world.vendors["shop"].shop.orders[order]


def _fine(play: Play, order: Any) -> bool:
    now = play.world.stage.clock.now()
    paid = sum(
        one.amount
        for one in order.transactions
        if one.kind in {"SALE", "CAPTURE"} or one.expires_at is None or now < one.expires_at
    )
    return order.risk in {"NONE", "ACCEPT"} and paid >= order.total


def _held_as_long_as_need_be(play: Play) -> list[str]:
    """No order goes on that was never paid and approved at once, and each goes that is."""
    return list(_misjudged(play))


def _misjudged(play: Play) -> Iterator[str]:
    stored = play.world.vendors["erp"].tenant.by_reference
    for number, order in play.world.vendors["shop"].shop.orders.items():
        sent = bool(stored.get(f"SHOP-{number}"))
        if sent and not play.notes.get(f"fine {number}"):
            yield f"order {number} went on, and was never paid and approved at once"
        if not sent and _fine(play, order):
            yield f"order {number} is paid and approved, and has not gone on"


def _verdicts(play: Play) -> None:
    """An order is sent on at once; then it is judged, and judged again, while its goods leave."""
    order = play.basket("shop", [{"sku": "HAT-M", "quantity": 2}], paid="authorization")
    if order is None:
        return
    for at in spread(play, 80 * SECOND, 1 + play.rng.randint(0, 2)):
        said = play.rng.choice(("INVESTIGATE", "CANCEL", "ACCEPT"))
        play.later(5 * SECOND + at, partial(_assess, play, order, said))
        if play.rng.random() < SHARE:  # the goods are gone before anybody hears of the verdict
            play.later(5 * SECOND + max(0, at - play.rng.randint(0, 2000)), play.deliver)
    for at in spread(play, 90 * SECOND, play.rng.randint(0, 2)):
        play.later(10 * SECOND + at, partial(play.deliver, parts=play.rng.random() < 0.5))
    if play.rng.random() < SHARE:
        play.later(play.rng.randint(40, 100) * SECOND, partial(play.cancel, "shop"))


def _kept_back_or_too_late(play: Play) -> list[str]:
    """What may be fraud is blocked while units are to leave; what has left is told of."""
    return list(_misblocked(play))


def _misblocked(play: Play) -> Iterator[str]:
    stored = play.world.vendors["erp"].tenant.by_reference
    told = {
        str(row.body["kind"])
        for row in play.world.store.rows(Table.ISSUES)
        if row.body["state"] == "open"
    }
    for number, order in play.world.vendors["shop"].shop.orders.items():
        bad = order.risk in {"INVESTIGATE", "CANCEL"} and order.cancelled_at is None
        for held in stored.get(f"SHOP-{number}", []):
            live = [item for item in held.items if not item.rejected]
            left = any(item.delivered < item.quantity for item in live)
            gone = any(item.delivered for item in held.items)
            blocked = bool(held.header["DeliveryBlockReason"])
            if left and blocked is not bad:
                yield f"the verdict on order {number} is {order.risk}, blocked: {blocked}"
            for kind, due in (
                (IssueKind.ORDER_HELD, bad and left),
                (IssueKind.FRAUD_TOO_LATE, bad and gone and not left),
                (IssueKind.CHANGE_REJECTED, False),
            ):
                if (kind.value in told) is not due:
                    yield f"{kind} of order {number} is {'due' if due else 'told for nothing'}"


def _newcomers(play: Play) -> None:
    """Somebody orders twice at nearly the same moment, and now and then somebody else."""
    first, second = spread(play, 20 * SECOND, 2)
    play.later(first, partial(play.basket, "shop", ONE))
    near = first + play.rng.choice((0, 1, 5, 30)) * SECOND
    play.later(near, partial(play.basket, "shop", ONE))
    if play.rng.random() < SHARE:
        play.later(second, partial(play.basket, "shop", ONE, who=f"{CANARY}2"))


def _one_customer_each(play: Play) -> list[str]:
    """Nobody is in the ERP twice, and each order is booked on who placed it."""
    tenant = play.world.vendors["erp"].tenant
    found = Counter(email for one in tenant.partners.values() for email in one.emails)
    said = [f"{email[-12:]} is in the ERP {n} times" for email, n in found.items() if n > 1]
    for number, order in play.world.vendors["shop"].shop.orders.items():
        for held in tenant.by_reference.get(f"SHOP-{number}", []):
            booked = tenant.partners.get(held.header["SoldToParty"])
            if booked is None or booked.emails != [order.email]:
                said.append(f"order {number} is booked on {held.header['SoldToParty']}")
    return said


ENRICHMENT = (
    Scenario(
        "orders wait for money and verdicts",
        _one_size,
        _holds,
        orders=POLICY,
        check=_held_as_long_as_need_be,
    ),
    Scenario(
        "a verdict comes after the order",
        _one_size,
        _verdicts,
        orders=POLICY,
        check=_kept_back_or_too_late,
    ),
    Scenario(
        "customers are created",
        _one_size,
        _newcomers,
        often=frozenset({Kind.LOST, Kind.LATE}),
        rules=RULES,
        check=_one_customer_each,
    ),
)
