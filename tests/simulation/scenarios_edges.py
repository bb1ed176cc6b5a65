"""Days that end in the middle, values that go there and back, and a plan with little room."""

from functools import partial

from shared.flows import keys
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation import texts
from tests.simulation.engine import SECOND
from tests.simulation.faults import Kind
from tests.simulation.scenario import ORDERLY, SHARE, Play, Scenario, catalogue, few, some, spread

CODE = "LEGACY-1"
GHOST = 990001  # an order the shop tells of and does not have
BASE, RAISED = 1000, 1200
SLOW_MS = 8 * SECOND
PRODUCTS = 8
# What a poll costs and four seconds bring back: while leases are on their way to the shop, a bucket
# that is full there takes nothing in; who fetches a token first is under way for a second longer.
ROOM = 926 + 44
DEATHS = frozenset({Kind.CRASH_BEFORE, Kind.CRASH_EFFECT, Kind.CRASH_ANSWER})
LATE = frozenset({Kind.LATE})
LOSSES = frozenset({Kind.LATE, Kind.AWS_ERROR, Kind.AWS_THROTTLED})
RACES = frozenset({Kind.LOST, Kind.LATE, Kind.EARLY_AGAIN, Kind.DUPLICATE, Kind.SEARCH_LAGS})


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=20)


# the day ends in the middle


def _unfinished(play: Play) -> None:
    """Goods leave in part, and a code stays unknown."""
    for at in spread(play, 20 * SECOND, some(play, 2)):
        play.later(at, partial(play.order, "shop", ("HAT-M", 3)))
    play.later(play.rng.randint(0, 60) * SECOND, partial(play.coded, "shop", CODE, 1, 1500))
    play.later(play.rng.randint(40, 100) * SECOND, partial(play.deliver, parts=True))


# a message that can never be handled


def _ghost(play: Play) -> None:
    """A webhook names an order nobody has; twenty tries take two hours, so rules beat slowly."""
    play.world.stretch = 20
    play.later(SECOND, partial(_tell_of_ghost, play))
    play.later(20 * SECOND, partial(play.order, "shop", ("HAT-M", 1)))


def _tell_of_ghost(play: Play) -> None:
    play.world.engine.note(f"shop: tells of order {GHOST}, which it does not have")
    now = play.world.engine.now()
    play.world.vendors["shop"].hooks.emit("orders/create", {"id": GHOST}, now, copies=1)


def _ghost_is_told_of(play: Play) -> list[str]:
    """I6: a message that can never be handled ends as an exception."""
    told = [
        row
        for row in play.world.store.rows(Table.ISSUES)
        if row.body["kind"] == IssueKind.DEAD_LETTER and str(GHOST) in str(row.body["subject"])
    ]
    return [] if told else [f"I6: no exception tells of order {GHOST}, which cannot be read"]


# there and back


def _there_and_back(play: Play) -> None:
    """A price and a level leave and return, while the ERP's answers linger now and then."""
    for at in spread(play, 100 * SECOND, 1 + some(play, 3)):
        play.later(at, partial(_flip_price, play))
    for at in spread(play, 100 * SECOND, 1 + some(play, 3)):
        play.later(at, partial(_flip_level, play))
    erp = play.world.transports["erp"]
    for at in spread(play, 90 * SECOND, some(play, 3)):
        play.later(at, partial(setattr, erp, "slow_ms", SLOW_MS))
        play.later(at + play.rng.randint(1, 6) * SECOND, partial(setattr, erp, "slow_ms", 0))


def _among_crashes(play: Play) -> None:
    """A price leaves and returns every few seconds, and publishers die."""
    for at in spread(play, 60 * SECOND, 2 + some(play, 3)):
        play.later(at, partial(_flip_price, play))


def _late(play: Play) -> None:
    """A price leaves and returns, now and then or all the time, and requests land late."""
    over_ms, flips = play.rng.choice(((50 * SECOND, 2), (50 * SECOND, 3), (16 * SECOND, 10)))
    for at in spread(play, over_ms, flips):
        play.later(at, partial(_flip_price, play))


def _levels(play: Play) -> None:
    """A level leaves and returns every few seconds, and requests land late or not at all."""
    for at in spread(play, 50 * SECOND, 2 + some(play, 3)):
        play.later(at, partial(_flip_level, play))


def _at_once(play: Play) -> None:
    """Several orders of one article come in one moment, and their goods leave in another."""
    moment = play.rng.randint(1, 10) * SECOND
    for _ in range(some(play, 3)):
        play.later(moment, partial(play.order, "shop", ("HAT-M", 2)))
    if play.rng.random() < SHARE:
        return
    gone = play.rng.randint(20, 60) * SECOND
    for _ in range(2):
        play.later(gone, partial(play.deliver, parts=True))
    play.later(gone, partial(play.refund, "shop", restock=False))


def _flip_price(play: Play) -> None:
    play.price("HAT-M", RAISED if play.truth.base_of("HAT-M") == BASE else BASE)


def _flip_level(play: Play) -> None:
    away = bool(play.notes.get("away"))
    play.notes["away"] = not away
    play.stock("HAT-M", 3 if away else -3)


def _by_hand(play: Play) -> None:
    """The ERP counts; the shop's staff set the level back to what it was, and it is looked at."""
    at = play.rng.randint(1, 20) * SECOND
    play.later(at, partial(play.stock, "HAT-M", -play.rng.randint(1, 5)))
    if play.rng.random() < SHARE:
        play.later(at + play.rng.randint(1, 20) * SECOND, partial(play.order, "shop", ("HAT-M", 1)))
    play.later(at + play.rng.randint(25, 60) * SECOND, partial(_set_back, play))


def _set_back(play: Play) -> None:
    world = play.world
    world.engine.note("shop: somebody sets HAT-M to 20")
    world.vendors["shop"].control(
        "set_stock", sku="HAT-M", location="gid://shopify/Location/1", available=20
    )
    check = {"look": "again", "check": "shop#stock#HAT-M"}
    world.queues[keys.write_queue("shop")].put(texts.text(check))


# little room


def _apart(play: Play) -> None:
    """Articles of a product each, so that every price is a call of its own."""
    for i in range(PRODUCTS):
        catalogue(play, "M", product=f"CUP{i}", units=5)


def _burst(play: Play) -> None:
    """Every price changes while orders are polled, which alone costs nearly the whole bucket."""
    for i, at in enumerate((10 * SECOND, play.rng.randint(20, 60) * SECOND)):
        for n in range(PRODUCTS):
            play.later(at, partial(play.price, f"CUP{n}-M", RAISED + i, tell=False))
        play.later(at + SECOND, partial(play.world.poll, "erp", Entity.PRICE))
        for wait in spread(play, 4 * SECOND, 3):
            play.later(at + wait, partial(play.world.poll, "shop", Entity.ORDER))


EDGES = (
    Scenario("the day ends in the middle", _one_size, _unfinished),
    Scenario(
        "an order nobody has",
        _one_size,
        _ghost,
        kinds=(Kind.EARLY_AGAIN, Kind.DUPLICATE, Kind.HOOK_AGAIN, Kind.SKEW),
        replayed=(),
        check=_ghost_is_told_of,
    ),
    Scenario(
        "there and back",
        few,
        _there_and_back,
        reads=ORDERLY | {Entity.PRICE},
    ),
    Scenario(
        "there and back among crashes",
        _one_size,
        _among_crashes,
        often=DEATHS,
        reads=(Entity.PRICE,),
    ),
    Scenario(
        "there and back, and late",
        _one_size,
        _late,
        kinds=LATE,
        often=LATE,
        reads=(Entity.PRICE,),
    ),
    Scenario(
        "levels there and back",
        _one_size,
        _levels,
        kinds=LOSSES,
        often=LOSSES,
        reads=(Entity.STOCK,),
    ),
    Scenario("a level is set by hand", _one_size, _by_hand, reads=(Entity.STOCK, Entity.ORDER)),
    Scenario(
        "everything at once",
        _one_size,
        _at_once,
        slots=8,
        kinds=RACES,
        often=RACES,
    ),
    Scenario(
        "a plan with little room",
        _apart,
        _burst,
        points=10,
        bucket=ROOM,
        kinds=(),
        reads=(Entity.PRICE, Entity.ORDER),
    ),
)
