"""Listings Items 2021-08-01: patches checked at once and effective later, reads that may lag."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, cast

from sandbox.vendors.amazon.answers import Refusal, demand, missing
from sandbox.vendors.amazon.state import (
    Attribute,
    Listing,
    Seller,
    instant,
    moment,
    schedule,
)
from shared.model.base import Json

OFFER, STOCK = "purchasable_offer", "fulfillment_availability"
SELECTORS = {OFFER: ("marketplace_id", "currency"), STOCK: ("fulfillment_channel_code",)}
OPERATIONS = frozenset({"add", "replace", "merge", "delete"})
IDENTIFIERS_MAX = 20
PAGE_MAX = 20
PREFIX = "/attributes/"

type Issue = dict[str, Json]


@dataclass(slots=True)
class Catalogue:
    """`applies_after` is what accepting and showing lie apart, `lag` how old a read is."""

    seller: Seller
    now: Callable[[], datetime]
    applies_after: timedelta
    unknown_sku: Literal["invalid", "refused"]
    lag: timedelta = timedelta()
    unpriced_on_sale: int = 0

    def patch(self, sku: str, params: Mapping[str, str], body: Mapping[str, Json]) -> Json:
        """Accepted or invalid, both with status 200; the body itself must be one."""
        self._marketplace(params)
        demand(body, "productType", str)
        patches = _patches(body)
        issues = self.problems(sku, body)
        if not issues and params.get("mode") != "VALIDATION_PREVIEW":
            self.apply(sku, patches, self.now() + self.applies_after)
        return {
            "sku": sku,
            "status": "INVALID" if issues else "ACCEPTED",
            "submissionId": f"submission-{self.seller.next():08}",
            "issues": list[Json](issues),
        }

    def problems(self, sku: str, body: Mapping[str, Json]) -> list[Issue]:
        """What makes this submission invalid; empty when it is accepted."""
        listing = self.seller.listings.get(sku)
        if listing is None:
            if self.unknown_sku == "refused":
                raise Refusal(f"SKU {sku} is not known")
            return [_issue("13013", "This SKU does not exist in the Amazon catalog.")]
        if sku in self.seller.refused:
            code, message = self.seller.refused[sku]
            return [_issue(code, message)]
        if body.get("productType") not in {listing.product_type, "PRODUCT"}:
            return [_issue("90000901", "The product type is not that of the listing.")]
        found = (self._problem(patch) for patch in _patches(body))
        return [issue for issue in found if issue is not None]

    def apply(self, sku: str, patches: Sequence[Mapping[str, Json]], at: datetime) -> None:
        listing = self.seller.listings[sku]
        for patch in patches:
            name = str(patch["path"]).removeprefix(PREFIX)
            line = listing.offers if name == OFFER else listing.stocks
            if patch["op"] == "delete":
                line.set(at, {})
                continue
            value = _first(patch)
            before = line.newest() or {}
            line.set(at, {**before, **value} if patch["op"] == "merge" else value)
        if (listing.quantity(at) or 0) > 0 and listing.price(at) is None:
            self.unpriced_on_sale += 1

    def get(self, sku: str, params: Mapping[str, str]) -> Json:
        self._marketplace(params)
        listing = self.seller.listings.get(sku)
        if listing is None:
            raise missing(f"SKU {sku}")
        return self._view(listing, params)

    def search(self, params: Mapping[str, str]) -> Json:
        self._marketplace(params)
        skus = [sku for sku in params.get("identifiers", "").split(",") if sku]
        if len(skus) > IDENTIFIERS_MAX or (skus and params.get("identifiersType") != "SKU"):
            raise Refusal(f"identifiers: at most {IDENTIFIERS_MAX}, with identifiersType SKU")
        size = int(params.get("pageSize", "10"))
        if not 1 <= size <= PAGE_MAX:
            raise Refusal(f"pageSize: between 1 and {PAGE_MAX}")
        found = [self.seller.listings[sku] for sku in skus if sku in self.seller.listings]
        return {
            "numberOfResults": len(found),
            "items": [self._view(listing, params) for listing in found[:size]],
        }

    def _problem(self, patch: Mapping[str, Json]) -> Issue | None:
        name = str(patch["path"]).removeprefix(PREFIX)
        if name not in SELECTORS:
            return _issue("90000900", f"The attribute {name} is not known here.", name)
        if patch["op"] == "delete":
            return None
        value = _first(patch)
        absent = next((s for s in SELECTORS[name] if not value.get(s)), None)
        if absent is not None:
            return _issue("90220", f"'{absent}' is required but not supplied.", name)
        return self._bad_offer(value) if name == OFFER else _bad_stock(value)

    def _bad_offer(self, value: Attribute) -> Issue | None:
        if value["marketplace_id"] != self.seller.marketplace_id:
            return _issue("90000902", "The marketplace is not the one of the request.", OFFER)
        if value["currency"] != self.seller.currency:
            return _issue("90000903", "The currency is not the marketplace's.", OFFER)
        match value.get("our_price"):
            case [{"schedule": [{"value_with_tax": Decimal() | int() as price}]}] if price > 0:
                return _bad_sale(value, Decimal(price)) if "discounted_price" in value else None
            case _:
                return _issue("99022", "our_price does not have one price above zero.", OFFER)

    def _marketplace(self, params: Mapping[str, str]) -> None:
        if params.get("marketplaceIds") != self.seller.marketplace_id:
            raise Refusal("marketplaceIds names no marketplace of this seller")

    def _view(self, listing: Listing, params: Mapping[str, str]) -> Json:
        when = self.now() - self.lag
        wanted = params.get("includedData", "summaries").split(",")
        sets: dict[str, Callable[[], Json]] = {
            "summaries": lambda: [self._summary(listing, when)],
            "attributes": lambda: _attributes(listing, when),
            "offers": lambda: self._offers(listing, when),
            "fulfillmentAvailability": lambda: _availability(listing, when),
            "issues": list,
        }
        unknown = set(wanted) - set(sets)
        if unknown:
            raise Refusal(f"includedData: {', '.join(sorted(unknown))}")
        return {"sku": listing.sku} | {name: sets[name]() for name in wanted}

    def _summary(self, listing: Listing, when: datetime) -> Json:
        on_sale = listing.price(when) is not None and (listing.quantity(when) or 0) > 0
        return {
            "marketplaceId": self.seller.marketplace_id,
            "asin": listing.asin,
            "productType": listing.product_type,
            "conditionType": "new_new",
            "status": ["BUYABLE", "DISCOVERABLE"] if on_sale else ["DISCOVERABLE"],
            "itemName": listing.title,
            "createdDate": instant(listing.created_at),
            "lastUpdatedDate": instant(when),
        }

    def _offers(self, listing: Listing, when: datetime) -> Json:
        price = listing.price(when)
        if price is None:
            return []
        money: dict[str, Json] = {"amount": f"{price:f}", "currencyCode": self.seller.currency}
        return [
            {
                "marketplaceId": self.seller.marketplace_id,
                "offerType": "B2C",
                "price": money,
                "audience": {"value": "ALL", "displayName": "Sell on Amazon"},
            }
        ]


def _patches(body: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The patches of a body that is one: each of a whole top-level attribute."""
    listed = body.get("patches")
    if not isinstance(listed, list) or not listed:
        raise Refusal("patches: at least one is required")
    found: list[Mapping[str, Json]] = []
    for patch in listed:
        if not isinstance(patch, dict) or patch.get("op") not in OPERATIONS:
            raise Refusal("patches: an operation is not add, replace, merge or delete")
        path = patch.get("path")
        if not isinstance(path, str) or "/" in path.removeprefix(PREFIX) or PREFIX not in path:
            raise Refusal("patches: only top-level attributes can be patched")
        value = patch.get("value")
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value) or not value:
            raise Refusal("patches: value must be a list of objects")
        found.append(patch)
    return found


def _first(patch: Mapping[str, Json]) -> Attribute:
    value = patch["value"]
    first = value[0] if isinstance(value, list) else {}
    return first if isinstance(first, dict) else {}


def _bad_sale(value: Attribute, regular: Decimal) -> Issue | None:
    """A sale has a price below the regular one, and a start before its end."""
    sales = schedule(value, "discounted_price")
    if not sales:
        return _issue("99022", "discounted_price has no schedule.", OFFER)
    for sale in sales:
        price, start, end = sale.get("value_with_tax"), sale.get("start_at"), sale.get("end_at")
        if not isinstance(price, Decimal | int) or not 0 < price < regular:
            return _issue("99023", "discounted_price is not below our_price.", OFFER)
        first, last = moment(start), moment(end)
        if first is None or last is None:
            return _issue("90220", "'start_at' and 'end_at' are required dates.", OFFER)
        if last <= first:
            return _issue("99024", "end_at is not after start_at.", OFFER)
    return None


def _bad_stock(value: Attribute) -> Issue | None:
    quantity = value.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 0:
        return _issue("90000904", "quantity is not a whole number from zero on.", STOCK)
    return None


def _attributes(listing: Listing, when: datetime) -> Json:
    found: dict[str, Json] = {}
    for name, line in ((OFFER, listing.offers), (STOCK, listing.stocks)):
        value = line.at(when)
        if value:
            found[name] = [cast("Json", dict(value))]
    return found


def _availability(listing: Listing, when: datetime) -> Json:
    stock = listing.stocks.at(when)
    if not stock:
        return []
    code = str(stock["fulfillment_channel_code"])
    return [{"fulfillmentChannelCode": code, "quantity": listing.quantity(when)}]


def _issue(code: str, message: str, attribute: str | None = None) -> Issue:
    named: dict[str, Json] = {"attributeNames": [attribute]} if attribute else {}
    return {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "categories": ["INVALID_ATTRIBUTE"],
        **named,
    }
