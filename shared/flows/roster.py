"""Which articles a channel has ever shown, or a source told of, to be walked in order.

A target is found by its key alone. The roster is one small row per target beside it, in one
partition per channel and facet, written before the target says for the first time that it is shown:
what is published is on the roster. A source of stock has one of its own for its cards.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.flows import keys
from shared.model.ids import COMPARED, Facet
from shared.ports import Put, Store, Table

if TYPE_CHECKING:
    from shared.model.target import Target


def enrolled(changes: Iterable[tuple["Target", "Target"]]) -> list[Put]:
    """Rows for targets that become published, given each before and after.

    One that is there already is refused by the store, which is as well.
    """
    return [
        Put(keys.roster(new.channel, new.facet, new.key), {}, 0)
        for old, new in changes
        if new.facet in COMPARED and old.published is None and new.published is not None
    ]


def names(store: Store, channel: str, facet: Facet, *, after: str, limit: int) -> list[str]:
    """The next keys behind `after`; empty at the end."""
    pk = keys.roster(channel, facet).pk
    rows = store.query(Table.CONTROL, pk, after=after, limit=limit)
    return [row.key.sk for row in rows]


def remember(source: str, skus: Iterable[str], store: Store) -> None:
    """Put articles whose stock a source tells of for the first time on its own roster.

    Before their cards are written: whatever is known of a source is on it.
    """
    if puts := [Put(keys.told(source, sku), {}, 0) for sku in skus]:
        store.commit(puts)


def told(store: Store, source: str, *, after: str, limit: int) -> list[str]:
    """The next articles behind `after` whose stock this source ever told."""
    rows = store.query(Table.CONTROL, keys.told(source).pk, after=after, limit=limit)
    return [row.key.sk for row in rows]


def complete(source: str, skus: Iterable[str], store: Store) -> None:
    """Put those on the source's roster that are missing there, such as what is older than it."""
    wanted = {sku: keys.told(source, sku) for sku in skus}
    there = store.glance(wanted.values())
    remember(source, (sku for sku, key in wanted.items() if key not in there), store)
