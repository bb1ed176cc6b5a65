"""Orders as Shopify answers them, page by page, and their refunds and placements."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.connectors.shopify.schema import Amount, Connected, Identified, Theirs


class MoneyBag(Theirs):
    shop_money: Amount


class BothMoneys(MoneyBag):
    presentment_money: Amount | None = None


class TaxLine(Theirs):
    title: str
    rate: Decimal | None = None
    price_set: MoneyBag


class DiscountApplication(Theirs):
    code: str | None = None
    title: str | None = None


class DiscountAllocation(Theirs):
    allocated_amount_set: MoneyBag
    discount_application: DiscountApplication


class LineItem(Theirs):
    id: str
    title: str
    sku: str | None = None
    quantity: int
    current_quantity: int | None = None
    original_unit_price_set: MoneyBag
    discount_allocations: tuple[DiscountAllocation, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()


class ShippingLine(Theirs):
    title: str
    code: str | None = None
    original_price_set: MoneyBag
    discount_allocations: tuple[DiscountAllocation, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()


class Transaction(Theirs):
    """`parent` and `shopper` are read apart, where an order has any."""

    id: str
    kind: str
    status: str
    gateway: str | None = None
    processed_at: AwareDatetime | None = None
    authorization_expires_at: AwareDatetime | None = None
    amount_set: MoneyBag
    parent: str | None = None
    shopper: str | None = None


class Address(Theirs):
    """Every member is null until the app may read protected customer data."""

    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str | None = Field(default=None, alias="countryCodeV2")
    phone: str | None = None


class PlacedLine(Theirs):
    id: str
    remaining_quantity: int
    total_quantity: int
    line_item: Identified


class AssignedLocation(Theirs):
    location: Identified | None = None


class FulfilmentOrder(Theirs):
    id: str
    status: str
    assigned_location: AssignedLocation
    line_items: Connected[PlacedLine]


class Risk(Theirs):
    recommendation: str = "NONE"


class Terms(Theirs):
    due_in_days: int | None = None


class Order(Theirs):
    id: str
    legacy_resource_id: Annotated[str, Field(coerce_numbers_to_str=True)]
    name: str
    test: bool
    created_at: AwareDatetime
    processed_at: AwareDatetime
    updated_at: AwareDatetime
    cancelled_at: AwareDatetime | None = None
    currency_code: str
    presentment_currency_code: str | None = None
    taxes_included: bool
    email: str | None = None
    subtotal_line_items_quantity: int = 0
    total_price_set: BothMoneys
    total_tax_set: MoneyBag | None = None
    return_status: str = "NO_RETURN"
    customer: Identified | None = None
    risk: Risk = Risk.model_construct()
    payment_terms: Terms | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    shipping_lines: Connected[ShippingLine]
    transactions: tuple[Transaction, ...]
    refunds: tuple[Identified, ...]
    line_items: Connected[LineItem]
    fulfillment_orders: Connected[FulfilmentOrder]


class OrderAnswer(Theirs):
    order: Order | None


class OrdersPage(Theirs):
    """Orders are read one by one, so that one that cannot be read does not hide the others."""

    orders: Connected[dict[str, object]]


class Stamp(Theirs):
    updated_at: datetime


class StampAnswer(Theirs):
    order: Stamp | None


class LinesOf(Theirs):
    updated_at: datetime
    line_items: Connected[LineItem]


class LinesAnswer(Theirs):
    order: LinesOf | None


class LongLists(Theirs):
    updated_at: datetime
    shipping_lines: Connected[ShippingLine]
    transactions: tuple[Transaction, ...]
    refunds: tuple[Identified, ...]


class LongListsAnswer(Theirs):
    order: LongLists | None


class RefundLine(Theirs):
    quantity: int
    restock_type: str
    subtotal_set: MoneyBag
    total_tax_set: MoneyBag
    line_item: Identified


class RefundedFreight(Theirs):
    subtotal_amount_set: MoneyBag
    tax_amount_set: MoneyBag


class Refund(Theirs):
    id: str
    created_at: AwareDatetime | None = None
    processed_at: AwareDatetime
    total_refunded_set: BothMoneys
    transactions: Connected[Identified] = Connected[Identified].model_construct(nodes=())
    refund_line_items: Connected[RefundLine]
    refund_shipping_lines: Connected[RefundedFreight] = Connected[RefundedFreight].model_construct(
        nodes=()
    )
    note: str | None = None
    back: Identified | None = Field(default=None, alias="return")


class RefundAnswer(Theirs):
    refund: Refund | None


class PlacementsOf(Theirs):
    updated_at: datetime
    fulfillment_orders: Connected[FulfilmentOrder]


class PlacementsAnswer(Theirs):
    order: PlacementsOf | None


class PlacedLinesOf(Theirs):
    line_items: Connected[PlacedLine]


class PlacementLinesAnswer(Theirs):
    fulfillment_order: PlacedLinesOf | None
