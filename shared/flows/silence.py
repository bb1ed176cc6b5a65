"""Hears orders come, channel by channel, and notices when one has been silent for too long."""

from collections.abc import Iterable
from datetime import datetime

from shared.domain import silence
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.policies import SilenceRules
from shared.model.retailer import Channel, Retailer
from shared.model.silence import Rhythm
from shared.ports import Clock, Put, Store

TRIES = 6
KIND = IssueKind.CHANNEL_SILENT


@frozen
class Silence:
    store: Store
    cases: Cases
    issues: Issues
    clock: Clock
    retailer: Retailer
    rules: SilenceRules

    def hear(self, order_ids: Iterable[str]) -> int:
        """Note that these were placed; how many channels were heard of."""
        placed: dict[str, list[datetime]] = {}
        for found in self.cases.find_all(order_ids).values():
            order = found.case.order
            placed.setdefault(order.channel, []).append(order.placed_at)
        for channel, instants in placed.items():
            self._note(channel, instants)
        return len(placed)

    def _note(self, channel: str, placed: Iterable[datetime]) -> None:
        key, instants = keys.rhythm(channel), list(placed)
        for _ in range(TRIES):
            row = self.store.get([key]).get(key)
            known = Rhythm.model_validate(row.body) if row else None
            now = silence.heard(known, instants)
            if now is None or now == known:
                return
            put = Put(key, now.model_dump(mode="json"), row.rev if row else 0)
            if self.store.commit([put])[0]:
                self.issues.solve(KIND, channel, by="an order came")
                return
        raise RetryableError(f"the rhythm of {channel} is contended")

    def check(self) -> list[str]:
        """Tell of every channel that is silent; their names."""
        named = {keys.rhythm(c.name): c for c in self.retailer.channels}
        rows = self.store.get(named)
        silent = []
        for key, row in rows.items():
            known = Rhythm.model_validate(row.body)
            after = silence.silent_after(known, self.rules)
            if after is not None and after <= self.clock.now():
                self.issues.report([self._problem(named[key], known)])
                silent.append(named[key].name)
        return silent

    def _problem(self, channel: Channel, known: Rhythm) -> Problem:
        longest = max(known.gaps)
        return Problem(
            kind=KIND,
            subject=channel.name,
            connection=channel.connection,
            summary=f"no order of {channel.name} since {known.last:%Y-%m-%d %H:%M} UTC; "
            f"the longest gap of the last {len(known.gaps)} was {longest // 60} minutes",
            remedy="see whether the channel sells, its webhooks come and its polls are made; "
            "replaying reads its orders again",
            field="last",
            value=known.last.isoformat(),
            replay={"queue": keys.read_queue(channel.connection), "poll": Entity.ORDER.value},
        )
