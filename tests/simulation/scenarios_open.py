"""A day on which an article has more open orders than its card has room for."""

from functools import partial

from shared.domain.hold_pages import Sizes
from shared.ports import Table
from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, some, spread

ROOM = Sizes(card=1, page=1, few=0)


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=12)


def _many_open(play: Play) -> None:
    """Each new order takes an older one's place; then all leave, in part, or one is cancelled."""
    play.world.store.tell(partial(_seen, play), Table.FACTS)
    for at in spread(play, 20 * SECOND, 1 + some(play, 2)):
        play.later(at, partial(play.order, "shop", ("HAT-M", play.rng.randint(1, 2))))
    leave, cancel = partial(play.deliver, parts=True), partial(play.cancel, "shop")
    play.later(45 * SECOND, play.rng.choice((leave, cancel)))


def _seen(play: Play, key: object, *_: object) -> None:
    play.notes["pages"] = play.notes.get("pages", False) or str(key).find("holds#") > 0


def _paged(play: Play) -> list[str]:
    """Undisturbed, two orders of an article are one more than its card has room for."""
    paged = play.world.faults.fired or play.placed < 2 or play.notes.get("pages", False)
    return [] if paged else [f"{play.placed} orders, and no page"]


OPEN = (
    Scenario("an article with many open orders", _one_size, _many_open, sizes=ROOM, check=_paged),
)
