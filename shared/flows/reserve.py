"""Units for a checkout: all lines or none, let go once, by its order, by a call or by time.

A reservation and the cards that hold its units are written in one transaction, each on the revision
read before it was looked up what may be sold. So of two who want the last unit one is refused, and
a reservation that is let go has given back exactly what it took.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from shared.domain.reservations import Short, ended, with_holds
from shared.errors import RetryableError, SyncError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.derive import Deriver
from shared.flows.hold_pages import TOGETHER_MAX, changed_rows, commit_cards, open_cards
from shared.flows.reserve_refusals import digest, gone, ordered, repeated
from shared.flows.sellable import Sellable, parts_of, touched
from shared.flows.shards import Shards
from shared.frozen import frozen
from shared.model.holds import HoldCard
from shared.model.reservation import Reservation, ReservationRequest, ReservationState, ReservedLine
from shared.model.retailer import Retailer
from shared.ports import Clock, Key, Put, Row, Store, Table

TRIES: Final = 12
CONTENDED: Final = 2  # races lost by one call, from which on an article counts as hot
PLANNED_FOR: Final = timedelta(minutes=1)  # longer than a call may take
AWAITED: Final = timedelta(days=1)  # how long a committed reservation waits for its order
KEPT: Final = timedelta(days=30)
AGAIN: Final = timedelta(seconds=1)


@frozen
class Reservations:
    """`deriver` says what a channel may sell, by the same rules by which it is published."""

    store: Store
    clock: Clock
    retailer: Retailer
    cases: Cases
    deriver: Deriver
    shards: Shards

    def take(self, wish: ReservationRequest, *, name: str) -> Reservation | list[Short]:
        """Hold all lines until the reservation expires, or none and say which are short.

        `name` is the caller's own for this call: the same one with the same wish is answered with
        the reservation as it stands, with another wish it is refused. Who loses races has the
        article dealt to counters, if there is enough of it.
        """
        for lost in range(1, TRIES + 1):
            found = self._drawn(wish, name) or self._held(wish, name)
            if found is not None:
                return found
            if lost >= CONTENDED and len(wish.lines) == 1:
                self._heat_up(wish)
        raise RetryableError("these articles are wanted by many at once", after=AGAIN)

    def _held(self, wish: ReservationRequest, name: str) -> Reservation | list[Short] | None:
        """One try on the cards; None when somebody was faster."""
        place, kin = keys.reservation(name), self._sellable.kin(line.sku for line in wish.lines)
        parts = [keys.hold(part) for part in parts_of(kin)]
        rows = self.store.get([place, *self._of_order(wish), *_cards(wish), *parts])
        plan = Reservation.model_validate(rows[place].body) if place in rows else None
        if plan is not None and plan.state is not ReservationState.PLANNED:
            return repeated(plan, wish)
        if plan is not None and (known := self._resumed(plan, wish, rows[place].rev)) is not None:
            return known
        dealt = self._dealt(rows, wish)
        if dealt and self._counters_at(wish) is not None:
            return None
        self._unordered(wish, rows)
        lines, short = self._sellable.placed(wish, kin, dealt=dealt)
        if short or not lines:
            return short or None
        made = self._made(wish, name, lines)
        writes = [
            reservation_put(made, rows[place].rev if place in rows else 0),
            *self._pointing(made, rows),
        ]
        cards = open_cards(self.store, rows, _skus(made), ()) or ()
        for puts in changed_rows(cards, partial(with_holds, made), others=len(writes)):
            writes += puts
        writes += touched(kin, rows, len(writes))
        return made if self.store.commit_together(writes) else None

    def _made(
        self, wish: ReservationRequest, name: str, lines: Sequence[ReservedLine]
    ) -> Reservation:
        now = self.clock.now()
        return Reservation(
            reservation_id=name,
            channel=wish.channel,
            digest=digest(wish),
            lines=tuple(lines),
            order_id=_order_id(wish.channel, wish.order),
            since=now,
            expires_at=now + timedelta(seconds=wish.expires_in_s),
        )

    def _drawn(self, wish: ReservationRequest, name: str) -> Reservation | None:
        """Draw from a counter, if the only article wished for is hot; None where that is no way.

        What is about to be drawn is written first, so that it goes back if nobody goes on with it.
        """
        line, location = wish.lines[0], self._counters_at(wish)
        if location is None:
            return None
        one = ReservedLine(line_id="1", sku=line.sku, location=location, quantity=line.quantity)
        made = self._made(wish, name, [one])
        planned = made.model_copy(
            update={
                "state": ReservationState.PLANNED,
                "drawn": True,
                "expires_at": self.clock.now() + PLANNED_FOR,
            }
        )
        rev = self._planned(planned)
        if rev is None:
            return None
        counter = self.shards.draw(line.sku, location, line.quantity, made.token)
        if counter is None:
            self.shards.gather(line.sku)
            return None
        held = made.model_copy(update={"drawn": True})
        if not self.store.commit([reservation_put(held, rev)])[0]:
            known = self.find(name)
            if known is None or not known.drawn:
                self.shards.undo(line.sku, location, line.quantity, made.token)
                raise RetryableError(f"reservation {name} took too long", after=AGAIN)
            held = known  # a repeat of this call has found the units drawn, and holds them
        self.shards.settle(counter, made.token)
        if self.shards.touch(line.sku):
            self.shards.recall(line.sku, self._sellable.offers(line.sku))
        return held

    def _counters_at(self, wish: ReservationRequest) -> str | None:
        """Where what is wished for is drawn, as far as is remembered; None where it is not."""
        (line, *others) = wish.lines
        location = self.shards.location(line.sku, wish.channel)
        whole = not others and wish.order is None and line.location in {None, location}
        return location if whole else None

    def _planned(self, plan: Reservation) -> int | None:
        """The revision of the plan, also of one written before that has drawn nothing yet."""
        if self.store.commit([reservation_put(plan, 0)])[0]:
            return 1
        row = self._row(plan.reservation_id)
        known = Reservation.model_validate(row.body) if row else plan
        if row is None or known.state is not ReservationState.PLANNED:
            return None
        (line,) = known.lines
        same = known.digest == plan.digest and line == plan.lines[0]
        return (
            row.rev if same and not self.shards.knows(line.sku, line.location, plan.token) else None
        )

    def _resumed(self, plan: Reservation, wish: ReservationRequest, rev: int) -> Reservation | None:
        """What an earlier call drew before it ended; None if it had drawn nothing."""
        line = repeated(plan, wish).lines[0]
        if not self.shards.knows(line.sku, line.location, plan.token):
            return None
        until = plan.since + timedelta(seconds=wish.expires_in_s)
        held = plan.model_copy(update={"state": ReservationState.HELD, "expires_at": until})
        if self.store.commit([reservation_put(held, rev)])[0]:
            return held
        raise RetryableError(f"reservation {plan.reservation_id} is contended", after=AGAIN)

    def _dealt(self, rows: Mapping[Key, Row], wish: ReservationRequest) -> bool:
        """Whether units of it were ever dealt to counters; where they are now, is remembered."""
        found = [rows[key].body for key in _cards(wish) if key in rows]
        for body in found:
            if body.get("dealt_at"):
                self.shards.remember(HoldCard.model_validate(body))
        return any(body.get("dealt") for body in found)

    def _heat_up(self, wish: ReservationRequest) -> None:
        sku = wish.lines[0].sku
        parts = parts_of(self._sellable.kin([sku]))
        self.shards.deal(sku, wish.channel, partial(self._sellable.offers, sku), parts=parts)

    @property
    def _sellable(self) -> Sellable:
        return Sellable(self.store, self.retailer, self.deriver, self.shards)

    def find(self, name: str) -> Reservation | None:
        row = self._row(name)
        return Reservation.model_validate(row.body) if row else None

    def commit(self, name: str, order: str) -> Reservation | None:
        """Keep the units for this order, whose capture then takes them over; None if unknown."""
        for _ in range(TRIES):
            row = self._row(name)
            if row is None:
                return None
            known = Reservation.model_validate(row.body)
            order_id = _order_id(known.channel, order)
            if known.order_id == order_id and known.state is not ReservationState.EXPIRED:
                return known
            if not known.open or known.order_id is not None:
                raise gone(known)
            due = self.clock.now() + AWAITED
            bound = known.model_copy(update={"order_id": order_id, "expires_at": due})
            rows = self.store.get([keys.reserved(str(order_id))])
            self._unreserved(order, rows.values())
            pointing = self._pointing(bound, rows)
            if self.store.commit_together([reservation_put(bound, row.rev), *pointing]):
                self.cases.sync_holds(str(order_id))  # it may have been captured before
                return self.find(name)
        raise RetryableError(f"reservation {name} is contended", after=AGAIN)

    def release(
        self, name: str, *, to: ReservationState = ReservationState.RELEASED
    ) -> Reservation | None:
        """Give the units back, once however often it is asked; None if there is none."""
        for _ in range(TRIES):
            row = self._row(name)
            if row is None:
                return None
            known = Reservation.model_validate(row.body)
            if known.state is ReservationState.COMMITTED:
                raise gone(known)
            if not known.waiting:
                return known
            forget = self.clock.now() + KEPT
            over = known.model_copy(update={"state": to})
            cards = self._freed(known) if known.open else []
            if cards is None:
                continue
            if not known.open or sum(map(len, cards)) >= TOGETHER_MAX:
                self._abandon(known, row.rev, to)
                continue
            ending = [reservation_put(over, row.rev, forget=forget)]
            if commit_cards(self.store, cards, ending):
                return over
        raise RetryableError(f"reservation {name} is contended", after=AGAIN)

    def _freed(self, known: Reservation) -> list[list[Put]] | None:
        """The rows of its cards without what it takes; None when somebody was faster."""
        rows = self.store.get(keys.hold(sku) for sku in _skus(known))
        since = () if known.drawn else (known.since,)
        cards = open_cards(self.store, rows, _skus(known), since)
        if cards is None:
            return None
        return changed_rows(cards, partial(ended, known), others=1)

    def _abandon(self, known: Reservation, rev: int, to: ReservationState) -> None:
        """End a plan, or what is on too many rows: first so that nobody goes on with it.

        Then give back what it drew, or holds; only one of a single line draws.
        """
        if known.state is not ReservationState.ABANDONED:
            gone = known.model_copy(
                update={
                    "state": ReservationState.ABANDONED,
                    "drawn": False,
                    "expires_at": min(known.expires_at, self.clock.now()),
                }
            )
            self.store.commit([reservation_put(gone, rev)])
            return
        if len(known.lines) > 1:
            cards = self._freed(known)
            if cards is None or not commit_cards(self.store, cards, ()):
                return
        for line in known.lines[:1]:
            self.shards.undo(line.sku, line.location, line.quantity, known.token)
        over = known.model_copy(update={"state": to})
        self.store.commit([reservation_put(over, rev, forget=self.clock.now() + KEPT)])

    def expire(self, *, out_of_time: Callable[[], bool]) -> int:
        """Let go of what has had its time, and gather what was hot; how many were let go."""
        now = self.clock.now()
        for row in self.store.due(Table.FACTS, keys.HOT_LANE, until=now):
            if not out_of_time():
                self.shards.gather(str(row.body["sku"]))
        count = 0
        for name in self._expired(now):
            if out_of_time():
                break
            try:
                count += self._let_go(name, now)
            except SyncError:  # of this one alone, which the next minute finds again
                continue
        return count

    def _expired(self, now: datetime) -> Iterator[str]:
        """Page after page, since a sale may leave more behind each minute than one holds."""
        seen: set[str] = set()
        while True:
            rows = self.store.due(Table.ORDERS, keys.RESERVATION_LANE, until=now)
            names = [str(row.body["reservation_id"]) for row in rows]
            fresh = [name for name in names if name not in seen]
            if not fresh:
                return
            seen.update(fresh)
            yield from fresh

    def _let_go(self, name: str, now: datetime) -> bool:
        known = self.find(name)
        if known is None or not known.waiting or known.expires_at > now:
            return False
        self.release(name, to=ReservationState.EXPIRED)
        return True

    def _row(self, name: str) -> Row | None:
        place = keys.reservation(name)
        return self.store.get([place]).get(place)

    def _of_order(self, wish: ReservationRequest) -> list[Key]:
        order_id = _order_id(wish.channel, wish.order)
        return [keys.reserved(order_id), keys.case(order_id)] if order_id else []

    def _unordered(self, wish: ReservationRequest, rows: Mapping[Key, Row]) -> None:
        found = [rows[key] for key in self._of_order(wish) if key in rows]
        pointers = [row for row in found if "reservation_id" in row.body]
        if len(found) > len(pointers):
            raise ordered(wish.order)
        self._unreserved(wish.order, pointers)

    def _unreserved(self, order: str | None, pointers: Iterable[Row]) -> None:
        """An order has one reservation at a time: units of a second would wait for nobody."""
        for row in pointers:
            before = self.find(str(row.body["reservation_id"]))
            if before is not None and before.open:
                raise ordered(order)

    def _pointing(self, made: Reservation, rows: Mapping[Key, Row]) -> Iterable[Put]:
        if made.order_id is not None:
            key = keys.reserved(made.order_id)
            row = rows.get(key)
            body = {"reservation_id": made.reservation_id}
            expires = made.expires_at + KEPT
            yield Put(key, body, row.rev if row else 0, expires=expires)


def reservation_name(caller: str, key: str) -> str:
    """One name for each key of each caller, the same every time."""
    digest = hashlib.sha256(f"{caller}\n{key}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:20]


def reservation_put(made: Reservation, expected: int, *, forget: datetime | None = None) -> Put:
    """The row of a reservation: in its lane until it expires or is over."""
    return Put(
        keys.reservation(made.reservation_id),
        made.model_dump(mode="json"),
        expected,
        lane=keys.RESERVATION_LANE if made.waiting else None,
        due=made.expires_at if made.waiting else None,
        state=made.state,
        expires=forget,
    )


def _cards(wish: ReservationRequest) -> list[Key]:
    return [keys.hold(line.sku) for line in wish.lines]


def _skus(made: Reservation) -> list[str]:
    return list(dict.fromkeys(line.sku for line in made.lines))


def _order_id(channel: str, order: str | None) -> str | None:
    return None if order is None else f"{channel}:{order}"
