"""Units for a checkout: all lines or none, let go once, by its order, by a call or by time.

A reservation and the cards that hold its units are written in one transaction, each on the revision
read before it was looked up what may be sold. So of two who want the last unit one is refused, and
a reservation that is let go has given back exactly what it took.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from shared.domain.reservations import Levels, Short, placed, with_holds, without_holds
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.derive import Deriver
from shared.model.facts import HoldCard
from shared.model.ids import Facet
from shared.model.reservation import Reservation, ReservationRequest, ReservationState
from shared.model.retailer import Channel, Retailer
from shared.model.target import StockValue
from shared.ports import Clock, Key, Put, Row, Store, Table, Write

TRIES: Final = 12
AWAITED: Final = timedelta(days=1)  # how long a committed reservation waits for its order
KEPT: Final = timedelta(days=30)
AGAIN: Final = timedelta(seconds=1)
KEY_REUSED, GONE, ORDERED = "key_reused", "gone", "ordered"


@dataclass(frozen=True, slots=True)
class Reservations:
    """`deriver` says what a channel may sell, by the same rules by which it is published."""

    store: Store
    clock: Clock
    retailer: Retailer
    cases: Cases
    deriver: Deriver

    def take(self, wish: ReservationRequest, *, name: str) -> Reservation | list[Short]:
        """Hold all lines until the reservation expires, or none and say which are short.

        `name` is the caller's own for this call: the same one with the same wish is answered with
        the reservation as it stands, with another wish it is refused.
        """
        channel = self.retailer.channel(wish.channel)
        place = keys.reservation(name)
        for _ in range(TRIES):
            rows = self.store.get([place, *self._of_order(wish), *_cards(wish)])
            if place in rows:
                return _repeated(Reservation.model_validate(rows[place].body), wish)
            self._unordered(wish, rows)
            lines, short = placed(wish.lines, self._levels(channel, wish))
            if short:
                return short
            now = self.clock.now()
            made = Reservation(
                reservation_id=name,
                channel=channel.name,
                digest=_digest(wish),
                lines=tuple(lines),
                order_id=_order_id(wish.channel, wish.order),
                since=now,
                expires_at=now + timedelta(seconds=wish.expires_in_s),
            )
            writes = [
                reservation_put(made, 0),
                *_changed(rows, _skus(made), partial(with_holds, made)),
                *self._pointing(made, rows),
            ]
            if self.store.commit_together(writes):
                return made
        raise RetryableError("these articles are wanted by many at once", after=AGAIN)

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
                raise _gone(known)
            due = self.clock.now() + AWAITED
            bound = known.model_copy(update={"order_id": order_id, "expires_at": due})
            pointer = keys.reserved(str(order_id))
            pointing = self._pointing(bound, self.store.get([pointer]))
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
                raise _gone(known)
            if not known.open:
                return known
            cards = self.store.get(keys.hold(sku) for sku in _skus(known))
            ended = known.model_copy(update={"state": to})
            writes = [
                reservation_put(ended, row.rev, forget=self.clock.now() + KEPT),
                *_changed(cards, _skus(known), partial(without_holds, known.holder)),
            ]
            if self.store.commit_together(writes):
                return ended
        raise RetryableError(f"reservation {name} is contended", after=AGAIN)

    def expire(self, *, out_of_time: Callable[[], bool]) -> int:
        """Let go of what has had its time; how many that were."""
        now = self.clock.now()
        count = 0
        for row in self.store.due(Table.ORDERS, keys.RESERVATION_LANE, until=now):
            if out_of_time():
                break
            known = self.find(str(row.body["reservation_id"]))
            if known is None or not known.open or known.expires_at > now:
                continue
            self.release(known.reservation_id, to=ReservationState.EXPIRED)
            count += 1
        return count

    def _row(self, name: str) -> Row | None:
        place = keys.reservation(name)
        return self.store.get([place]).get(place)

    def _levels(self, channel: Channel, wish: ReservationRequest) -> Levels:
        skus = dict.fromkeys(line.sku for line in wish.lines)
        implied = self.deriver.implied(skus)
        places = {sku: keys.target(channel.name, Facet.STOCK, sku) for sku in skus}
        return {
            sku: StockValue.model_validate(implied[place]).levels
            for sku, place in places.items()
            if place in implied
        }

    def _of_order(self, wish: ReservationRequest) -> list[Key]:
        order_id = _order_id(wish.channel, wish.order)
        return [keys.reserved(order_id), keys.case(order_id)] if order_id else []

    def _unordered(self, wish: ReservationRequest, rows: Mapping[Key, Row]) -> None:
        found = [rows[key] for key in self._of_order(wish) if key in rows]
        pointer = next((r for r in found if "reservation_id" in r.body), None)
        before = self.find(str(pointer.body["reservation_id"])) if pointer else None
        if any(row is not pointer for row in found) or (before and before.open):
            raise RejectedError(
                f"order {wish.order} is placed or has a reservation",
                code=ORDERED,
                field="order",
                value=wish.order,
                remedy="an order holds its own units from the moment it is known; reserve before",
            )

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
        lane=keys.RESERVATION_LANE if made.open else None,
        due=made.expires_at if made.open else None,
        state=made.state,
        expires=forget,
    )


def _changed(
    rows: Mapping[Key, Row], skus: Iterable[str], change: Callable[[HoldCard], HoldCard]
) -> list[Write]:
    """The cards of these SKUs that are another after the change."""
    writes: list[Write] = []
    for sku in skus:
        key = keys.hold(sku)
        row = rows.get(key)
        card = HoldCard.model_validate(row.body) if row else HoldCard(sku=sku)
        new = change(card)
        if new != card:
            writes.append(Put(key, new.model_dump(mode="json"), row.rev if row else 0))
    return writes


def _cards(wish: ReservationRequest) -> list[Key]:
    return [keys.hold(line.sku) for line in wish.lines]


def _skus(made: Reservation) -> list[str]:
    return list(dict.fromkeys(line.sku for line in made.lines))


def _order_id(channel: str, order: str | None) -> str | None:
    return None if order is None else f"{channel}:{order}"


def _digest(wish: ReservationRequest) -> str:
    return hashlib.sha256(wish.model_dump_json().encode()).hexdigest()


def _repeated(known: Reservation, wish: ReservationRequest) -> Reservation:
    if known.digest == _digest(wish):
        return known
    raise RejectedError(
        "this key came with another body before",
        code=KEY_REUSED,
        field="Idempotency-Key",
        value=known.reservation_id,
        remedy="use a new key for a new call, and the same body for a repeat",
    )


def _gone(known: Reservation) -> RejectedError:
    whose = f" for order {known.order_id}" if known.order_id else ""
    return RejectedError(
        f"reservation {known.reservation_id} is {known.state}{whose}",
        code=GONE,
        field="reservation",
        value=known.state,
        remedy="cancel the order to give its units back"
        if known.state is ReservationState.COMMITTED
        else "reserve again with a new key; what was let go may be sold to others",
    )
