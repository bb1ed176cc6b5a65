"""Orders as customers placed them, and the refunds and shipments that follow."""

import operator
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId, Gtin, Name, Sku
from shared.model.money import Currency, Money, total
from shared.model.order_terms import OrderTerms
from shared.model.returns import Return


class TaxLine(Canonical):
    title: str
    rate: Decimal | None = None
    amount: Money


class Discount(Canonical):
    """Money off one line or the shipping, already allocated by the channel."""

    title: str
    amount: Money


class OrderLine(Canonical):
    """`unit_price` as the channel charged it; whether it contains tax, the order says.

    `channel_sku` is what the channel sent, and `gtin`, if it did; `sku` is ours, once a mapping is
    known. `total` is what the channel makes of the line, if it says. `removed` units were added and
    taken out again by edits, and are in no quantity: by them an edit that was undone is noticed.
    """

    line_id: ExternalId
    channel_sku: str
    title: str
    quantity: int = Field(gt=0)
    removed: int = Field(default=0, ge=0, exclude_if=operator.not_)
    unit_price: Money
    sku: Sku | None = None
    gtin: Gtin | None = Field(default=None, exclude_if=operator.not_)
    location: Name | None = None
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    total: Money | None = None


class ShippingLine(Canonical):
    title: str
    code: str
    price: Money
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[TaxLine, ...] = ()


class PaymentKind(StrEnum):
    AUTHORISATION = "authorisation"
    CAPTURE = "capture"
    REFUND = "refund"
    VOID = "void"


class Payment(Canonical):
    """One movement of money. A gift card is a gateway.

    `parent` is the authorisation a capture takes from, or the capture a refund gives back.
    `shopper` is the amount in the currency the shopper paid in, where that is not the shop's; `at`
    is when it was done, if the channel says.
    """

    reference: ExternalId
    gateway: str
    kind: PaymentKind
    succeeded: bool
    amount: Money
    parent: ExternalId | None = None
    expires_at: Instant | None = None
    at: Instant | None = Field(default=None, exclude_if=operator.not_)
    shopper: Money | None = Field(default=None, exclude_if=operator.not_)


class FraudVerdict(StrEnum):
    """What the channel, or whom it asks, says of an order; `none` where nobody looks."""

    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class Address(Canonical):
    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""


class Customer(Canonical):
    """`reference` is the channel's customer id; guests have none."""

    reference: str | None = None
    email: str = ""


class RefundLine(Canonical):
    """Units money went back for. `cancelled` ones had not left; `amount` is as the order's prices.

    `restock` says that the channel put them back on sale.
    """

    line_id: ExternalId
    quantity: int = Field(ge=0)
    amount: Money
    tax: Money
    restock: bool = False
    cancelled: bool = False


class RefundedFreight(Canonical):
    """Freight that went back, as the order's prices: with tax if they contain it."""

    amount: Money
    tax: Money


class Refund(Canonical):
    """Money that went back. What `total` exceeds its parts by is goodwill; the other way, a fee.

    `return_id` is the return its units belong to, if the channel names one. `payments` are those of
    the order by which it went back, as far as they are told; `shopper` is the total in the currency
    the shopper paid in, where that is not the shop's. `asked` is our name of one that we asked for.
    """

    refund_id: ExternalId
    created_at: Instant
    total: Money
    lines: tuple[RefundLine, ...] = ()
    freight: RefundedFreight | None = None
    return_id: str | None = Field(default=None, exclude_if=operator.not_)
    payments: tuple[ExternalId, ...] = Field(default=(), exclude_if=operator.not_)
    shopper: Money | None = Field(default=None, exclude_if=operator.not_)
    asked: str | None = Field(default=None, exclude_if=operator.not_)


class Order(Canonical):
    """One order of one channel, in the channel's shop currency.

    One that is `pending` takes stock and is not to be sent on: the channel still waits for payment,
    and may not tell its prices yet. `terms_days` is the credit given instead of a payment.
    `asked_back` are lines whose buyer asks to cancel, which nobody has decided yet; `left` are
    units by line that left, as the channel says.
    One that was `called` came by the order API: its channel is told by events alone. `terms` are
    ours, by the retailer's rules. `shopper_total` is what the shopper was shown, where that was in
    another currency than the shop's. `ship_by` is until when its goods are to leave, if the channel
    promised that.
    """

    channel: Name
    external_id: ExternalId
    number: str
    placed_at: Instant
    updated_at: Instant
    cancelled_at: Instant | None = None
    pending: bool = False
    called: bool = False
    fraud: FraudVerdict = FraudVerdict.NONE
    terms_days: int | None = Field(default=None, ge=0)
    currency: Currency
    taxes_included: bool
    lines: tuple[OrderLine, ...] = Field(min_length=1)
    shipping: tuple[ShippingLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    customer: Customer = Customer.model_construct()
    billing_address: Address | None = None
    shipping_address: Address | None = None
    total: Money
    total_tax: Money
    shopper_total: Money | None = Field(default=None, exclude_if=operator.not_)
    ship_by: Instant | None = Field(default=None, exclude_if=operator.not_)
    refunds: tuple[Refund, ...] = ()
    asked_back: tuple[ExternalId, ...] = Field(default=(), exclude_if=operator.not_)
    left: dict[ExternalId, int] = Field(default_factory=dict, exclude_if=operator.not_)
    returns: tuple[Return, ...] = Field(default=(), exclude_if=operator.not_)
    terms: OrderTerms | None = None

    @property
    def order_id(self) -> str:
        return f"{self.channel}:{self.external_id}"

    def goods(self) -> Money:
        return total(self.currency, (line.unit_price * line.quantity for line in self.lines))

    def discounts(self) -> Money:
        return total(self.currency, (d.amount for part in self._parts for d in part.discounts))

    def freight(self) -> Money:
        return total(self.currency, (line.price for line in self.shipping))

    def taxes(self) -> Money:
        return total(self.currency, (t.amount for part in self._parts for t in part.taxes))

    @property
    def _parts(self) -> tuple[OrderLine | ShippingLine, ...]:
        return (*self.lines, *self.shipping)


class Tracking(Canonical):
    carrier: str = ""
    number: str
    url: str | None = None


class ShipmentLine(Canonical):
    """`erp_item` is the item of the ERP's order; `line_id` the channel's, once resolved."""

    erp_item: str
    sku: Sku
    quantity: int = Field(gt=0)
    line_id: ExternalId | None = None


class Shipment(Canonical):
    """Goods that left, for one ERP order; `shipment_id` is the ERP's delivery.

    One that a source told, not the ERP, is `told_by` it and goes by `<source>:<its own id>`.
    `booked` says that the stock where it left, as we know it, lacks these units.
    """

    shipment_id: ExternalId
    erp_order: ExternalId
    shipped_at: Instant
    location: Name | None = None
    lines: tuple[ShipmentLine, ...] = Field(min_length=1)
    tracking: tuple[Tracking, ...] = ()
    told_by: Name | None = Field(default=None, exclude_if=operator.not_)
    booked: bool = Field(default=True, exclude_if=bool)
