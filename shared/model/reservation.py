"""Units promised to a checkout before its order is placed, until an instant."""

from enum import StrEnum

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId, Name, Sku

LINES_MAX = 80
"""With the reservation itself and its order, fewer rows than one transaction may write."""


class ReservationState(StrEnum):
    PLANNED = "planned"  # about to draw from a counter
    ABANDONED = "abandoned"  # nobody went on with it; what it drew goes back
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
    """`order_id` is the order it is for, once known; `digest` tells a repeat of the call.

    `drawn` means that its units came from a counter, so no card names it.
    """

    reservation_id: str = Field(pattern=r"^[a-z2-7]{20}$")
    channel: Name
    digest: str
    lines: tuple[ReservedLine, ...] = Field(min_length=1)
    state: ReservationState = ReservationState.HELD
    order_id: str | None = None
    drawn: bool = False
    since: Instant
    expires_at: Instant

    @property
    def open(self) -> bool:
        """Whether it still takes units off availability."""
        return self.state is ReservationState.HELD

    @property
    def waiting(self) -> bool:
        """Whether something is still to be done about it, at `expires_at`."""
        ends = {ReservationState.PLANNED, ReservationState.ABANDONED, ReservationState.HELD}
        return self.state in ends

    @property
    def token(self) -> str:
        """By which a counter knows it; short, for a counter's row is written again and again."""
        return self.reservation_id[:8]

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
