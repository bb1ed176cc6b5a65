"""Somebody cannot be reached: mostly for minutes, on some seeds for hours.

Hours are dear even in virtual time, so they are seldom drawn, and the rules skip beats in them.
"""

from functools import partial

from shared.model.ids import Entity
from tests.simulation.engine import HOUR, MINUTE, SECOND
from tests.simulation.faults import Kind
from tests.simulation.invariants_orders import cases, sold
from tests.simulation.resting import RULES, Rested
from tests.simulation.scenario import ORDERLY, Play, Scenario, catalogue, few, some, spread

PRODUCTS = {"HAT": 1000, "BAG": 2000, "CUP": 700}
SIZES = ("S", "M", "L")
DARK_MS = HOUR
ERP_OUT_MS = 4 * HOUR
HOOKS_OUT_MS = 5 * HOUR  # Shopify gives a webhook up after not quite four
SHORT_MS = 45 * SECOND
SELDOM = 0.05  # share of the seeds in which it lasts for hours
HURRIED = 0.3  # share of the seeds in which several orders wait
HASTE = 4
REACHED_MS = 30 * SECOND  # how soon a healthy shop shows what the ERP tells of
WEBHOOKS = frozenset({Kind.HOOK_LOST, Kind.HOOK_AGAIN})


def _lasting(play: Play, long_ms: int, *, beats: int) -> int:
    """A minute or so, or all of `long_ms`, while rules and couriers beat more slowly."""
    if play.rng.random() > SELDOM:
        return SHORT_MS
    play.lasts_ms = long_ms + MINUTE
    play.world.stretch = beats
    for courier in play.world.couriers.values():
        courier.patience = beats
    return long_ms


def _many(play: Play) -> None:
    for product, minor in PRODUCTS.items():
        catalogue(play, *SIZES, product=product, minor=minor, units=5)


def _dark_hour(play: Play) -> None:
    """Nine articles in three products change their price while the shop is away."""
    lasts = _lasting(play, DARK_MS, beats=20)
    play.out("shop", lasts)
    skus = [f"{product}-{size}" for product in PRODUCTS for size in SIZES]
    for sku in skus:
        play.later(play.rng.randint(0, 10) * SECOND, partial(play.price, sku, 3000, tell=False))
    play.later(10 * SECOND, partial(play.world.poll, "erp", Entity.PRICE))
    for i, at in enumerate(spread(play, lasts, some(play, 2))):
        play.later(at, partial(play.price, play.rng.choice(skus), 3100 + 10 * i))


def _erp_away(play: Play) -> None:
    """The ERP is away, and shoppers do not wait: on some seeds several, some of them in haste."""
    lasts = _lasting(play, ERP_OUT_MS, beats=30)
    play.out("erp", lasts, hangs=play.rng.random() < 0.3)
    rested = Rested(play)
    play.notes["rested"] = rested
    hurried = play.rng.random() < HURRIED
    for at in spread(play, lasts, HASTE if hurried else some(play, 2)):
        code = play.rng.choice(("express", "standard"))
        play.later(at, partial(rested.buys, code))


def _most_urgent_first(play: Play) -> list[str]:
    """Undisturbed, the ERP that is back is sent first what has to leave first."""
    rested = play.notes["rested"]
    assert isinstance(rested, Rested)
    return [] if play.world.faults.fired else rested.out_of_turn()


def _deaf(play: Play) -> None:
    """No webhook gets through; polls find what they meant, even what the shop has given up."""
    lasts = _lasting(play, HOOKS_OUT_MS, beats=12)
    play.notes["gives_up"] = lasts == HOOKS_OUT_MS
    for courier in play.world.couriers.values():
        courier.out_until_ms = play.world.engine.now_ms + lasts
    play.later(play.rng.randint(0, 30) * SECOND, partial(play.order, "shop", ("HAT-M", 1)))
    play.later(play.rng.randint(0, 30) * SECOND, partial(play.price, "HAT-M", 1300))
    play.later(play.rng.randint(0, 30) * SECOND, partial(play.stock, "HAT-M", 3))
    if play.notes["gives_up"]:
        play.later(lasts - MINUTE, partial(_found, play))


def _found(play: Play) -> None:
    known = cases(play.truth)
    play.notes["missed"] = [
        f"{shop}:{order.order_id}"
        for shop, order in sold(play.truth)
        if f"{shop}:{order.order_id}" not in known
    ]
    play.notes["shown"] = play.truth.shown["shop", "HAT-M"][-1].price


def _polls_found_all(play: Play) -> list[str]:
    """The shop gave up; undisturbed, polls had found all of it before anybody could hear again."""
    if not play.notes["gives_up"]:
        return []
    found = []
    if play.world.vendors["shop"].hooks.outgoing.given_up != play.placed:
        found.append(f"{play.placed} webhooks should have been given up")
    if not play.world.faults.fired and play.notes["missed"]:
        found.append(f"polls did not find {play.notes['missed']}")
    if not play.world.faults.fired and play.notes["shown"] != 1300:
        found.append(f"the shop still showed {play.notes['shown']} after hours of polls")
    return found


# one channel's trouble


def _neighbours(play: Play) -> None:
    catalogue(play, "M", units=9)


def _one_dead(play: Play) -> None:
    """One shop is out, hangs, is slow, or is well: the other must not notice."""
    match play.rng.choice(("out", "hangs", "slow", "well")):
        case "out":
            play.out("outlet", HOUR)
        case "hangs":
            play.out("outlet", HOUR, hangs=True)
        case "slow":
            play.world.transports["outlet"].slow_ms = 15 * SECOND
        case _:
            pass
    due: list[tuple[int, int]] = []
    play.notes["due"] = due
    for i, at in enumerate(spread(play, 80 * SECOND, some(play, 2))):
        play.later(at, partial(_reprice, play, 1100 + 10 * i, due))
    play.later(play.rng.randint(0, 60) * SECOND, partial(play.order, "outlet", ("HAT-M", 1)))


def _reprice(play: Play, minor: int, due: list[tuple[int, int]]) -> None:
    play.price("HAT-M", minor)
    due.append((play.world.engine.now_ms, minor))


def _neighbour_unmoved(play: Play) -> list[str]:
    """I9: the healthy shop shows each price within the bound, whatever befalls the other one.

    A price that is followed by another within the bound may have been skipped.
    """
    if play.world.faults.fired:  # crash points, which no bound of seconds survives
        return []
    due = play.notes["due"]
    assert isinstance(due, list)
    shown = play.truth.shown["shop", "HAT-M"]
    found = []
    for i, (at, price) in enumerate(due):
        skipped = i + 1 < len(due) and due[i + 1][0] < at + REACHED_MS
        if not skipped and not any(
            s.price == price and 0 <= s.at_ms - at < REACHED_MS for s in shown
        ):
            found.append(
                f"I9: {price} was set at {at / SECOND:.1f} s and not shown by the healthy shop "
                f"within {REACHED_MS // SECOND} s; it showed {shown}"
            )
    return found


OUTAGES = (
    Scenario("many prices while a shop is away", _many, _dark_hour, reads=(Entity.PRICE,)),
    Scenario("orders while the ERP is away", few, _erp_away, rules=RULES, check=_most_urgent_first),
    Scenario(
        "no webhook gets through",
        few,
        _deaf,
        kinds=frozenset(Kind) - WEBHOOKS,
        reads=ORDERLY | {Entity.PRICE},
        check=_polls_found_all,
    ),
    Scenario(
        "one shop is dead",
        _neighbours,
        _one_dead,
        shops=("shop", "outlet"),
        kinds=(),
        reads=ORDERLY | {Entity.PRICE},
        check=_neighbour_unmoved,
    ),
)
