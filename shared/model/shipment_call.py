"""Shipments as a warehouse posts them: what left for one order, and in which parcels."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId, Name, Sku
from shared.model.return_call import OwnId

LINES_MAX = 200
PARCELS_MAX = 100
Said = Annotated[str, StringConstraints(max_length=100)]


class CalledShipmentLine(Canonical):
    """Named by the channel's `line_id`, or by `sku` where one line alone has that article."""

    line_id: ExternalId | None = None
    sku: Sku | None = None
    quantity: int = Field(gt=0, le=1_000_000)


class CalledParcel(Canonical):
    carrier: Said = ""
    number: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="the carrier's tracking number"
    )
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)] | None = None


class ShipmentCall(Canonical):
    """The body of POST /v1/shipments: goods of one order that left one location.

    A higher `version` of a `shipment_id` tells it anew: its parcels are added, and its lines count
    as long as it waits for its order.
    """

    source: Name = Field(description="who ships: a source of the retailer's file")
    shipment_id: OwnId = Field(description="the source's own id, each shipment another")
    version: int = Field(default=1, ge=1, le=1_000_000_000)
    order_id: Annotated[str, StringConstraints(min_length=3, max_length=160)] | None = Field(
        default=None, description="ours: <channel>:<order>; or name the ERP's order instead"
    )
    erp_order: ExternalId | None = None
    location: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="where it left: our name of the place, or the source's"
    )
    shipped_at: Instant
    lines: tuple[CalledShipmentLine, ...] = Field(min_length=1, max_length=LINES_MAX)
    parcels: tuple[CalledParcel, ...] = Field(default=(), max_length=PARCELS_MAX)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.order_id is None) == (self.erp_order is None):
            raise ValueError("name the order by order_id or by erp_order, and not by both")
        for line in self.lines:
            if line.line_id is None and line.sku is None:
                raise ValueError("every line needs a line_id or a sku")
        return self

    @property
    def told_as(self) -> str:
        """What it is called on its order."""
        return f"{self.source}:{self.shipment_id}"


class ShipmentProblem(Canonical):
    """Why a shipment is not on its order yet."""

    field: str
    value: str
    remedy: str


class ShipmentAnswer(Canonical):
    """What was made of a shipment; one that waits is kept, and tried again by itself.

    `version` is the one that counts: what is older changes nothing.
    """

    source: str
    shipment_id: str
    version: int
    order_id: str | None
    status: str = Field(description="placed, compared, waiting or closed")
    problem: ShipmentProblem | None
