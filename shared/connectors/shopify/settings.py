"""What a connection to Shopify may set; every key has a default that suits a plain shop."""

from typing import Literal

from pydantic import Field, ValidationError

from shared.errors import RejectedError
from shared.model.base import Canonical
from shared.model.retailer import Connection

Gid = str


class ShopifySettings(Canonical):
    """The `settings` of a connection whose system is `shopify`."""

    handle_prefix: str = Field(
        default="", pattern=r"^[a-z0-9-]*$", description="put before every product handle we make"
    )
    publications: tuple[Gid, ...] = Field(
        default=(), description="publication ids a new product is published to"
    )
    new_status: Literal["ACTIVE", "DRAFT"] = Field(
        default="ACTIVE", description="status of a product when it is first listed"
    )
    stock_new_variants: bool = Field(
        default=True,
        description="stock a new variant, with nothing, at every location of the channel",
    )
    description_is_html: bool = Field(
        default=False, description="descriptions are HTML already and are sent as they are"
    )
    notify_customer: bool = Field(
        default=True, description="let the shop mail the customer when goods leave"
    )
    test_orders: Literal["refuse", "accept"] = Field(
        default="refuse", description="what to do with orders paid through a test gateway"
    )
    calls_at_once: int | None = Field(
        default=None,
        ge=1,
        le=50,
        description="price calls under way at once; as many as a second pays for, if not set",
    )
    bulk: Literal["auto", "always", "never"] = Field(
        default="auto", description="whether many prices go by bulk operation; auto: if faster"
    )
    bulk_from: int = Field(
        default=501, ge=2, description="prices from which on a bulk operation is thought of"
    )
    bulk_seconds: int = Field(
        default=120, ge=1, description="how long a bulk operation takes beside its lines"
    )
    bulk_products_per_second: int = Field(
        default=10, ge=1, description="how many products a bulk operation works through a second"
    )
    file_hosts: tuple[str, ...] = Field(
        default=("shopify-staged-uploads.storage.googleapis.com", "storage.googleapis.com"),
        description="hosts that files of bulk operations may lie at, beside the shop's own",
    )
    order_lines: int = Field(
        default=5, ge=1, le=40, description="lines read with an order before paging begins"
    )
    open_returns: bool = Field(
        default=False,
        description="open the ERP's own returns in the shop too; needs write_returns",
    )
    payouts: bool = Field(
        default=False,
        description="read what Shopify Payments paid out; needs read_shopify_payments_payouts",
    )
    payout_days_back: int = Field(
        default=30, ge=1, le=180, description="how long a payout may take from its issue to the end"
    )
    hooks_url: str = Field(
        default="",
        pattern=r"^(https://\S+)?$",
        description="where its webhooks reach us; if set, lost subscriptions are made anew",
    )


def settings_of(connection: Connection) -> ShopifySettings:
    """Read the settings of a connection; a wrong one is RejectedError naming its key."""
    try:
        return ShopifySettings.model_validate(connection.settings)
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
