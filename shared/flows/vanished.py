"""Articles of which a source no longer says anything: their last price or position was taken away.

A source that keeps no trace of what it deleted mentions such an article nowhere. What channels show
and what a source of stock told of stand on rosters in order of key, and so does a page of a whole
reading: whoever is on the one and not on the other is asked about by name. Only what is said of
that name counts, so a page that is short by mistake costs questions and takes nothing off sale.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import batched, groupby, islice
from typing import Final, Protocol

from shared.flows import keys, roster
from shared.model.base import Json
from shared.model.facts import PriceCard, StockCard
from shared.model.ids import Entity, Facet
from shared.model.retailer import Retailer
from shared.ports import FactReader, Page, Store

STEP: Final = 1000
ASKED_MAX: Final = 1000
"""So many are asked about after one page; who is left is, when all is read the next time."""
VANISHING: Final = frozenset({Entity.PRICE, Entity.STOCK})


class _Names(Protocol):
    def __call__(self, *, after: str, limit: int) -> list[str]: ...


def vanished(
    page: Page[PriceCard] | Page[StockCard],
    *,
    entity: Entity,
    source: str,
    store: Store,
    retailer: Retailer,
    now: datetime,
) -> list[str]:
    """SKUs between the page's ends that it says nothing of, and of which something still holds."""
    if page.whole_after is None:
        return []
    told = {card.sku for card in page.items} | {one.subject for one in page.refused}
    listed = (
        _between(names, page.whole_after, page.next)
        for names in _rosters(entity, source, store, retailer)
    )
    left = (sku for sku, _ in groupby(merge(*listed)) if sku not in told)
    return list(
        islice(holding(left, entity=entity, source=source, store=store, now=now), ASKED_MAX)
    )


def holding(
    skus: Iterable[str], *, entity: Entity, source: str, store: Store, now: datetime
) -> Iterator[str]:
    """Those of which the source said something that still holds."""
    make = keys.price if entity is Entity.PRICE else keys.stock
    for some in batched(skus, STEP, strict=False):
        rows = store.get(make(sku, source) for sku in some)
        for sku in some:
            row = rows.get(make(sku, source))
            if row is not None and _holds(row.body, entity, now):
                yield sku


def asked(
    reader: FactReader, named: Sequence[str], *, source: str, store: Store, now: datetime
) -> Page[StockCard]:
    """What a source of stock says of these by name: nothing, of one it told of, is that none lies.

    `now` is an instant before it is asked.
    """
    page = reader.read(Entity.STOCK, named)
    cards = [card for card in page.items if isinstance(card, StockCard)]
    told = {card.sku for card in cards} | {one.subject for one in page.refused}
    silent = {sku: keys.stock(sku, source) for sku in named if sku not in told}
    known = store.get(silent.values())
    cards += [
        StockCard(source=source, as_of=now, sku=sku, positions=())
        for sku, key in silent.items()
        if key in known
    ]
    return Page(cards, page.next, page.refused)


def _rosters(entity: Entity, source: str, store: Store, retailer: Retailer) -> Iterator[_Names]:
    if entity is Entity.STOCK:
        yield partial(roster.told, store, source)
        return
    for channel in retailer.channels:
        yield partial(roster.names, store, channel.name, Facet.PRICE)


def _between(names: _Names, after: str, upto: str | None) -> Iterator[str]:
    while True:
        some = names(after=after, limit=STEP)
        for name in some:
            if upto is not None and name > upto:
                return
            yield name
        if len(some) < STEP:
            return
        after = some[-1]


def _holds(body: Mapping[str, Json], entity: Entity, now: datetime) -> bool:
    if entity is Entity.STOCK:
        return _lies(StockCard.model_validate(body))
    return _priced(PriceCard.model_validate(body), now)


def _lies(card: StockCard) -> bool:
    """Whether anything is said to lie anywhere, but where it is known already to be missing."""
    missing = {doubt.location for doubt in card.doubts if doubt.kind == "missing"}
    return any(not p.empty for p in card.positions if p.location not in missing)


def _priced(card: PriceCard, now: datetime) -> bool:
    """Whether anything of what was read holds or will: what was told by itself is not asked for."""
    read = (c for c in card.conditions if c.condition_id not in card.told)
    return any(c.window.end is None or now < c.window.end for c in read)
