"""Keep what a source of truth said: conditional on its version, silent when nothing changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.model.facts import Fact, ItemCard, PriceCard, ProductCard
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.product import Lifecycle
from shared.model.retailer import Retailer
from shared.ports import Key, Put, Row, Store

TRIES = 6

Kept = Fact | ItemCard


@dataclass(frozen=True, slots=True)
class Applied:
    """How many cards changed, said nothing new, or were older than what is known."""

    changed: int = 0
    unchanged: int = 0
    superseded: int = 0


def apply(
    cards: Sequence[Fact], *, entity: Entity, store: Store, issues: Issues, retailer: Retailer
) -> Applied:
    """Write the cards of one connection; what a connection does not own becomes a finding."""
    owner = retailer.authority.get(entity)
    strangers = {card.source for card in cards if card.source != owner}
    issues.report(_not_owner(source, entity, owner) for source in sorted(strangers))
    owned = [card for card in cards if card.source == owner]
    pending: dict[Key, Kept] = {}
    for fact in owned:
        _newest(pending, fact)
    changed = unchanged = superseded = 0
    for _ in range(TRIES):
        if not pending:
            return Applied(changed, unchanged, superseded)
        pending |= _orphans(pending, rows := store.get(pending))
        writes = []
        for key, card in pending.items():
            row = rows.get(key)
            if row and datetime.fromisoformat(str(row.body["as_of"])) > card.as_of:
                superseded += 1
            elif row and _same(row, card):
                unchanged += 1
            else:
                writes.append(_put(key, card, row))
        committed = store.commit(writes)
        changed += sum(committed)
        pending = {
            put.key: pending[put.key]
            for put, done in zip(writes, committed, strict=True)
            if not done
        }
    raise RetryableError(f"{len(pending)} cards are contended")


def _newest(pending: dict[Key, Kept], card: Fact) -> None:
    for key, kept in _rows_of(card):
        if key not in pending or pending[key].as_of <= kept.as_of:
            pending[key] = kept


def _rows_of(card: Fact) -> Iterable[tuple[Key, Kept]]:
    if not isinstance(card, ProductCard):
        make = keys.price if isinstance(card, PriceCard) else keys.stock
        yield make(card.sku, card.source), card
        return
    yield keys.product(card.product.product_id, card.source), card
    for variant in card.product.variants:
        item = ItemCard(
            source=card.source,
            as_of=card.as_of,
            product_id=card.product.product_id,
            variant=variant,
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
                )
    return found


def _same(row: Row, card: Kept) -> bool:
    said = card.model_dump(mode="json")
    return {**row.body, "as_of": None} == {**said, "as_of": None}


def _put(key: Key, card: Kept, row: Row | None) -> Put:
    return Put(key=key, body=card.model_dump(mode="json"), expected=row.rev if row else 0)


def _not_owner(source: str, entity: Entity, owner: str | None) -> Problem:
    return Problem(
        kind=IssueKind.NOT_THE_OWNER,
        subject=f"{source}/{entity}",
        connection=source,
        summary=f"{source} sent {entity} facts, but {owner} owns them; they were not applied",
        remedy=f"stop {source} sending them, or make it the owner under [authority]",
    )
