"""Derivation's side of articles that run out together: counted by channel, held beyond a share.

Those that run out are counted before they are written, so a crash in between counts some twice and
never lets more through. While any are held, the window does not end: a snapshot that takes an hour
to come in is one.
"""

from collections.abc import Mapping, Sequence

from shared.domain import zeroing
from shared.domain.targets import Draft
from shared.flows import keys
from shared.flows.moves import Limit, reserve
from shared.frozen import slotted
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.model.target import Target
from shared.ports import Clock, Key, Row, Store

type Drafted = tuple[str, Draft]
type Mark = tuple[str, str, str]


@slotted
class Zeroing:
    """`counted` are articles that ran out and were let through in this derivation."""

    store: Store
    clock: Clock
    retailer: Retailer
    counted: set[Mark]

    def guarded(self, drafted: Sequence[Drafted], olds: Mapping[Key, Row]) -> list[Drafted]:
        """What may be written of these drafts: of those that run out, the ones that do not wait."""
        rules = self.retailer.stock_guards.zeroed
        now = self.clock.now()
        found = list(drafted)
        fresh: dict[str, list[tuple[int, Target]]] = {}
        for i, (partition, draft) in enumerate(drafted):
            old = _old(draft, olds)
            if not rules.hold_minutes or old is None or not zeroing.runs_out(draft, old):
                continue
            decided = zeroing.decided(draft, old, rules, now=now)
            if decided is not None:
                found[i] = partition, decided
            elif _mark(draft) not in self.counted:
                fresh.setdefault(draft.channel, []).append((i, old))
        for channel, articles in fresh.items():
            if reserve(self.store, self.clock, self._limit(channel), len(articles)):
                self.counted.update(_mark(found[i][1]) for i, _ in articles)
                continue
            for i, old in articles:
                partition, draft = found[i]
                found[i] = partition, zeroing.held(draft, old, rules, now=now)
        return found

    def _limit(self, channel: str) -> Limit:
        rules = self.retailer.stock_guards.zeroed
        return Limit(
            key=keys.emptied(channel),
            channel=channel,
            facet=Facet.STOCK,
            percent=rules.percent,
            least=rules.least,
            minutes=rules.within_minutes,
            lasting=True,
        )


def _old(draft: Draft, olds: Mapping[Key, Row]) -> Target | None:
    if draft.emptied is None:
        return None
    row = olds.get(keys.target(draft.channel, draft.facet, draft.key))
    return Target.model_validate(row.body) if row else None


def _mark(draft: Draft) -> Mark:
    return draft.channel, draft.key, "emptied"
