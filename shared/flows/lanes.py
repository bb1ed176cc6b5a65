"""How much of a lane one round of publishing takes."""

from collections.abc import Sequence
from datetime import datetime

from shared.flows import keys
from shared.model.ids import Facet
from shared.model.target import TargetState
from shared.ports import LaterPublisher, Row, Store, Table

DRAIN = 500  # targets looked at per lane and round
DRAIN_MOST = 10_000  # where a channel takes them all at once; what a function can mark in its time


def due_now(
    store: Store, lane: str, *, now: datetime, later: LaterPublisher | None = None
) -> list[Row]:
    """The targets of a lane to look at now: of each facet as many as go out in one round.

    What is in doubt is read back in smaller portions, because that has to be asked line by line.
    """
    rows = store.due(Table.TARGETS, lane, until=now, limit=DRAIN)
    if later is None or not rows:
        return rows
    if len(rows) == DRAIN and _wants_more(later, rows):
        rows = store.due(Table.TARGETS, lane, until=now, limit=DRAIN_MOST)
    doubtful = [row for row in rows if row.body["state"] == TargetState.IN_DOUBT]
    wished = [row for row in rows if row.body["state"] != TargetState.IN_DOUBT]
    return doubtful[:DRAIN] + [
        row
        for facet, lines in _by_facet(wished).items()
        for row in lines[: later.window(facet, len(lines))]
    ]


def _wants_more(later: LaterPublisher, rows: Sequence[Row]) -> bool:
    return any(later.window(facet, DRAIN_MOST) > DRAIN for facet in _by_facet(rows))


def _by_facet(rows: Sequence[Row]) -> dict[Facet, list[Row]]:
    found: dict[Facet, list[Row]] = {}
    for row in rows:
        found.setdefault(keys.facet_of(row.key), []).append(row)
    return found
