"""Keep what a source of truth said: conditional on its version, silent when nothing changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime

from shared.domain.ownership import owned
from shared.domain.price_cards import changes, merged, reread
from shared.errors import RetryableError
from shared.flows import gtins, keys, roster
from shared.flows.issues import Issues, Problem
from shared.flows.stock_doubts import believed
from shared.flows.stock_facts import moved_at
from shared.frozen import slotted
from shared.model.base import Json
from shared.model.facts import Fact, PriceCard, PriceChange, ProductCard, StockCard, Told
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.item import ItemCard
from shared.model.product import Lifecycle
from shared.model.retailer import Retailer
from shared.ports import Key, Put, Row, Store

TRIES = 6

Kept = Told | ItemCard


@slotted
class Applied:
    """How many cards changed, said nothing new, or were older than what is known.

    `overfull` are the SKUs that have no room for another condition; theirs were not applied.
    """

    changed: int = 0
    unchanged: int = 0
    superseded: int = 0
    overfull: set[str] = field(default_factory=set)


def apply(
    cards: Sequence[Told], *, entity: Entity, store: Store, issues: Issues, retailer: Retailer
) -> Applied:
    """Write the cards of one connection; what a connection does not own becomes a finding."""
    mine, strangers = owned(cards, entity=entity, retailer=retailer)
    issues.report(not_owner(s.source, s.entity, s.owner) for s in strangers)
    pending: dict[Key, Kept] = {}
    for fact in mine:
        _newest(pending, fact)
    applied = Applied()
    for _ in range(TRIES):
        if not pending:
            return applied
        pending |= _orphans(pending, rows := store.get(pending))
        told = believed(pending, rows, issues=issues, retailer=retailer)
        writes = _writes(told, rows, applied)
        written = [pending[put.key] for put in writes]
        gtins.remember((card for card in written if isinstance(card, ItemCard)), store)
        _enrol((pending[put.key] for put in writes if put.expected == 0), store)
        committed = store.commit(writes)
        applied.changed += sum(committed)
        pending = {
            put.key: pending[put.key]
            for put, done in zip(writes, committed, strict=True)
            if not done
        }
    raise RetryableError(f"{len(pending)} cards are contended")


def _enrol(cards: Iterable[Kept], store: Store) -> None:
    """Put stock that is told of for the first time on its source's roster."""
    by_source: dict[str, list[str]] = {}
    for card in cards:
        if isinstance(card, StockCard):
            by_source.setdefault(card.source, []).append(card.sku)
    for source, skus in by_source.items():
        roster.remember(source, skus, store)


def _writes(pending: Mapping[Key, Kept], rows: dict[Key, Row], applied: Applied) -> list[Put]:
    """What has to be written of what is pending; the rest is counted."""
    writes = []
    for key, told in pending.items():
        row = rows.get(key)
        part = isinstance(told, PriceChange)
        card = _merged(row, told)
        if card is None:
            applied.overfull.add(key.pk.removeprefix("sku#"))
        elif row and not part and datetime.fromisoformat(str(row.body["as_of"])) > card.as_of:
            applied.superseded += 1
        elif row and _same(row, card):
            applied.unchanged += 1
        else:
            writes.append(_put(key, card, row))
    return writes


def _merged(row: Row | None, told: Kept) -> Fact | ItemCard | None:
    """The card to keep: what is told whole is it, but for prices that were told one by one."""
    if not isinstance(told, PriceCard | PriceChange):
        return told
    known = PriceCard.model_validate(row.body) if row else None
    return merged(known, told) if isinstance(told, PriceChange) else reread(known, told)


def _newest(pending: dict[Key, Kept], card: Told) -> None:
    for key, kept in _rows_of(card):
        before = pending.get(key)
        if isinstance(before, PriceChange) and isinstance(kept, PriceChange):
            pending[key] = _joined(before, kept)
        elif before is None or before.as_of <= kept.as_of:
            pending[key] = kept


def _joined(first: PriceChange, second: PriceChange) -> PriceChange:
    """Both changes of one SKU as one; told at different times, they belong in different calls."""
    if first.as_of != second.as_of:
        raise ValueError(f"changes of {first.sku} told at {first.as_of} and {second.as_of}")
    conditions = (*first.conditions, *second.conditions)
    (joined,) = changes(conditions, source=first.source, as_of=first.as_of)
    return joined


def _rows_of(card: Told) -> Iterable[tuple[Key, Kept]]:
    if not isinstance(card, ProductCard):
        make = keys.stock if isinstance(card, StockCard) else keys.price
        yield make(card.sku, card.source), card
        return
    yield keys.product(card.product.product_id, card.source), card
    for variant in card.product.variants:
        item = ItemCard(
            source=card.source,
            as_of=card.as_of,
            product_id=card.product.product_id,
            variant=variant,
            brand=card.product.brand,
            product_group=card.product.product_group,
        )
        yield keys.item(variant.sku, card.source), item


def _orphans(pending: dict[Key, Kept], rows: dict[Key, Row]) -> dict[Key, Kept]:
    """Variants that left their product are discontinued, not forgotten."""
    found: dict[Key, Kept] = {}
    for key, card in pending.items():
        row = rows.get(key)
        if not isinstance(card, ProductCard) or row is None:
            continue
        old = ProductCard.model_validate(row.body)
        if old.as_of > card.as_of:
            continue
        kept = {variant.sku for variant in card.product.variants}
        for variant in old.product.variants:
            orphan = keys.item(variant.sku, card.source)
            if variant.sku not in kept and orphan not in pending:
                found[orphan] = ItemCard(
                    source=card.source,
                    as_of=card.as_of,
                    product_id=card.product.product_id,
                    variant=variant.model_copy(update={"lifecycle": Lifecycle.DISCONTINUED}),
                    brand=old.product.brand,
                    product_group=old.product.product_group,
                )
    return found


def _same(row: Row, card: Fact | ItemCard) -> bool:
    said = card.model_dump(mode="json")
    when: dict[str, Json] = {"as_of": None, "read_at": None}
    return {**row.body, **when} == {**said, **when}


def _put(key: Key, card: Fact | ItemCard, row: Row | None) -> Put:
    state = None
    if isinstance(card, StockCard):
        state = moved_at(StockCard.model_validate(row.body) if row else None, card)
    body = card.model_dump(mode="json")
    return Put(key=key, body=body, expected=row.rev if row else 0, state=state)


def not_owner(source: str, entity: Entity, owner: str | None) -> Problem:
    return Problem(
        kind=IssueKind.NOT_THE_OWNER,
        subject=f"{source}/{entity}",
        connection=source,
        summary=f"{source} sent {entity} facts, but {owner} owns them; they were not applied",
        remedy=f"stop {source} sending them, or make it the owner under [authority]",
    )
