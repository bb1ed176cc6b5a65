"""Days on which the ERP no longer lists an article that shops sell, and tells nobody."""

from functools import partial

from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, spread

SIZES, UNITS = ("S", "M", "L"), 6


def _open(play: Play) -> None:
    catalogue(play, *SIZES, units=UNITS)


def _archived(play: Play) -> None:
    """One article is archived while it is sold, another is archived and received anew."""
    rng = play.rng
    gone, back = rng.sample([f"HAT-{size}" for size in SIZES], 2)
    for at in spread(play, 60 * SECOND, 2):
        play.later(at, partial(play.order, "shop", (gone, 1)))
    play.later(rng.randint(10, 50) * SECOND, partial(_forget, play, gone))
    play.later(rng.randint(5, 30) * SECOND, partial(_forget, play, back))
    play.later(rng.randint(40, 90) * SECOND, partial(play.stock, back, UNITS))


def _forget(play: Play, sku: str) -> None:
    play.world.engine.note(f"ERP: archives what it kept of {sku}")
    play.world.vendors["erp"].control("archive_stock", sku=sku)


GONE = (Scenario("an article vanishes from the ERP", _open, _archived),)
