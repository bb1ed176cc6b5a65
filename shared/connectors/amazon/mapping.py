"""Prices, stock and listings between the canonical model and Amazon's; pure.

Amazon has one quantity for all places of a seller, and no price struck through beside the one to
pay: the sum of a channel's levels is sent, and of a price what a shopper pays.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic import ValidationError

from shared.connectors.amazon import schema
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import RejectedError
from shared.model.base import Canonical, Json
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.product import Lifecycle, Product
from shared.model.target import Outcome, PriceValue, Push, StockValue, Verdict

ERROR = "ERROR"
NOT_LISTED = "not_listed"
PRICE_PATH = "/attributes/purchasable_offer"
STOCK_PATH = "/attributes/fulfillment_availability"
INCLUDED: Mapping[Facet, str] = {Facet.STOCK: "fulfillmentAvailability", Facet.CONTENT: "summaries"}
EVERYBODY = "ALL"


def skus(desired: Json) -> tuple[str, ...]:
    """The SKUs of a product that need a listing: those still sold."""
    product = _parsed(Product, desired)
    return tuple(v.sku for v in product.variants if v.lifecycle is Lifecycle.ACTIVE)


def patches(facet: Facet, push: Push, settings: AmazonSettings, currency: str) -> dict[str, object]:
    """`ListingsItemPatchRequest`: the product type and one patch of one top-level attribute."""
    kind = settings.product_type or push.links.get("product_type", "")
    if not kind:
        raise RejectedError("no listing of this article is known", code=NOT_LISTED)
    if facet is Facet.PRICE:
        patch = price_patch(_parsed(PriceValue, push.desired), settings, currency)
    else:
        patch = stock_patch(_parsed(StockValue, push.desired), settings)
    return {"productType": kind, "patches": [patch]}


def price_patch(value: PriceValue, settings: AmazonSettings, currency: str) -> dict[str, object]:
    price = value.price
    if price.currency != currency:
        message = f"price in {price.currency}, the marketplace sells in {currency}"
        raise RejectedError(message, code="currency")
    offer = {
        "marketplace_id": settings.marketplace_id,
        "currency": currency,
        "audience": EVERYBODY,
        "our_price": [{"schedule": [{"value_with_tax": price.decimal()}]}],
    }
    return {"op": settings.price_op, "path": PRICE_PATH, "value": [offer]}


def stock_patch(value: StockValue, settings: AmazonSettings) -> dict[str, object]:
    availability = {
        "fulfillment_channel_code": settings.fulfillment_channel,
        "quantity": units(value),
    }
    return {"op": settings.stock_op, "path": STOCK_PATH, "value": [availability]}


def units(value: StockValue) -> int:
    return max(sum(value.levels.values()), 0)


def message(number: int, sku: str, body: Mapping[str, object]) -> dict[str, object]:
    """One message of a JSON_LISTINGS_FEED: the same patch as a single call would send."""
    return {"messageId": number, "sku": sku, "operationType": "PATCH", **body}


def feed(messages: Sequence[Mapping[str, object]], settings: AmazonSettings) -> dict[str, object]:
    header = {
        "sellerId": settings.seller_id,
        "version": "2.0",
        "issueLocale": settings.issue_locale,
    }
    return {"header": header, "messages": list(messages)}


def submitted(key: str, answer: schema.Submission) -> Outcome:
    """Accepted is not done: only what is read back is. One error among the issues refuses it."""
    error = next((issue for issue in answer.issues if issue.severity == ERROR), None)
    if error is not None:
        return outcome(key, Verdict.REJECTED, error.code or "invalid", error.message)
    if answer.status == "ACCEPTED":
        return outcome(key, Verdict.ACCEPTED, "", f"submission {answer.submission_id}")
    if answer.status == "INVALID":
        return outcome(key, Verdict.REJECTED, "invalid", "refused without a reason")
    return outcome(key, Verdict.UNKNOWN, "status", answer.status)


def included(facet: Facet, settings: AmazonSettings) -> str:
    """The data set of a listing that shows this facet."""
    return INCLUDED.get(facet, settings.price_shown_in)


def shown(
    facet: Facet, listing: schema.Listing, push: Push, settings: AmazonSettings, currency: str
) -> Json:
    """What a listing shows, in the shape of `desired`; None when it shows nothing of it."""
    if facet is Facet.STOCK:
        return _shown_stock(listing, _parsed(StockValue, push.desired), settings)
    return _shown_price(listing, _parsed(PriceValue, push.desired), settings, currency)


def _shown_stock(listing: schema.Listing, wish: StockValue, settings: AmazonSettings) -> Json:
    """The wish itself if its sum is shown; else the sum at the first place, which differs."""
    quantity = next(
        (
            row.quantity or 0
            for row in listing.fulfillment_availability
            if row.fulfillment_channel_code == settings.fulfillment_channel
        ),
        None,
    )
    if quantity is None:
        return None
    if quantity == units(wish):
        return wish.model_dump(mode="json")
    levels = dict.fromkeys(sorted(wish.levels), 0)
    for place in sorted(levels)[:1]:
        levels[place] = quantity
    return StockValue(levels=levels).model_dump(mode="json")


def _shown_price(
    listing: schema.Listing, wish: PriceValue, settings: AmazonSettings, currency: str
) -> Json:
    price = (
        _offered(listing, settings, currency)
        if settings.price_shown_in == "offers"
        else _submitted_price(listing, settings, currency)
    )
    if price is None:
        return None
    compare_at = wish.compare_at if price == wish.price else None
    return PriceValue(price=price, compare_at=compare_at).model_dump(mode="json")


def _offered(listing: schema.Listing, settings: AmazonSettings, currency: str) -> Money | None:
    """The price everybody pays in our marketplace."""
    for offer in listing.offers:
        to_all = offer.audience is None or offer.audience.value in {"", EVERYBODY}
        here = offer.marketplace_id == settings.marketplace_id
        if here and to_all and offer.offer_type == "B2C":
            return money(offer.price, currency, "offers.price")
    return None


def _submitted_price(
    listing: schema.Listing, settings: AmazonSettings, currency: str
) -> Money | None:
    for offer in _rows(listing.attributes.get("purchasable_offer")):
        here = offer.get("marketplace_id") == settings.marketplace_id
        if not here or offer.get("audience", EVERYBODY) != EVERYBODY:
            continue
        for price in _rows(offer.get("our_price")):
            for entry in _rows(price.get("schedule")):
                value = entry.get("value_with_tax")
                if isinstance(value, int | Decimal):
                    return _money(str(value), currency, "purchasable_offer.our_price")
    return None


def _rows(value: object) -> list[Mapping[str, object]]:
    listed = value if isinstance(value, list) else []
    return [row for row in listed if isinstance(row, Mapping)]


def money(theirs: schema.Money, currency: str, where: str) -> Money:
    """Read an amount; another currency, or a part of a minor unit, is RejectedError."""
    if theirs.currency_code != currency:
        raise RejectedError(
            f"{where}: {theirs.currency_code} instead of {currency}",
            code="currency",
            field=where,
            value=theirs.currency_code,
            remedy="set the channel's currency to the marketplace's",
        )
    return _money(theirs.amount, currency, where)


def _money(text: str, currency: str, where: str) -> Money:
    try:
        return Money.parse(text, currency)
    except ValueError as error:
        raise RejectedError(
            f"{where}: {error}",
            code="bad_money",
            field=where,
            value=text,
            remedy="report it to support",
        ) from error


def links(listing: schema.Listing, settings: AmazonSettings) -> dict[str, str]:
    """What to remember of a listing; None-like when it is not offered in our marketplace."""
    for summary in listing.summaries:
        if summary.marketplace_id == settings.marketplace_id:
            return {"asin": summary.asin, "product_type": summary.product_type}
    return {}


def outcome(key: str, kind: Verdict, code: str = "", said: str = "") -> Outcome:
    return Outcome(key=key, verdict=kind, code=code, message=said[:200])


def _parsed[M: Canonical](model: type[M], desired: Json) -> M:
    try:
        return model.model_validate(desired)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RejectedError(
            f"{model.__name__}: {where}: {first['msg']}", code="bad_target", field=where
        ) from error
