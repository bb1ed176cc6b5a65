"""`shelfwire bench prices`: how soon and how cheaply prices get from their owner to a shop."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from shared.domain.pricing import Priced, resolve
from shared.model.money import Money
from shared.model.price import PriceKind
from tests.bench import feed, peers
from tests.bench.catalogue import RAISED, Assortment, assortment
from tests.bench.counting import Cost
from tests.bench.limits import PLUS, STANDARD, Plan, grouped_points, paced_s
from tests.bench.metric import EXACTLY, Area, Line, Size
from tests.bench.timing import UNIT, in_digests
from tests.factories import NOW, make_condition, make_retailer, make_variant, make_window
from tests.simulation.activation import activation_error_s
from tests.simulation.engine import HOUR, MINUTE, SECOND

MAKESPAN_MOST: Final = Decimal("1.05")
POINTS_MOST: Final = Decimal("1.02")
ACTIVATION_S: Final = Decimal(5)
CPU_BOUND: Final = Decimal(75)


def publishing(size: Size) -> Iterator[Line]:
    """Every price of a shop changes at once, on the plan with the least room and on a large one."""
    shop = assortment(size.prices, STANDARD, seed=size.seed)
    cost, seconds = _published(shop)
    bound = _bound(shop, STANDARD)
    points = Decimal(cost.points) / 1000
    yield Line("prices.makespan", seconds, bound, "s", MAKESPAN_MOST)
    yield Line("prices.points", points, grouped_points(shop.sizes), "points", POINTS_MOST)
    yield Line("prices.throttled", Decimal(cost.throttled), Decimal(0), "answers", EXACTLY)
    yield from _peers(size, bound)


def plus(size: Size) -> Iterator[Line]:
    """The same on the Plus plan, whose points suffice for all of it at once."""
    shop = assortment(size.prices, PLUS, seed=size.seed)
    _, seconds = _published(shop)
    yield Line("prices.makespan.plus", seconds, _bound(shop, PLUS), "s")


def activation(size: Size) -> Iterator[Line]:
    error = activation_error_s(size.seed)
    yield Line("prices.activation_error_s", error, ACTIVATION_S, "s", Decimal(1))


def noop(size: Size) -> Iterator[Line]:
    """A whole price file of which one row in twenty says something new."""
    pushed, changed = feed.pushed(size.rows)
    yield Line("prices.noop", Decimal(pushed), Decimal(changed), "pushes", exact=True)


def cpu(size: Size) -> Iterator[Line]:
    """The least time of many, of a price and of a digest in turn, so that both see the same."""
    del size
    yield Line("prices.cpu", in_digests(_resolved), CPU_BOUND, UNIT, Decimal(1))


AREA: Final[Area] = {
    "publishing": publishing,
    "plus": plus,
    "activation": activation,
    "noop": noop,
    "cpu": cpu,
}


def _published(shop: Assortment) -> tuple[Cost, Decimal]:
    """What it cost, and seconds from the telling of the prices to the shop's last change."""
    world = shop.world
    with world.playing():
        world.engine.run(until_ms=2 * MINUTE)  # whatever begins with the world is over
        before, begun_ms = shop.counted.cost(), world.engine.now_ms
        shop.reprice(shop.articles)
        world.engine.run(until_ms=begun_ms + 2 * HOUR, calm=lambda: world.calm)
    _all_shown(shop)
    cost = shop.counted.cost() - before
    return cost, Decimal(cost.last_vendor_write_ms - begun_ms) / SECOND


def _peers(size: Size, bound: Decimal) -> Iterator[Line]:
    patterns: dict[str, Callable[[Assortment], None]] = {
        "naive_per_sku": peers.naive_per_sku,
        "read_all_then_batch": peers.read_all_then_batch,
    }
    for name, play in patterns.items():
        shop = assortment(size.prices, STANDARD, seed=size.seed)
        begun_ms = shop.world.engine.now_ms
        with shop.world.playing():
            play(shop)
        _all_shown(shop)
        seconds = Decimal(shop.counted.cost().last_vendor_write_ms - begun_ms) / SECOND
        yield Line(f"prices.makespan.{name}", seconds, bound, "s")


def _bound(shop: Assortment, plan: Plan) -> Decimal:
    """By the vendor's rate; where that is not what limits, one round trip is left."""
    return max(paced_s(grouped_points(shop.sizes), plan), Decimal(1))


def _all_shown(shop: Assortment) -> None:
    shown = shop.shown(RAISED)
    if shown != len(shop.articles):
        raise AssertionError(f"{shown} of {len(shop.articles)} prices are shown")


_RETAILER = make_retailer()
_CONDITIONS = (
    make_condition(),
    make_condition(
        condition_id="VKA0-1",
        kind=PriceKind.PROMOTIONAL,
        amount=Money(amount=1499, currency="GBP"),
        window=make_window(start=NOW - timedelta(days=1), end=NOW + timedelta(days=1)),
    ),
)
_VARIANT = make_variant()


def _resolved() -> None:
    """One article with a base price and a promotion, as a channel derives it."""
    channel = _RETAILER.channels[0]
    found = resolve(_CONDITIONS, variant=_VARIANT, channel=channel, retailer=_RETAILER, now=NOW)
    if not isinstance(found, Priced) or not found.promotional:
        raise AssertionError("the promotion holds")
