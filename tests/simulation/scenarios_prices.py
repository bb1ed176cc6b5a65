"""Days on which prices and stock go wrong: outages, readings that cross, promotions at midnight."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from shared.model.ids import Entity
from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, few, some, spread

LONDON, NEW_YORK = "Europe/London", "America/New_York"
BASE, PROMOTED = 1000, 800
ON_TIME_MS = 5 * SECOND  # the budget of docs/architecture.md, from an instant to the shop's change
BEFORE = timedelta(seconds=100)  # beyond the horizon of arming, or the opening waits for the edge
# The clocks go back, they go forward, they stay.
DAYS = {
    LONDON: (date(2026, 10, 25), date(2027, 3, 28), date(2026, 11, 27)),
    NEW_YORK: (date(2026, 11, 1), date(2027, 3, 14), date(2026, 11, 27)),
}


def _prices_in_outage(play: Play) -> None:
    """Every price changes several times while the shop cannot be reached."""
    play.out("shop", 90 * SECOND)
    for i, at in enumerate(spread(play, 100 * SECOND, 4)):
        sku = play.rng.choice(("HAT-M", "HAT-L"))
        tell = play.rng.random() < 0.7
        play.later(at, partial(play.price, sku, 1100 + i * 10, tell=tell))


def _snapshot_crossing(play: Play) -> None:
    """Stock moves while the whole stock is being read."""
    for at in spread(play, 90 * SECOND, 4):
        sku = play.rng.choice(("HAT-M", "HAT-L"))
        units = play.rng.choice((-2, -1, 1, 5))
        plant, storage = play.rng.choice((("1710", "171A"), ("1720", "172A")))
        play.later(
            at,
            partial(play.stock, sku, units, plant=plant, storage=storage),
        )
    for at in spread(play, 90 * SECOND, some(play, 2)):
        play.later(at, partial(play.world.poll, "erp", Entity.STOCK))


# promotions


def _promoted(play: Play) -> None:
    """HAT-M is promoted on the one day that the world begins before, or in."""
    catalogue(play, "M", units=5)
    zone = ZoneInfo(play.world.zone)
    now = play.world.engine.now().astimezone(zone)
    day = min(DAYS[play.world.zone], key=lambda d: abs(midnight(d, zone) - now))
    play.promote("HAT-M", PROMOTED, day, day)


def _promotion(play: Play) -> None:
    """The promotion begins or ends within minutes; the base price may change meanwhile."""
    engine = play.world.engine
    (condition,) = [c for c in play.truth.conditions("HAT-M") if c.start == c.end]
    edges = [engine.ms_at(edge) for edge in play.truth.window(condition)]
    play.notes["edges"] = list(zip(edges, (PROMOTED, BASE), strict=True))
    if play.rng.random() < 0.3:
        at = play.rng.randint(0, 110) * SECOND
        play.later(at, partial(play.price, "HAT-M", 1090))
        play.notes["edges"] = []


def _on_time(play: Play) -> list[str]:
    """Undisturbed, the price changes within five seconds of its instant."""
    edges = play.notes["edges"]
    assert isinstance(edges, list)
    if play.world.faults.fired:
        return []
    shown = play.truth.shown["shop", "HAT-M"]
    return [
        f"{price} was due at {edge / SECOND:.1f} s; the shop showed {shown}"
        for edge, price in edges
        if 0 < edge < play.world.engine.now_ms - ON_TIME_MS
        and not any(s.price == price and 0 <= s.at_ms - edge < ON_TIME_MS for s in shown)
    ]


def midnight(day: date, zone: ZoneInfo = ZoneInfo(LONDON)) -> datetime:  # noqa: B008 - immutable
    """The first instant of a day, on which no zone of these changes its clocks."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _begins(zone: str) -> tuple[datetime, ...]:
    """Shortly before the first instant of each promotion and before its last, and hours before."""
    found = []
    for day in DAYS[zone]:
        first = midnight(day, ZoneInfo(zone))
        end = midnight(day + timedelta(days=1), ZoneInfo(zone))
        found += [first.astimezone(UTC) - BEFORE, end.astimezone(UTC) - BEFORE]
    last_hours = midnight(DAYS[zone][-1] + timedelta(days=1), ZoneInfo(zone))
    return (*found, last_hours.astimezone(UTC) - timedelta(hours=3))


PRICES = (
    Scenario("prices change during an outage", few, _prices_in_outage, reads=(Entity.PRICE,)),
    Scenario("snapshot crossing deltas", few, _snapshot_crossing, reads=(Entity.STOCK,)),
    Scenario(
        "promotion at midnight in London",
        _promoted,
        _promotion,
        starts=_begins(LONDON),
        zone=LONDON,
        reads=(Entity.PRICE,),
        check=_on_time,
    ),
    Scenario(
        "promotion at midnight in New York",
        _promoted,
        _promotion,
        starts=_begins(NEW_YORK),
        zone=NEW_YORK,
        reads=(Entity.PRICE,),
        check=_on_time,
    ),
)
