"""Who sends an ERP the orders that wait for it: as many as it takes calls at once.

The orders rest in a lane of their own, by how urgent they are. A drainer is a lease, and a message
by which whoever holds it goes on. So there are never more hints than the ERP takes calls, however
long it was away.
"""

from datetime import datetime, timedelta
from typing import Final

from shared.flows import keys
from shared.flows.breaker import Circuit
from shared.frozen import frozen
from shared.model.retailer import Retailer
from shared.ports import Clock, Key, Message, Put, Row, Store, Table

BLOCK: Final = 5  # orders a drainer takes at once
LEASE: Final = timedelta(minutes=3)  # longer than a turn, and the way to it
AT_ONCE: Final = timedelta(0)
DELAY_MAX_S: Final = 900  # SQS delays a message by 15 minutes at most


@frozen
class Drainers:
    """Those of an ERP, as many as it takes calls at once; each is leased by who goes on with it."""

    store: Store
    clock: Clock
    retailer: Retailer

    def woken(self, erp: str) -> list[Message]:
        """Messages for those that are to begin: as many as there is work for.

        One, while nobody knows whether the ERP is well; none, while it is left alone.
        """
        count = self.retailer.connection(erp).limits.slots
        waiting = len(self.resting(erp, limit=count * BLOCK))
        if not waiting:
            return []
        places, circuit = keys.drainers(erp, count), keys.breaker(erp)
        rows, now = self.store.get([circuit, *places]), self.clock.now()
        state = Circuit.of(rows.get(circuit))
        if state.open and state.until is not None and now < state.until:
            return []
        most = 1 if state.open else -(-waiting // BLOCK)
        asleep = [key for key in places[:most] if not _held(rows.get(key), now)]
        writes = [leased(key, rows.get(key), now + LEASE) for key in asleep]
        begun = [k for k, ok in zip(asleep, self.store.commit(writes), strict=True) if ok]
        turns = {write.key: write.expected + 1 for write in writes}
        return [drainer(erp, places.index(key), turns[key]) for key in begun]

    def resting(self, erp: str, *, limit: int) -> list[Row]:
        """The most urgent orders that rest; what has left may still be among them."""
        return self.store.due(Table.ORDERS, keys.backlog_lane(erp), limit=limit)


def drainer(erp: str, place: int, turn: int, after: timedelta = AT_ONCE) -> Message:
    """The message one of an ERP's drainers goes on by; `turn` is the revision of its lease."""
    delay_s = min(-(-after // timedelta(seconds=1)), DELAY_MAX_S)
    return Message(keys.write_queue(erp), {"drain": str(place), "turn": str(turn)}, delay_s)


def _held(row: Row | None, now: datetime) -> bool:
    return row is not None and datetime.fromisoformat(str(row.body["until"])) > now


def leased(key: Key, row: Row | None, until: datetime) -> Put:
    """The lease of a drainer, on the revision it was read at."""
    return Put(key, {"until": until.isoformat()}, row.rev if row else 0)
