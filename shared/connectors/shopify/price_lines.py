"""All of a price: what everybody pays by variant, and what segments pay by price list."""

from collections.abc import Sequence
from itertools import batched

from shared.connectors.shopify import mapping, prices, queries
from shared.connectors.shopify.price_lists import PriceLists, Row
from shared.connectors.shopify.prices import Prices
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.target import Outcome, PriceValue, Push, Verdict


@frozen
class PriceLines:
    """`most` lines make a batch; where segments have lists, as many as a call to one takes."""

    prices: Prices
    lists: PriceLists
    most: int

    def batches(self, pushes: Sequence[Push]) -> list[list[Push]]:
        if not self.lists.lists:
            return prices.batches(pushes, self.prices.at_once, self.most)
        ordered = [push for call in prices.calls(pushes) for push in call]
        size = min(queries.ARRAY_MAX, self.most)
        return [list(some) for some in batched(ordered, size, strict=False)]

    def by_variant_alone(self, push: Push) -> bool:
        """Whether all of it is told by one kind of call, as lines of a bulk operation are."""
        try:
            return not self.lists.rows(push)
        except (KeyError, RejectedError):
            return False

    def operations(self, batch: Sequence[Push]) -> list[queries.Operation]:
        """The calls a batch makes if nothing is wrong with it."""
        good = [push for push in batch if "variant" in push.links]
        general = prices.operations([push for push in good if _differs(push)])
        try:
            return [*general, *self.lists.operations(good)]
        except RejectedError:
            return general

    def push(self, batch: Sequence[Push]) -> list[Outcome]:
        """The general price first; what a list is told of a line follows only what stands."""
        outcomes: dict[str, list[Outcome]] = {push.key: [] for push in batch}
        rows: dict[str, dict[str, Row]] = {}
        for push in batch:
            try:
                self.prices.entry(push)
                rows[push.key] = self.lists.rows(push)
            except RejectedError as error:
                outcomes[push.key] = [mapping.rejected(push.key, error.code, str(error))]
        general = [push for push in batch if push.key in rows and _differs(push)]
        for outcome in self.prices.push(general):
            outcomes[outcome.key].append(outcome)
        told: dict[str, list[Row]] = {}
        for key, mine in rows.items():
            if all(outcome.verdict is Verdict.APPLIED for outcome in outcomes[key]):
                for gid, row in mine.items():
                    told.setdefault(gid, []).append(row)
        for key, found in self.lists.set(told).items():
            outcomes[key] += found
        return [mapping.worst(key, found) for key, found in outcomes.items()]

    def shown(self, pushes: Sequence[Push]) -> dict[str, Json]:
        """What the shop shows, by key, in the shape of what is wished."""
        general = self.prices.shown(pushes)
        if not self.lists.lists:
            return {p.key: _echoed(general[p.key], p) for p in pushes if p.key in general}
        variants = {p.links["variant"]: p.key for p in pushes if p.key in general}
        segments = self.lists.shown(variants)
        found: dict[str, Json] = {}
        for push in pushes:
            if push.key in general:
                value = mapping.parse_price(_echoed(general[push.key], push))
                both = value.model_copy(update={"segments": segments.get(push.key, {})})
                found[push.key] = both.model_dump(mode="json")
        return found

    @property
    def seen_at_once(self) -> int:
        return self.lists.read_at_once if self.lists.lists else queries.ARRAY_MAX


def _differs(push: Push) -> bool:
    """Whether the general price is to be sent: of what is known to stand only a list may differ."""
    if push.published is None:
        return True
    try:
        wished, shown = mapping.parse_price(push.desired), mapping.parse_price(push.published)
    except RejectedError:
        return True
    same = (wished.price, wished.compare_at) == (shown.price, shown.compare_at)
    return not same or wished.segments == shown.segments


def _echoed(shown: Json, push: Push) -> Json:
    """General prices by quantity are not told, and so are neither shown nor missing."""
    scales = mapping.parse_price(push.desired).scales
    if not scales:
        return shown
    value: PriceValue = mapping.parse_price(shown)
    return value.model_copy(update={"scales": scales}).model_dump(mode="json")
