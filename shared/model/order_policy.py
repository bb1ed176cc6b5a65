"""What a retailer asks of an order before it goes to the ERP."""

from typing import Literal

from pydantic import Field

from shared.model.base import Canonical

type Oversold = Literal["accept", "backorder", "hold"]
type AddressField = Literal["name", "lines", "city", "postcode", "country"]


class AddressLimits(Canonical):
    """How long the parts of an address may be in an ERP, and which it does not do without.

    None is no limit; `lines` has one for each line there is room for.
    """

    name: int | None = None
    lines: tuple[int, ...] = ()
    city: int | None = None
    region: int | None = None
    postcode: int | None = None
    country: int | None = None
    phone: int | None = None
    required: tuple[AddressField, ...] = ()


class OrderPolicy(Canonical):
    """Of one channel."""

    release_when: Literal["placed", "authorised", "captured"] = Field(
        default="placed",
        description="how far payment must be; credit that was agreed counts as paid",
    )
    payments: Literal["told", "elsewhere"] | None = Field(
        default=None,
        description="whether captures are told, or whoever sells collects and tells none; by the "
        "system if none, and elsewhere for an order by call or file that tells of no payment",
    )
    fraud: Literal["hold", "ignore"] = Field(
        default="hold", description="whether a verdict that is pending or bad holds an order"
    )
    buyer_cancels: Literal["hold", "tell"] = Field(
        default="hold",
        description="whether an order whose buyer asks to cancel waits for a person, or is told of",
    )
    shipped_elsewhere: Literal["hold", "send"] = Field(
        default="hold",
        description="what becomes of an order that left before the ERP knew of it",
    )
    oversold: Oversold = Field(
        default="accept",
        description="whether an order that took more than may be sold goes on, goes on if that may "
        "be sold before it is there, or waits",
    )
    address: tuple[AddressField, ...] = Field(
        default=(), description="what an order must say of where the goods go"
    )
