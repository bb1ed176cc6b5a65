"""From SAP's rows to cards and shipments: pure; what is not understood is named, not dropped."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from shared.connectors.sap import values
from shared.connectors.sap.reading_schema import DeliveryItem, DeliveryRow, ProductRow, StockRow
from shared.connectors.sap.settings import SapSettings
from shared.model.facts import ProductCard, StockCard
from shared.model.ids import Gtin
from shared.model.order import Shipment, ShipmentLine, Tracking
from shared.model.product import Lifecycle, Product, UnitOfMeasure, Variant
from shared.model.retailer import Retailer
from shared.model.stock import StockPosition
from shared.ports import Refusal

UNRESTRICTED, INSPECTION, RETURNS, BLOCKED = "01", "02", "03", "07"
_GTIN = TypeAdapter[str](Gtin, config=ConfigDict(defer_build=True))


def products(
    rows: Sequence[ProductRow], *, source: str, as_of: datetime, settings: SapSettings
) -> tuple[list[ProductCard], list[Refusal]]:
    """One card per product; the rows hold every variant of each."""
    family: dict[str, list[ProductRow]] = defaultdict(list)
    heads = {row.product: row for row in rows if not row.generic}
    for row in rows:
        if row.generic:
            family[row.generic].append(row)
    cards, refused = [], []
    for product_id in dict.fromkeys([*heads, *family]):
        members = sorted(family[product_id], key=lambda row: row.product)
        head = heads.get(product_id)
        try:
            product, doubts = _product(product_id, head, members, settings)
        except ValidationError as error:
            refused.append(_unfit(product_id, error))
            continue
        refused += doubts
        cards.append(ProductCard(source=source, as_of=as_of, product=product))
    return cards, refused


def _product(
    product_id: str, head: ProductRow | None, members: Sequence[ProductRow], settings: SapSettings
) -> tuple[Product, list[Refusal]]:
    refused: list[Refusal] = []
    rows = members or ([head] if head else [])
    named = head or rows[0]
    variants = tuple(_variant(row, refused, settings, alone=not members) for row in rows)
    product = Product(
        product_id=product_id,
        title=_title(named, settings.language),
        brand=named.brand or None,
        product_group=named.group or None,
        option_names=(settings.option_name,) if members else (),
        variants=variants,
    )
    return product, refused


def _title(row: ProductRow, language: str) -> str:
    texts = {d.language.upper(): d.text for d in row.descriptions if d.text}
    return texts.get(language) or next(iter(texts.values()), "") or row.product


def _variant(
    row: ProductRow, refused: list[Refusal], settings: SapSettings, *, alone: bool
) -> Variant:
    ended = row.deleted or row.status in settings.discontinued_statuses
    units = tuple(
        UnitOfMeasure(
            code=unit.code,
            numerator=int(unit.numerator),
            denominator=int(unit.denominator),
            gtin=_checked_gtin(unit.gtin, row.product, refused),
        )
        for unit in row.units
        if unit.code != row.base_unit
    )
    return Variant(
        sku=row.product,
        gtin=_checked_gtin(row.gtin, row.product, refused),
        option_values=() if alone else (row.size or row.product,),
        base_unit=row.base_unit,
        units=units,
        lifecycle=Lifecycle.DISCONTINUED if ended else Lifecycle.ACTIVE,
    )


def _checked_gtin(text: str, product: str, refused: list[Refusal]) -> str | None:
    """The GTIN if its check digit holds; the article is kept without it otherwise."""
    if not text:
        return None
    try:
        return _GTIN.validate_python(text)
    except ValidationError:
        refused.append(
            Refusal(product, "gtin", text, f"{text!r} is not a GTIN", "correct it in SAP")
        )
        return None


def _unfit(product_id: str, error: ValidationError) -> Refusal:
    first: Any = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "product"
    remedy = "correct the article in SAP"
    return Refusal(product_id, field, str(first.get("input"))[:200], first["msg"], remedy)


def stock(
    rows: Sequence[StockRow],
    skus: Iterable[str],
    *,
    source: str,
    as_of: datetime,
    retailer: Retailer,
) -> tuple[list[StockCard], list[Refusal]]:
    """One card per SKU; stock of special kinds (consignment, project, ...) is not ours to sell."""
    sums: dict[str, dict[str, dict[str, Decimal]]] = {sku: {} for sku in skus}
    units: dict[str, str] = {}
    strange: dict[str, Refusal] = {}
    untold: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        places = sums.setdefault(row.material, {})
        units[row.material] = row.unit
        if row.special or row.kind not in {UNRESTRICTED, INSPECTION, RETURNS, BLOCKED}:
            continue
        external = f"{row.plant}/{row.storage_location}"
        location = retailer.location_at(source, external)
        if location is None:
            strange.setdefault(external, _unmapped(external))
            continue
        if row.quantity is None:
            untold[row.material].add(location)
            continue
        kinds = places.setdefault(location, defaultdict(Decimal))
        kinds[row.kind] += row.quantity
    cards = [
        StockCard(
            source=source,
            as_of=as_of,
            sku=sku,
            positions=tuple(
                _position(loc, kinds, units[sku])
                for loc, kinds in sorted(places.items())
                if loc not in untold[sku]
            ),
            untold=tuple(sorted(untold[sku])),
        )
        for sku, places in sums.items()
    ]
    return cards, list(strange.values())


def _position(location: str, kinds: Mapping[str, Decimal], unit: str) -> StockPosition:
    inspected = kinds.get(INSPECTION, Decimal(0))
    blocked = kinds.get(BLOCKED, Decimal(0)) + kinds.get(RETURNS, Decimal(0))
    return StockPosition(
        location=location,
        unit=unit,
        on_hand=kinds.get(UNRESTRICTED, Decimal(0)) + inspected + blocked,
        quality_inspection=inspected,
        blocked=blocked,
    )


def _unmapped(external: str) -> Refusal:
    return Refusal(
        subject=external.replace("/", "-"),
        field="location",
        value=external,
        message=f"stock lies at {external}, which no location of the configuration names",
        remedy="add it to [[locations]], or ask SAP to leave it out",
    )


def shipments(
    row: DeliveryRow, *, connection: str, retailer: Retailer, settings: SapSettings
) -> list[Shipment]:
    """A delivery's shipments, one per sales order it delivers; none before goods issue."""
    if row.moved != "C" or row.moved_on is None:
        return []
    left_at = values.at_time(values.day(row.moved_on), row.moved_at, settings.zone)
    number = (
        row.bill_of_lading if settings.tracking_field == "BillOfLading" else row.means_of_transport
    )
    tracking = (Tracking(carrier=settings.carrier, number=number),) if number else ()
    by_order: dict[str, list[DeliveryItem]] = defaultdict(list)
    for item in row.items:
        if item.order and item.quantity > 0:
            by_order[item.order].append(item)
    return [
        Shipment(
            shipment_id=row.number if len(by_order) == 1 else f"{row.number}/{order}",
            erp_order=order,
            shipped_at=left_at,
            location=retailer.location_at(
                connection, f"{items[0].plant}/{items[0].storage_location}"
            ),
            lines=tuple(
                ShipmentLine(
                    erp_item=item.order_item.lstrip("0"),
                    sku=item.material,
                    quantity=int(item.quantity),
                )
                for item in items
            ),
            tracking=tracking,
        )
        for order, items in by_order.items()
    ]
