"""What a channel may promise at this moment: of an article alone, of a kit, and of what it is made.

A promise of a kit writes the cards of its components as they are. So whoever promises what another
promises too, whole or as a part, has to have read it before: one of two is late, and looks again.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import replace
from itertools import chain

from shared.domain.reservations import Levels, Offers, Short, placed
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.derive import Deriver
from shared.flows.hold_pages import TOGETHER_MAX
from shared.flows.kits_now import Present
from shared.flows.reserve_refusals import TOO_MANY
from shared.flows.shards import Shards, touch_put
from shared.flows.sku_facts import links_of
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.kits import KitLinks
from shared.model.reservation import ReservationRequest, ReservedLine
from shared.model.retailer import Retailer
from shared.model.target import StockValue
from shared.ports import Key, Put, Row, Store

type Kin = Mapping[str, KitLinks]
"""Of each article that is asked for, its kits and its components."""

IN_CARDS = Present(left_of=())
IN_ALL = Present()


@frozen
class Sellable:
    """`deriver` says what a channel may sell, by the same rules by which it is published."""

    store: Store
    retailer: Retailer
    deriver: Deriver
    shards: Shards

    def kin(self, skus: Iterable[str]) -> Kin:
        if self.retailer.kits is None:
            return {}
        wanted = {sku: keys.kit_links(sku) for sku in skus}
        rows = self.store.get(wanted.values())
        return {sku: links_of(sku, rows) for sku in wanted}

    def placed(
        self, wish: ReservationRequest, kin: Kin, *, dealt: bool
    ) -> tuple[list[ReservedLine], list[Short]]:
        """Of what no counter has; no lines where what they have is needed, which is gathered."""
        lines, short = self._tried(wish, kin, IN_CARDS)
        if not short or not (dealt or any(one.kits or one.components for one in kin.values())):
            return lines, short
        _, short = self._tried(wish, kin, IN_ALL)
        if not short:
            self.shards.gather_all(self._all_kin(wish, kin))
        return [], short

    def offers(self, sku: str) -> Offers:
        """What each channel may sell, of its own counters too and of those of its kin not."""
        implied = self.deriver.implied([sku], present=Present(left_of=(sku,)))
        return {one.name: _level(implied, one.name, sku) for one in self.retailer.channels}

    def _tried(
        self, wish: ReservationRequest, kin: Kin, present: Present
    ) -> tuple[list[ReservedLine], list[Short]]:
        skus = dict.fromkeys(line.sku for line in wish.lines)
        if not _meet(skus, kin):
            levels = self._levels(wish.channel, skus, present)
            return placed(wish.lines, lambda sku, _: levels[sku])

        def left(sku: str, taken: Levels) -> Mapping[str, int]:
            others = {name: at for name, at in taken.items() if name != sku}
            return self._levels(wish.channel, [sku], replace(present, also=others))[sku]

        return placed(wish.lines, left)

    def _levels(self, channel: str, skus: Iterable[str], present: Present) -> Levels:
        wanted = tuple(skus)
        implied = self.deriver.implied(wanted, present=present)
        return {sku: _level(implied, channel, sku) for sku in wanted}

    def _all_kin(self, wish: ReservationRequest, kin: Kin) -> Iterable[str]:
        """All that may have dealt units of what is asked for, or of what that is made of."""
        parts = [part for links in kin.values() for part in links.components]
        links = [*kin.values(), *self.kin(parts).values()]
        kits = chain.from_iterable(one.kits for one in links)
        return [*(line.sku for line in wish.lines), *parts, *kits]


def parts_of(kin: Kin) -> list[str]:
    """Components of what is asked for that are not asked for by themselves."""
    parts = dict.fromkeys(part for links in kin.values() for part in links.components)
    return [part for part in parts if part not in kin]


def touched(kin: Kin, rows: Mapping[Key, Row], others: int) -> Sequence[Put]:
    """The cards of these components as they are, on the revisions at which they were read."""
    found = [touch_put(part, rows.get(keys.hold(part))) for part in parts_of(kin)]
    if found and len(found) + others > TOGETHER_MAX:
        raise RejectedError(
            f"these kits are made of {len(found)} components",
            code=TOO_MANY,
            field="lines",
            value=str(len(found)),
            remedy=f"reserve kits of at most {TOGETHER_MAX - others} components at once",
        )
    return found


def _meet(skus: Iterable[str], kin: Kin) -> bool:
    """Whether two of them are made of the same."""
    seen: set[str] = set()
    for sku in skus:
        uses = {sku, *(kin[sku].components if sku in kin else ())}
        if uses & seen:
            return True
        seen |= uses
    return False


def _level(implied: Mapping[Key, Json], channel: str, sku: str) -> Mapping[str, int]:
    place = keys.target(channel, Facet.STOCK, sku)
    return StockValue.model_validate(implied[place]).levels if place in implied else {}
