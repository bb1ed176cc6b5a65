"""What the Admin API answers of products, variants and stock: plain values and field functions."""

from collections.abc import Callable, Sequence

from graphql import GraphQLError

from sandbox.vendors.shopify.state import PAGE_MAX, Product, Shop, Variant, gid, number

View = dict[str, object]


class Mistake(Exception):  # noqa: N818 - a user error of the answer, not an error of ours
    """What the answer lists among its `userErrors`."""

    def __init__(self, code: str, message: str, *path: str) -> None:
        super().__init__(message)
        self.view: View = {"code": code, "message": message, "field": list(path) or None}


def at_most(rows: Sequence[object], name: str) -> None:
    """Shopify refuses any input array of more than 250 entries before it looks at them."""
    if len(rows) > PAGE_MAX:
        raise GraphQLError(
            f"{name}: {len(rows)} entries, at most {PAGE_MAX} are taken",
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )


def page[T](
    rows: Sequence[T], view: Callable[[T], View], first: int | None, after: str | None
) -> View:
    """A connection over rows; the cursor is the position of the last row shown."""
    if first is None or not 0 < first <= PAGE_MAX:
        raise GraphQLError(f"first must be between 1 and {PAGE_MAX}")
    start = int(after) if after and after.isdigit() else 0
    shown = rows[start : start + first]
    end = start + len(shown)
    info = {"hasNextPage": end < len(rows), "endCursor": str(end) if shown else None}
    return {"nodes": [view(row) for row in shown], "pageInfo": info}


def product_view(shop: Shop, product: Product) -> View:
    def variants(_info: object, first: int | None = None, after: str | None = None) -> View:
        rows = [shop.variants[i] for i in product.variants]
        return page(rows, lambda variant: variant_view(shop, variant), first, after)

    def options(_info: object, first: int | None = None) -> list[View]:
        return [{"name": name} for name in product.options[:first]]

    return {
        "__typename": "Product",
        "id": gid("Product", product.product_id),
        "handle": product.handle,
        "title": product.title,
        "descriptionHtml": product.description,
        "vendor": product.vendor,
        "productType": product.product_type,
        "status": product.status,
        "updatedAt": product.updated_at.isoformat(),
        "options": options,
        "variants": variants,
    }


def variant_view(shop: Shop, variant: Variant) -> View:
    product = shop.products[variant.product_id]
    compare_at = variant.compare_at
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", variant.variant_id),
        "sku": variant.sku,
        "barcode": variant.barcode,
        "price": shop.text(variant.price),
        "compareAtPrice": None if compare_at is None else shop.text(compare_at),
        "selectedOptions": lambda _info: [
            {"name": name, "value": value}
            for name, value in zip(product.options, variant.chosen, strict=True)
        ],
        "inventoryItem": lambda _info: item_view(shop, variant),
        "product": lambda _info: product_view(shop, product),
    }


def item_view(shop: Shop, variant: Variant) -> View:
    def level(_info: object, locationId: str) -> View | None:  # noqa: N803 - the vendor's argument
        place = number("Location", locationId)
        return level_view(shop, variant, place) if place in variant.levels else None

    return {
        "__typename": "InventoryItem",
        "id": gid("InventoryItem", variant.variant_id),
        "sku": variant.sku,
        "tracked": variant.tracked,
        "inventoryLevel": level,
    }


def level_view(shop: Shop, variant: Variant, place: int) -> View:
    level = variant.levels[place]
    known = {
        "available": level.available,
        "committed": level.committed,
        "on_hand": level.on_hand,
    }

    def quantities(_info: object, names: Sequence[str]) -> list[View]:
        return [{"name": name, "quantity": known[name]} for name in names if name in known]

    return {
        "__typename": "InventoryLevel",
        "id": f"{gid('InventoryLevel', variant.variant_id)}?location={place}",
        "location": location_view(shop, place),
        "quantities": quantities,
    }


def location_view(shop: Shop, place: int) -> View:
    return {
        "__typename": "Location",
        "id": gid("Location", place),
        "name": shop.locations[place].name,
    }
