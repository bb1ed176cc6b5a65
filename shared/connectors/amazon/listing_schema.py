"""Answers about listings."""

from shared.connectors.amazon.schema import Money, Theirs


class Issue(Theirs):
    code: str = ""
    message: str = ""
    severity: str


class Submission(Theirs):
    sku: str
    status: str
    submission_id: str = ""
    issues: tuple[Issue, ...] = ()


class Summary(Theirs):
    marketplace_id: str
    asin: str = ""
    product_type: str = ""


class Audience(Theirs):
    value: str = ""


class Offer(Theirs):
    marketplace_id: str
    offer_type: str
    price: Money
    audience: Audience | None = None


class FulfillmentAvailability(Theirs):
    fulfillment_channel_code: str
    quantity: int | None = None


class Listing(Theirs):
    """`attributes` are kept as they are: their shape depends on the product type."""

    sku: str
    summaries: tuple[Summary, ...] = ()
    offers: tuple[Offer, ...] = ()
    fulfillment_availability: tuple[FulfillmentAvailability, ...] = ()
    attributes: dict[str, object] = {}


class Listings(Theirs):
    items: tuple[Listing, ...] = ()


# Feeds 2021-06-30
