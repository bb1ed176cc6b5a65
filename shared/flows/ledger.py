"""Movements and counts of a source onto its cards, many at once and each of them once.

All entries of a SKU are posted to its card in one write, on the revision it was read at. What may
have to be told later, a number that is missing or a transfer that does not come out even, stands
in a lane of the cards from the same write on, so that no crash can lose it.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import replace
from dataclasses import field
from typing import Final

from shared.domain.aside import QUANTITIES
from shared.domain.ledger import Posted, Verdict, posted
from shared.domain.units import in_base
from shared.errors import RejectedError, RetryableError
from shared.flows import keys, recorded
from shared.flows.issues import Issues
from shared.flows.missing import due, solved
from shared.flows.stock_doubts import noticed, refused_late
from shared.flows.stock_facts import moved_at
from shared.frozen import frozen, slotted
from shared.model.facts import StockCard
from shared.model.ids import Entity
from shared.model.item import ItemCard
from shared.model.movement import Aside, Entry, Level, Movement
from shared.model.product import Variant
from shared.model.retailer import Retailer
from shared.model.stock import StockPosition
from shared.model.written import read, written
from shared.ports import Clock, Journal, Key, Message, Put, Queues, Row, Store

TRIES: Final = 6
READ_AGAIN: Final = "read_again"
"""What becomes of a movement of a source that can be asked itself: it is."""

type Said = Posted | RejectedError
type Result = Verdict | RejectedError | str


@slotted
class Taken:
    """What became of each entry, in order; how many cards changed, and what counts have changed."""

    results: list[Result]
    changed: int = 0
    unchanged: int = 0
    replaced: list[tuple[Level, Posted]] = field(default_factory=list)


def counted(entries: Iterable[Entry], taken: Taken) -> Iterator[Entry]:
    """Those that were neither refused nor set aside, repeats among them."""
    for entry, result in zip(entries, taken.results, strict=True):
        if not isinstance(result, RejectedError) and result != Verdict.DOUBTED:
            yield entry


@frozen
class Ledger:
    store: Store
    journal: Journal
    queues: Queues
    issues: Issues
    clock: Clock
    retailer: Retailer

    def take(self, entries: Sequence[Entry], *, source: str) -> Taken:
        """Post the entries of one source; movements of one that can be read make it read again."""
        taken = Taken(["" for _ in entries])
        waiting: dict[str, list[int]] = defaultdict(list)
        hinted: dict[str, None] = {}
        read_anew = not self.retailer.is_source(source)
        for i, entry in enumerate(entries):
            if read_anew and isinstance(entry, Movement):
                hinted[entry.sku] = None
                taken.results[i] = READ_AGAIN
            else:
                waiting[entry.sku].append(i)
        self._read_again(source, hinted)
        for attempt in range(TRIES):
            if not waiting:
                return taken
            waiting = self._round(entries, waiting, taken, source, fresh=attempt > 0)
        raise RetryableError(f"{len(waiting)} stock cards are contended")

    def _read_again(self, source: str, skus: Iterable[str]) -> None:
        queue = keys.read_queue(source)
        bodies = [{"read": Entity.STOCK.value, "key": sku} for sku in skus]
        self.queues.send([Message(queue, body) for body in bodies])

    def _round(
        self,
        entries: Sequence[Entry],
        waiting: dict[str, list[int]],
        taken: Taken,
        source: str,
        *,
        fresh: bool,
    ) -> dict[str, list[int]]:
        """Post what waits; left are those that were overtaken, or unless `fresh` not written.

        What is glanced at costs half as much, and that it is written proves that it was new.
        """
        look = self.store.get if fresh else self.store.glance
        where = {sku: keys.stock(sku, source) for sku in waiting}
        rows = look(where.values())
        cards = {sku: _card(rows.get(key)) for sku, key in where.items()}
        articles = self._articles(
            {
                sku
                for sku, listed in waiting.items()
                if _foreign(cards[sku], [entries[i] for i in listed])
            }
        )
        puts: list[Put] = []
        found: dict[Key, tuple[str, dict[int, Said]]] = {}
        for sku, listed in waiting.items():
            key, old = where[sku], cards[sku]
            new, said = self._posted(old, [(i, entries[i]) for i in listed], articles.get(sku))
            found[key] = (sku, said)
            if new is not None:
                levels = [one for one in map(entries.__getitem__, listed) if isinstance(one, Level)]
                new = noticed(old, new, levels, issues=self.issues, retailer=self.retailer)
            if new is not None and ((moved := moved_at(old, new)) or new != old):
                puts.append(_put(key, new, rows.get(key), moved))
                self._solve(old, new)
        written = {put.key for put in puts}
        self._record(source, entries, (s for k, (_, s) in found.items() if fresh or k in written))
        committed = self.store.commit(puts)
        done = {put.key: held for put, held in zip(puts, committed, strict=True)}
        for key, (_, said) in found.items():
            if done.get(key, fresh):
                _settle(taken, entries, said, changed=key in written)
        return {sku: waiting[sku] for key, (sku, _) in found.items() if not done.get(key, fresh)}

    def _articles(self, skus: Iterable[str]) -> dict[str, Variant]:
        """The articles of these SKUs, whose units are to be converted; most need none."""
        owner = self.retailer.authority[Entity.PRODUCT]
        rows = self.store.get(keys.item(sku, owner) for sku in sorted(skus))
        found = [ItemCard.model_validate(row.body).variant for row in rows.values()]
        return {variant.sku: variant for variant in found}

    def _posted(
        self,
        card: StockCard | None,
        entries: Iterable[tuple[int, Entry]],
        article: Variant | None,
    ) -> tuple[StockCard | None, dict[int, Said]]:
        """The card after all of these, and what became of each."""
        said: dict[int, Said] = {}
        now = self.clock.now()
        for i, entry in entries:
            try:
                based, told = _in_unit(card, entry, article)
                outcome = posted(based, told, guards=self.retailer.stock_guards, now=now)
            except RejectedError as error:
                said[i] = error
                continue
            if outcome.refused:
                self.issues.report(refused_late(*one) for one in outcome.refused)
            said[i], card = outcome, outcome.card
        return card, said

    def _solve(self, old: StockCard | None, new: StockCard) -> None:
        """End what was told of a card that lacks nothing any more; before it is written."""
        if old is not None:
            for kind, subject in solved(old, new):
                self.issues.solve(kind, subject, by="the ledger")

    def _record(
        self, source: str, entries: Sequence[Entry], said: Iterable[Mapping[int, Said]]
    ) -> None:
        """Into the journal before it counts: a crash in between repeats a line, and loses none."""
        kept = sorted(
            i
            for one in said
            for i, outcome in one.items()
            if isinstance(outcome, Posted)
            and outcome.verdict in {Verdict.COUNTED, Verdict.PARKED, Verdict.COVERED}
        )
        if not kept:
            return
        now = self.clock.now()
        at = now.isoformat()
        content = "\n".join([_line(entries[i], at) for i in kept]).encode()
        self.journal.put(
            recorded.named(source, now, content), zlib.compress(content, zlib.Z_BEST_SPEED)
        )


def _put(key: Key, card: StockCard, row: Row | None, moved: str) -> Put:
    at = due(card)
    return Put(
        key=key,
        body=written(card),
        expected=row.rev if row else 0,
        lane=keys.MISSING_LANE if at else None,
        due=at,
        state=moved,
    )


def _line(entry: Entry, recorded_at: str) -> str:
    kind = "level" if isinstance(entry, Level) else "movement"
    body = entry.model_dump_json(exclude_none=True)
    return f'{{"{kind}":{body},"recorded_at":"{recorded_at}"}}'


def _card(row: Row | None) -> StockCard | None:
    return read(row.body, StockCard) if row else None


def _unit(card: StockCard | None) -> str | None:
    return card.positions[0].unit if card and card.positions else None


def _foreign(card: StockCard | None, entries: Iterable[Entry]) -> bool:
    """Whether the article has to be read: the first entries of a SKU, or another unit."""
    return {entry.unit for entry in entries} != {_unit(card)}


def _in_unit(
    card: StockCard | None, entry: Entry, article: Variant | None
) -> tuple[StockCard | None, Entry]:
    """Card and entry in one unit: the article's base unit as soon as the article is known."""
    unit = _unit(card)
    if article is None:
        if unit in {None, entry.unit}:
            return card, entry
        raise RejectedError(
            f"{entry.sku} is kept in {unit}, and nobody has told yet what a {entry.unit} of it is",
            code="no_such_unit",
            field="unit",
            value=entry.unit,
            remedy=f"tell it in {unit}, or send the article first",
        )
    if card is not None and unit is not None and unit != article.base_unit:
        card = _rebased(card, article)
    return card, _told_in_base(entry, article)


def _told_in_base(entry: Entry, article: Variant) -> Entry:
    if entry.unit == article.base_unit:
        return entry
    if isinstance(entry, Movement):
        return _moved_in_base(entry, article)
    base: dict[str, object] = {"unit": article.base_unit}
    base["on_hand"] = in_base(entry.on_hand, entry.unit, article)
    base["parts"] = {s: in_base(n, entry.unit, article) for s, n in entry.parts.items()}
    return entry.model_copy(update=base)


def _moved_in_base(movement: Movement, article: Variant) -> Movement:
    quantity = in_base(movement.quantity, movement.unit, article)
    return movement.model_copy(update={"unit": article.base_unit, "quantity": quantity})


def _rebased(card: StockCard, article: Variant) -> StockCard:
    """A card that was begun before its article was known, in another unit than its base unit."""
    positions = [_based(position, article) for position in card.positions]
    parked = [_moved_in_base(m, article) for m in card.book.parked] if card.book else []
    aside = [_aside_in_base(one, article) for one in card.book.aside] if card.book else []
    book = replace(card.book, parked=tuple(parked), aside=tuple(aside)) if card.book else None
    return card.model_copy(update={"positions": tuple(positions), "book": book})


def _aside_in_base(one: Aside, article: Variant) -> Aside:
    base = _based(one.base, article) if one.base else None
    return replace(one, entry=_told_in_base(one.entry, article), base=base)


def _based(position: StockPosition, article: Variant) -> StockPosition:
    said = {n: in_base(getattr(position, n), position.unit, article) for n in QUANTITIES}
    return position.model_copy(update={**said, "unit": article.base_unit})


def _settle(
    taken: Taken, entries: Sequence[Entry], said: Mapping[int, Said], *, changed: bool
) -> None:
    taken.changed += changed
    taken.unchanged += not changed
    for i, outcome in said.items():
        entry = entries[i]
        if isinstance(outcome, RejectedError):
            taken.results[i] = outcome
            continue
        taken.results[i] = outcome.verdict
        if isinstance(entry, Level) and outcome.verdict is Verdict.COUNTED:
            taken.replaced.append((entry, outcome))
