"""Amazon's shapes: only the members we read. Buyers and recipients are never among them."""

from decimal import Decimal

from pydantic import AliasGenerator, AwareDatetime, ConfigDict, field_validator
from pydantic.alias_generators import to_camel

from shared.model.base import Foreign


class Theirs(Foreign):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        alias_generator=AliasGenerator(alias=to_camel),
    )


class Error(Theirs):
    code: str = ""
    message: str = ""


class ErrorList(Theirs):
    errors: tuple[Error, ...] = ()


class Money(Theirs):
    """`amount` is a decimal text in most APIs, a JSON number in some fixtures."""

    amount: str
    currency_code: str

    @field_validator("amount", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int | Decimal) else value


# Listings Items 2021-08-01


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


class CreatedDocument(Theirs):
    feed_document_id: str
    url: str


class CreatedFeed(Theirs):
    feed_id: str


class Feed(Theirs):
    feed_id: str
    processing_status: str
    created_time: AwareDatetime
    processing_end_time: AwareDatetime | None = None
    result_feed_document_id: str | None = None


class Feeds(Theirs):
    feeds: tuple[Feed, ...] = ()


class Document(Theirs):
    url: str
    compression_algorithm: str | None = None


class ReportIssue(Theirs):
    """Without a message id it is about the feed as a whole."""

    message_id: int | None = None
    sku: str = ""
    code: str = ""
    severity: str
    message: str = ""


class ReportSummary(Theirs):
    messages_accepted: int = 0


class Report(Theirs):
    issues: tuple[ReportIssue, ...] = ()
    summary: ReportSummary = ReportSummary()


# Orders 2026-01-01


class Detail(Theirs):
    subtype: str = ""
    value: Money | None = None


class Breakdown(Theirs):
    type: str
    subtotal: Money
    detailed_breakdowns: tuple[Detail, ...] = ()


class ItemProceeds(Theirs):
    breakdowns: tuple[Breakdown, ...] = ()


class Price(Theirs):
    unit_price: Money | None = None


class Product(Theirs):
    seller_sku: str = ""
    title: str = ""
    price: Price | None = None


class ItemFulfillment(Theirs):
    quantity_fulfilled: int = 0
    quantity_unfulfilled: int | None = None


class Execution(Theirs):
    cancelled_by: str = ""


class Request(Theirs):
    requester: str = ""


class Cancellation(Theirs):
    cancellation_request: Request | None = None
    cancellation_execution: Execution | None = None


class Item(Theirs):
    order_item_id: str
    quantity_ordered: int
    product: Product
    proceeds: ItemProceeds | None = None
    fulfillment: ItemFulfillment | None = None
    cancellation: Cancellation | None = None


class Proceeds(Theirs):
    grand_total: Money | None = None
    breakdowns: tuple[Breakdown, ...] = ()


class Fulfillment(Theirs):
    fulfillment_status: str
    fulfilled_by: str = "MERCHANT"


class SalesChannel(Theirs):
    marketplace_id: str = ""


class PackageItem(Theirs):
    order_item_id: str
    quantity: int


class PackageStatus(Theirs):
    status: str = ""


class Package(Theirs):
    package_reference_id: str
    tracking_number: str = ""
    package_status: PackageStatus | None = None
    package_items: tuple[PackageItem, ...] = ()


class Order(Theirs):
    order_id: str
    created_time: AwareDatetime
    last_updated_time: AwareDatetime
    sales_channel: SalesChannel
    order_items: tuple[Item, ...]
    fulfillment: Fulfillment
    proceeds: Proceeds | None = None
    packages: tuple[Package, ...] = ()


class Pagination(Theirs):
    next_token: str | None = None


class OrdersPage(Theirs):
    """Orders stay raw, so that one which cannot be read does not hide the others."""

    orders: tuple[dict[str, object], ...]
    pagination: Pagination | None = None


class OrderAnswer(Theirs):
    order: dict[str, object]
