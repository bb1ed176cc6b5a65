"""What a shopper wants: articles, where they go, how they are paid."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WishedDiscount(Wish):
    """Money off as a decimal text; `code` or `title` names it."""

    amount: str
    code: str | None = None
    title: str | None = None


class WishedLine(Wish):
    """A line without a known SKU needs a title and a price; `price` overrides the shop's own."""

    quantity: int = 1
    sku: str = ""
    title: str | None = None
    price: str | None = None
    discount: WishedDiscount | None = None


class WishedShipping(Wish):
    price: str
    title: str = "Standard"
    code: str = "STANDARD"


class Customer(Wish):
    """Also where the goods go; the country is an ISO code."""

    name: str = ""
    email: str = ""
    address1: str = ""
    city: str = ""
    zip: str = ""
    country: str = ""
    phone: str = ""


class Basket(Wish):
    """`discount` is taken off the whole order and divided over its lines.

    `tax_rate` is a fraction. `oversell` places the order whatever is available. Without it a
    basket the shop cannot serve is refused. `gift_card` pays so much of it. It may be `shown_in`
    another currency than the shop's, which is the shop's times `rate`.
    """

    lines: tuple[WishedLine, ...]
    customer: Customer | None = None
    shipping: WishedShipping | None = None
    discount: WishedDiscount | None = None
    taxes_included: bool = True
    tax_rate: str = "0"
    currency: str | None = None
    created_at: AwareDatetime | None = None
    paid: Literal["sale", "authorization", "nothing"] = "sale"
    expires_at: AwareDatetime | None = None
    terms_days: int | None = None
    risk: Literal["NONE", "ACCEPT", "INVESTIGATE", "CANCEL"] = "NONE"
    gift_card: str | None = None
    shown_in: str | None = None
    rate: str = "1"
    oversell: bool = False
    test: bool = False
