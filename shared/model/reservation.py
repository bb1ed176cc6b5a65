"""Units promised to a checkout before its order is placed, until an instant."""

from enum import StrEnum

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku
from shared.model.order import ExternalId

LINES_MAX = 80
"""With the reservation itself and its order, fewer rows than one transaction may write."""


class ReservationState(StrEnum):
    HELD = "held"
    COMMITTED = "committed"
    RELEASED = "released"
    EXPIRED = "expired"


class ReservedLine(Canonical):
    """Units of one article at one location; a wish that two locations share is two of them."""

    line_id: str
    sku: Sku
    location: Name
    quantity: int = Field(gt=0)


class Reservation(Canonical):
    """`order_id` is the order it is for, once known; `digest` tells a repeat of the call."""

    reservation_id: str = Field(pattern=r"^[a-z2-7]{20}$")
    channel: Name
    digest: str
    lines: tuple[ReservedLine, ...] = Field(min_length=1)
    state: ReservationState = ReservationState.HELD
    order_id: str | None = None
    since: Instant
    expires_at: Instant

    @property
    def open(self) -> bool:
        """Whether it still takes units off availability."""
        return self.state is ReservationState.HELD

    @property
    def holder(self) -> str:
        """By which name its holds stand on the cards; no order has it, for those hold a channel."""
        return f"reservation:{self.reservation_id}"


class Wish(Canonical):
    """What a checkout asks for; anywhere the channel sells from, unless a location is named."""

    sku: Sku
    quantity: int = Field(gt=0, le=100_000)
    location: Name | None = None


class ReservationRequest(Canonical):
    """The body of a call. `order` is the number the order will have, if that is known already."""

    channel: Name
    lines: tuple[Wish, ...] = Field(min_length=1, max_length=LINES_MAX)
    order: ExternalId | None = None
    expires_in_s: int = Field(default=900, ge=30, le=86_400)
