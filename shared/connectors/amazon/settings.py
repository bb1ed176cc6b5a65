"""What a connection to Amazon may set; seller and marketplace must be named."""

from typing import Literal

from pydantic import Field, ValidationError

from shared.errors import RejectedError
from shared.model.base import Canonical
from shared.model.ids import Facet
from shared.model.retailer import Connection


class AmazonSettings(Canonical):
    """The `settings` of a connection whose system is `amazon`."""

    seller_id: str = Field(min_length=1, description="the seller's own id (merchant token)")
    marketplace_id: str = Field(min_length=1, description="the marketplace this channel sells in")
    product_type: str = Field(
        default="", description="product type named in patches; empty takes the listing's own"
    )
    fulfillment_channel: str = Field(
        default="DEFAULT", description="fulfilment channel whose quantity is set"
    )
    price_op: Literal["replace", "merge"] = Field(
        default="replace",
        description="replace drops sale and business prices of the offer; merge keeps them",
    )
    stock_op: Literal["replace", "merge"] = Field(
        default="merge", description="replace drops the handling time; merge keeps it"
    )
    price_shown_in: Literal["offers", "attributes"] = Field(
        default="offers",
        description="what counts as the price shown: the offer, or what was submitted for it",
    )
    read_back: Literal["search", "get"] = Field(
        default="search", description="read listings back twenty at a time, or one by one"
    )
    feed_facets: tuple[Literal[Facet.PRICE, Facet.STOCK], ...] = Field(
        default=(Facet.PRICE,),
        description="what may go by feed; a value under way in a feed cannot be corrected",
    )
    feed_latency_seconds: int = Field(
        default=1800, ge=60, description="how long a feed takes until its prices are shown"
    )
    issue_locale: str = Field(default="en_US", description="language of Amazon's issues")
    first_poll_days: int = Field(
        default=30, ge=1, le=700, description="how far the first poll of orders looks back"
    )
    fulfilled_by: tuple[Literal["MERCHANT", "AMAZON"], ...] = Field(
        default=("MERCHANT",), min_length=1, description="whose orders are taken in"
    )
    tax_in_prices: Literal["as_totals_say", "included", "excluded"] = Field(
        default="as_totals_say", description="whether amounts of an order contain its tax"
    )
    carriers: dict[str, str] = Field(
        default={}, description="our carrier -> Amazon's carrier code; others are sent as Other"
    )
    parcels: Literal["first", "split"] = Field(
        default="first",
        description="a shipment of several parcels is told by its first, or its units are divided",
    )
    shipping_method: str = Field(default="", description="shipping method told with a shipment")
    subscribe: bool = Field(
        default=True,
        description="its queue is made a destination and subscribed, and what is lost made anew",
    )


def settings_of(connection: Connection) -> AmazonSettings:
    """Read the settings of a connection; a wrong one is RejectedError naming its key."""
    try:
        return AmazonSettings.model_validate(connection.settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RejectedError(
            f"connection {connection.name}: setting {key}: {first['msg']}",
            code="bad_setting",
            field=f"settings.{key}",
            value=first.get("input") if first["type"] != "missing" else None,
            remedy="correct the setting in the retailer's configuration",
        ) from error
