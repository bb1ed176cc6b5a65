"""Shopify's ways to take prices, as figures, and how much of a lane is looked at for them."""

from collections.abc import Sequence
from datetime import timedelta

from shared.connectors.shopify import costs, queries
from shared.connectors.shopify.settings import ShopifySettings
from shared.domain.ways import Room, Way, choose
from shared.frozen import frozen
from shared.model.limits import Limits

ROUND = 500  # lines of a round
REACH_MAX = 10_000
TYPICAL = 10  # variants of a product
AT_ONCE_MAX = 32
GROUPED = Way(
    "grouped", costs.MUTATION, costs.PER_VARIANT, lines_most=queries.ARRAY_MAX, one_group=True
)


@frozen
class Ways:
    """`at_once` calls may be under way, `reach` lines are looked at to choose from.

    Up to `few` lines go by calls; more by bulk operation, if it is faster or `always`.
    """

    at_once: int
    reach: int
    few: int
    always: bool
    bulk: Way | None

    @classmethod
    def of(cls, limits: Limits, settings: ShopifySettings) -> "Ways":
        """Beyond what a second pays for calls wait, beyond a full bucket lines."""
        call = costs.bulk_update(TYPICAL)
        at_once = min(limits.points_per_second * costs.POINT // call, AT_ONCE_MAX)
        reach = min(limits.bucket * costs.POINT * TYPICAL // call, REACH_MAX)
        bulk = None if settings.bulk == "never" else bulk_of(settings)
        return cls(
            at_once=settings.calls_at_once or max(at_once, 1),
            reach=max(reach, ROUND) if bulk is None else REACH_MAX,
            few=settings.bulk_from - 1,
            always=settings.bulk == "always",
            bulk=bulk,
        )

    def by_bulk(self, groups: Sequence[str], room: Room) -> bool:
        """Whether so many lines are all shown sooner by a bulk operation."""
        if self.bulk is None or len(groups) <= self.few:
            return False
        return self.always or choose((GROUPED, self.bulk), groups, room) is self.bulk


def bulk_of(settings: ShopifySettings) -> Way:
    """A bulk operation costs the bucket no more than its beginning, which is left out."""
    return Way(
        "bulk",
        0,
        lines_most=queries.ARRAY_MAX,
        one_group=True,
        latency=timedelta(seconds=settings.bulk_seconds),
        calls_per_second=settings.bulk_products_per_second,
        taken_most=REACH_MAX,
    )
