"""What a retailer asks of an order before it goes to the ERP."""

from typing import Literal

from pydantic import Field

from shared.model.base import Canonical

type AddressField = Literal["name", "lines", "city", "postcode", "country"]


class OrderPolicy(Canonical):
    """Of one channel."""

    release_when: Literal["placed", "authorised", "captured"] = Field(
        default="placed",
        description="how far payment must be; credit that was agreed counts as paid",
    )
    fraud: Literal["hold", "ignore"] = Field(
        default="hold", description="whether a verdict that is pending or bad holds an order"
    )
    address: tuple[AddressField, ...] = Field(
        default=(), description="what an order must say of where the goods go"
    )
