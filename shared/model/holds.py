"""What orders take off an article, in its partition."""

from typing import Literal

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku


class Hold(Canonical):
    """Units an accepted order takes off availability until the ERP's own figures include them."""

    order_id: str
    line_id: str
    location: Name
    quantity: int = Field(gt=0)
    since: Instant


class HoldCard(Canonical):
    """Every open hold on one SKU, by `order_id/line_id`.

    Of a SKU that many check out at once, `dealt` says how many units of a location were dealt to
    counters and not taken back; less what is left in them, they are held too. While `dealt_at`
    names a location they are drawn from there, by the channels of `dealt_to`, until `gather_at`.
    """

    kind: Literal["holds"] = "holds"
    sku: Sku
    holds: dict[str, Hold] = Field(default_factory=dict)
    dealt: dict[str, int] = Field(default_factory=dict)
    dealt_at: Name | None = None
    dealt_to: tuple[Name, ...] = ()
    gather_at: Instant | None = None

    def at(self, location: str) -> int:
        return sum(h.quantity for h in self.holds.values() if h.location == location)
