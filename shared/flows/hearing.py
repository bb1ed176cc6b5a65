"""Notices by the clock that a source of stock fell silent, and that it is heard again.

A finished poll counts as hearing, whether it told anything new or not.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from shared.domain.doubt import Doubted
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.flows.walks import Walks
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.ports import Clock, Key, Row, Store


@frozen
class Hearing:
    store: Store
    issues: Issues
    clock: Clock
    retailer: Retailer

    def run(self, *, out_of_time: Callable[[], bool]) -> int:
        """Derive anew what a changed file, or a source's silence, has changed; articles touched."""
        walks = Walks(self.store, self.clock, self.retailer)
        file: dict[str, Json] = {"file": self.retailer.fingerprint}
        touched = walks.run(keys.walk("file"), file, out_of_time=out_of_time)
        for source, since in self._silences().items():
            state: dict[str, Json] = {"silent": since.isoformat() if since else None}
            self._tell(source, since)
            touched += walks.run(keys.heard(source), state, out_of_time=out_of_time)
        return touched

    def _silences(self) -> dict[str, datetime | None]:
        """Every source that is polled; one that was never heard of has told nothing to doubt."""
        after = self.retailer.stock_guards.stale.after
        if after is None:
            return {}
        cursors = {keys.cursor(s, Entity.STOCK): s for s in self.retailer.stock_sources}
        found: dict[str, datetime | None] = {}
        for key, row in self.store.get(cursors).items():
            heard = row.body.get("ended") or row.body.get("done")
            if isinstance(heard, str):
                ends = datetime.fromisoformat(heard) + after
                found[cursors[key]] = ends if ends <= self.clock.now() else None
        return found

    def _tell(self, source: str, since: datetime | None) -> None:
        """Told before it is put down: a crash in between tells it once more."""
        known = self.store.get([keys.heard(source)]).get(keys.heard(source))
        state = known.body["state"] if known else None
        was = state.get("silent") if isinstance(state, dict) else None
        if since is not None and was is None:
            self.issues.report([self._problem(source, since)])
        elif since is None and was is not None:
            self.issues.solve(IssueKind.STOCK_STALE, source, by="the source was heard again")

    def _problem(self, source: str, since: datetime) -> Problem:
        rules = self.retailer.stock_guards.stale
        return Problem(
            kind=IssueKind.STOCK_STALE,
            subject=source,
            connection=source,
            summary=f"no poll of the stock of {source} has finished for {rules.after_minutes} min, "
            f"since {since.isoformat()} its levels are unknown: {rules.then}",
            remedy=f"see why polls of {source} fail; levels come back by themselves once one ends",
            field="stock_guards.stale.after_minutes",
            value=str(rules.after_minutes),
        )


def heard_keys(retailer: Retailer) -> list[Key]:
    """Rows that say of each source whether it is silent; none where the file does not ask."""
    if retailer.stock_guards.stale.after is None:
        return []
    return [keys.heard(source) for source in retailer.stock_sources]


def silent(rows: Mapping[Key, Row], retailer: Retailer) -> dict[str, tuple[Doubted, ...]]:
    """The doubt at each location whose source fell silent."""
    found: dict[str, tuple[Doubted, ...]] = {}
    for source in retailer.stock_sources:
        row = rows.get(keys.heard(source))
        state = row.body["state"] if row else None
        since = state.get("silent") if isinstance(state, dict) else None
        if isinstance(since, str):
            doubt = Doubted("stale", datetime.fromisoformat(since), retailer.stock_guards.stale)
            found |= dict.fromkeys(retailer.stocked_by(source), (doubt,))
    return found
