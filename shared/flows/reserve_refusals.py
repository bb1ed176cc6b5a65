"""Why a call about a reservation is refused: its key, its order, or what became of it."""

import hashlib

from shared.errors import RejectedError
from shared.model.reservation import Reservation, ReservationRequest, ReservationState

KEY_REUSED, GONE, ORDERED, TOO_MANY = "key_reused", "gone", "ordered", "too_many"


def digest(wish: ReservationRequest) -> str:
    return hashlib.sha256(wish.model_dump_json().encode()).hexdigest()


def repeated(known: Reservation, wish: ReservationRequest) -> Reservation:
    if known.digest == digest(wish):
        return known
    raise RejectedError(
        "this key came with another body before",
        code=KEY_REUSED,
        field="Idempotency-Key",
        value=known.reservation_id,
        remedy="use a new key for a new call, and the same body for a repeat",
    )


def ordered(order: str | None) -> RejectedError:
    return RejectedError(
        f"order {order} is placed or has a reservation",
        code=ORDERED,
        field="order",
        value=order,
        remedy="an order holds its own units from the moment it is known; reserve before",
    )


def gone(known: Reservation) -> RejectedError:
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
