"""What a connection to S/4HANA may set: everything a tenant's customising decides."""

from typing import Literal

from pydantic import Field, ValidationError

from shared.errors import RejectedError
from shared.model.base import Canonical
from shared.model.order import Order
from shared.model.retailer import Connection


class SapSettings(Canonical):
    """The `settings` of a connection whose system is `sap-s4hana`."""

    auth: Literal["oauth2", "basic"] = Field(
        default="oauth2", description="client credentials, or a communication user's password"
    )
    csrf_method: Literal["HEAD", "GET"] = Field(
        default="HEAD", description="how a CSRF token is fetched"
    )
    client: str = Field(default="", description="sap-client, where the tenant needs it named")
    language: str = Field(default="EN", description="language of descriptions")
    zone: str = Field(default="UTC", description="zone of the tenant's days")
    page_size: int = Field(default=1000, ge=2, le=5000, description="rows asked for at once")
    filter_chunk: int = Field(
        default=20, ge=1, le=100, description="keys joined by `or` in one filter"
    )
    option_name: str = Field(default="Variant", description="name of the option variants differ in")
    generic_product_types: tuple[str, ...] = Field(
        default=(), description="product types that may have variants; empty asks for all"
    )
    discontinued_statuses: tuple[str, ...] = Field(
        default=(), description="cross-plant statuses that end an article"
    )
    stock_route: Literal["set", "expand"] = Field(
        default="set", description="read A_MatlStkInAcctMod itself, or through A_MaterialStock"
    )
    sales_organization: str = Field(default="1710", description="of prices and orders")
    distribution_channel: str = Field(default="10", description="of prices and orders")
    division: str = Field(default="00", description="of orders")
    order_type: str = Field(default="OR", description="sales order type")
    sold_to: str = Field(default="17100001", description="customer that stands for web shoppers")
    ship_to_function: str = Field(default="", description="partner function of ship_to, if any")
    ship_to: str = Field(
        default="", description="customer goods go to; the order's own where an address is sent"
    )
    price_condition: str = Field(default="PMP0", description="manual price per unit")
    discount_condition: str = Field(default="RB00", description="absolute discount of an item")
    freight_condition: str = Field(default="HD00", description="freight of the whole order")
    tax_condition: str = Field(
        default="MWST", description="tax of an item or of freight, when prices exclude it"
    )
    rejection_reason: str = Field(
        default="00", max_length=2, description="reason for rejection of items nobody wants"
    )
    delivery_block: str = Field(
        default="",
        max_length=2,
        description="delivery block of orders that may be fraud, if any",
    )
    return_type: str = Field(default="CBAR", description="type of a customer return")
    credit_type: str = Field(default="CR", description="type of a credit memo request")
    credit_reason: str = Field(default="", description="order reason of credit documents")
    return_reason: str = Field(default="", description="return reason of returned items")
    return_billing_block: str = Field(
        default="08",
        max_length=2,
        description="billing block of returns we ask for, whose money goes back by refunds",
    )
    return_movements: dict[str, Literal["restock", "damaged", "quarantine", "scrap"]] = Field(
        default={
            "653": "restock",
            "651": "quarantine",
            "655": "quarantine",
            "657": "damaged",
        },
        description="goods movement of a returns delivery -> what became of the units",
    )
    freight_material: str = Field(
        default="",
        description="article credited when freight alone goes back; the order's first if empty",
    )
    invoice_categories: tuple[str, ...] = Field(
        default=("M",), description="document categories that are invoices"
    )
    credit_memo_categories: tuple[str, ...] = Field(
        default=("O",), description="document categories that are credit memos"
    )
    tracking_field: Literal["BillOfLading", "MeansOfTransport"] = Field(
        default="BillOfLading", description="where a delivery keeps its tracking number"
    )
    carrier: str = Field(default="", description="carrier named with tracking numbers")
    ignored_keys: tuple[str, ...] = Field(
        default=(), description="keys of conditions that no list here is about, such as Customer"
    )
    released_statuses: tuple[str, ...] = Field(
        default=("",), description="release statuses of conditions that count; empty is released"
    )
    amount_types: tuple[str, ...] = Field(
        default=("", "C"), description="calculation types that are an amount per unit"
    )
    quantity_scales: tuple[str, ...] = Field(
        default=("", "A"), description="scale types whose lines hold from their quantity on"
    )
    quantity_bases: tuple[str, ...] = Field(
        default=("", "C"), description="scale bases that are a quantity"
    )
    locked_messages: tuple[str, ...] = Field(
        default=("V1/042", "CM/604"), description="message codes that mean: locked, try again"
    )
    partner_grouping: str = Field(
        default="", max_length=4, description="grouping of business partners that are created"
    )
    partner_roles: tuple[str, ...] = Field(
        default=("FLCU00", "FLCU01"), description="roles of business partners that are created"
    )
    partner_language: str = Field(
        default="EN", max_length=2, description="language of business partners that are created"
    )
    partner_customer: bool = Field(
        default=True,
        description="send the customer's sales area with a new business partner, "
        "where no role brings it along",
    )

    def of(self, order: Order) -> "SapSettings":
        """The settings of one order: its terms, where the retailer's rules say any."""
        terms = order.terms
        if terms is None:
            return self
        said = {
            "sales_organization": terms.sales_organization,
            "distribution_channel": terms.distribution_channel,
            "division": terms.division,
            "order_type": terms.order_type,
            "sold_to": terms.sold_to,
        }
        return self.model_copy(update={name: v for name, v in said.items() if v is not None})


def settings_of(connection: Connection) -> SapSettings:
    """Read the settings of a connection; a wrong one is RejectedError naming its key."""
    try:
        return SapSettings.model_validate(connection.settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RejectedError(
            f"connection {connection.name}: setting {key}: {first['msg']}",
            code="bad_setting",
            field=f"settings.{key}",
            value=first.get("input"),
            remedy="correct the setting in the retailer's configuration",
        ) from error
