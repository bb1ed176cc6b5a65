"""Orders from Shopify's shape to the canonical one; pure and total.

Amounts are shop money. In the shopper's currency, where that is another, stand beside them what the
order, its payments and its refunds come to. What cannot be understood is refused by name.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic import ValidationError

from shared.connectors.shopify import order_schema
from shared.connectors.shopify.amounts import money
from shared.errors import RejectedError
from shared.model.money import Money, split, total
from shared.model.order import (
    Address,
    Customer,
    Discount,
    FraudVerdict,
    Order,
    OrderLine,
    Payment,
    PaymentKind,
    Refund,
    RefundedFreight,
    RefundLine,
    ShippingLine,
    TaxLine,
)
from shared.model.retailer import Channel
from shared.model.returns import Return

PAYMENTS: dict[str, PaymentKind | None] = {
    "AUTHORIZATION": PaymentKind.AUTHORISATION,
    "EMV_AUTHORIZATION": PaymentKind.AUTHORISATION,
    "CAPTURE": PaymentKind.CAPTURE,
    "SALE": PaymentKind.CAPTURE,
    "REFUND": PaymentKind.REFUND,
    "VOID": PaymentKind.VOID,
    "CHANGE": None,  # cash given back at a till, part of a sale
    "SUGGESTED_REFUND": None,  # a proposal; no money moved
}
VERDICTS: dict[str, FraudVerdict] = {
    "NONE": FraudVerdict.NONE,
    "ACCEPT": FraudVerdict.APPROVED,
    "INVESTIGATE": FraudVerdict.PENDING,
    "CANCEL": FraudVerdict.REJECTED,
}
_NO_RESTOCK = "NO_RESTOCK"
_NEVER_LEFT = "CANCEL"
_GONE = "CANCELLED"
_ASKED = re.compile(r"\[(C[0-9A-F]{9})\]$")


def asked_by(note: str | None) -> str | None:
    """Our name of a refund that carries this note, if it is one we asked for."""
    found = _ASKED.search(note or "")
    return found[1] if found else None


def legacy_id(gid: str) -> str:
    """`gid://shopify/LineItem/42?x=y` -> `42`."""
    return gid.rsplit("/", 1)[-1].split("?", 1)[0]


def gid(kind: str, external: str) -> str:
    """The global id of a legacy id; one that is global already passes through."""
    return external if external.startswith("gid://") else f"gid://shopify/{kind}/{external}"


def to_order(
    theirs: order_schema.Order,
    *,
    channel: Channel,
    refunds: Sequence[order_schema.Refund],
    places: Mapping[str, str],
    returns: Sequence[Return] = (),
) -> Order:
    """A whole order; `places` maps line gids to our locations. Raises RejectedError by field."""
    if theirs.currency_code != channel.currency:
        raise RejectedError(
            f"order {theirs.name} is in {theirs.currency_code}, not in {channel.currency}",
            code="currency",
            field="currencyCode",
            value=theirs.currency_code,
            remedy="set the channel's currency to the shop's",
        )
    currency = theirs.currency_code
    try:
        lines = _lines(theirs.line_items.nodes, currency, places, _given_back(refunds))
        gone = None if lines else theirs.updated_at  # edited away, which is another way to cancel
        return Order(
            channel=channel.name,
            external_id=theirs.legacy_resource_id,
            number=theirs.name,
            placed_at=theirs.processed_at,
            updated_at=theirs.updated_at,
            cancelled_at=theirs.cancelled_at or gone,
            currency=currency,
            taxes_included=theirs.taxes_included,
            fraud=_verdict(theirs),
            terms_days=_terms(theirs.payment_terms),
            lines=lines or _lines(theirs.line_items.nodes, currency, places, None),
            shipping=tuple(_freight(line, currency) for line in theirs.shipping_lines.nodes),
            payments=_payments(theirs, currency),
            customer=_customer(theirs),
            billing_address=_address(theirs.billing_address),
            shipping_address=_address(theirs.shipping_address),
            total=_money(theirs.total_price_set, currency, "totalPriceSet"),
            total_tax=_money(theirs.total_tax_set, currency, "totalTaxSet"),
            shopper_total=_shoppers(theirs.total_price_set, theirs, "totalPriceSet"),
            refunds=tuple(_refund(refund, theirs, channel.name) for refund in refunds),
            returns=tuple(returns),
        )
    except ValidationError as error:
        raise _refused(theirs.name, error) from error


def unreadable(subject: str, error: ValidationError) -> RejectedError:
    """An order whose answer does not have the shape Shopify documents."""
    return _refused(subject, error)


def assigned(placed: Sequence[order_schema.FulfilmentOrder]) -> dict[str, str]:
    """Line gid -> gid of the location that fulfils most of it; the first of equals."""
    most: dict[str, tuple[int, str]] = {}
    for order in placed:
        location = order.assigned_location.location
        if order.status == _GONE or location is None:
            continue
        for line in order.line_items.nodes:
            best = most.get(line.line_item.id)
            if best is None or line.total_quantity > best[0]:
                most[line.line_item.id] = (line.total_quantity, location.id)
    return {line: location for line, (_, location) in most.items()}


def _lines(
    theirs: Sequence[order_schema.LineItem],
    currency: str,
    places: Mapping[str, str],
    given_back: Mapping[str, int] | None,
) -> tuple[OrderLine, ...]:
    """Quantities as ordered; with what was given back known, less what edits removed."""
    return tuple(
        OrderLine(
            line_id=legacy_id(line.id),
            channel_sku=line.sku or "",
            title=line.title,
            quantity=_ordered(line, given_back),
            removed=max(0, line.quantity - _ordered(line, given_back)),
            unit_price=_money(line.original_unit_price_set, currency, "originalUnitPriceSet"),
            location=places.get(line.id),
            discounts=_kept_discounts(line, currency, _ordered(line, given_back)),
            taxes=_kept_taxes(line, currency, _ordered(line, given_back)),
        )
        for line in theirs
        if _ordered(line, given_back) != 0
    )


def _ordered(line: order_schema.LineItem, given_back: Mapping[str, int] | None) -> int:
    """Units less those edits removed: `currentQuantity` lacks these and what was refunded."""
    if line.current_quantity is None or given_back is None:
        return line.quantity
    return line.current_quantity + given_back.get(line.id, 0)


def _kept_discounts(line: order_schema.LineItem, currency: str, kept: int) -> tuple[Discount, ...]:
    """Allocations are of removed units too; what stays has its share."""
    found = (
        discount.model_copy(update={"amount": _kept(discount.amount, line, kept)})
        for discount in _discounts(line.discount_allocations, currency)
    )
    return tuple(discount for discount in found if discount.amount.amount)


def _kept_taxes(line: order_schema.LineItem, currency: str, kept: int) -> tuple[TaxLine, ...]:
    return tuple(
        tax.model_copy(update={"amount": _kept(tax.amount, line, kept)})
        for tax in _taxes(line.tax_lines, currency)
    )


def _kept(amount: Money, line: order_schema.LineItem, kept: int) -> Money:
    """The share of so many units of the line, where edits removed others."""
    if kept >= line.quantity:
        return amount
    part = split(amount.amount, [kept, line.quantity - kept])[0]
    return Money(amount=part, currency=amount.currency)


def _given_back(refunds: Sequence[order_schema.Refund]) -> Counter[str]:
    """Units refunded, by line."""
    found = Counter[str]()
    for refund in refunds:
        for line in refund.refund_line_items.nodes:
            found[line.line_item.id] += line.quantity
    return found


def _verdict(theirs: order_schema.Order) -> FraudVerdict:
    """What Shopify recommends; what it leaves to the merchant waits for the merchant."""
    said = theirs.risk.recommendation
    if said not in VERDICTS:
        raise RejectedError(
            f"order {theirs.name}: unknown recommendation {said!r}",
            code="unknown_risk",
            field="risk.recommendation",
            value=said,
            remedy="report it to support",
        )
    return VERDICTS[said]


def _terms(theirs: order_schema.Terms | None) -> int | None:
    """Days of credit; terms that name none are due at once."""
    return None if theirs is None else theirs.due_in_days or 0


def _freight(line: order_schema.ShippingLine, currency: str) -> ShippingLine:
    return ShippingLine(
        title=line.title,
        code=line.code or "",
        price=_money(line.original_price_set, currency, "originalPriceSet"),
        discounts=_discounts(line.discount_allocations, currency),
        taxes=_taxes(line.tax_lines, currency),
    )


def _discounts(
    allocations: Sequence[order_schema.DiscountAllocation], currency: str
) -> tuple[Discount, ...]:
    """Already divided over the lines by the shop; an allocation of nothing says nothing."""
    found = (
        Discount(
            title=a.discount_application.code or a.discount_application.title or "discount",
            amount=_money(a.allocated_amount_set, currency, "allocatedAmountSet"),
        )
        for a in allocations
    )
    return tuple(discount for discount in found if discount.amount.amount)


def _taxes(lines: Sequence[order_schema.TaxLine], currency: str) -> tuple[TaxLine, ...]:
    return tuple(
        TaxLine(
            title=line.title,
            rate=None if line.rate is None else Decimal(line.rate),
            amount=_money(line.price_set, currency, "taxLines.priceSet"),
        )
        for line in lines
    )


def _payments(theirs: order_schema.Order, currency: str) -> tuple[Payment, ...]:
    found = []
    for transaction in theirs.transactions:
        if transaction.kind not in PAYMENTS:
            raise RejectedError(
                f"transaction of unknown kind {transaction.kind!r}",
                code="unknown_kind",
                field="transactions.kind",
                value=transaction.kind,
                remedy="report it to support",
            )
        kind = PAYMENTS[transaction.kind]
        if kind is not None:
            found.append(
                Payment(
                    reference=legacy_id(transaction.id),
                    gateway=transaction.gateway or "",
                    kind=kind,
                    succeeded=transaction.status == "SUCCESS",
                    amount=_money(transaction.amount_set, currency, "transactions.amountSet"),
                    parent=legacy_id(transaction.parent) if transaction.parent else None,
                    expires_at=transaction.authorization_expires_at,
                    at=transaction.processed_at,
                    shopper=_foreign(transaction.shopper, theirs, "transactions.amountSet"),
                )
            )
    return tuple(found)


def _customer(theirs: order_schema.Order) -> Customer:
    reference = legacy_id(theirs.customer.id) if theirs.customer else None
    return Customer(reference=reference, email=theirs.email or "")


def _address(theirs: order_schema.Address | None) -> Address | None:
    if theirs is None:
        return None
    lines = (theirs.company, theirs.address1, theirs.address2)
    return Address(
        name=theirs.name or "",
        lines=tuple(line for line in lines if line),
        city=theirs.city or "",
        region=theirs.province_code or "",
        postcode=theirs.zip or "",
        country=theirs.country_code or "",
        phone=theirs.phone or "",
    )


def _refund(theirs: order_schema.Refund, order: order_schema.Order, channel: str) -> Refund:
    currency = order.currency_code
    return Refund(
        refund_id=legacy_id(theirs.id),
        created_at=theirs.created_at or theirs.processed_at,
        total=_money(theirs.total_refunded_set, currency, "totalRefundedSet"),
        lines=tuple(
            RefundLine(
                line_id=legacy_id(line.line_item.id),
                quantity=line.quantity,
                amount=_money(line.subtotal_set, currency, "subtotalSet"),
                tax=_money(line.total_tax_set, currency, "totalTaxSet"),
                restock=line.restock_type != _NO_RESTOCK,
                cancelled=line.restock_type == _NEVER_LEFT,
            )
            for line in theirs.refund_line_items.nodes
        ),
        freight=_refunded_freight(theirs.refund_shipping_lines.nodes, currency),
        return_id=f"{channel}:{legacy_id(theirs.back.id)}" if theirs.back else None,
        payments=tuple(legacy_id(payment.id) for payment in theirs.transactions.nodes),
        shopper=_shoppers(theirs.total_refunded_set, order, "totalRefundedSet"),
        asked=asked_by(theirs.note),
    )


def _refunded_freight(
    lines: Sequence[order_schema.RefundedFreight], currency: str
) -> RefundedFreight | None:
    if not lines:
        return None
    return RefundedFreight(
        amount=total(
            currency, (_money(f.subtotal_amount_set, currency, "subtotalAmountSet") for f in lines)
        ),
        tax=total(currency, (_money(f.tax_amount_set, currency, "taxAmountSet") for f in lines)),
    )


def _money(theirs: order_schema.MoneyBag | None, currency: str, where: str) -> Money:
    return (
        Money.zero(currency) if theirs is None else money(theirs.shop_money.amount, currency, where)
    )


def _shoppers(
    theirs: order_schema.BothMoneys, order: order_schema.Order, where: str
) -> Money | None:
    shown = theirs.presentment_money
    return _foreign(shown.amount if shown else None, order, where)


def _foreign(amount: str | None, order: order_schema.Order, where: str) -> Money | None:
    """An amount in the shopper's currency, where that is not the shop's."""
    currency = order.presentment_currency_code or order.currency_code
    if amount is None or currency == order.currency_code:
        return None
    return money(amount, currency, where)


def _refused(subject: str, error: ValidationError) -> RejectedError:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    value = first.get("input")
    return RejectedError(
        f"order {subject}: {where}: {first['msg']}",
        code="unreadable",
        field=where,
        value=value if isinstance(value, str | int | None) else type(value).__name__,
        remedy="correct the order in the shop, or report it to support",
    )
