"""A warehouse ships beside the ERP: both tell of the same goods, and whoever is first."""

from functools import partial

from tests.simulation.engine import SECOND
from tests.simulation.scenario import SHARE, Play, Scenario, catalogue
from tests.simulation.shipping import RULES, Dock


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=10)


def _crossing(play: Play) -> None:
    """The parcel may leave before its order is in the ERP; the ERP's delivery may never come."""
    dock = play.notes["dock"] = Dock(play)
    at = play.rng.randint(1, 10) * SECOND
    play.later(at, partial(play.order, "shop", ("HAT-M", play.rng.randint(1, 3))))
    gone = play.rng.randint(12, 40) * SECOND
    play.later(gone, dock.ship)
    play.later(gone + play.rng.randint(5, 40) * SECOND, dock.ship)
    if play.rng.random() > SHARE:
        parts = play.rng.random() < SHARE
        at = play.rng.randint(20, 80) * SECOND
        play.later(at, partial(play.deliver, parts=parts, tracking="JJD1"))


def _counted_once(play: Play) -> list[str]:
    dock = play.notes["dock"]
    return dock.amiss() if isinstance(dock, Dock) else []


SHIPMENTS = (
    Scenario(
        "a warehouse ships beside the ERP",
        _one_size,
        _crossing,
        rules=RULES,
        shipper="wms",
        check=_counted_once,
    ),
)
