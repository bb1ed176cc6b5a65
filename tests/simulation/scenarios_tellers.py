"""Days with a warehouse that cannot be trusted: it tells nonsense, or nothing."""

from datetime import datetime, timedelta
from functools import partial

from shared.flows import keys
from shared.model.issue import IssueKind
from shared.ports import Key, Put, Row, Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, some, spread
from tests.simulation.warehouse import NAME, PLACES, STATUSES, Warehouse
from tests.simulation.warehouse import Row as Told

SKU = "HAT-M"
ABOVE = 1000
NONSENSE = ("5000000", "-3", "")
RULES = f"""
[stock_guards]
null = {{ then = "keep" }}
negative = {{ then = "keep" }}
absurd = {{ then = "keep", above = {ABOVE} }}
"""


SILENT = """
[stock_guards.stale]
after_minutes = 5
then = "suppress"
"""
NOTICED_MS, SPEAKS_MS, LASTS_MS, UNITS = 385 * SECOND, 388 * SECOND, 390 * SECOND, 20
CRASHED_MS = 4 * MINUTE
"""Who finds a publisher gone comes by the minute, and a lease outlasts its holder by 90 seconds."""


def _empty(play: Play) -> None:
    """An article of which the ERP has a price and knows no stock."""
    catalogue(play, "M", units=0)


def _nonsense(play: Play) -> None:
    """Counts nobody believes among movements that are late; what was mistyped is told again."""
    house = Warehouse(play)
    play.world.store.tell(partial(_watched, play), Table.FACTS)
    play.later(0, partial(house.tell, [house.receive(SKU, place, 20) for place in PLACES]))
    for at in spread(play, 70 * SECOND, 3 + some(play, 2)):
        play.later(at, partial(_moved, house))
    for at in spread(play, 80 * SECOND, 2 + some(play, 1)):
        play.later(at, partial(_miscounted, house))


def _watched(play: Play, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
    """No position is ever what nobody believes."""
    del old, put
    if new is None or not key.sk.startswith(keys.stock(SKU, NAME).sk):
        return
    for position in new.body["positions"]:  # type: ignore[union-attr] # a card has a list of them
        assert isinstance(position, dict)
        units = [abs(int(str(position.get(name, 0)))) for name in (*STATUSES, "on_hand")]
        if max(units) > ABOVE:
            play.truth.break_("I5", f"{position} is known, and nobody believes that")


def _moved(house: Warehouse) -> None:
    """Some units go or come; now and then they are mistyped first, or told later than others."""
    rng = house.play.rng
    does = rng.choice((house.receive, house.ship, house.pick))
    row = does(SKU, rng.choice(PLACES), rng.randint(1, 5))
    if rng.random() < 0.4:
        house.tell([row | {"quantity": "4000000"}])
        house.tell([row], rng.randint(5, 20) * SECOND)
    else:
        house.tell([row], rng.choice((0, rng.randint(5, 40) * SECOND)))


def _miscounted(house: Warehouse) -> None:
    rng = house.play.rng
    said: Told = house.count(SKU, rng.choice(PLACES)) | {"on_hand": rng.choice(NONSENSE)}
    said = {name: text for name, text in said.items() if name not in STATUSES}
    house.tell([said], levels=True)


def _told(play: Play) -> list[str]:
    strange = {IssueKind.STOCK_ABSURD, IssueKind.STOCK_NEGATIVE, IssueKind.STOCK_NULL}
    kinds = {row.body["kind"] for row in play.world.store.rows(Table.ISSUES)}
    return [] if kinds & strange else ["nobody was told of the nonsense"]


def _falls_silent(play: Play) -> None:
    """It tells of goods, then of nothing for longer than the file allows, and then again."""
    house = Warehouse(play)
    play.later(play.rng.randint(0, 5 * SECOND), partial(_received, house))
    more = CRASHED_MS if play.world.faults.given else 0
    play.lasts_ms = LASTS_MS + more
    play.later(NOTICED_MS + more, partial(_look, play))
    play.later(SPEAKS_MS + more, partial(_received, house))
    for minutes in range(9 + more // MINUTE, 40, 3):
        play.world.engine.at(minutes * MINUTE, partial(_recounted, house))


def _received(house: Warehouse) -> None:
    house.tell([house.receive(SKU, place, UNITS) for place in PLACES])
    house.play.notes["spoke"] = house.play.world.engine.now()


def _recounted(house: Warehouse) -> None:
    """It has nothing to tell of and says so, which is heard."""
    house.tell([house.count(SKU, PLACES[0])], levels=True)


def _look(play: Play) -> None:
    variants = play.world.vendors["shop"].shop.variants.values()
    play.notes["shown"] = sum(each.available for v in variants for each in v.levels.values())
    play.notes["silent"] = play.notes["spoke"]


def _suppressed(play: Play) -> list[str]:
    found = []
    if play.notes["shown"]:
        found.append(f"{play.notes['shown']} of a silent warehouse were offered")
    rows = [row.body for row in play.world.store.rows(Table.ISSUES)]
    told = [body for body in rows if body["kind"] == IssueKind.STOCK_STALE]
    if [body["state"] for body in told] != ["solved"]:
        found.append(f"that the warehouse was silent is {told or 'not told of'}, not solved")
    spoke = play.notes["silent"]
    assert isinstance(spoke, datetime)
    for body in told:
        after = datetime.fromisoformat(str(body["first_seen"])) - spoke
        if after < timedelta(minutes=5):
            found.append(f"it was silent {after} after it told of goods")
    return found


TELLERS = (
    Scenario(
        "a warehouse that tells nonsense",
        _empty,
        _nonsense,
        warehouse=True,
        rules=RULES,
        reads=(),
        check=_told,
    ),
    Scenario(
        "a warehouse falls silent",
        _empty,
        _falls_silent,
        beats=1,
        kinds=(),
        warehouse=True,
        rules=SILENT,
        reads=(),
        check=_suppressed,
    ),
)
