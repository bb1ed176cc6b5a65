"""Days on which checkouts reserve before they sell."""

from functools import partial

from tests.simulation.checkouts import Checkouts, promised_and_kept
from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, spread

BUYERS = 50
AT_ONCE = 18  # buyers of a moment
FLASH = 90  # units: enough to be dealt, too few for all buyers


def _one_left(play: Play) -> None:
    catalogue(play, "M", units=1)


def _crowd(play: Play) -> None:
    """Fifty buyers on two channels want the one unit there is, in two waves of seconds."""
    checkouts = Checkouts(play, "HAT-M", 1)
    first = spread(play, 2 * SECOND, BUYERS * 2 // 3)
    later = [40 * SECOND + at for at in spread(play, 4 * SECOND, BUYERS - len(first))]
    for at in first + later:
        channel = play.rng.choice(play.world.shops)
        then = play.rng.choice(("leaves", "releases", "orders"))
        come = partial(checkouts.come, channel, units=1, expires_s=30, then=then)
        play.later(20 * SECOND + at, come)


def _many(play: Play) -> None:
    catalogue(play, "M", units=FLASH)


def _flash(play: Play) -> None:
    """More buyers at one moment than a card lets through: dealt to counters, gathered again."""
    checkouts = Checkouts(play, "HAT-M", FLASH)
    for at in spread(play, SECOND, AT_ONCE):
        then = play.rng.choice(("leaves", "releases", "leaves"))
        units = play.rng.choice((1, 1, 2, 3))
        come = partial(checkouts.come, "shop", units=units, expires_s=30, then=then)
        play.later(20 * SECOND + at, come)


CHECKOUTS = (
    Scenario("a flash sale", _many, _flash, check=promised_and_kept),
    Scenario(
        "fifty checkouts want the last unit",
        _one_left,
        _crowd,
        shops=("shop", "outlet"),
        check=promised_and_kept,
    ),
)
