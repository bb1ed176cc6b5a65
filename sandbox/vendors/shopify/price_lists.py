"""Price lists of markets and companies: fixed prices, and prices by quantity."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from graphql import GraphQLError

from sandbox.vendors.shopify.state import PriceList, Shop, gid, number
from sandbox.vendors.shopify.views import Mistake, View, at_most, page, variant_view
from shared.model.money import Money

BREAKS_MAX = 10
_VARIANT = re.compile(r"variant_id:(\d+)")

type Check = Callable[[], None]


@dataclass(slots=True)
class PriceLists:
    """`partial` says whether good rows of a call stand beside a bad one, which is undocumented."""

    shop: Shop
    partial: Literal["whole", "partial"] = "whole"

    def resolvers(self) -> dict[str, object]:
        return {
            "priceList": self.read,
            "priceListFixedPricesAdd": self.add,
            "priceListFixedPricesDelete": self.delete,
            "quantityPricingByVariantUpdate": self.by_quantity,
        }

    def read(self, _info: object, **given: object) -> View | None:
        found = self.shop.price_lists.get(number("PriceList", given["id"]) or 0)
        return self._view(found) if found else None

    def add(self, _info: object, priceListId: str, prices: list[dict[str, Any]]) -> View:  # noqa: N803
        """Create or replace fixed prices."""
        at_most(prices, "prices")
        found = self._found(priceListId)
        if found is None or self._poisoned(row["variantId"] for row in prices):
            return {"prices": None, "userErrors": [self._loose(found)]}
        errors, good = [], []
        for i, row in enumerate(prices):
            try:
                good.append(self._row(found, row, "PRICE_LIST_CURRENCY_MISMATCH", "prices", str(i)))
            except Mistake as mistake:
                errors.append(mistake.view)
        if errors and self.partial == "whole":
            return {"prices": None, "userErrors": errors}
        for variant, price, compare_at in good:
            found.fixed[variant] = price, compare_at
        added = [self._price(found, variant) for variant, *_ in good]
        return {"prices": added, "userErrors": errors}

    def delete(self, _info: object, priceListId: str, variantIds: list[str]) -> View:  # noqa: N803
        at_most(variantIds, "variantIds")
        found = self._found(priceListId)
        if found is None or self._poisoned(variantIds):
            return {"deletedFixedPriceVariantIds": None, "userErrors": [self._loose(found)]}
        deleted, errors = [], []
        for i, name in enumerate(variantIds):
            variant = number("ProductVariant", name) or 0
            if variant in found.fixed:
                self._removed(found, variant)
                deleted.append(name)
            else:
                at = ("variantIds", str(i))
                errors.append(Mistake("PRICE_NOT_FIXED", "Only fixed prices go", *at).view)
        return {"deletedFixedPriceVariantIds": deleted, "userErrors": errors}

    def by_quantity(self, _info: object, priceListId: str, input: dict[str, Any]) -> View:  # noqa: A002, N803
        """All of it or nothing; what is deleted goes before what is added."""
        for name, rows in input.items():
            at_most(rows or (), name)
        found = self._found(priceListId)
        adds, breaks = input["pricesToAdd"], input["quantityPriceBreaksToAdd"]
        if found is None or self._poisoned(row["variantId"] for row in adds):
            return {"productVariants": None, "userErrors": [self._loose(found)]}
        tried = PriceList(
            found.list_id,
            found.currency,
            found.by_quantity,
            dict(found.fixed),
            {variant: dict(rows) for variant, rows in found.breaks.items()},
        )
        try:
            touched = self._changed(tried, input, adds, breaks)
        except Mistake as mistake:
            return {"productVariants": None, "userErrors": [mistake.view]}
        found.fixed, found.breaks = tried.fixed, tried.breaks
        shown = [variant_view(self.shop, self.shop.variants[variant]) for variant in touched]
        return {"productVariants": shown, "userErrors": []}

    def _changed(
        self,
        tried: PriceList,
        given: dict[str, Any],
        adds: Sequence[dict[str, Any]],
        breaks: Sequence[dict[str, Any]],
    ) -> list[int]:
        for name in given["pricesToDeleteByVariantId"]:
            self._removed(tried, number("ProductVariant", name) or 0)
        for name in given.get("quantityPriceBreaksToDeleteByVariantId") or ():
            tried.breaks.pop(number("ProductVariant", name) or 0, None)
        for i, row in enumerate(adds):
            at = ("input", "pricesToAdd", str(i))
            variant, price, compare_at = self._row(tried, row, "PRICE_ADD_CURRENCY_MISMATCH", *at)
            tried.fixed[variant] = price, compare_at
        for i, row in enumerate(breaks):
            self._break(tried, row, "input", "quantityPriceBreaksToAdd", str(i))
        return list(dict.fromkeys(number("ProductVariant", row["variantId"]) or 0 for row in adds))

    def _break(self, tried: PriceList, row: dict[str, Any], *at: str) -> None:
        head = "QUANTITY_PRICE_BREAK_ADD_"
        if not tried.by_quantity:
            raise Mistake(head + "FAILED_TO_SAVE", "The catalog has no prices by quantity", *at)
        variant = number("ProductVariant", row["variantId"]) or 0
        if variant not in tried.fixed:
            raise Mistake(head + "PRICE_LIST_PRICE_NOT_FOUND", "There is no fixed price", *at)
        if row["price"]["currencyCode"] != tried.currency:
            raise Mistake(head + "CURRENCY_MISMATCH", "Currencies differ", *at, "price")
        known = tried.breaks.setdefault(variant, {})
        minimum = row["minimumQuantity"]
        if minimum < 2 or minimum in known:  # noqa: PLR2004 - from two on it is a quantity
            raise Mistake(head + "INVALID", "Minimum quantity is invalid", *at, "minimumQuantity")
        if len(known) == BREAKS_MAX:
            raise Mistake(head + "LIMIT_EXCEEDED", f"At most {BREAKS_MAX} breaks", *at)
        known[minimum] = _minor(row["price"])

    def _row(
        self, found: PriceList, row: dict[str, Any], mismatch: str, *at: str
    ) -> tuple[int, int, int | None]:
        variant = number("ProductVariant", row["variantId"]) or 0
        if variant not in self.shop.variants:
            code = "PRICE_ADD_VARIANT_NOT_FOUND" if "ADD" in mismatch else "VARIANT_NOT_FOUND"
            raise Mistake(code, "Variant does not exist", *at, "variantId")
        compare_at = row.get("compareAtPrice")
        for money in filter(None, (row["price"], compare_at)):
            if money["currencyCode"] != found.currency:
                raise Mistake(mismatch, "Currency is not the price list's", *at, "price")
        return variant, _minor(row["price"]), _minor(compare_at) if compare_at else None

    def _found(self, name: str) -> PriceList | None:
        return self.shop.price_lists.get(number("PriceList", name) or 0)

    def _poisoned(self, names: Any) -> bool:
        return any(number("ProductVariant", name) in self.shop.poisoned for name in names)

    def _loose(self, found: PriceList | None) -> View:
        """What concerns no row by name."""
        if found is None:
            code, said = "PRICE_LIST_NOT_FOUND", "Price list does not exist"
            return Mistake(code, said, "priceListId").view
        return Mistake("BLANK", "The input is invalid").view

    def _removed(self, found: PriceList, variant: int) -> None:
        found.fixed.pop(variant, None)
        found.breaks.pop(variant, None)

    def _view(self, found: PriceList) -> View:
        def prices(
            _info: object,
            first: int | None = None,
            after: str | None = None,
            query: str | None = None,
            originType: str | None = None,  # noqa: N803 - the vendor's argument
        ) -> View:
            if originType != "FIXED":
                raise GraphQLError("the simulator knows fixed prices only")
            named = {int(n) for n in _VARIANT.findall(query or "")}
            rows = [v for v in found.fixed if not query or v in named]
            return page(rows, lambda variant: self._price(found, variant), first, after)

        return {
            "__typename": "PriceList",
            "id": gid("PriceList", found.list_id),
            "currency": found.currency,
            "fixedPricesCount": len(found.fixed),
            "prices": prices,
        }

    def _price(self, found: PriceList, variant: int) -> View:
        price, compare_at = found.fixed[variant]
        breaks = sorted(found.breaks.get(variant, {}).items())

        def by_quantity(_info: object, first: int | None = None, after: str | None = None) -> View:
            def view(row: tuple[int, int]) -> View:
                return {"minimumQuantity": row[0], "price": _money(row[1], found.currency)}

            return page(breaks, view, first, after)

        return {
            "originType": "FIXED",
            "variant": variant_view(self.shop, self.shop.variants[variant]),
            "price": _money(price, found.currency),
            "compareAtPrice": None if compare_at is None else _money(compare_at, found.currency),
            "quantityPriceBreaks": by_quantity,
        }


def _money(minor: int, currency: str) -> View:
    return {"amount": Money(amount=minor, currency=currency).text(), "currencyCode": currency}


def _minor(money: dict[str, Any]) -> int:
    return Money.parse(str(money["amount"]), str(money["currencyCode"])).amount
