"""Orders that took more than may be sold: held where the retailer says so, and let go by stock.

An order's units are held before it is judged, so that two that took the same unit know of each
other. One that waits stands in a lane; each minute those for which there is enough are looked at
again. What nobody holds orders for costs nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from shared.domain import awaiting, shortage
from shared.domain.shortage import Goods
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.derive import Deriver
from shared.flows.hold_pages import apart, with_pages
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.retailer import Retailer
from shared.ports import Clock, Message, Queues, Store, Table

TRIES: Final = 8
LOOKED_AT: Final = 100  # waiting orders a minute, the longest waiting first


@frozen
class Shortage:
    """`deriver` knows what is free of an article, by the rules by which it is published."""

    store: Store
    cases: Cases
    deriver: Deriver
    retailer: Retailer

    def of(self, case: Case) -> dict[str, int]:
        """Units short by line, its own being held already."""
        channel = self.retailer.channel(case.order.channel)
        skus = [line.sku for line in case.order.lines if line.sku]
        goods = self._goods(skus, case.captured_at)
        policy, places = channel.orders.oversold, channel.locations
        found = shortage.short(case, goods, (), policy, places=places)
        if not found:
            return found
        waiting = self._waiting(shortage.later_orders(case, goods.values()))
        return shortage.short(case, goods, waiting, policy, places=places)

    def _goods(self, skus: Sequence[str], since: datetime) -> dict[str, Goods]:
        """With every hold by name that is not older than this."""
        for _ in range(TRIES):
            known = self.deriver.known(skus)
            parts = [c.sku for one in known.values() for c in one.components if c.sku not in known]
            known |= self.deriver.known(parts) if parts else {}
            cards = [one.holds for one in known.values() if one.holds is not None]
            holds = with_pages(self.store, cards, since=since)
            if holds is not None:
                return {
                    sku: Goods(one.pool, holds.get(sku), tuple(one.components), one.links.kits)
                    for sku, one in known.items()
                }
        raise apart(", ".join(skus))

    def _waiting(self, order_ids: Iterable[str]) -> list[str]:
        """Those of these orders that wait for stock themselves."""
        rows = self.store.get(keys.case(name) for name in order_ids)
        found = [Case.model_validate(row.body) for row in rows.values()]
        return [case.order.order_id for case in found if awaiting.waits(case)]


@frozen
class Awaited:
    """Each minute: orders that wait for stock which is there now go on."""

    store: Store
    queues: Queues
    clock: Clock
    shortage: Shortage

    def run(self) -> int:
        """How many are looked at again."""
        retailer = self.shortage.retailer
        if all(channel.orders.oversold == "accept" for channel in retailer.channels):
            return 0
        now = self.clock.now()
        rows = self.store.due(Table.ORDERS, keys.SHORT_LANE, until=now, limit=LOOKED_AT)
        found = [Case.model_validate(row.body) for row in rows]
        ready = [case for case in found if awaiting.unchecked(case) or not self.shortage.of(case)]
        self.queues.send(
            [
                Message(
                    keys.read_queue(retailer.channel(case.order.channel).connection),
                    {"release": case.order.order_id},
                )
                for case in ready
            ]
        )
        return len(ready)
