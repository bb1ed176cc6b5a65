"""Derivation's side of the guardrails: judged against the targets, listed while it waits.

A change that waits stands in its target, and under its channel in a row that the same transaction
writes: so all that waits can be listed without a scan, and nothing else is listed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.ahead import undated
from shared.domain.guardrails import Judged, judge
from shared.domain.pricing import Priced, Unpriced
from shared.domain.targets import Draft, Priority, corrects
from shared.domain.wishes import Wish
from shared.flows import keys
from shared.flows.moves import limit_of, reserve
from shared.flows.zeroing import Zeroing
from shared.frozen import slotted
from shared.model.base import Json
from shared.model.channel_events import PriceApproved, PriceRejected
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.retailer import Retailer
from shared.model.steps import Decision, Step
from shared.model.target import (
    Guard,
    PriceValue,
    Proposal,
    Ruling,
    StockValue,
    Target,
)
from shared.model.written import read
from shared.ports import Bus, Clock, Delete, Key, Put, Row, Store, Write

AHEAD: Final = 4  # prices to come that are judged before their time
TOGETHER: Final = 50  # writes of one transaction

type Drafted = tuple[str, Draft]
"""A fact partition, and what follows from it."""


def wishes(priced: Priced, at: Callable[[datetime], Priced | Unpriced]) -> tuple[Wish, ...]:
    """The price of now and those that follow; `at` says what holds from an instant on."""
    found = [Wish(priced.value, priced.chain, priced.cost, until=priced.next_change)]
    edge = priced.next_change
    while edge is not None and len(found) <= AHEAD:
        then = at(edge)
        if isinstance(then, Priced):
            found.append(Wish(then.value, then.chain, then.cost, edge, then.next_change))
        edge = then.next_change
    return tuple(found)


class Change(NamedTuple):
    """A target as it was and is to be, and the write that makes it so."""

    old: Target | None
    new: Target
    put: Put

    @property
    def waited(self) -> Sequence[Proposal]:
        return self.old.guard.held if self.old and self.old.guard else ()

    @property
    def waits(self) -> Sequence[Proposal]:
        return self.new.guard.held if self.new.guard else ()


@slotted
class Guarding:
    """What one derivation asks and tells about guardrails; `counted` are prices that may move."""

    store: Store
    bus: Bus | None
    clock: Clock
    retailer: Retailer
    counted: set[tuple[str, str, str]]

    def guarded(self, drafted: Sequence[Drafted], olds: Mapping[Key, Row]) -> list[Drafted]:
        """What may be written of these drafts: prices judged, and stock with no price off sale.

        Of articles that run out, those that are too many wait.
        """
        now = self.clock.now()
        known = {key: Target.model_validate(olds[key].body) for key in _prices(drafted, olds)}
        targets = {key: undated(target, now) for key, target in known.items()}
        judged = [(p, self._judged(d, targets, full=set())) for p, d in drafted]
        full = self._full(draft for _, draft in judged)
        if full:
            judged = [(p, self._judged(d, targets, full=full)) for p, d in drafted]
        zeroing = Zeroing(self.store, self.clock, self.retailer, self.counted)
        return zeroing.guarded(_priced_to_sell(judged), olds)

    def told(self, drafted: Iterable[Drafted], olds: Mapping[Key, Row]) -> list[Drafted]:
        """Tell of rulings that take effect, before they are put down as told."""
        found: list[Drafted] = []
        events: list[PriceApproved | PriceRejected] = []
        for partition, draft in drafted:
            guarded = draft.guard if draft.facet is Facet.PRICE else None
            news = [r for r in guarded.rulings if not r.told] if guarded else []
            if draft.guard is None or not news:
                found.append((partition, draft))
                continue
            shown = olds[_key(draft)].body.get("published")
            events += [self._event(draft, ruling, shown) for ruling in news]
            rulings = tuple(r.model_copy(update={"told": True}) for r in draft.guard.rulings)
            guard = draft.guard.model_copy(update={"rulings": rulings})
            found.append((partition, draft._replace(guard=guard)))
        if events and self.bus is not None:
            self.bus.publish(events)
        return found

    def withdrawn(
        self, drafted: Iterable[Drafted], olds: Mapping[Key, Row]
    ) -> Iterator[tuple[Row, Target, Target]]:
        """Targets, as they were and are to be, of which what waits is not asked for any more."""
        prices = {key: row for key, row in olds.items() if keys.is_price(key)}
        drawn = {_key(draft) for _, draft in drafted} if prices else set()
        for key, row in prices.items():
            if key in drawn:
                continue
            target = read(row.body, Target)
            if target.guard is not None and target.guard.held:
                guard = target.guard.model_copy(update={"held": ()})
                yield row, target, target.model_copy(update={"guard": guard})

    def listed(self, changes: Iterable[Change]) -> list[list[Write]]:
        """Each write of a target with that of its row among those that wait, if it changes."""
        listed = list(changes)
        rows = self.store.get(_listing(c.put.key) for c in listed if c.waits != c.waited)
        found: list[list[Write]] = []
        for change in listed:
            writes: list[Write] = [change.put]
            if change.waits != change.waited:
                key = _listing(change.put.key)
                writes += _entry(key, change.waits, rows.get(key))
            found.append(writes)
        return found

    def committed(self, groups: Sequence[list[Write]]) -> list[bool]:
        """Commit each group whole or not at all; say which."""
        single = [group[0] for group in groups if len(group) == 1]
        done = iter(self.store.commit(single))
        paired = [group for group in groups if len(group) > 1]
        kept = iter(together(self.store, paired))
        return [next(done if len(group) == 1 else kept) for group in groups]

    def _judged(self, draft: Draft, targets: Mapping[Key, Target], *, full: set[str]) -> Draft:
        if draft.facet is not Facet.PRICE:
            return draft
        old = targets.get(_key(draft))
        now = self.clock.now()
        channel = self.retailer.channel(draft.channel)
        if channel.guardrails is None:
            corrected = corrects(old, draft.desired, now=now)
            return draft._replace(priority=Priority.CORRECTION) if corrected else draft
        judged = judge(
            old,
            draft.wishes,
            channel.guardrails,
            channel.currency,
            room=draft.channel not in full or self._mark(draft) in self.counted,
            now=now,
        )
        return _drawn(draft, judged, old, now)

    def _full(self, drafts: Iterable[Draft]) -> set[str]:
        """Channels of which no more prices may move; those that may are counted."""
        moving: dict[str, list[tuple[str, str, str]]] = {}
        for draft in drafts:
            if draft.moves and self._mark(draft) not in self.counted:
                moving.setdefault(draft.channel, []).append(self._mark(draft))
        full = set()
        for name, marks in moving.items():
            limit = limit_of(self.retailer.channel(name))
            if reserve(self.store, self.clock, limit, len(marks)):
                self.counted.update(marks)
            else:
                full.add(name)
        return full

    def _mark(self, draft: Draft) -> tuple[str, str, str]:
        return draft.channel, draft.key, draft.wishes[0].name if draft.wishes else ""

    def _event(self, draft: Draft, ruling: Ruling, shown: Json) -> PriceApproved | PriceRejected:
        kind = PriceApproved if ruling.decision is Decision.APPROVED else PriceRejected
        return kind(
            at=ruling.at,
            channel=draft.channel,
            sku=draft.key,
            price=PriceValue.model_validate(ruling.value).price,
            before=PriceValue.model_validate(shown).price if shown is not None else None,
            by=ruling.by,
            why=ruling.why,
        )


def together(store: Store, groups: Sequence[list[Write]]) -> list[bool]:
    """Commit groups in few transactions; where one fails, each half of it by itself."""
    done: list[bool] = []
    some: list[list[Write]] = []
    for group in groups:
        if sum(map(len, some)) + len(group) > TOGETHER:
            done += _halved(store, some)
            some = []
        some.append(group)
    return done + _halved(store, some)


def _halved(store: Store, groups: list[list[Write]]) -> list[bool]:
    if not groups:
        return []
    writes = {write.key: write for group in groups for write in group}
    if store.commit_together(list(writes.values())):
        return [True] * len(groups)
    if len(groups) == 1:
        return [False]
    half = len(groups) // 2
    return _halved(store, groups[:half]) + _halved(store, groups[half:])


def _drawn(draft: Draft, judged: Judged, old: Target | None, now: datetime) -> Draft:
    """The draft as it was judged."""
    news = old is not None and old.desired is not None and old.desired != judged.value
    wrong = (judged.held or judged.approved) and news
    until = judged.guard.until if judged.held else None
    instants = [at for at in (draft.next_change, until) if at is not None]
    return draft._replace(
        desired=judged.value,
        chain=judged.chain,
        priority=Priority.CORRECTION
        if wrong or corrects(old, judged.value, now=now)
        else draft.priority,
        next_change=min(instants, default=None),
        guard=judged.guard,
        moves=judged.moves,
        blocked=judged.blocked,
    )


def _priced_to_sell(drafted: Iterable[Drafted]) -> list[Drafted]:
    """Take off sale what has no price that may be shown; say what the units on offer risk."""
    listed = list(drafted)
    if not any(draft.guard or draft.blocked for _, draft in listed):
        return listed
    units = {(d.channel, d.key): _units(d.desired) for _, d in listed if d.facet is Facet.STOCK}
    blocked = {(d.channel, d.key) for _, d in listed if d.blocked}
    found = []
    for partition, draft in listed:
        place = draft.channel, draft.key
        made = draft
        if draft.facet is Facet.PRICE and draft.guard is not None:
            made = draft._replace(guard=_weighed(draft.guard, units.get(place, 0)))
        elif draft.facet is Facet.STOCK and place in blocked:
            made = _off_sale(draft)
        found.append((partition, made))
    return found


def _off_sale(draft: Draft) -> Draft:
    step = Step(rule="not on sale", detail="its price waits for approval = 0")
    levels = dict.fromkeys(StockValue.model_validate(draft.desired).levels, 0)
    value = StockValue(levels=levels).model_dump(mode="json")
    chain = (*draft.chain, step)
    return draft._replace(desired=value, chain=chain, priority=Priority.SOLD_OUT)


def _units(value: Json) -> int:
    return sum(StockValue.model_validate(value).levels.values())


def _weighed(guard: Guard, units: int) -> Guard:
    """What is new among what waits, with what the units on offer would bring less."""
    measure = guard.regular or guard.let
    if measure is None or not guard.held:
        return guard
    before = PriceValue.model_validate(measure).price
    held = tuple(_at_risk(proposal, before, units) for proposal in guard.held)
    return guard.model_copy(update={"held": held})


def _at_risk(proposal: Proposal, before: Money, units: int) -> Proposal:
    price = PriceValue.model_validate(proposal.value).price
    less = (before - price) * units if price.currency == before.currency else None
    if proposal.at_risk is not None or less is None or less.amount <= 0:
        return proposal
    return proposal.model_copy(update={"at_risk": less})


def _prices(drafted: Iterable[Drafted], olds: Mapping[Key, Row]) -> Iterator[Key]:
    """Targets that a price is judged by, or that it changes."""
    for _, draft in drafted:
        row = olds.get(_key(draft)) if draft.facet is Facet.PRICE else None
        if row is not None and (draft.wishes or row.body["desired"] != draft.desired):
            yield row.key


def _key(draft: Draft) -> Key:
    return keys.target(draft.channel, draft.facet, draft.key)


def _listing(target: Key) -> Key:
    channel, facet, sku = target.pk.split("#", 2)
    return keys.held(channel, sku, Facet(facet))


def _entry(key: Key, held: Sequence[Proposal], row: Row | None) -> list[Write]:
    rev = row.rev if row else 0
    if not held:
        return [Delete(key, rev)] if row else []
    said: list[Json] = [
        {
            "rules": [reason.rule for reason in proposal.reasons],
            "since": proposal.since.isoformat(),
            "at_risk": proposal.at_risk.model_dump() if proposal.at_risk else None,
        }
        for proposal in held
    ]
    return [Put(key, {"held": said}, rev)]
