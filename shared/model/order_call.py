"""An order as it is posted: our own order in its public form, amounts as decimal text."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId, Gtin, Name
from shared.model.money import Currency
from shared.model.order import Address, Customer, FraudVerdict, PaymentKind

LINES_MAX = 1000
_WHOLE = 15  # digits before the point


def _text(value: object) -> object:
    """A number as the text it was: whoever sends 19.9 means 19.90."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


Amount = Annotated[
    str,
    BeforeValidator(_text),
    StringConstraints(pattern=rf"^-?\d{{1,{_WHOLE}}}(\.\d{{1,3}})?$"),
    WithJsonSchema({"type": "string", "pattern": rf"^-?\d{{1,{_WHOLE}}}(\.\d{{1,3}})?$"}),
]
"""A decimal amount in the order's currency, such as "19.99"."""

Said = Annotated[str, StringConstraints(max_length=255)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class CalledDiscount(Canonical):
    """Money off one line or the shipping, already divided over the lines."""

    title: Text
    amount: Amount


class CalledTax(Canonical):
    title: Text
    rate: (
        Annotated[
            str,
            BeforeValidator(_text),
            StringConstraints(pattern=r"^\d(\.\d{1,6})?$"),
            WithJsonSchema({"type": "string", "pattern": r"^\d(\.\d{1,6})?$"}),
        ]
        | None
    ) = None
    amount: Amount


class CalledLine(Canonical):
    """`total` is what the caller makes of the line, if it says; a difference is named by it."""

    line_id: ExternalId
    sku: Said = Field(description="an article of the ERP, or a code that is mapped to one")
    title: Text
    gtin: Gtin | None = None
    quantity: int = Field(gt=0, le=1_000_000)
    unit_price: Amount
    location: Name | None = None
    discounts: tuple[CalledDiscount, ...] = Field(default=(), max_length=100)
    taxes: tuple[CalledTax, ...] = Field(default=(), max_length=20)
    total: Amount | None = None


class CalledShipping(Canonical):
    title: Text
    code: Said = ""
    price: Amount
    discounts: tuple[CalledDiscount, ...] = Field(default=(), max_length=100)
    taxes: tuple[CalledTax, ...] = Field(default=(), max_length=20)


class CalledPayment(Canonical):
    """One movement of money; a gift card is a gateway."""

    reference: ExternalId
    gateway: Text
    kind: PaymentKind
    succeeded: bool = True
    amount: Amount
    parent: ExternalId | None = None
    expires_at: Instant | None = None
    at: Instant | None = Field(default=None, description="when it was done")


class OrderCall(Canonical):
    """The body of POST /v1/orders; a later `updated_at` tells an order known already anew."""

    channel: Name
    order_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,29}$")] = (
        Field(description="the channel's own id; with the channel's name at most 34 characters")
    )
    number: Said = ""
    placed_at: Instant
    updated_at: Instant | None = None
    cancelled_at: Instant | None = None
    currency: Currency
    taxes_included: bool
    lines: tuple[CalledLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    shipping: tuple[CalledShipping, ...] = Field(default=(), max_length=20)
    payments: tuple[CalledPayment, ...] = Field(default=(), max_length=100)
    terms_days: int | None = Field(default=None, ge=0, le=3650)
    fraud: FraudVerdict = FraudVerdict.NONE
    customer: Customer = Customer.model_construct()
    shipping_address: Address | None = None
    billing_address: Address | None = None
    total: Amount
    total_tax: Amount = "0"


class TotalsAnswer(Canonical):
    """Both totals, as decimal text, and the line that is not what its parts make, if one is."""

    stated: str
    computed: str
    line: str | None


class OrderAnswer(Canonical):
    """What was made of the order: held with every reason there is, or on its way."""

    order_id: str = Field(description="ours: <channel>:<order_id>")
    reference: str = Field(description="what the ERP knows it by")
    state: str
    holds: tuple[str, ...]
    total: str
    currency: Currency
    totals: TotalsAnswer | None
    unmapped: tuple[str, ...]
