"""Products, prices and stock of one tenant, read page by page or article by article.

Pages go by key (`Material gt 'last'`), so that rows written meanwhile shift nothing, and a SKU is
never split over two pages: a card always holds everything SAP says of it.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import replace
from datetime import datetime
from itertools import batched
from typing import NamedTuple, Protocol

from shared.connectors.sap import conditions, mapping, values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.reading_schema import MovementItem, ProductRow, StockRow, ValidityRow
from shared.connectors.sap.rows import parsed
from shared.connectors.sap.settings import SapSettings
from shared.errors import RetryableError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.facts import PriceCard, ProductCard, StockCard
from shared.model.ids import Entity
from shared.model.retailer import Retailer
from shared.ports import Clock, Page

PRODUCT = "API_PRODUCT_SRV"
PRICING = "API_SLSPRICINGCONDITIONRECORD_SRV"
STOCK = "API_MATERIAL_STOCK_SRV"
MOVEMENTS = "API_MATERIAL_DOCUMENT_SRV"
PRODUCT_CHUNKS = 10
_STOCK_KINDS = ("01", "02", "03", "07")

type Rows = list[dict[str, Json]]


class _Found(NamedTuple):
    """Rows of prices or stock, and the materials of the answer's own rows, which `$top` counts.

    The two differ where stock is read expanded: a material may hold many rows of stock, or none.
    """

    rows: Rows
    materials: list[str]


class _Read(Protocol):
    """What is found under a condition, one page of it or all."""

    def __call__(self, condition: str, *, bounded: bool) -> _Found: ...


@frozen
class Facts:
    """What the tenant says of articles; `name` is the connection's."""

    _gateway: Gateway
    _name: str
    _settings: SapSettings
    _retailer: Retailer
    _clock: Clock

    def changed(
        self, entity: Entity, *, since: datetime | None, page: str | None
    ) -> Page[ProductCard] | Page[PriceCard] | Page[StockCard]:
        """One page. Prices and stock have no change date in these services and are read whole."""
        as_of = self._clock.now()
        match entity:
            case Entity.PRODUCT:
                return self._changed_products(since, page)
            case Entity.PRICE:
                priced = self._priced(as_of, *self._whole(self._price_rows, page))
                return replace(priced, whole_after=page or "")
            case Entity.STOCK:
                stocked = self._stocked(as_of, *self._whole(self._stock_rows, page))
                return replace(stocked, whole_after=page or "")
            case _:
                raise ValueError(f"SAP is not read for {entity} this way")

    def read(
        self, entity: Entity, keys: Sequence[str]
    ) -> Page[ProductCard] | Page[PriceCard] | Page[StockCard]:
        """The present truth of products or SKUs, or of what a hint's marked key stands for."""
        as_of = self._clock.now()
        match entity:
            case Entity.PRODUCT:
                return self._products(keys)
            case Entity.PRICE:
                skus = self._resolved(keys, "condition:", self._materials_of_condition)
                return self._priced(as_of, self._by_material(self._price_rows, skus), skus, None)
            case Entity.STOCK:
                skus = self._resolved(keys, "document:", self._materials_of_document)
                return self._stocked(as_of, self._by_material(self._stock_rows, skus), skus, None)
            case _:
                raise ValueError(f"SAP is not read for {entity} this way")

    # products

    def _changed_products(self, since: datetime | None, page: str | None) -> Page[ProductCard]:
        # A page is read in few calls, so that it never needs more of them than a bucket holds.
        top = min(self._settings.page_size, PRODUCT_CHUNKS * self._settings.filter_chunk)
        filters = [f"Product gt {values.quoted(page)}"] if page else []
        if since is not None:
            filters.append(f"LastChangeDateTime gt {values.offset_literal(since)}")
        query = {
            "$select": "Product,CrossPlantConfigurableProduct",
            "$orderby": "Product",
            "$top": str(top),
        }
        if filters:
            query["$filter"] = " and ".join(filters)
        rows = self._gateway.rows(PRODUCT, "A_Product", query)
        last = str(rows[-1]["Product"]) if len(rows) == top else None
        # A whole reading meets every product at its own row; a delta at any of its variants.
        named = [
            str(row.get("CrossPlantConfigurableProduct") or row["Product"])
            for row in rows
            if since is not None or not row.get("CrossPlantConfigurableProduct")
        ]
        found = self._products(list(dict.fromkeys(named)))
        return Page(found.items, last, found.refused)

    def _products(self, product_ids: Sequence[str]) -> Page[ProductCard]:
        as_of = self._clock.now()
        found: dict[str, dict[str, Json]] = {}
        for row in self._chunked("Product", product_ids):
            generic = str(row.get("CrossPlantConfigurableProduct") or "")
            if generic and generic not in product_ids:
                # A variant was named: its whole product is read instead.
                return self._products(sorted({generic, *product_ids} - {str(row["Product"])}))
            found[str(row["Product"])] = row
        asked = [
            name
            for name, row in found.items()
            if not self._settings.generic_product_types
            or row.get("ProductType") in self._settings.generic_product_types
        ]
        for row in self._chunked("CrossPlantConfigurableProduct", asked):
            found[str(row["Product"])] = row
        rows, refused = parsed(found.values(), ProductRow, subject="Product")
        cards, doubts = mapping.products(
            rows, source=self._name, as_of=as_of, settings=self._settings
        )
        return Page(cards, None, (*refused, *doubts))

    def _chunked(self, field: str, keys: Iterable[str]) -> Iterable[dict[str, Json]]:
        for chunk in batched(keys, self._settings.filter_chunk, strict=False):
            yield from self._gateway.rows(
                PRODUCT,
                "A_Product",
                {
                    "$filter": _any(field, chunk),
                    "$expand": "to_Description,to_ProductUnitsOfMeasure",
                },
            )

    # prices and stock

    def _whole(self, read: _Read, page: str | None) -> tuple[Rows, list[str], str | None]:
        """Rows of complete materials after `page`, and where the next page starts."""
        after = f"Material gt {values.quoted(page or '')}"
        found = read(after, bounded=True)
        if len(found.materials) < self._settings.page_size:
            return found.rows, [], None
        last = found.materials[-1]
        whole = [name for name in found.materials if name != last]
        if not whole:  # one material fills a page: read all of it
            return read(f"Material eq {values.quoted(last)}", bounded=False).rows, [], last
        return [row for row in found.rows if row.get("Material") != last], [], whole[-1]

    def _by_material(self, read: _Read, skus: Sequence[str]) -> Rows:
        chunks = batched(skus, self._settings.filter_chunk, strict=False)
        found = (read(_any("Material", chunk), bounded=False) for chunk in chunks)
        return [row for one in found for row in one.rows]

    def _price_rows(self, condition: str, *, bounded: bool) -> _Found:
        kinds = {kind for p in self._retailer.price_lists for kind in p.conditions}
        today = values.datetime_literal(values.day_in(self._settings.zone, self._clock.now()))
        filters = [
            f"SalesOrganization eq {values.quoted(self._settings.sales_organization)}",
            f"DistributionChannel eq {values.quoted(self._settings.distribution_channel)}",
            f"ConditionValidityEndDate ge {today}",
            _any("ConditionType", sorted(kinds)),
            *([condition] if condition else []),
        ]
        query = {
            "$filter": " and ".join(filters),
            "$expand": "to_SlsPrcgConditionRecord/to_SlsPrcgCndnRecordScale",
            "$orderby": "Material",
        }
        return _flat(
            self._gateway.rows(
                PRICING, "A_SlsPrcgCndnRecdValidity", topped(query, self._settings, bounded=bounded)
            )
        )

    def _priced(
        self, as_of: datetime, rows: Rows, skus: Sequence[str], following: str | None
    ) -> Page[PriceCard]:
        good, refused = parsed(rows, ValidityRow, subject="Material")
        cards, doubts = conditions.prices(
            good,
            skus,
            source=self._name,
            as_of=as_of,
            retailer=self._retailer,
            settings=self._settings,
        )
        return Page(cards, following, (*refused, *doubts))

    def _stock_rows(self, condition: str, *, bounded: bool) -> _Found:
        filters = [_any("InventoryStockType", _STOCK_KINDS), "InventorySpecialStockType eq ''"]
        if self._settings.stock_route == "expand":
            return self._expanded_stock(condition, bounded=bounded)
        if condition:
            filters.append(condition)
        query = {"$filter": " and ".join(filters), "$orderby": "Material"}
        return _flat(
            self._gateway.rows(
                STOCK, "A_MatlStkInAcctMod", topped(query, self._settings, bounded=bounded)
            )
        )

    def _expanded_stock(self, condition: str, *, bounded: bool) -> _Found:
        query = {"$expand": "to_MatlStkInAcctMod", "$orderby": "Material"}
        if condition:
            query["$filter"] = condition
        found = _Found([], [])
        for material in self._gateway.rows(
            STOCK, "A_MaterialStock", topped(query, self._settings, bounded=bounded)
        ):
            name, inside = str(material["Material"]), material.get("to_MatlStkInAcctMod")
            rows = inside.get("results") if isinstance(inside, dict) else None
            if not isinstance(rows, list):  # left out is not empty
                raise RetryableError(f"SAP listed {name} without its to_MatlStkInAcctMod")
            found.materials.append(name)
            found.rows.extend(row for row in rows if isinstance(row, dict))
        return found

    def _stocked(
        self, as_of: datetime, rows: Rows, skus: Sequence[str], following: str | None
    ) -> Page[StockCard]:
        good, refused = parsed(rows, StockRow, subject="Material")
        unread = {one.subject for one in refused}
        named = [sku for sku in skus if sku not in unread]
        cards, doubts = mapping.stock(
            good, named, source=self._name, as_of=as_of, retailer=self._retailer
        )
        return Page(cards, following, (*refused, *doubts))

    # what hints stand for

    def _resolved(
        self, keys: Sequence[str], mark: str, materials: Callable[[str], list[str]]
    ) -> list[str]:
        found: list[str] = []
        for key in keys:
            found += materials(key.removeprefix(mark)) if key.startswith(mark) else [key]
        return list(dict.fromkeys(found))

    def _materials_of_condition(self, record: str) -> list[str]:
        query = {"$filter": f"ConditionRecord eq {values.quoted(record)}", "$select": "Material"}
        rows = self._gateway.rows(PRICING, "A_SlsPrcgCndnRecdValidity", query)
        return [str(row["Material"]) for row in rows if row.get("Material")]

    def _materials_of_document(self, document: str) -> list[str]:
        year, _, number = document.partition("/")
        wanted = [f"MaterialDocument eq {values.quoted(number)}"]
        if year:
            wanted.append(f"MaterialDocumentYear eq {values.quoted(year)}")
        query = {"$filter": " and ".join(wanted), "$select": "Material"}
        rows = self._gateway.rows(MOVEMENTS, "A_MaterialDocumentItem", query)
        items, _ = parsed(rows, MovementItem, subject="Material")
        return [item.material for item in items if item.material]


def _flat(rows: Rows) -> _Found:
    return _Found(rows, [str(row["Material"]) for row in rows])


def topped(query: dict[str, str], settings: SapSettings, *, bounded: bool) -> dict[str, str]:
    """A query for one page, or for all there is."""
    return {**query, "$top": str(settings.page_size)} if bounded else query


def _any(field: str, keys: Iterable[str]) -> str:
    """A filter that holds for any of the keys."""
    joined = " or ".join(f"{field} eq {values.quoted(key)}" for key in keys)
    return f"({joined})"
