"""An order that was posted, as ours. Pure; what is wrong is refused by field."""

from collections.abc import Sequence
from decimal import Decimal

from shared.errors import RejectedError
from shared.model.money import Money
from shared.model.order import (
    Discount,
    Order,
    OrderLine,
    Payment,
    ShippingLine,
    TaxLine,
)
from shared.model.order_call import (
    CalledDiscount,
    CalledLine,
    CalledPayment,
    CalledShipping,
    CalledTax,
    OrderCall,
)
from shared.model.retailer import Channel

MALFORMED = "malformed"
REFERENCE_MAX = 35


def order_of(call: OrderCall, channel: Channel) -> Order:
    """Raises RejectedError naming field and value."""
    _fits(call, channel)
    money = _Reader(call.currency)
    return Order(
        channel=call.channel,
        external_id=call.order_id,
        number=call.number or call.order_id,
        placed_at=call.placed_at,
        updated_at=call.updated_at or call.placed_at,
        cancelled_at=call.cancelled_at,
        called=True,
        fraud=call.fraud,
        terms_days=call.terms_days,
        currency=call.currency,
        taxes_included=call.taxes_included,
        lines=tuple(_line(money, f"lines.{i}", one) for i, one in enumerate(call.lines)),
        shipping=tuple(
            _shipping(money, f"shipping.{i}", one) for i, one in enumerate(call.shipping)
        ),
        payments=tuple(
            _payment(money, f"payments.{i}", one) for i, one in enumerate(call.payments)
        ),
        customer=call.customer,
        billing_address=call.billing_address,
        shipping_address=call.shipping_address,
        total=money.read("total", call.total),
        total_tax=money.read("total_tax", call.total_tax),
    )


def _fits(call: OrderCall, channel: Channel) -> None:
    if call.currency != channel.currency:
        remedy = f"{channel.name} sells in {channel.currency}"
        raise _wrong("currency", call.currency, "is not the channel's", remedy)
    reference = f"{call.channel}-{call.order_id}"
    if len(reference) > REFERENCE_MAX:
        problem = f"is with the channel's name over {REFERENCE_MAX} characters"
        raise _wrong("order_id", call.order_id, problem, "give orders shorter ids")
    seen: set[str] = set()
    for i, line in enumerate(call.lines):
        if line.line_id in seen:
            raise _wrong(f"lines.{i}.line_id", line.line_id, "comes twice", "give each its own")
        seen.add(line.line_id)
        if line.location not in {None, *channel.locations}:
            remedy = f"{channel.name} sells from {', '.join(channel.locations)}"
            raise _wrong(f"lines.{i}.location", line.location, "is not the channel's", remedy)


class _Reader:
    """Amounts of one currency; digits beyond its minor unit are refused by field."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def read(self, field: str, text: str) -> Money:
        try:
            return Money.parse(text, self._currency)
        except ValueError as error:
            remedy = f"send a decimal amount of {self._currency}"
            raise _wrong(field, text, str(error), remedy) from error


def _line(money: _Reader, at: str, line: CalledLine) -> OrderLine:
    stated = None if line.total is None else money.read(f"{at}.total", line.total)
    return OrderLine(
        line_id=line.line_id,
        channel_sku=line.sku,
        title=line.title,
        gtin=line.gtin,
        quantity=line.quantity,
        unit_price=money.read(f"{at}.unit_price", line.unit_price),
        location=line.location,
        discounts=_discounts(money, at, line.discounts),
        taxes=_taxes(money, at, line.taxes),
        total=stated,
    )


def _shipping(money: _Reader, at: str, line: CalledShipping) -> ShippingLine:
    return ShippingLine(
        title=line.title,
        code=line.code,
        price=money.read(f"{at}.price", line.price),
        discounts=_discounts(money, at, line.discounts),
        taxes=_taxes(money, at, line.taxes),
    )


def _discounts(money: _Reader, at: str, said: Sequence[CalledDiscount]) -> tuple[Discount, ...]:
    return tuple(
        Discount(title=one.title, amount=money.read(f"{at}.discounts.{i}.amount", one.amount))
        for i, one in enumerate(said)
    )


def _taxes(money: _Reader, at: str, said: Sequence[CalledTax]) -> tuple[TaxLine, ...]:
    return tuple(
        TaxLine(
            title=one.title,
            rate=None if one.rate is None else Decimal(one.rate),
            amount=money.read(f"{at}.taxes.{i}.amount", one.amount),
        )
        for i, one in enumerate(said)
    )


def _payment(money: _Reader, at: str, payment: CalledPayment) -> Payment:
    return Payment(
        reference=payment.reference,
        gateway=payment.gateway,
        kind=payment.kind,
        succeeded=payment.succeeded,
        amount=money.read(f"{at}.amount", payment.amount),
        parent=payment.parent,
        expires_at=payment.expires_at,
        at=payment.at,
    )


def _wrong(field: str, value: object, problem: str, remedy: str) -> RejectedError:
    return RejectedError(
        f"{field} {problem}", code=MALFORMED, field=field, value=value, remedy=remedy
    )
