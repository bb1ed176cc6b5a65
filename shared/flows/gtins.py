"""Which article a GTIN is of: a row per GTIN, written before the article is."""

from collections.abc import Iterable

from shared.flows import keys
from shared.model.base import Json
from shared.model.facts import ItemCard
from shared.ports import Put, Store


def remember(items: Iterable[ItemCard], store: Store) -> None:
    """Index these articles' GTINs, those of their units too. A later article takes a GTIN over."""
    wanted: dict[str, dict[str, Json]] = {}
    for item in items:
        variant = item.variant
        named = [(variant.gtin, variant.base_unit), *((u.gtin, u.code) for u in variant.units)]
        for gtin, unit in named:
            if gtin is not None:
                wanted[gtin.rjust(14, "0")] = {"sku": variant.sku, "unit": unit}
    rows = store.get(keys.gtin(gtin) for gtin in wanted)
    puts = []
    for gtin, body in wanted.items():
        row = rows.get(keys.gtin(gtin))
        if row is None or dict(row.body) != body:
            puts.append(Put(keys.gtin(gtin), body, row.rev if row else 0))
    store.commit(puts)


def articles(gtins: Iterable[str], store: Store) -> dict[str, tuple[str, str]]:
    """SKU and unit of each GTIN-14 that is known."""
    wanted = {keys.gtin(gtin): gtin for gtin in sorted(gtins)}
    return {
        wanted[key]: (str(row.body["sku"]), str(row.body["unit"]))
        for key, row in store.get(wanted).items()
    }
