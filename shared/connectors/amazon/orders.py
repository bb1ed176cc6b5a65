"""Orders from Amazon's shape to the canonical one; pure. Nobody's name or address is read.

Amazon states what each item earned by category. Whether those amounts contain the tax is not said
and differs between marketplaces: it follows from the order's own total, or from a setting.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import ValidationError

from shared.connectors.amazon import order_schema, schema
from shared.connectors.amazon.amounts import money
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.money import Money, total
from shared.model.order import Discount, Order, OrderLine, ShippingLine, TaxLine
from shared.model.price import TaxBasis
from shared.model.retailer import Channel

PENDING = frozenset({"PENDING", "PENDING_AVAILABILITY"})
OPEN = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"})
CANCELLED = "CANCELLED"
ENDED = frozenset({CANCELLED, "UNFULFILLABLE"})
"""Statuses after which nothing is to be sent; what cannot be fulfilled counts as cancelled."""
FREIGHT = ("SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER")
TIP = "DELIVERY_TIP"


def to_order(theirs: order_schema.Order, *, channel: Channel, settings: AmazonSettings) -> Order:
    """A whole order; RejectedError names the field that is not understood."""
    _check(theirs, settings)
    amounts = [_Amounts(item, channel.currency) for item in _placed(theirs)]
    stated = _stated(theirs, channel.currency)
    freight = _freight(theirs, amounts, channel.currency)
    basis = _basis(amounts, freight, stated, channel, settings)
    if basis.withheld:
        amounts = [each.untaxed() for each in amounts]
        freight = _freight(theirs, amounts, channel.currency)
    tax = total(channel.currency, (each.tax("") for each in amounts))
    try:
        return Order(
            channel=channel.name,
            external_id=theirs.order_id,
            number=theirs.order_id,
            placed_at=theirs.created_time,
            updated_at=theirs.last_updated_time,
            cancelled_at=theirs.last_updated_time if _cancelled(theirs) else None,
            pending=theirs.fulfillment.fulfillment_status in PENDING,
            currency=channel.currency,
            taxes_included=basis.included,
            lines=tuple(each.line() for each in amounts),
            shipping=freight,
            asked_back=_asked_back(theirs),
            left=_left(theirs),
            ship_by=_ship_by(theirs.fulfillment.ship_by_window),
            total=basis.total if stated is None else stated,
            total_tax=tax,
        )
    except ValidationError as error:
        raise unreadable(theirs.order_id, error) from error


def unreadable(subject: str, error: ValidationError) -> RejectedError:
    """An order that does not have the shape Amazon documents, or that we have no shape for."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    value = first.get("input")
    return RejectedError(
        f"order {subject}: {where}: {first['msg']}",
        code="unreadable",
        field=where,
        value=value if isinstance(value, str | int | None) else type(value).__name__,
        remedy="look at the order in Seller Central, or report it to support",
    )


def _check(theirs: order_schema.Order, settings: AmazonSettings) -> None:
    status, by = theirs.fulfillment.fulfillment_status, theirs.fulfillment.fulfilled_by
    if by not in settings.fulfilled_by:
        raise RejectedError(
            f"order {theirs.order_id} is fulfilled by {by}",
            code="fulfilled_by",
            field="fulfillment.fulfilledBy",
            value=by,
            remedy="nothing to do, or add it to the setting fulfilled_by",
        )
    if theirs.sales_channel.marketplace_id != settings.marketplace_id:
        raise RejectedError(
            f"order {theirs.order_id} was placed in another marketplace",
            code="marketplace",
            field="salesChannel.marketplaceId",
            value=theirs.sales_channel.marketplace_id,
            remedy="nothing to do, or add a connection for that marketplace",
        )
    if status not in PENDING | OPEN | ENDED:
        raise RejectedError(
            f"order {theirs.order_id}: no use for status {status!r}",
            code="unknown_status",
            field="fulfillment.fulfillmentStatus",
            value=status,
            remedy="look at the order in Seller Central",
        )


def _cancelled(theirs: order_schema.Order) -> bool:
    return theirs.fulfillment.fulfillment_status in ENDED


def _placed(theirs: order_schema.Order) -> list[order_schema.Item]:
    """Items still wanted. Of a cancelled order all of them, which may count no units any more."""
    if _cancelled(theirs):
        units = {"quantity_ordered": 1}
        return [
            item if item.quantity_ordered > 0 else item.model_copy(update=units)
            for item in theirs.order_items
        ]
    return [item for item in theirs.order_items if item.quantity_ordered != 0 and not _gone(item)]


def _asked_back(theirs: order_schema.Order) -> tuple[str, ...]:
    """Items whose buyer asks to cancel and of which something is still to be sent."""
    if _cancelled(theirs):
        return ()
    return tuple(item.order_item_id for item in _placed(theirs) if _undecided(item))


def _undecided(item: order_schema.Item) -> bool:
    asked = item.cancellation
    open_ = item.fulfillment is None or item.fulfillment.quantity_unfulfilled != 0
    return (
        asked is not None
        and asked.cancellation_request is not None
        and asked.cancellation_execution is None
        and open_
    )


def _ship_by(window: order_schema.Window | None) -> datetime | None:
    return window.latest_date_time if window is not None else None


def _left(theirs: order_schema.Order) -> dict[str, int]:
    """Units that Amazon knows to have left, by item."""
    found = {i.order_item_id: i.fulfillment for i in _placed(theirs)}
    return {
        name: fulfilment.quantity_fulfilled
        for name, fulfilment in found.items()
        if fulfilment is not None and fulfilment.quantity_fulfilled > 0
    }


def _gone(item: order_schema.Item) -> bool:
    """Cancelled by itself: neither sent nor still to be sent."""
    executed = item.cancellation is not None and item.cancellation.cancellation_execution
    left = item.fulfillment
    return bool(executed) and (
        left is None or (left.quantity_fulfilled == 0 and not left.quantity_unfulfilled)
    )


def _stated(theirs: order_schema.Order, currency: str) -> Money | None:
    grand = theirs.proceeds.grand_total if theirs.proceeds else None
    if grand is not None:
        return money(grand, currency, "proceeds.grandTotal")
    if theirs.fulfillment.fulfillment_status in OPEN:
        raise RejectedError(
            f"order {theirs.order_id} states no total",
            code="no_total",
            field="proceeds.grandTotal",
            remedy="look at the order in Seller Central, then replay",
        )
    return None


@frozen
class _Amounts:
    """What one item earned, by category. Discounts count positive, whichever sign they come in."""

    item: order_schema.Item
    currency: str
    taxed: bool = True

    def untaxed(self) -> "_Amounts":
        """Without its tax, which Amazon collects and pays itself."""
        return _Amounts(self.item, self.currency, taxed=False)

    def of(self, kind: str) -> Money:
        return self._sum(row.subtotal for row in self._rows(kind))

    def tax(self, part: str) -> Money:
        """The tax of a category; of the whole item without one."""
        if not self.taxed:
            return Money.zero(self.currency)
        return self.of("TAX") if not part else self._part("TAX", part)

    def off(self, part: str) -> Money:
        """Money off a category; off the item itself is what is off nothing else."""
        whole = _positive(self.of("DISCOUNT"))
        if part != "ITEM":
            return _positive(self._part("DISCOUNT", part))
        return whole - total(self.currency, (self.off(other) for other in FREIGHT))

    def line(self) -> OrderLine:
        """A sum that units do not divide is rounded up, and the difference taken off."""
        item, units = self.item, self.item.quantity_ordered
        goods = self.goods()
        unit = Money(amount=-(-goods.amount // max(units, 1)), currency=self.currency)
        rounding = unit * units - goods
        tax = self.tax("") - total(self.currency, (self.tax(part) for part in FREIGHT))
        return OrderLine(
            line_id=item.order_item_id,
            channel_sku=item.product.seller_sku,
            title=item.product.title,
            quantity=units,
            unit_price=unit,
            discounts=_discounts(("promotion", self.off("ITEM")), ("rounding", rounding)),
            taxes=_taxes(tax),
        )

    def goods(self) -> Money:
        """What all units cost; from the unit's price where the proceeds are not told (yet)."""
        if self._rows("ITEM"):
            return self.of("ITEM")
        price = self.item.product.price
        if price is None or price.unit_price is None:
            return Money.zero(self.currency)
        unit = money(price.unit_price, self.currency, "product.price.unitPrice")
        return unit * self.item.quantity_ordered

    def _part(self, kind: str, part: str) -> Money:
        details = (d for row in self._rows(kind) for d in row.detailed_breakdowns)
        return self._sum(d.value for d in details if d.subtype == part and d.value is not None)

    def _rows(self, kind: str) -> list[order_schema.Breakdown]:
        proceeds = self.item.proceeds
        return [row for row in proceeds.breakdowns if row.type == kind] if proceeds else []

    def _sum(self, parts: Iterable[schema.Money]) -> Money:
        where = "orderItems.proceeds"
        found = (money(part, self.currency, where) for part in parts)
        return total(self.currency, found)


def _freight(
    theirs: order_schema.Order, amounts: Sequence[_Amounts], currency: str
) -> tuple[ShippingLine, ...]:
    """Shipping, wrapping and fees, each summed over the items, and a tip for the carrier."""
    lines = []
    for kind in FREIGHT:
        price = total(currency, (each.of(kind) for each in amounts))
        off = total(currency, (each.off(kind) for each in amounts))
        tax = total(currency, (each.tax(kind) for each in amounts))
        if price.amount or off.amount or tax.amount:
            lines.append(_line(kind, price, off, tax))
    for row in theirs.proceeds.breakdowns if theirs.proceeds else ():
        if row.type == TIP:
            tip = money(row.subtotal, currency, "proceeds.breakdowns")
            lines.append(_line(TIP, tip, Money.zero(currency), Money.zero(currency)))
    return tuple(lines)


def _line(kind: str, price: Money, off: Money, tax: Money) -> ShippingLine:
    title = kind.replace("_", " ").capitalize()
    discounts = _discounts(("promotion", off))
    return ShippingLine(title=title, code=kind, price=price, discounts=discounts, taxes=_taxes(tax))


@frozen
class _Basis:
    """How amounts are to be read: with their tax, without, or with tax that is not the seller's."""

    total: Money
    included: bool
    withheld: bool = False


def _basis(
    amounts: Sequence[_Amounts],
    freight: Sequence[ShippingLine],
    stated: Money | None,
    channel: Channel,
    settings: AmazonSettings,
) -> _Basis:
    """The reading under which the parts make the total; else the one the channel displays."""
    tax = total(channel.currency, (each.tax("") for each in amounts))
    net = total(channel.currency, (each.goods() - each.off("ITEM") for each in amounts))
    net += total(channel.currency, (line.price for line in freight))
    net -= total(channel.currency, (d.amount for line in freight for d in line.discounts))
    gross = channel.tax_display is TaxBasis.GROSS
    if settings.tax_in_prices != "as_totals_say":
        included = settings.tax_in_prices == "included"
        return _Basis(net if included else net + tax, included)
    if stated is not None and tax.amount and stated == net + tax:
        return _Basis(stated, included=False)
    if stated is not None and tax.amount and stated == net and not gross:
        return _Basis(stated, included=False, withheld=True)
    return _Basis(net if gross else net + tax, gross)


def _discounts(*found: tuple[str, Money]) -> tuple[Discount, ...]:
    return tuple(Discount(title=title, amount=money) for title, money in found if money.amount)


def _taxes(amount: Money) -> tuple[TaxLine, ...]:
    return (TaxLine(title="tax", amount=amount),) if amount.amount else ()


def _positive(amount: Money) -> Money:
    return amount if amount.amount >= 0 else -amount
