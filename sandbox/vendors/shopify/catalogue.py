"""Products and prices: `productSet`, `productVariantsBulkUpdate`, `publishablePublish`, reading."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from graphql import GraphQLError

from sandbox.vendors.shopify.inputs import Identifier, ItemInput, Option, ProductInput, VariantInput
from sandbox.vendors.shopify.state import Level, Product, Shop, Variant, number
from sandbox.vendors.shopify.views import Mistake, View, at_most, product_view, variant_view

VARIANTS_MAX = 2048
OPTIONS_MAX = 3


@dataclass(slots=True)
class Catalogue:
    """`stocked_at` says where Shopify stocks a new variant nobody gave quantities for."""

    shop: Shop
    now: Callable[[], datetime]
    stocked_at: Literal["primary", "all"] = "primary"

    def product_by_identifier(self, _info: object, identifier: dict[str, str]) -> View | None:
        product = self._find(Identifier.model_validate(identifier))
        return product_view(self.shop, product) if product else None

    def product_set(
        self,
        _info: object,
        identifier: dict[str, str] | None = None,
        synchronous: bool = True,  # noqa: FBT001, FBT002 - the vendor's argument
        **given: object,
    ) -> View:
        """Create or replace one product; lists are declarative."""
        if not synchronous:
            raise GraphQLError("the simulator sets products synchronously only")
        wanted = ProductInput.model_validate(given["input"])
        known = Identifier.model_validate(identifier or {})
        try:
            product = self._set(known, wanted)
        except Mistake as mistake:
            return {"product": None, "userErrors": [mistake.view]}
        return {"product": product_view(self.shop, product), "userErrors": []}

    def publishable_publish(self, _info: object, **given: object) -> View:
        product = self.shop.products.get(number("Product", given["id"]) or 0)
        if product is None:
            return {"userErrors": [{"field": ["id"], "message": "Product does not exist"}]}
        rows = given["input"]
        for row in rows if isinstance(rows, list) else []:
            product.publications.add(str(row.get("publicationId")))
        return {"userErrors": []}

    def bulk_update(
        self,
        _info: object,
        variants: Sequence[dict[str, object]],
        allowPartialUpdates: bool = False,  # noqa: FBT001, FBT002, N803 - the vendor's argument
        **given: object,
    ) -> View:
        """Set prices of one product; good rows stand when partial updates are allowed."""
        at_most(variants, "variants")
        product = self.shop.products.get(number("Product", given["productId"]) or 0)
        if product is None:
            mistake = Mistake("PRODUCT_DOES_NOT_EXIST", "Product does not exist", "productId")
            return {"product": None, "productVariants": None, "userErrors": [mistake.view]}
        if any(number("ProductVariant", row.get("id")) in self.shop.poisoned for row in variants):
            unnamed = Mistake("INVALID_INPUT", "The input is invalid")
            return {"product": None, "productVariants": None, "userErrors": [unnamed.view]}
        errors: list[View] = []
        good: list[tuple[Variant, int | None, int | None, bool]] = []
        for i, row in enumerate(variants):
            try:
                good.append(self._priced(product, i, row))
            except Mistake as mistake:
                errors.append(mistake.view)
        if errors and not allowPartialUpdates:
            good = []
        for variant, price, compare_at, compared in good:
            variant.price = variant.price if price is None else price
            variant.compare_at = compare_at if compared else variant.compare_at
            variant.priced_at = self.now()
        if good:
            product.updated_at = self.now()
        return {
            "product": product_view(self.shop, product),
            "productVariants": [variant_view(self.shop, row[0]) for row in good],
            "userErrors": errors,
        }

    def _priced(
        self, product: Product, index: int, row: dict[str, object]
    ) -> tuple[Variant, int | None, int | None, bool]:
        at = ("variants", str(index))
        if row.get("id") is None:
            raise Mistake("PRODUCT_VARIANT_ID_MISSING", "Variant id is missing", *at, "id")
        variant = self.shop.variants.get(number("ProductVariant", row["id"]) or 0)
        if variant is None or variant.product_id != product.product_id:
            raise Mistake("PRODUCT_VARIANT_DOES_NOT_EXIST", "Variant does not exist", *at, "id")
        price = self._money(row.get("price"), *at, "price")
        compare_at = self._money(row.get("compareAtPrice"), *at, "compareAtPrice")
        return variant, price, compare_at, "compareAtPrice" in row

    def _money(self, text: object, *at: str) -> int | None:
        if text is None:
            return None
        try:
            amount = self.shop.minor(str(text))
        except ValueError as error:
            raise Mistake("INVALID_VALUE", "Price is invalid", *at) from error
        if amount < 0:
            raise Mistake("NEGATIVE_PRICE_VALUE", "Price must be zero or more", *at)
        return amount

    def _find(self, known: Identifier) -> Product | None:
        if (known.id is None) == (known.handle is None):
            raise GraphQLError("identifier takes exactly one of id and handle")
        if known.id is not None:
            return self.shop.products.get(number("Product", known.id) or 0)
        return self.shop.products.get(self.shop.handles.get(known.handle or "", 0))

    def _set(self, known: Identifier, wanted: ProductInput) -> Product:
        product = self._find(known)
        if product is None and known.id is not None:
            raise Mistake("PRODUCT_DOES_NOT_EXIST", "Product does not exist", "identifier")
        handle = wanted.handle or known.handle
        owner = self.shop.handles.get(handle or "")
        if owner is not None and (product is None or owner != product.product_id):
            raise Mistake("HANDLE_NOT_UNIQUE", "Handle is taken", "input", "handle")
        rows = _chosen(wanted) if wanted.variants is not None else []
        _check_ids(product, wanted)
        if product is None:
            if not wanted.title:
                raise Mistake("INVALID_INPUT", "Title can't be blank", "input", "title")
            product = self._created(handle or wanted.title.lower(), wanted.title)
        self._describe(product, wanted)
        if wanted.variants is not None:
            self._replace_variants(product, wanted, rows)
        return product

    def _created(self, handle: str, title: str) -> Product:
        product = Product(self.shop.next(), handle, title, self.now())
        self.shop.products[product.product_id] = product
        return product

    def _describe(self, product: Product, wanted: ProductInput) -> None:
        self.shop.handles.pop(product.handle, None)
        product.handle = wanted.handle or product.handle
        self.shop.handles[product.handle] = product.product_id
        product.title = wanted.title or product.title
        if wanted.description_html is not None:
            product.description = wanted.description_html
        product.vendor = wanted.vendor or product.vendor
        product.product_type = wanted.product_type or product.product_type
        product.status = wanted.status or product.status
        product.updated_at = self.now()

    def _replace_variants(
        self, product: Product, wanted: ProductInput, rows: Sequence[tuple[str, ...]]
    ) -> None:
        before = {self.shop.variants[i].chosen: i for i in product.variants}
        kept: list[int] = []
        for row, chosen in zip(wanted.variants or (), rows, strict=True):
            found = number("ProductVariant", row.id) if row.id else before.get(chosen)
            variant = self.shop.variants[found] if found is not None else self._born(product)
            self._assign(variant, row, chosen)
            kept.append(variant.variant_id)
        for gone in set(product.variants) - set(kept):
            removed = self.shop.variants.pop(gone)
            if self.shop.skus.get(removed.sku) == gone:
                del self.shop.skus[removed.sku]
        product.variants = kept
        product.options = tuple(option.name for option in wanted.product_options or ())

    def _born(self, product: Product) -> Variant:
        variant = Variant(self.shop.next(), product.product_id, "", ())
        places = self.shop.locations if self.stocked_at == "all" else islice(self.shop.locations, 1)
        variant.levels = {place: Level() for place in places}
        self.shop.variants[variant.variant_id] = variant
        return variant

    def _assign(self, variant: Variant, row: VariantInput, chosen: tuple[str, ...]) -> None:
        item = row.inventory_item or ItemInput()
        if self.shop.skus.get(variant.sku) == variant.variant_id:
            del self.shop.skus[variant.sku]
        variant.chosen = chosen
        variant.sku = row.sku or item.sku or variant.sku
        self.shop.skus[variant.sku] = variant.variant_id
        given = row.model_fields_set
        variant.barcode = row.barcode if "barcode" in given else variant.barcode
        variant.tracked = variant.tracked if item.tracked is None else item.tracked
        for level in row.inventory_quantities or ():
            place = number("Location", level.location_id)
            if place in self.shop.locations:
                variant.levels.setdefault(place, Level()).available = level.quantity


def _check_ids(product: Product | None, wanted: ProductInput) -> None:
    """A variant named by its id must belong to the product."""
    known = product.variants if product else []
    for i, row in enumerate(wanted.variants or ()):
        if row.id and number("ProductVariant", row.id) not in known:
            at = ("input", "variants", str(i), "id")
            raise Mistake("PRODUCT_VARIANT_DOES_NOT_EXIST", "Variant does not exist", *at)


def _chosen(wanted: ProductInput) -> list[tuple[str, ...]]:
    """One value per option for every variant; Mistake names what breaks the rules."""
    variants, options = wanted.variants or (), wanted.product_options
    if options is None:
        where = ("input", "productOptions")
        raise Mistake("PRODUCT_OPTIONS_INPUT_MISSING", "Product options are missing", *where)
    _within_limits(len(variants), options)
    rows: list[tuple[str, ...]] = []
    for i, variant in enumerate(variants):
        at = ("input", "variants", str(i))
        by_name = {chosen.option_name: chosen.name for chosen in variant.option_values}
        if set(by_name) != {option.name for option in options}:
            raise Mistake("OPTION_DOES_NOT_EXIST", "Options differ", *at, "optionValues")
        for option in options:
            if by_name[option.name] not in {value.name for value in option.values}:
                raise Mistake("OPTION_VALUE_DOES_NOT_EXIST", "No such value", *at, "optionValues")
        row = tuple(by_name[option.name] for option in options)
        if row in rows:
            raise Mistake("INVALID_VARIANT", "Option values are taken", *at)
        rows.append(row)
    return rows


def _within_limits(variants: int, options: Sequence[Option]) -> None:
    if variants > VARIANTS_MAX:
        raise Mistake("VARIANTS_OVER_LIMIT", "Too many variants", "input", "variants")
    if variants == 0:
        raise Mistake("VARIANTS_INPUT_MISSING", "Variants are missing", "input", "variants")
    if len(options) > OPTIONS_MAX:
        raise Mistake("OPTIONS_OVER_LIMIT", "Too many options", "input", "productOptions")
    for i, option in enumerate(options):
        names = [value.name for value in option.values]
        if len(set(names)) != len(names):
            at = ("input", "productOptions", str(i))
            raise Mistake("DUPLICATED_OPTION_VALUE", "A value occurs twice", *at)
