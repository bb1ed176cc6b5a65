"""Which article a GTIN is of, and which a name is like: rows written before the article is."""

from collections.abc import Iterable

from shared.domain import candidates
from shared.flows import keys
from shared.model.base import Json
from shared.model.item import ItemCard
from shared.ports import Key, Put, Store


def remember(items: Iterable[ItemCard], store: Store) -> None:
    """Index these articles' names and GTINs, those of their units too.

    A later article takes a GTIN over.
    """
    wanted: dict[Key, dict[str, Json]] = {}
    for item in items:
        variant = item.variant
        named = [(variant.gtin, variant.base_unit), *((u.gtin, u.code) for u in variant.units)]
        for gtin, unit in named:
            if gtin is not None:
                wanted[keys.gtin(gtin.rjust(14, "0"))] = {"sku": variant.sku, "unit": unit}
        name = candidates.folded(variant.sku)
        if len(name) >= keys.NAMES_MIN:
            wanted[keys.named(name, variant.sku)] = {"sku": variant.sku}
    rows = store.get(wanted)
    puts = []
    for key, body in wanted.items():
        row = rows.get(key)
        if row is None or dict(row.body) != body:
            puts.append(Put(key, body, row.rev if row else 0))
    store.commit(puts)


def articles(gtins: Iterable[str], store: Store) -> dict[str, tuple[str, str]]:
    """SKU and unit of each GTIN-14 that is known."""
    wanted = {keys.gtin(gtin): gtin for gtin in sorted(gtins)}
    return {
        wanted[key]: (str(row.body["sku"]), str(row.body["unit"]))
        for key, row in store.get(wanted).items()
    }
