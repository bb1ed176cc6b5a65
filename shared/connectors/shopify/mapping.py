"""Products, prices and stock between the canonical model and Shopify's; pure."""

from __future__ import annotations

import hashlib
import html
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shared.connectors.shopify.amounts import money
from shared.errors import InDoubtError, RejectedError, SyncError
from shared.frozen import frozen
from shared.model.base import Canonical, Json
from shared.model.ids import Facet
from shared.model.product import Lifecycle, Product, Variant
from shared.model.target import Outcome, PriceValue, Push, StockValue, Verdict

if TYPE_CHECKING:
    from shared.connectors.shopify import content_schema, price_schema, schema
    from shared.connectors.shopify.settings import ShopifySettings

DEFAULT_OPTION = "Title"
DEFAULT_VALUE = "Default Title"  # what Shopify calls the only variant of a product without options
ARCHIVED = "ARCHIVED"
HANDLE_MAX = 255
QUANTITY_MAX = 1_000_000_000
_WORST_FIRST = (
    Verdict.UNKNOWN,
    Verdict.STALE,
    Verdict.REJECTED,
    Verdict.RETRY,
    Verdict.APPLIED,
)
_BUSY = frozenset({"SERVICE_UNAVAILABLE", "OPERATION_IN_PROGRESS", "PRICE_LIST_LOCKED"})
INVENTORY_NAMESPACE = uuid.UUID("6f1d0d0e-6b0f-5c38-9d43-2f0b7c8f2a51")


def handle(product_id: str, prefix: str) -> str:
    """A URL handle that depends on the product id alone, and never on another product's.

    An id of capitals, digits and single dashes is its own handle in lower case; any other id also
    carries a digest of itself, so that `A B`, `a-b` and `A-B` are three products.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", product_id.lower()).strip("-")
    if slug == product_id.lower() and product_id == product_id.upper():
        return f"{prefix}{slug}"
    digest = hashlib.sha256(product_id.encode()).hexdigest()[:10]
    kept = slug[: HANDLE_MAX - len(prefix) - len(digest) - 1]
    return f"{prefix}{kept}-{digest}" if kept else f"{prefix}{digest}"


def description(product: Product, settings: ShopifySettings) -> str:
    """The description as HTML: plain text is escaped and keeps its line breaks."""
    if settings.description_is_html:
        return product.description
    return html.escape(product.description, quote=False).replace("\n", "<br>")


def listed(product: Product) -> tuple[Variant, ...]:
    """The variants a shop shows: those still sold, or all of a product no longer sold at all."""
    sold = tuple(v for v in product.variants if v.lifecycle is Lifecycle.ACTIVE)
    return sold or product.variants


def discontinued(product: Product) -> bool:
    return all(v.lifecycle is Lifecycle.DISCONTINUED for v in product.variants)


@frozen
class Known:
    """What the shop holds of a product already: its id, its status, variant ids by SKU."""

    product: str | None = None
    status: str | None = None
    variants: Mapping[str, str] = field(default_factory=dict)


def product_input(
    product: Product,
    known: Known,
    settings: ShopifySettings,
    *,
    locations: Sequence[str],
) -> dict[str, object]:
    """`ProductSetInput`: the whole product without prices and quantities.

    Lists are declarative: a variant left out is deleted. A variant the shop knows keeps its id, so
    that a renamed option value does not cost it its price and stock. A new one is stocked with
    nothing at `locations`, because quantities can only be set where an item is stocked.
    """
    sent: dict[str, object] = {
        "title": product.title,
        "descriptionHtml": description(product, settings),
        "productOptions": _options(product),
        "variants": [
            _variant(product, variant, known.variants.get(variant.sku), locations)
            for variant in listed(product)
        ],
    }
    if known.product is None:
        sent["handle"] = handle(product.product_id, settings.handle_prefix)
    if product.brand is not None:
        sent["vendor"] = product.brand
    if product.product_group is not None:
        sent["productType"] = product.product_group
    status = _status(product, known, settings)
    return sent if status is None else sent | {"status": status}


def _status(product: Product, known: Known, settings: ShopifySettings) -> str | None:
    """A product on sale is left in the status people gave it, unless that is our own archive."""
    if discontinued(product):
        return ARCHIVED
    if known.product is None:
        return settings.new_status
    return "ACTIVE" if known.status == ARCHIVED else None


def _options(product: Product) -> list[dict[str, object]]:
    if not product.option_names:
        return [{"name": DEFAULT_OPTION, "position": 1, "values": [{"name": DEFAULT_VALUE}]}]
    return [
        {
            "name": name,
            "position": i + 1,
            "values": [
                {"name": value}
                for value in dict.fromkeys(v.option_values[i] for v in listed(product))
            ],
        }
        for i, name in enumerate(product.option_names)
    ]


def _chosen(product: Product, variant: Variant) -> list[tuple[str, str]]:
    if not product.option_names:
        return [(DEFAULT_OPTION, DEFAULT_VALUE)]
    return list(zip(product.option_names, variant.option_values, strict=True))


def _variant(
    product: Product, variant: Variant, known: str | None, locations: Sequence[str]
) -> dict[str, object]:
    sent: dict[str, object] = {
        "sku": variant.sku,
        "barcode": variant.gtin,
        "optionValues": [{"optionName": o, "name": v} for o, v in _chosen(product, variant)],
        "inventoryItem": {"sku": variant.sku, "tracked": True},
    }
    if known is not None:
        return {"id": known} | sent
    if locations:
        sent["inventoryQuantities"] = [
            {"locationId": place, "name": "available", "quantity": 0} for place in locations
        ]
    return sent


def links(
    product: Product, answered: str, variants: Sequence[content_schema.Variant]
) -> dict[str, dict[str, str]]:
    """The shop's ids of the product and of each of its SKUs."""
    wanted = {variant.sku for variant in product.variants}
    found = {product.product_id: {"product": answered}}
    for variant in variants:
        if variant.sku in wanted:
            item = variant.inventory_item.id
            ids = {"product": answered, "variant": variant.id, "inventory_item": item}
            # A product may be named like its only SKU: both then share one entry.
            found[variant.sku] = found.get(variant.sku, {}) | ids
    return found


def parse_product(desired: Json) -> Product:
    """The canonical product a content target wishes for."""
    return _parsed(Product, desired)


def parse_price(desired: Json) -> PriceValue:
    return _parsed(PriceValue, desired)


def parse_stock(desired: Json) -> StockValue:
    return _parsed(StockValue, desired)


def _parsed[M: Canonical](model: type[M], desired: Json) -> M:
    try:
        return model.model_validate(desired)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RejectedError(
            f"{model.__name__}: {where}: {first['msg']}", code="bad_target", field=where
        ) from error


def comparable(facet: Facet, desired: Json, settings: ShopifySettings) -> Json:
    """The part of a desired value that Shopify can show, in one form for both sides.

    Prices and stock are shown as they are desired. Of a product it is the title, the description
    and the groups Shopify has a place for, the options, whether it is archived, and of every
    variant on show its barcode and option values, by SKU.
    """
    if facet is not Facet.CONTENT:
        return desired
    product = parse_product(desired)
    variants: dict[str, Json] = {
        v.sku: {"barcode": v.gtin or "", "options": [f"{o}: {c}" for o, c in _chosen(product, v)]}
        for v in listed(product)
    }
    return {
        "title": product.title,
        "description": _plain(description(product, settings)),
        "vendor": product.brand,
        "product_type": product.product_group,
        "archived": discontinued(product),
        "variants": variants,
    }


def shown_product(
    theirs: content_schema.Product, variants: Sequence[content_schema.Variant], like: Json
) -> dict[str, Json]:
    """What the shop shows, in the form of `comparable`; a group we do not set is not compared."""
    wished = like if isinstance(like, dict) else {}
    rows: dict[str, Json] = {
        v.sku or v.id: {
            "barcode": v.barcode or "",
            "options": [f"{o.name}: {o.value}" for o in v.selected_options],
        }
        for v in variants
    }
    return {
        "title": theirs.title,
        "description": _plain(theirs.description_html),
        "vendor": theirs.vendor if wished.get("vendor") is not None else None,
        "product_type": theirs.product_type if wished.get("product_type") is not None else None,
        "archived": theirs.status == ARCHIVED,
        "variants": rows,
    }


def _plain(markup: str) -> str:
    """HTML without its tags and spacing, which Shopify may normalise."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def price_input(variant: str, value: PriceValue) -> dict[str, object]:
    """One entry of `productVariantsBulkUpdate`; a null clears the price struck through."""
    return {
        "id": variant,
        "price": value.price.text(),
        "compareAtPrice": value.compare_at.text() if value.compare_at else None,
    }


def general_price(desired: Json) -> Json:
    """What everybody pays, as it is shown by the variant itself."""
    value = parse_price(desired)
    return PriceValue(price=value.price, compare_at=value.compare_at).model_dump(mode="json")


def shown_price(theirs: price_schema.PricedVariant, currency: str) -> Json:
    """A variant's prices as a `PriceValue` dump, in minor units of the shop's currency."""
    compare_at = theirs.compare_at_price
    value = PriceValue(
        price=money(theirs.price, currency, "price"),
        compare_at=money(compare_at, currency, "compareAtPrice") if compare_at else None,
    )
    return value.model_dump(mode="json")


@frozen
class Row:
    """One quantity to set: `key` is the SKU, `expected` what we last published there."""

    key: str
    operation: str
    item: str
    place: str
    location: str
    quantity: int
    expected: int | None

    def input(self) -> dict[str, object]:
        return {
            "inventoryItemId": self.item,
            "locationId": self.location,
            "quantity": self.quantity,
            "changeFromQuantity": self.expected,
        }


def changed_levels(push: Push) -> dict[str, tuple[int, int | None]]:
    """Per location of ours: the level to set and the one last published, where they differ."""
    desired = parse_stock(push.desired).levels
    before = parse_stock(push.published).levels if push.published is not None else {}
    return {
        place: (level, before.get(place))
        for place, level in sorted(desired.items())
        if before.get(place) != level
    }


def idempotency_key(variables: str) -> str:
    """A key that a repeat of the same call reproduces, from its canonical JSON."""
    return str(uuid.uuid5(INVENTORY_NAMESPACE, variables))


def rejected(key: str, code: str, message: str) -> Outcome:
    return Outcome(key=key, verdict=Verdict.REJECTED, code=code, message=message[:200])


def verdict(key: str, kind: Verdict, code: str = "", message: str = "") -> Outcome:
    return Outcome(key=key, verdict=kind, code=code, message=message[:200])


def worst(key: str, outcomes: Sequence[Outcome]) -> Outcome:
    """A line of several parts is as good as its worst; one part applied leaves the rest open.

    A part refused after another part was applied is unknown: reading back tells what stands.
    """
    if not outcomes:
        return Outcome(key=key, verdict=Verdict.APPLIED)
    worst = min(outcomes, key=lambda o: _WORST_FIRST.index(o.verdict))
    mixed = any(o.verdict is Verdict.APPLIED for o in outcomes)
    if mixed and worst.verdict is Verdict.RETRY:
        return worst.model_copy(update={"verdict": Verdict.STALE})
    return worst


def of_places(push: Push, places: Mapping[str, Outcome]) -> Outcome:
    """What became of a level, place by place.

    A place refused for good keeps no other from its level. So it is told once the others are
    settled, with what is shown by then; until that, what is open decides.
    """
    refused = {p: o for p, o in places.items() if o.verdict is Verdict.REJECTED}
    others = [outcome for place, outcome in places.items() if place not in refused]
    if not refused or any(outcome.verdict is not Verdict.APPLIED for outcome in others):
        return worst(push.key, others)
    told = list(refused.values())
    outcome = told[0].model_copy(
        update={
            "message": "; ".join(one.message for one in told)[:200],
            "remedy": "; ".join(dict.fromkeys(one.remedy for one in told if one.remedy)),
        }
    )
    if not others:
        return outcome
    before = parse_stock(push.published).levels if push.published is not None else {}
    wish = parse_stock(push.desired).levels
    taken = {p: level for p, level in wish.items() if p not in refused}
    kept = {p: level for p, level in before.items() if p in refused}
    shown = StockValue(levels={**kept, **taken}).model_dump(mode="json")
    return outcome.model_copy(update={"shown": shown})


def verdict_of(error: SyncError) -> Verdict:
    """What becomes of the lines of a call that raised."""
    if isinstance(error, InDoubtError):
        return Verdict.UNKNOWN
    return Verdict.REJECTED if isinstance(error, RejectedError) else Verdict.RETRY


def busy(error: schema.UserError) -> bool:
    """Whether a line was refused for now only."""
    return error.code in _BUSY


def position(path: Sequence[str] | None) -> int | None:
    """The first list position in the path of a user error; None when it names no line."""
    return next((int(part) for part in path or () if part.isdigit()), None)
