"""One seed, one history: open, chaos under watch, heal, and then everything must be right."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from shared.errors import SyncError
from shared.flows import hold_pages
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.faults import Fault, Faults, Kind
from tests.simulation.invariants import INVARIANTS, Check
from tests.simulation.opening import opened
from tests.simulation.scenario import Play, Scenario
from tests.simulation.standins import swapped
from tests.simulation.truth import Truth
from tests.simulation.world import World

HEALING_MS = 150 * MINUTE  # twenty tries of a message that is hidden for six minutes are 120
LONGER = 0.04
ROUNDS = 8  # a poll whose run was lost is begun anew after ten minutes
PAUSE_MS = 3 * MINUTE
BY_THE_MINUTE = frozenset({IssueKind.STOCK_STALE})
"""Exceptions that the sweep ends once it sees that their cause is over."""
BUG = "a bug of the code"
REPLAY = "I10 replay changes nothing"


@dataclass(slots=True)
class Result:
    """What became of one seed. `violations` is empty when all invariants held.

    `checks` says how often each of them was looked at; `virtual_s` leaves the opening out.
    """

    scenario: str
    seed: int
    hash: int
    calls: int
    virtual_s: float
    fired: list[Fault]
    violations: list[str] = field(default_factory=list)
    story: list[str] | None = None
    opportunities: dict[Kind, int] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)


def run(
    scenario: Scenario,
    seed: int,
    *,
    given: Collection[Fault] | None = None,
    tracing: bool = False,
    sabotage: Callable[[], AbstractContextManager[object]] = nullcontext,
    invariants: Mapping[str, Check] = INVARIANTS,
) -> Result:
    """Play one seed of a scenario; `given` replaces the drawn faults by these."""
    faults = (
        Faults.swarm(seed, scenario.kinds, scenario.often)
        if given is None
        else Faults(seed, on=(), given=given)
    )
    start = scenario.start(seed)
    opening = opened(scenario, start)
    world = World(seed, faults, setup=scenario.setup, start=start, tracing=tracing)
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    opening.restore(play)
    truth, world.stretch = play.truth, scenario.beats
    truth.expected = scenario.expected
    violations: list[str] = []
    with sabotage(), world.playing(), swapped(hold_pages, {"SIZES": scenario.sizes}):
        begun = world.engine.now_ms
        scenario.play(play)
        world.engine.run(until_ms=begun + _chaos_ms(scenario, play))
        calls = world.engine.calls
        violations += _heal(play, scenario)
        for name, check in invariants.items():
            violations += [f"{name}: {story}" for story in check(truth)]
        violations += truth.broken
        violations += [f"{BUG}: {error}" for error in world.engine.bugs]
        violations += [f"{scenario.name}: {story}" for story in scenario.check(play)]
        checks = truth.looked + Counter(["liveness", BUG, *invariants, *scenario.checks])
        if scenario.replays and not violations:
            violations += _replayed(play)
            checks[REPLAY] += 1
    return Result(
        scenario.name,
        seed,
        world.engine.hash,
        calls,
        (world.engine.now_ms - begun) / SECOND,
        faults.fired,
        violations,
        world.engine.story,
        faults.opportunities(),
        checks,
    )


def _chaos_ms(scenario: Scenario, play: Play) -> int:
    """Most seeds are short; some leave time for doubts and hidden messages to come back."""
    longer = 4 * MINUTE if play.rng.random() < LONGER else 0
    return (play.lasts_ms or scenario.chaos_ms) + longer


def _heal(play: Play, scenario: Scenario) -> list[str]:
    """Faults end; everything must come right by itself, or by the replays exceptions offer."""
    world = play.world
    world.engine.note("FAULTS END")
    world.faults.heal()
    for transport in world.transports.values():
        transport.down_until_ms = 0
        transport.slow_ms = 0
    for courier in world.couriers.values():
        courier.out_until_ms = 0
        courier.patience = 5
    healed = world.engine.now()
    # An idle world costs nothing but its rules; what is due each five minutes stays in reach.
    world.stretch = max(7, world.stretch)
    deadline = world.engine.now_ms + HEALING_MS
    for _ in range(ROUNDS):
        for connection, entity in _unread(world, scenario.reads, healed):
            world.poll(connection, entity)
        rested = world.engine.run(until_ms=deadline, calm=lambda: world.calm)
        if not rested:
            return [f"liveness: after {HEALING_MS // MINUTE} min there is still {_busy(world)}"]
        unread = _unread(world, scenario.reads, healed)
        waits = _operators(play, scenario) or _minute(world)
        if not waits and not unread:
            return []
        world.engine.run(until_ms=world.engine.now_ms + PAUSE_MS)
    return [f"liveness: exceptions come back, or polls stay unread: {unread}"]


def _unread(world: World, reads: Collection[Entity], healed: datetime) -> list[tuple[str, Entity]]:
    """Polls that have not run once, from their start, since the faults ended."""
    done = {
        row.key.pk: str(row.body["done"])
        for row in world.store.rows(Table.CONTROL)
        if row.key.pk.startswith("cursor#") and row.body["done"]
    }
    since = healed.isoformat()
    return [
        (connection.name, entity)
        for connection in world.retailer.connections
        for entity in world.polled(connection.name)
        if entity in reads and done.get(f"cursor#{connection.name}#{entity}", "") < since
    ]


def _operators(play: Play, scenario: Scenario) -> bool:
    """People replay what waits for them, as they are told to; whether there was anything."""
    world = play.world
    waiting = [
        row
        for row in world.store.rows(Table.ISSUES)
        if row.body["state"] == "open"
        and row.body["kind"] in scenario.replayed
        and row.body["replay"]
    ]
    for row in waiting:
        if scenario.remedy is not None:
            scenario.remedy(play, row)
        world.engine.note(f"an operator replays {row.key.pk}")
        try:
            world.replay(row.key.pk)
        except SyncError as error:
            world.engine.note(f"  {error}")
    return bool(waiting)


def _minute(world: World) -> bool:
    """The sweep comes once more where it has something to end; whether it has.

    Of rules every seventh beat is heard: a source may have fallen silent by that alone.
    """
    rows = world.store.rows(Table.ISSUES)
    left = [r for r in rows if r.body["state"] == "open" and r.body["kind"] in BY_THE_MINUTE]
    silent = {row.body["connection"] for row in left}
    for name in (one.name for one in world.retailer.connections if one.name in silent):
        if Entity.STOCK in world.polled(name):
            world.poll(name, Entity.STOCK)
    if left:
        world.sweep()
    return bool(left)


def _busy(world: World) -> str:
    letters = {q.name: [x.body for x in q.letters][:3] for q in world.queues.values() if q.letters}
    lanes = {str(t): world.store.waiting(t) for t in (Table.TARGETS, Table.ORDERS)}
    return f"{letters} {lanes}"


def _replayed(play: Play) -> list[str]:
    """I10: handling every delivery of the day again changes nothing and writes to nobody."""
    world = play.world
    writes = {name: t.writes for name, t in world.transports.items()}
    rows, mails = _contents(world), len(world.stage.ses.mails)
    world.engine.note("THE DAY IS REPLAYED")
    for row in world.store.rows(Table.INBOX):
        connection, delivery = row.key.pk.split("#", 1)
        world.replay_delivery(connection, delivery)
    deadline = world.engine.now_ms + HEALING_MS
    if not world.engine.run(until_ms=deadline, calm=lambda: world.calm):
        return [f"{REPLAY}: it never came to rest"]
    found = [
        f"{REPLAY}: {t.writes - writes[name]} writes to {name}"
        for name, t in world.transports.items()
        if t.writes != writes[name]
    ]
    if len(world.stage.ses.mails) != mails:
        found.append(f"{REPLAY}: {len(world.stage.ses.mails) - mails} customers are mailed again")
    after = _contents(world)
    found += [
        f"{REPLAY}: row {name} is another"
        for name in sorted(rows.keys() | after.keys())
        if rows.get(name) != after.get(name)
    ]
    return found


def _contents(world: World) -> dict[str, str]:
    """What facts, targets and cases say, less when it was last looked at."""
    return {
        f"{row.key.table} {row.key.pk} {row.key.sk}": str({**row.body, "as_of": None})
        for table in (Table.FACTS, Table.TARGETS, Table.ORDERS)
        for row in world.store.rows(table)
    }
