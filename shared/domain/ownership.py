"""Who is believed about what: of a card only what its source owns is kept."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.model.facts import PriceCard, PriceChange, Told
from shared.model.ids import Entity
from shared.model.price import PriceCondition
from shared.model.retailer import Retailer


class Stranger(NamedTuple):
    """A source that said something of an entity that `owner` owns."""

    source: str
    entity: Entity
    owner: str | None


def owned(
    cards: Iterable[Told], *, entity: Entity, retailer: Retailer
) -> tuple[list[Told], list[Stranger]]:
    """What may be kept, and once each who said what is not theirs to say.

    Prices have two owners at most: of promotions, and of all else.
    """
    kept: list[Told] = []
    strangers: set[Stranger] = set()
    for card in cards:
        if isinstance(card, PriceCard | PriceChange):
            mine, others = _priced(card, retailer)
            kept += [mine] if mine else []
            strangers |= others
        elif card.source == retailer.authority.get(entity):
            kept.append(card)
        else:
            strangers.add(Stranger(card.source, entity, retailer.authority.get(entity)))
    return kept, sorted(strangers)


def believed(cards: Iterable[PriceCard], retailer: Retailer) -> list[PriceCondition]:
    """The conditions of several sources as one: of each what it owns as the file has it now."""
    return [
        condition
        for card in cards
        for condition in card.conditions
        if retailer.price_owner(condition.kind) == card.source
    ]


def _priced(
    card: PriceCard | PriceChange, retailer: Retailer
) -> tuple[PriceCard | PriceChange | None, set[Stranger]]:
    """The card without the kinds of prices that are another's."""
    if card.source not in retailer.price_sources:
        return None, {Stranger(card.source, Entity.PRICE, retailer.authority.get(Entity.PRICE))}
    mine = tuple(c for c in card.conditions if retailer.price_owner(c.kind) == card.source)
    if mine == card.conditions:
        return card, set()
    others = {c.kind for c in card.conditions if retailer.price_owner(c.kind) != card.source}
    strangers = {
        Stranger(card.source, retailer.price_entity(kind), retailer.price_owner(kind))
        for kind in others
    }
    empty = not mine and isinstance(card, PriceChange)
    return None if empty else card.model_copy(update={"conditions": mine}), strangers
