"""Orders as Amazon answers them."""

from pydantic import AwareDatetime

from shared.connectors.amazon.schema import Money, Theirs


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


class Window(Theirs):
    latest_date_time: AwareDatetime | None = None


class Fulfillment(Theirs):
    fulfillment_status: str
    fulfilled_by: str = "MERCHANT"
    ship_by_window: Window | None = None


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
