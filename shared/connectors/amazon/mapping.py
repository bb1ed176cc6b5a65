"""Prices, stock and listings between the canonical model and Amazon's; pure.

Amazon has one quantity for all places of a seller, and no price struck through beside the one to
pay: the sum of a channel's levels is sent, and of a price what a shopper pays.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError

from shared.connectors.amazon import listing_schema, offers
from shared.connectors.amazon.settings import AmazonSettings
from shared.domain.ahead import current
from shared.errors import RejectedError
from shared.model.base import Canonical, Json
from shared.model.ids import Facet
from shared.model.product import Lifecycle, Product
from shared.model.target import Outcome, PriceValue, Push, StockValue, Verdict

ERROR = "ERROR"
NOT_LISTED = "not_listed"
PRICE_PATH = "/attributes/purchasable_offer"
STOCK_PATH = "/attributes/fulfillment_availability"
INCLUDED: Mapping[Facet, str] = {Facet.STOCK: "fulfillmentAvailability", Facet.CONTENT: "summaries"}


def skus(desired: Json) -> tuple[str, ...]:
    """The SKUs of a product that need a listing: those still sold."""
    product = _parsed(Product, desired)
    return tuple(v.sku for v in product.variants if v.lifecycle is Lifecycle.ACTIVE)


def patches(
    facet: Facet,
    push: Push,
    settings: AmazonSettings,
    currency: str,
    now: datetime | None = None,
) -> dict[str, object]:
    """`ListingsItemPatchRequest`: the product type and one patch of one top-level attribute."""
    kind = settings.product_type or push.links.get("product_type", "")
    if not kind:
        raise RejectedError("no listing of this article is known", code=NOT_LISTED)
    if facet is Facet.PRICE:
        patch = price_patch(_parsed(PriceValue, push.desired), settings, currency, now)
    else:
        patch = stock_patch(_parsed(StockValue, push.desired), settings)
    return {"productType": kind, "patches": [patch]}


def price_patch(
    value: PriceValue, settings: AmazonSettings, currency: str, now: datetime | None = None
) -> dict[str, object]:
    made = offers.offer(value, settings, currency, now)
    return {"op": settings.price_op, "path": PRICE_PATH, "value": [made]}


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


def submitted(key: str, answer: listing_schema.Submission) -> Outcome:
    """Accepted is not done: only what is read back is. One error among the issues refuses it."""
    error = next((issue for issue in answer.issues if issue.severity == ERROR), None)
    if error is not None:
        return outcome(key, Verdict.REJECTED, error.code or "invalid", error.message)
    if answer.status == "ACCEPTED":
        return outcome(key, Verdict.ACCEPTED, "", f"submission {answer.submission_id}")
    if answer.status == "INVALID":
        return outcome(key, Verdict.REJECTED, "invalid", "refused without a reason")
    return outcome(key, Verdict.UNKNOWN, "status", answer.status)


def included(facet: Facet, settings: AmazonSettings, *, dated: bool = False) -> str:
    """The data sets of a listing that show this facet; what a price will be is an attribute."""
    sets = {settings.price_shown_in, *(["attributes"] if dated else [])}
    return INCLUDED.get(facet, ",".join(sorted(sets)))


def shown(
    facet: Facet,
    listing: listing_schema.Listing,
    push: Push,
    settings: AmazonSettings,
    currency: str,
    now: datetime | None = None,
) -> Json:
    """What a listing shows, in the shape of `desired`; None when it shows nothing of it."""
    if facet is Facet.STOCK:
        return _shown_stock(listing, _parsed(StockValue, push.desired), settings)
    wish = _parsed(PriceValue, current(push.desired, now) if now else push.desired)
    return offers.shown(listing, wish, settings, currency, now)


def _shown_stock(
    listing: listing_schema.Listing, wish: StockValue, settings: AmazonSettings
) -> Json:
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


def links(listing: listing_schema.Listing, settings: AmazonSettings) -> dict[str, str]:
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
