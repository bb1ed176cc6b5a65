"""From facts to targets: what every channel should show of the articles that changed.

Runs only from the stream of the facts, whose records of one row are handled one after the other.
Targets are read before the facts they are derived from and committed on the revision read: whatever
is written in between wins another round. Levels and the rest have a function each, so two may
derive one SKU at once: who has written looks again at what the other one derives from.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from functools import partial

from shared.domain import targets
from shared.domain.ahead import dated
from shared.domain.level_values import sold_beneath
from shared.domain.stock_rules import StockRules
from shared.domain.targets import Draft, Priority
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.arming import arming
from shared.flows.drafts import contents, drafts_of
from shared.flows.guarding import Change, Guarding
from shared.flows.hearing import heard_keys
from shared.flows.issues import Issues, Problem
from shared.flows.kit_rows import KitRows
from shared.flows.kits_now import KitsNow, Present
from shared.flows.shards import with_what_is_left
from shared.flows.sku_facts import Facts, SkuFacts, price_keys, sku_facts
from shared.flows.standing_targets import stays
from shared.flows.stock_alone import Alone, Moved, Noted
from shared.flows.stock_facts import stock_keys
from shared.flows.target_rows import hints, target_put
from shared.frozen import frozen, slotted
from shared.model.base import Json
from shared.model.ids import Entity, Facet
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.model.target import Target
from shared.model.written import read
from shared.ports import Bus, Clock, Key, Put, Queues, Row, Store, Table

TRIES = 6

type Skus = Mapping[str, SkuFacts | None]


@slotted
class Derived:
    """What a run found: targets written, and by partition what could not be derived at last."""

    written: int = 0
    channels: set[str] = field(default_factory=set)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    counted: set[tuple[str, str, str]] = field(default_factory=set)


@frozen
class Deriver:
    """`bus` is where rulings on held prices are told; None for who only asks what is implied.

    `theirs` is how the sort keys of those facts begin whose records another function derives.
    """

    store: Store
    queues: Queues
    issues: Issues
    clock: Clock
    retailer: Retailer
    bus: Bus | None = None
    theirs: tuple[str, ...] = ()
    rules: StockRules = field(init=False)
    kits: KitRows = field(init=False)
    settle: Mapping[str, timedelta] = field(init=False)

    def __post_init__(self) -> None:
        found = {c.name: self.retailer.connection(c.connection) for c in self.retailer.channels}
        object.__setattr__(self, "settle", {name: one.settle for name, one in found.items()})
        object.__setattr__(self, "kits", KitRows(self.store, self.retailer))
        object.__setattr__(self, "rules", StockRules(self.retailer))

    def derive(
        self, partitions: Iterable[str], *, alone: Mapping[str, Moved] | None = None
    ) -> Derived:
        """Derive every channel's targets of these fact partitions, and hint the publishers.

        Of those in `alone` nothing but stock has changed: no more is read than that, unless a price
        that is held back may take the article off sale, or its targets do not say enough of it.
        """
        guarded = any(channel.guardrails for channel in self.retailer.channels)
        narrow = Alone(self.retailer, {} if guarded else dict(alone or {}))
        result = Derived()
        known = [p for p in dict.fromkeys(partitions) if p.startswith(("sku#", "product#"))]
        pending = [p for p in known if narrow.channels(p)]
        for _ in range(TRIES):
            if not pending:
                break
            pending = self._round(pending, narrow, result)
        else:
            raise RetryableError(f"{len(pending)} partitions are contended")
        self.queues.send(hints(self.retailer, result.channels))
        self.issues.report(one for found in result.problems.values() for one in found)
        return result

    def implied(self, skus: Iterable[str], *, present: Present | None = None) -> dict[Key, Json]:
        """What the facts imply at this moment, by target; absent where they imply nothing.

        With `present`, kits and components are not as they last told each other, but as they are.
        """
        wanted = list(dict.fromkeys(skus))
        partitions = [f"sku#{sku}" for sku in wanted]
        everything = Alone(self.retailer, {})
        facts = self._present(wanted, present) if present else self._facts(partitions, everything)
        return {
            keys.target(draft.channel, draft.facet, draft.key): _dated(draft).desired
            for partition in partitions
            for draft in self._drafts(partition, facts, self._sku(partition, facts), [], everything)
        }

    def known(self, skus: Iterable[str]) -> dict[str, SkuFacts]:
        """Everything that is known of these articles at this moment, their kits included."""
        partitions = {f"sku#{sku}": sku for sku in skus}
        facts = self._present(list(partitions.values()), Present())
        found = {sku: self._sku(name, facts) for name, sku in partitions.items()}
        return {sku: one for sku, one in found.items() if one is not None}

    def _round(self, partitions: Sequence[str], narrow: Alone, result: Derived) -> list[str]:
        olds, noted = self._olds(partitions, narrow)
        facts = self._facts(partitions, narrow)
        skus = {p: self._sku(p, facts, noted.get(p)) for p in partitions}
        problems: dict[str, list[Problem]] = {p: [] for p in partitions}
        raw = [
            (p, draft)
            for p in partitions
            for draft in self._drafts(p, facts, skus[p], problems[p], narrow)
        ]
        guarding = Guarding(self.store, self.bus, self.clock, self.retailer, result.counted)
        judged = guarding.told(guarding.guarded(raw, olds), olds)
        drafted = [(p, _dated(draft)) for p, draft in judged]
        changes = [
            (partition, change)
            for partition, draft in drafted
            if (change := self._change(draft, olds, noted.get(partition))) is not None
        ]
        priced = {f"{d.channel}/{d.key}" for _, d in drafted if d.facet is Facet.PRICE}
        self._priced_again(priced, (change.new for _, change in changes))
        changes += [
            (f"sku#{new.key}", Change(old, new, self._put(new, row)))
            for row, old, new in guarding.withdrawn(drafted, olds)
        ]
        ends = [(p, draft.next_change) for p, draft in drafted if draft.guard]
        wide = [p for p in partitions if p not in narrow]
        wakes = [put for p in wide for put in self._wake(skus[p], facts, _of(p, ends))]
        told = [one for p in partitions for one in self._told(skus[p], facts, problems[p])]
        others: list[tuple[str, Put]] = [*((put.key.pk, put) for put in wakes), *told]
        self._arm(wakes)
        groups = guarding.listed(change for _, change in changes)
        groups += [[put] for _, put in others]
        committed = guarding.committed(groups)
        writes = [*((p, change.put) for p, change in changes), *others]
        held = {partition for partition, _ in ends}
        again = dict.fromkeys(
            p for p in partitions if p in narrow and (p in held or _by_clock(skus.get(p)))
        )
        for (partition, put), done in zip(writes, committed, strict=True):
            if not done:
                again[partition] = None
            elif put.lane and put.lane != keys.WAKE_LANE:
                result.written += 1
                result.channels.add(put.lane.rsplit("#", 1)[0])
        kept = [w for w, done in zip(writes, committed, strict=True) if done]
        wrote = dict.fromkeys(p for p, put in kept if self._rests_on_theirs(put.key))
        again |= dict.fromkeys(self._overtaken(wrote, skus, facts, narrow))
        result.problems |= problems
        narrow.end(again)
        return list(again)

    def _olds(
        self, partitions: Sequence[str], narrow: Alone
    ) -> tuple[dict[Key, Row], dict[str, Noted | None]]:
        """The targets, and what they note of articles of which they say enough."""
        wanted = self._target_keys(partitions, narrow)
        olds = self.store.get(wanted)
        noted = {p: narrow.noted(p, olds) for p in partitions if p in narrow}
        unsure = [p for p, said in noted.items() if said is None]
        narrow.end(unsure)
        known = set(wanted)
        more = [key for key in self._target_keys(unsure, narrow) if key not in known]
        return olds | (self.store.get(more) if more else {}), noted

    def _rests_on_theirs(self, key: Key) -> bool:
        """Whether what is written here may follow from their facts: a price from no level does."""
        own = key.table is Table.TARGETS and not keys.is_level(key)
        return bool(self.theirs) and not (own and self.theirs == keys.LEVEL_FACTS)

    def _overtaken(
        self, wrote: Collection[str], skus: Skus, facts: Facts, narrow: Alone
    ) -> list[str]:
        """Which of these follow from facts that somebody else derives and that are others by now.

        He may have found their targets right as they stood, just before they were overwritten. What
        is derived from a basis needs no look: whoever finds that right has read the same target.
        """
        if not wrote:
            return []
        of: dict[Key, str] = {}
        for partition in wrote:
            wanted = [] if partition in narrow else self._fact_keys([partition], narrow)
            sku = skus.get(partition)
            wanted += [keys.kit_part(sku.sku, part) for part in sku.parts] if sku else []
            of |= {key: partition for key in wanted if key.sk.startswith(self.theirs)}
        heard = heard_keys(self.retailer)
        newer = self.store.get([*of, *heard]) if of or heard else {}
        moved = {key for key in (*of, *heard) if _rev(newer, key) != _rev(facts, key)}
        if not moved.isdisjoint(heard):
            return list(wrote)
        return list(dict.fromkeys(of[key] for key in of if key in moved))

    def _priced_again(self, priced: set[str], news: Iterable[Target]) -> None:
        """End what was told of articles without a price, where anything is written of one that has.

        Before it is written: a crash in between would leave it open for good.
        """
        written = {f"{target.channel}/{target.key}" for target in news}
        self.issues.solve_all(IssueKind.NO_PRICE, priced & written, by="a price that holds")

    def _arm(self, wakes: Iterable[Put]) -> None:
        """Tell the clock of instants so near that its next minute may come too late.

        Before they are written: a crash in between costs a look and loses nothing.
        """
        instants = [put.due for put in wakes if put.due is not None]
        now = self.clock.now()
        self.queues.send(arming(instants, now=now, hints=hints(self.retailer)))

    def _target_keys(self, partitions: Iterable[str], narrow: Alone) -> list[Key]:
        found = []
        for partition in partitions:
            kind, name = partition.split("#", 1)
            facets = (Facet.CONTENT,) if kind == "product" else (Facet.PRICE, Facet.STOCK)
            if partition in narrow:
                facets = (Facet.STOCK,)
            found += [
                keys.target(c.name, facet, name)
                for c in narrow.channels(partition)
                for facet in facets
            ]
        return found

    def _present(self, skus: Sequence[str], present: Present) -> dict[Key, Row]:
        facts = self._told_facts([f"sku#{sku}" for sku in skus], Alone(self.retailer, {}))
        kits = KitsNow(self.store, self.retailer, self.rules)
        return kits.facts(skus, facts, present, now=self.clock.now())

    def _facts(self, partitions: Sequence[str], narrow: Alone) -> dict[Key, Row]:
        return with_what_is_left(self.store, self._told_facts(partitions, narrow))

    def _told_facts(self, partitions: Sequence[str], narrow: Alone) -> dict[Key, Row]:
        wanted = self._fact_keys(partitions, narrow)
        facts = self.store.get([*wanted, *heard_keys(self.retailer)])
        skus = [p.removeprefix("sku#") for p in partitions if p.startswith("sku#")]
        return dict(self.kits.read(skus, facts, partial(self._fact_keys, narrow=narrow)))

    def _told(
        self, sku: SkuFacts | None, facts: Facts, problems: list[Problem]
    ) -> Iterable[tuple[str, Put]]:
        """What kits and their components tell each other."""
        if sku is None or self.retailer.kits is None:
            return []
        puts, refused = self.kits.writes(sku, facts)
        problems += refused
        return [(f"sku#{sku.sku}", put) for put in puts]

    def _fact_keys(self, partitions: Iterable[str], narrow: Alone) -> list[Key]:
        owner = self.retailer.authority
        found = []
        for partition in partitions:
            kind, name = partition.split("#", 1)
            if kind == "product":
                found.append(keys.product(name, owner[Entity.PRODUCT]))
                continue
            found += stock_keys(name, self.retailer)
            if narrow.holds_changed(partition):
                found.append(keys.hold(name))
            if partition not in narrow:
                found += [keys.item(name, owner[Entity.PRODUCT]), *price_keys(name, self.retailer)]
                found.append(keys.wake(name))
                found += [keys.kit_links(name)] if self.retailer.kits else []
        return found

    def _sku(self, partition: str, facts: Facts, noted: Noted | None = None) -> SkuFacts | None:
        kind, name = partition.split("#", 1)
        if kind != "sku":
            return None
        now = self.clock.now()
        return sku_facts(
            name, facts, retailer=self.retailer, rules=self.rules, now=now, noted=noted
        )

    def _drafts(
        self,
        partition: str,
        facts: Facts,
        sku: SkuFacts | None,
        problems: list[Problem],
        narrow: Alone,
    ) -> Iterable[Draft]:
        if sku is not None:
            channels, alone = narrow.channels(partition), partition in narrow
            return drafts_of(sku, channels, problems, stock_only=alone)
        if partition.startswith("product#"):
            return contents(partition.removeprefix("product#"), facts, self.retailer)
        return ()

    def _change(self, draft: Draft, olds: Mapping[Key, Row], noted: Noted | None) -> Change | None:
        """What a draft makes of its target, which is parsed already where it was `noted`."""
        row: Row | None = noted.rows[draft.channel] if noted else None
        old: Target | None = noted.targets[draft.channel] if noted else None
        if noted is None:
            row = olds.get(keys.target(draft.channel, draft.facet, draft.key))
        if row is not None and old is None:
            if stays(row, draft):
                return None
            old = read(row.body, Target)
        if draft.facet is not Facet.STOCK and (old is None or old.published is None):
            draft = draft._replace(priority=Priority.NEW_LISTING)
        new = targets.desire(old, draft, now=self.clock.now())
        if new is None:
            return None
        if old and sold_beneath(old, new) and not self.retailer.stays_when_sold():
            new = targets.changed_there(new, now=self.clock.now())  # else capture asks for it
        return Change(old, new, self._put(new, row))

    def _put(self, target: Target, row: Row | None) -> Put:
        settle = self.settle[target.channel]
        if row is None:
            return target_put(target, 0, settle=settle)
        return target_put(target, row.rev, settle=settle, key=row.key)

    def _wake(self, sku: SkuFacts | None, facts: Facts, ends: Iterable[datetime]) -> Iterable[Put]:
        """`ends` are when guarded prices change, which may be before the facts ask for it."""
        if sku is None:
            return
        key = keys.wake(sku.item.variant.sku)
        row = facts.get(key)
        at = min([*ends, *([sku.next_change] if sku.next_change else [])], default=None)
        said = at.isoformat() if at else None
        if said != (row.body.get("at") if row else None):
            yield Put(
                key=key,
                body={"at": said},
                expected=row.rev if row else 0,
                lane=keys.WAKE_LANE if at else None,
                due=at,
            )


def _rev(rows: Facts, key: Key) -> int:
    return rows[key].rev if key in rows else 0


def _by_clock(sku: SkuFacts | None) -> bool:
    """Whether its stock changes by the clock alone, so that its wake row has to be looked at."""
    return sku is not None and sku.pool is not None and sku.pool.next_change is not None


def _of(partition: str, ends: Iterable[tuple[str, datetime | None]]) -> list[datetime]:
    return [at for of, at in ends if of == partition and at is not None]


def _dated(draft: Draft) -> Draft:
    """With what its channel is told ahead of time, where nothing of it is held back."""
    desired = dated(draft.desired, draft.told, draft.guard)
    return draft if desired == draft.desired else draft._replace(desired=desired)
