"""Orders an ERP could not be reached for go there once it can be: the most urgent first.

A drainer takes the few orders that are the most urgent by then, sends them, takes the next, and
goes on by message. So an order is chosen when its turn has come.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from shared.errors import RetryableError, ThrottledError
from shared.flows import keys
from shared.flows.cases import CaseRow, Cases
from shared.flows.drainers import AT_ONCE, BLOCK, DELAY_MAX_S, LEASE, Drainers, drainer, leased
from shared.flows.send import Sender
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.retailer import Retailer
from shared.ports import Clock, Message, Queues, Row, Store

TURN: Final = timedelta(seconds=20)  # then others who want the ERP have theirs
CONTENDED: Final = timedelta(seconds=1)
AGAIN: Final = timedelta(seconds=5)  # where nobody says when


@frozen
class Drain:
    """`send` brings one order to the ERP and all that follows it."""

    connection: str
    sender: Sender
    cases: Cases
    store: Store
    queues: Queues
    clock: Clock
    retailer: Retailer
    send: Callable[[str], None]

    def turn(self, place: int, turn: str, *, out_of_time: Callable[[], bool]) -> None:
        """One turn of a drainer; it goes on by message, and ends with the backlog or the ERP.

        A message that is not the newest of its place, such as a doubled one, does nothing.
        """
        key = keys.drainers(self.connection, place + 1)[place]
        row, ends = self.store.get([key]).get(key), self.clock.now() + TURN
        if row is None or str(row.rev) != turn:
            return
        after = self._block(place, out_of_time, first=True)
        while after == AT_ONCE and self.clock.now() < ends and not out_of_time():
            after = self._block(place, out_of_time)
        until = self.clock.now() if after is None else self.clock.now() + LEASE
        if self.store.commit([leased(key, row, until)])[0] and after is not None:
            self.queues.send([drainer(self.connection, place, row.rev + 1, after)])

    def _block(
        self, place: int, out_of_time: Callable[[], bool], *, first: bool = False
    ) -> timedelta | None:
        """Send a few; answers how long to wait for the next, or None where there is no next."""
        mine = self._taken(place)
        if not mine:
            return CONTENDED if mine is not None else None
        self.sender.seen.update({row.case.order.order_id: row for row in mine})
        for i, row in enumerate(mine):
            if out_of_time():
                self._back(mine[i:])
                break
            after = self._sent(row.case.order.order_id)
            if after != AT_ONCE:
                self._back(mine[i + 1 :])
                return after
            if first and i == place == 0:  # the ERP is well: the others need not wait for the sweep
                self.queues.send(self._drainers.woken(self.connection))
        return AT_ONCE

    def _sent(self, order_id: str) -> timedelta | None:
        """Send one; answers how long the ERP wants to be left alone, None if it is away."""
        self.sender.postponed.discard(order_id)
        try:
            self.send(order_id)
        except ThrottledError as error:
            self.sender.postpone(order_id)
            return max(error.after or AGAIN, timedelta(seconds=1))
        except RetryableError as error:
            delay_s = min(-(-(error.after or AGAIN) // timedelta(seconds=1)), DELAY_MAX_S)
            queue = keys.write_queue(self.connection)
            self.queues.send([Message(queue, {"case": order_id}, delay_s)])
        return None if order_id in self.sender.postponed else AT_ONCE

    def _taken(self, place: int) -> list[CaseRow] | None:
        """The most urgent few, taken out of the lane by whoever is the first to write.

        Who comes second takes those that are his own if all begin at once. None if none rest.
        """
        count = self.retailer.connection(self.connection).limits.slots
        for limit in (BLOCK, count * BLOCK):
            rows = self._drainers.resting(self.connection, limit=limit)
            if not rows:
                return None
            start = 0 if limit == BLOCK else min(place * BLOCK, max(0, len(rows) - BLOCK))
            if mine := self._claimed(rows[start : start + BLOCK]):
                return mine
        return []

    def _claimed(self, rows: Sequence[Row]) -> list[CaseRow]:
        """Should who took them vanish, the sweep finds them as any other, once he is over."""
        found = [CaseRow(Case.model_validate(row.body), row.rev) for row in rows]
        due = self.clock.now() + LEASE
        written = self.store.commit([self.cases.put(x.case, x.rev, due=due) for x in found])
        return [CaseRow(x.case, x.rev + 1) for x, ok in zip(found, written, strict=True) if ok]

    def _back(self, rows: Sequence[CaseRow]) -> None:
        for row in rows:
            self.sender.seen.pop(row.case.order.order_id, None)
        self.cases.rest(rows)

    @property
    def _drainers(self) -> Drainers:
        return Drainers(self.store, self.clock, self.retailer)
