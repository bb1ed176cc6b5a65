"""What orders take off an article: the newest on its card, the others on pages the card names."""

import operator
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


class HoldPage(Canonical):
    """Holds of a SKU for which its card has no room, by `order_id/line_id`.

    It is written with the card that names it, and at no other time.
    """

    kind: Literal["hold-page"] = "hold-page"
    sku: Sku
    holds: dict[str, Hold] = Field(default_factory=dict)


class Paged(Canonical):
    """What a card knows of one of its pages: units by location, held since `first` to `last`."""

    held: dict[str, int]
    first: Instant
    last: Instant


class HoldCard(Canonical):
    """Every open hold on one SKU, by `order_id/line_id`, but those on its pages.

    How many units each of its `pages` holds is said here, so that the card alone tells what is
    held; `paged` counts the pages there ever were, for none takes the name of another. All holds of
    one order or reservation are of the same instant, by which their page is found.

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
    pages: dict[str, Paged] = Field(default_factory=dict, exclude_if=operator.not_)
    paged: int = Field(default=0, exclude_if=operator.not_)

    def at(self, location: str) -> int:
        """Units that are held by name."""
        on_pages = sum(page.held.get(location, 0) for page in self.pages.values())
        return on_pages + sum(h.quantity for h in self.holds.values() if h.location == location)
