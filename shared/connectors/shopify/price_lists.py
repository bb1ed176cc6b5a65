"""Price lists: what the buyers of a segment pay instead, as fixed prices of a market or company.

A segment that pays as everybody has no fixed price. The calls are imported where there are lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from shared.connectors.shopify import list_queries, mapping
from shared.connectors.shopify.graphql import AdminApi
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.target import Outcome, Push, ScaledPrice, SegmentPrice

if TYPE_CHECKING:
    from shared.connectors.shopify.list_calls import ListCalls
    from shared.connectors.shopify.queries import Operation

NO_LIST = "no_price_list"


class Row(NamedTuple):
    """What one variant costs on a list; None takes its fixed price away."""

    key: str
    variant: str
    value: SegmentPrice | None
    scaled: bool


@frozen
class PriceLists:
    """`lists` are the ids of price lists by segment."""

    api: AdminApi
    lists: Mapping[str, str]

    @property
    def read_at_once(self) -> int:
        return list_queries.READ_AT_ONCE

    def rows(self, push: Push) -> dict[str, Row]:
        """By list: what differs from what is shown; RejectedError where a segment has no list."""
        desired = mapping.parse_price(push.desired).segments
        for name in desired:
            if name not in self.lists:
                raise RejectedError(
                    f"segment {name} has no price list in this shop",
                    code=NO_LIST,
                    field=f"segments.{name}.external",
                    remedy="name the price list of the segment in the retailer's file",
                )
        shown = mapping.parse_price(push.published).segments if push.published else {}
        return {
            gid: Row(
                push.key,
                push.links["variant"],
                desired.get(name),
                bool(_scales(desired.get(name)) or _scales(shown.get(name))),
            )
            for name, gid in self.lists.items()
            if desired.get(name) != shown.get(name)
        }

    def set(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, list[Outcome]]:
        """Set the rows of each list; the outcomes of every line, one for each list."""
        return self._calls.set(rows) if rows else {}

    def operations(self, pushes: Sequence[Push]) -> list[Operation]:
        """The calls these lines make if nothing is wrong with them."""
        kinds: dict[tuple[str, int], int] = {}
        for push in pushes:
            for gid, row in self.rows(push).items():
                kind = 0 if row.value is None else 1 + row.scaled
                kinds[gid, kind] = kinds.get((gid, kind), 0) + 1
        if not kinds:
            return []
        from shared.connectors.shopify import list_calls  # noqa: PLC0415

        return list_calls.operations(kinds)

    def shown(self, variants: Mapping[str, str]) -> dict[str, dict[str, SegmentPrice]]:
        """By key: what each segment is shown beside the general price."""
        return self._calls.shown(self.lists, variants)

    @property
    def _calls(self) -> ListCalls:
        from shared.connectors.shopify.list_calls import ListCalls  # noqa: PLC0415

        return ListCalls(self.api)


def _scales(value: SegmentPrice | None) -> tuple[ScaledPrice, ...]:
    return value.scales if value else ()
