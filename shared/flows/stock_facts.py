"""Who tells what lies where: a card per source, each believed about its own locations."""

from collections.abc import Iterable, Mapping

from shared.flows import keys
from shared.model.facts import Positions, StockCard
from shared.model.retailer import Retailer
from shared.model.written import read
from shared.ports import Key, Row


def stock_keys(sku: str, retailer: Retailer) -> list[Key]:
    """The card of each source, the owner of stock first."""
    return [keys.stock(sku, source) for source in retailer.stock_sources]


def stock_of(sku: str, facts: Mapping[Key, Row], retailer: Retailer) -> Positions | None:
    """What lies at every location, as of the oldest of its sources; None if nobody tells any."""
    cards = [read(facts[key].body, Positions) for key in stock_keys(sku, retailer) if key in facts]
    if len(cards) <= 1 and len(retailer.stock_sources) == 1:
        return cards[0] if cards else None
    kept = [
        position
        for card in cards
        for position in card.positions
        if position.location in retailer.stocked_by(card.source)
    ]
    if not cards:
        return None
    oldest = min(card.as_of for card in cards)
    doubts = [
        doubt
        for card in cards
        for doubt in card.doubts
        if doubt.location in retailer.stocked_by(card.source)
    ]
    update = {"positions": tuple(kept), "doubts": tuple(doubts), "as_of": oldest}
    return cards[0].model_copy(update=update)


def moved_at(old: StockCard | None, new: StockCard) -> str:
    """Where a card says something else than before, as its row tells whoever reads the stream."""
    before, after = _by_place(old), _by_place(new)
    differing = [
        name
        for name, said in after.items()
        if (was := before.get(name)) is not said and was != said
    ]
    return " ".join(sorted([*differing, *(before.keys() - after.keys())]))


def places_in(state: str | None) -> Iterable[str]:
    """The locations that `moved_at` named."""
    return (state or "").split()


def _by_place(card: StockCard | None) -> dict[str, object]:
    """What a card says of each location: the position, with each doubt of it in a pair."""
    if card is None:
        return {}
    found: dict[str, object] = {one.location: one for one in card.positions}
    for doubt in card.doubts:
        found[doubt.location] = (found.get(doubt.location), doubt)
    return found
