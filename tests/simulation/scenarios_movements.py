"""Days in a warehouse that nobody can ask: it only tells, and not always in order."""

from collections.abc import Callable
from functools import partial

from tests.simulation.engine import SECOND
from tests.simulation.faults import Kind
from tests.simulation.scenario import Play, Scenario, catalogue, some, spread
from tests.simulation.warehouse import PLACES, Row, Warehouse

SKU = "HAT-M"
LATE_S = 40


def _empty(play: Play) -> None:
    """An article of which the ERP has a price and knows no stock."""
    catalogue(play, "M", units=0)


def _disorder(play: Play) -> None:
    """Movements are late, doubled, and some sent only much later; counts are made in between."""
    house = Warehouse(play)
    for at in spread(play, 70 * SECOND, 4 + some(play, 3)):
        play.later(at, partial(_something, house))
    for at in spread(play, 80 * SECOND, some(play, 2)):
        play.later(at, partial(_counted, house))


def _something(house: Warehouse) -> None:
    rng = house.play.rng
    place, units = rng.choice(PLACES), rng.randint(1, 5)
    does: Callable[[], Row] = rng.choice(
        (
            partial(house.receive, SKU, place, units + 3),
            partial(house.ship, SKU, place, units),
            partial(house.pick, SKU, place, units),
            partial(house.break_one, SKU, place),
        )
    )
    _tell_somehow(house, [does()])


def _counted(house: Warehouse) -> None:
    rows = [house.count(SKU, house.play.rng.choice(PLACES))]
    house.tell(rows, house.play.rng.randint(0, LATE_S) * SECOND, levels=True)


def _tell_somehow(house: Warehouse, rows: list[Row]) -> None:
    """At once, late, twice, or only when somebody has asked why it is missing."""
    rng = house.play.rng
    forgotten = rng.random() < 0.15
    delay = rng.randint(60, 90) if forgotten else rng.choice((0, 0, 1, rng.randint(0, LATE_S)))
    house.tell(rows, delay * SECOND)
    if rng.random() < 0.4:
        house.tell(rows, (delay + rng.randint(0, LATE_S)) * SECOND)


def _transfers(play: Play) -> None:
    """Goods go to and fro between two locations while whoever counts them dies now and then."""
    house = Warehouse(play)
    first = [house.receive(SKU, place, 20) for place in PLACES]
    play.later(0, partial(house.tell, first))
    for at in spread(play, 70 * SECOND, 2 + some(play, 2)):
        play.later(at, partial(_sent, house))
        play.later(at + play.rng.randint(5, 30) * SECOND, partial(_arrived, house))
    play.later(105 * SECOND, partial(_all_arrived, house))


def _sent(house: Warehouse) -> None:
    place, units = house.play.rng.choice(PLACES), house.play.rng.randint(1, 4)
    _tell_somehow(house, [house.send(SKU, place, units)])


def _arrived(house: Warehouse) -> None:
    rows = house.arrive(SKU)
    if rows and house.play.rng.random() < 0.3:
        _counted(house)
    if rows:
        _tell_somehow(house, rows)


def _all_arrived(house: Warehouse) -> None:
    while house.road:
        _arrived(house)


MOVEMENTS = (
    Scenario(
        "movements with gaps, duplicates and counts between",
        _empty,
        _disorder,
        warehouse=True,
        reads=(),
    ),
    Scenario(
        "transfers between two locations under crashes",
        _empty,
        _transfers,
        warehouse=True,
        often=(Kind.CRASH_BEFORE, Kind.CRASH_EFFECT, Kind.CRASH_ANSWER, Kind.GLANCE_LAGS),
        reads=(),
    ),
)
