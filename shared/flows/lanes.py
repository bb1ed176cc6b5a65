"""How much of a lane one round of publishing takes."""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime, timedelta

from shared.domain.targets import Priority
from shared.flows import keys
from shared.frozen import frozen, slotted
from shared.model.ids import Facet
from shared.model.retailer import Channel
from shared.model.target import TargetState, Verdict
from shared.ports import Clock, LaterPublisher, Row, Store, Table

DRAIN = 500  # targets looked at per lane and round
FLOOD = 50  # waiting prices from which on groups are waited for
LOOK = timedelta(seconds=1)
QUIET = timedelta(seconds=1)
BURST, SPAN = 2, timedelta(seconds=2)  # a level goes out so often within that, and then it waits
DRAIN_MOST = 10_000  # where a channel takes them all at once; what a function can mark in its time


@slotted
class Urgent:
    """Whether levels wait while another facet goes out in many calls; asked once a second."""

    store: Store
    clock: Clock
    channels: Sequence[Channel]
    facet: Facet
    asked: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.asked = self.clock.now()

    def waits(self) -> bool:
        now = self.clock.now()
        if self.facet is Facet.STOCK or now < self.asked + LOOK:
            return False
        self.asked = now
        urgent = (Priority.SOLD_OUT, Priority.STOCK)
        lanes = [keys.target_lane(c.name, level) for level in urgent for c in self.channels]
        return any(self.store.due(Table.TARGETS, lane, until=now, limit=1) for lane in lanes)


@frozen
class Due:
    """What of a lane goes now, and when what was left for its group's sake is to be looked at.

    `more` is whether the lane may hold more that could go at once.
    """

    rows: list[Row]
    again: datetime | None = None
    more: bool = False


def due_now(store: Store, lane: str, *, now: datetime, later: LaterPublisher | None = None) -> Due:
    """The targets of a lane to look at now: of each facet as many as go out in one round.

    What is in doubt is read back in smaller portions, because that has to be asked line by line.
    """
    limit = DRAIN
    rows = store.due(Table.TARGETS, lane, until=now, limit=limit)
    if later is None or not rows:
        kept, rested = _rested(rows, now)
        return Due(kept, rested, more=len(rows) == limit)
    reach = max(later.reach(facet) for facet in _by_facet(rows))
    if len(rows) == DRAIN and reach > DRAIN:
        limit = min(reach, DRAIN_MOST)
        rows = store.due(Table.TARGETS, lane, until=now, limit=limit)
    more = len(rows) == limit
    rows, rested = _rested(rows, now)
    doubtful = [row for row in rows if row.body["state"] == TargetState.IN_DOUBT]
    wished = [row for row in rows if row.body["state"] != TargetState.IN_DOUBT]
    more |= len(doubtful) > DRAIN
    chosen = doubtful[:DRAIN]
    again = None
    for facet, lines in _by_facet(wished).items():
        whole, again = _whole(lines, now) if later.by_group(facet) else (lines, again)
        picked = later.window(facet, [_group(row) for row in whole])
        more |= len(picked) < len(whole)
        chosen += [whole[i] for i in picked]
    return Due(chosen, min((at for at in (again, rested) if at is not None), default=None), more)


def _rested(rows: list[Row], now: datetime) -> tuple[list[Row], datetime | None]:
    """Without levels that went out a moment ago, twice: of forty changes the last is what counts.

    What runs out, or is to be read back, does not wait.
    """
    waiting = {row.key: at for row in rows if (at := _hot_until(row)) is not None and at > now}
    if not waiting:
        return rows, None
    return [row for row in rows if row.key not in waiting], min(waiting.values())


def _hot_until(row: Row) -> datetime | None:
    attempts, body = row.body["attempts"], row.body
    if keys.facet_of(row.key) is not Facet.STOCK or body["priority"] == Priority.SOLD_OUT:
        return None
    if body["state"] != TargetState.DIRTY or not isinstance(attempts, list):
        return None
    match attempts[-BURST:]:
        case [{"at": str(first), "verdict": Verdict.APPLIED}, {"verdict": Verdict.APPLIED}]:
            return datetime.fromisoformat(first) + SPAN
        case _:
            return None


def _whole(lines: list[Row], now: datetime) -> tuple[list[Row], datetime | None]:
    """While many lines come in, those of groups to which none was added for a moment.

    A group is a call of most vendors, and what derivation has not reached yet would be another.
    """
    if len(lines) < FLOOD:
        return lines, None
    newest: dict[str, datetime] = {}
    for row in lines:
        since = datetime.fromisoformat(str(row.body["since"]))
        newest[_group(row)] = max(since, newest.get(_group(row), since))
    coming = {group: at for group, at in newest.items() if at > now - QUIET}
    again = min(coming.values()) + QUIET if coming else None
    return [row for row in lines if _group(row) not in coming], again


def _group(row: Row) -> str:
    return str(row.body["group"])


def _by_facet(rows: Sequence[Row]) -> dict[Facet, list[Row]]:
    found: dict[Facet, list[Row]] = {}
    for row in rows:
        found.setdefault(keys.facet_of(row.key), []).append(row)
    return found
