"""Days on which a vendor is down or short of slots, and what we make of it is counted."""

from functools import partial

from shared.flows import keys
from shared.flows.breaker import FAILURES
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.faults import Kind
from tests.simulation.scenario import ORDERLY, Play, Scenario, catalogue, few, some, spread

DOWN_MS = 9 * MINUTE
TRIED_AT_MOST = 20  # five failures, a probe in 15 s, 30 s, ... 4 min, and calls that were under way
BUSY = frozenset({Kind.THROTTLED, Kind.BUSY})


def _two_shops(play: Play) -> None:
    catalogue(play, "M", units=9)


def _down(play: Play) -> None:
    """A shop is gone for nine minutes, while prices and stock change and the other shop sells."""
    hangs = play.rng.random() < 0.5
    play.lasts_ms = DOWN_MS + 2 * MINUTE
    play.later(10 * SECOND, partial(_goes, play, hangs=hangs))
    for at in spread(play, DOWN_MS // 2, 3):
        play.later(20 * SECOND + at, partial(play.stock, "HAT-M", 1))
    play.later(MINUTE, partial(play.order, "shop", ("HAT-M", 1)))


def _goes(play: Play, *, hangs: bool) -> None:
    play.notes["before"] = play.world.transports["outlet"].calls
    play.out("outlet", DOWN_MS, hangs=hangs)
    play.later(DOWN_MS, partial(_is_back, play))


def _is_back(play: Play) -> None:
    play.notes["after"] = play.world.transports["outlet"].calls


def _left_alone(play: Play) -> list[str]:
    """A dead vendor is tried now and then; one exception told of it, and ended with it."""
    if play.world.faults.fired:  # crash points call again
        return []
    tried = int(str(play.notes["after"])) - int(str(play.notes["before"]))
    found = [f"a dead shop was called {tried} times"] if tried > TRIED_AT_MOST else []
    told = _circuits(play)
    if tried >= FAILURES and told != {"outlet": "solved"}:
        found.append(f"of a shop that was down is told {told}")
    return found


def _circuits(play: Play) -> dict[str, str]:
    return {
        str(row.body["subject"]): str(row.body["state"])
        for row in play.world.store.rows(Table.ISSUES)
        if row.body["kind"] == IssueKind.CIRCUIT_OPEN
    }


def _busy(play: Play) -> None:
    """Vendors that say "too many" all the time work, and nobody leaves them alone."""
    for at in spread(play, 60 * SECOND, 1 + some(play, 3)):
        play.later(at, partial(play.order, "shop", ("HAT-M", 1)))


def _never_open(play: Play) -> list[str]:
    opened = _circuits(play)
    return [f"throttled vendors are left alone: {opened}"] if opened else []


def _few_slots(play: Play) -> None:
    """An ERP that counts calls under way, with seconds per call, while all read and write it."""
    play.world.transports["erp"].slow_ms = 3 * SECOND
    for at in spread(play, 20 * SECOND, 1 + some(play, 2)):
        play.later(at, partial(play.order, "shop", ("HAT-M", 1)))
        play.later(at, partial(play.stock, "HAT-L", 1))


def _within_slots(play: Play) -> list[str]:
    most = play.world.transports["erp"].most_under_way
    slots = play.world.retailer.connection("erp").limits.slots
    left = [
        row.key.pk
        for row in play.world.store.rows(Table.CONTROL)
        if row.key in keys.slots("erp", slots) and row.body["until"] is not None
    ] * (not play.world.faults.fired)
    found = [f"{most} calls were under way at the ERP, {slots} may be"] if most > slots else []
    return found + [f"places are still held: {one}" for one in left]


PACING = (
    Scenario(
        "a shop that is down is left alone",
        _two_shops,
        _down,
        shops=("shop", "outlet"),
        kinds=(),
        reads=ORDERLY | {Entity.PRICE},
        check=_left_alone,
    ),
    Scenario("vendors are busy", few, _busy, kinds=BUSY, often=BUSY, check=_never_open),
    Scenario(
        "an ERP that counts its slots", few, _few_slots, slots=2, counted=True, check=_within_slots
    ),
)
