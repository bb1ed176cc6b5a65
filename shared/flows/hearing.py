"""Notices by the clock that a source of stock fell silent, and that it is heard again.

Of one that is read, a finished poll counts as hearing, whether it told anything new or not. One
that posts or drops is heard of as long as something it tells is counted: that stands in the names
of what the ledger recorded, so nothing is written for it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from shared.domain.doubt import Doubted
from shared.flows import keys, recorded
from shared.flows.issues import Issues, Problem
from shared.flows.walks import Walks
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.ports import Clock, Journal, Key, Row, Store

_REMEDY: Final = {
    False: "see why polls of {} fail; levels come back by themselves once one ends",
    True: "see why {} tells nothing; levels come back by themselves once something it tells counts",
}
"""By whether the source posts."""


@frozen
class Hearing:
    store: Store
    issues: Issues
    clock: Clock
    retailer: Retailer
    journal: Callable[[], Journal]

    def run(self, *, out_of_time: Callable[[], bool]) -> int:
        """Derive anew what a changed file, or a source's silence, has changed; articles touched."""
        walks = Walks(self.store, self.clock, self.retailer)
        file: dict[str, Json] = {"file": self.retailer.fingerprint}
        touched = walks.run(keys.walk("file"), file, out_of_time=out_of_time)
        for source, since in (*self._polled(), *self._tellers()):
            state: dict[str, Json] = {"silent": since.isoformat() if since else None}
            self._tell(source, since)
            touched += walks.run(keys.heard(source), state, out_of_time=out_of_time)
        return touched

    def _polled(self) -> Iterator[tuple[str, datetime | None]]:
        """Every source that is polled; one that was never heard of has told nothing to doubt."""
        after = self.retailer.stock_guards.stale.after
        if after is None:
            return
        cursors = {keys.cursor(s, Entity.STOCK): s for s in self.retailer.stock_sources}
        for key, row in self.store.get(cursors).items():
            heard = row.body.get("ended") or row.body.get("done")
            if isinstance(heard, str):
                ends = datetime.fromisoformat(heard) + after
                yield cursors[key], ends if ends <= self.clock.now() else None

    def _tellers(self) -> Iterator[tuple[str, datetime | None]]:
        """Every source that posts or drops; silent since the minute it was noticed."""
        now = self.clock.now()
        for source in filter(self.retailer.is_source, self.retailer.heeded):
            after = self.retailer.silent_after(source) or timedelta()
            if recorded.since(self.journal(), source, now - after):
                yield source, None
            elif since := self._since(source):
                yield source, since
            elif recorded.since(self.journal(), source):
                yield source, now

    def _since(self, source: str) -> datetime | None:
        """Since when it is known to be silent."""
        return _silence(self.store.get([keys.heard(source)]).get(keys.heard(source)))

    def _tell(self, source: str, since: datetime | None) -> None:
        """Told before it is put down: a crash in between tells it once more."""
        was = self._since(source)
        if since is not None and was is None:
            self.issues.report([self._problem(source, since)])
        elif since is None and was is not None:
            self.issues.solve(IssueKind.STOCK_STALE, source, by="the source was heard again")

    def _problem(self, source: str, since: datetime) -> Problem:
        rules = self.retailer.stock_guards.stale
        after = self.retailer.silent_after(source) or timedelta()
        minutes = after // timedelta(minutes=1)
        posts = self.retailer.is_source(source)
        what = "movement or count" if posts else "poll"
        heard = "was counted" if posts else "has finished"
        return Problem(
            kind=IssueKind.STOCK_STALE,
            subject=source,
            connection=source,
            summary=f"no {what} of the stock of {source} {heard} for {minutes} min, "
            f"since {since.isoformat()} its levels are unknown: {rules.then}",
            remedy=_REMEDY[posts].format(source),
            field="stock_guards.stale.after_minutes",
            value=str(minutes),
        )


def heard_keys(retailer: Retailer) -> list[Key]:
    """Rows that say of each source whether it is silent; none where the file does not ask."""
    return [keys.heard(source) for source in retailer.heeded]


def silent(rows: Mapping[Key, Row], retailer: Retailer) -> dict[str, tuple[Doubted, ...]]:
    """The doubt at each location whose source fell silent."""
    found: dict[str, tuple[Doubted, ...]] = {}
    for source in retailer.heeded:
        since = _silence(rows.get(keys.heard(source)))
        if since is not None:
            doubt = Doubted("stale", since, retailer.stock_guards.stale)
            found |= dict.fromkeys(retailer.stocked_by(source), (doubt,))
    return found


def _silence(row: Row | None) -> datetime | None:
    state = row.body["state"] if row else None
    since = state.get("silent") if isinstance(state, dict) else None
    return datetime.fromisoformat(since) if isinstance(since, str) else None
