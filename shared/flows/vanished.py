"""Articles of which a whole reading no longer says anything: their last price was taken away.

A source that keeps no trace of what it deleted mentions such an article nowhere. What channels show
stands on the roster in order of its key, and so does a page of a whole reading: whoever is on the
one and not on the other is asked about by name.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from shared.flows import keys, roster
from shared.model.facts import PriceCard
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.ports import Page, Store

STEP: Final = 1000


def vanished(
    page: Page[PriceCard], *, source: str, store: Store, retailer: Retailer, now: datetime
) -> list[str]:
    """SKUs between the page's ends that it says nothing of, and that may still have a price."""
    if page.whole_after is None:
        return []
    told = {card.sku for card in page.items}
    shown: dict[str, None] = {}
    for channel in retailer.channels:
        listed = _between(store, channel.name, page.whole_after, page.next)
        shown |= dict.fromkeys(sku for sku in listed if sku not in told)
    rows = store.get(keys.price(sku, source) for sku in shown)
    cards = [PriceCard.model_validate(row.body) for row in rows.values()]
    return sorted(card.sku for card in cards if _holds(card, now))


def _between(store: Store, channel: str, after: str, upto: str | None) -> Iterable[str]:
    while True:
        names = roster.names(store, channel, Facet.PRICE, after=after, limit=STEP)
        for name in names:
            if upto is not None and name > upto:
                return
            yield name
        if len(names) < STEP:
            return
        after = names[-1]


def _holds(card: PriceCard, now: datetime) -> bool:
    """Whether anything of what was read holds or will: what was told by itself is not asked for."""
    read = (c for c in card.conditions if c.condition_id not in card.told)
    return any(c.window.end is None or now < c.window.end for c in read)
