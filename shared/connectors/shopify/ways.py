"""Shopify's ways to take prices, as figures, and how much of a lane is looked at for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.connectors.shopify import costs, queries
from shared.connectors.shopify.settings import ShopifySettings
from shared.domain.ways import Room, Way, fullest_first
from shared.model.limits import Limits

ROUND = 500  # lines of a round
REACH_MAX = 10_000
TYPICAL = 10  # variants of a product
AT_ONCE_MAX = 32
GROUPED = Way(
    "grouped", costs.MUTATION, costs.PER_VARIANT, lines_most=queries.ARRAY_MAX, one_group=True
)


@dataclass(frozen=True, slots=True)
class Ways:
    """`at_once` calls may be under way, `reach` lines are looked at to choose from."""

    at_once: int
    reach: int

    @classmethod
    def of(cls, limits: Limits, settings: ShopifySettings) -> "Ways":
        """Beyond what a second pays for calls wait, beyond a full bucket lines."""
        call = costs.bulk_update(TYPICAL)
        at_once = min(limits.points_per_second * costs.POINT // call, AT_ONCE_MAX)
        reach = min(limits.bucket * costs.POINT * TYPICAL // call, REACH_MAX)
        return cls(settings.calls_at_once or max(at_once, 1), max(reach, ROUND))

    def window(self, groups: Sequence[str], room: Room) -> Sequence[int]:
        del room
        return fullest_first(groups, ROUND)
