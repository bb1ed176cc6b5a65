"""How a retailer's orders are to stand in the ERP, by store and market."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from shared.model.base import Canonical
from shared.model.ids import Name, Sku
from shared.model.money import Currency
from shared.model.order_terms import CustomerPolicy
from shared.model.price_rules import Percent

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class TaxCode(Canonical):
    """The ERP's word for a rate of tax, of all there is or of some of it; the first one counts."""

    percent: Percent = Field(description="tax in percent of the net price, as text, like '20'")
    code: Code = Field(description="the ERP's tax classification of such lines")
    skus: tuple[Sku, ...] = Field(
        default=(), description="only lines of these articles, such as the one of custom lines"
    )
    freight: bool = Field(default=False, description="only freight")


class OrderRule(Canonical):
    """What holds of the orders it is about: all, or those its conditions name.

    Of each word the first rule of the file counts that is about the order and says it.
    """

    channels: tuple[Name, ...] = Field(default=(), description="channels; every one if none")
    countries: tuple[Country, ...] = Field(
        default=(), description="where goods go, as ISO 3166 names it; anywhere if none"
    )
    currencies: tuple[Currency, ...] = Field(default=(), description="any if none")
    shipping_codes: tuple[str, ...] = Field(
        default=(), description="codes of the channel's shipping methods; any if none"
    )
    credit_days: tuple[int, ...] = Field(
        default=(), description="days of credit the channel agreed on; any if none"
    )
    sales_organization: Code | None = None
    distribution_channel: Code | None = None
    division: Code | None = None
    order_type: Code | None = None
    shipping_condition: Code | None = Field(
        default=None, description="the ERP's word for how goods are sent"
    )
    payment_terms: Code | None = None
    customer_tax: Code | None = Field(
        default=None, description="the ERP's tax classification of the customer"
    )
    customer: CustomerPolicy | None = Field(
        default=None,
        description="house: book on one account; match: on the customer's own if there is one; "
        "create: on the customer's own, made if there is none",
    )
    house_account: Code | None = Field(
        default=None, description="the ERP's customer that stands for all others"
    )
    ship_from: Name | None = Field(
        default=None,
        description="where goods leave, of lines without a location of their own; "
        "the ERP is told of neither where no rule says this",
    )
    ship_within_hours: int | None = Field(
        default=None,
        ge=1,
        le=24 * 365,
        description="how soon goods are to leave where the channel promised no instant; "
        "after an outage of the ERP the most urgent orders go first",
    )
    tax_codes: tuple[TaxCode, ...] = Field(
        default=(), description="the ERP's codes by rate; a rate without one holds the order"
    )
    send_address: bool | None = Field(
        default=None, description="whether the ERP is sent where the goods go"
    )
    freight_sku: Sku | None = Field(
        default=None, description="the ERP's article for freight, sent as an item of its own"
    )

    @field_validator("tax_codes")
    @classmethod
    def _once(cls, codes: tuple[TaxCode, ...]) -> tuple[TaxCode, ...]:
        if len({(one.percent, one.skus, one.freight) for one in codes}) < len(codes):
            raise ValueError("names a rate twice")
        if any(one.skus and one.freight for one in codes):
            raise ValueError("freight is of no article here; name the rate of each by itself")
        return codes
