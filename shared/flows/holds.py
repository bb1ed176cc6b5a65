"""What an order takes off availability, kept on the cards of its SKUs: all of it at once."""

from collections.abc import Mapping
from functools import partial

from shared.domain import orders
from shared.domain.reservations import ended, without_holds
from shared.flows import keys
from shared.flows.hold_pages import changed_rows, commit_cards, open_cards
from shared.model.case import Case
from shared.model.holds import Hold, HoldCard
from shared.model.reservation import Reservation, ReservationState
from shared.model.retailer import Retailer
from shared.ports import Put, Row, Store


def write_holds(store: Store, retailer: Retailer, case: Case) -> bool:
    """Make the cards say what this case implies; False when somebody else wrote one meanwhile.

    A reservation the order was placed with ends in the same transaction, so its units are the
    order's from one moment to the next; of an order of very many articles it ends last, card by
    card, since one that has ended gives nothing back any more.
    """
    order_id = case.order.order_id
    wanted = orders.holds(case, location=retailer.channel(case.order.channel).locations[0])
    by_line = {line.line_id: line.sku for line in orders.lines_of(case)}
    mine: dict[str, dict[str, Hold]] = {sku: {} for sku in case.skus}
    for name, hold in wanted.items():
        mine[str(by_line[hold.line_id])][name] = hold
    pointer = keys.reserved(order_id)
    rows = store.get([*(keys.hold(sku) for sku in mine), pointer])
    taken = _reservation(store, rows.get(pointer))
    ending: list[Put] = []
    since = {case.captured_at}
    if taken is not None:
        reservation, rev = taken
        ending.append(_committed(reservation, rev))
        since.add(reservation.since)
        others = {line.sku for line in reservation.lines} - mine.keys()
        rows |= store.get(keys.hold(sku) for sku in sorted(others))
        mine |= {sku: {} for sku in sorted(others)}
    cards = open_cards(store, rows, mine, since)
    if cards is None:
        return False
    change = partial(_held, mine, order_id, taken[0] if taken else None)
    return commit_cards(store, changed_rows(cards, change, others=len(ending)), ending)


def _held(
    mine: Mapping[str, Mapping[str, Hold]],
    order_id: str,
    taken: Reservation | None,
    card: HoldCard,
) -> HoldCard:
    """The card without what ended and with what is held from now on."""
    kept = without_holds(order_id, card)
    if taken is not None:
        kept = ended(taken, kept)
    return kept.model_copy(update={"holds": {**kept.holds, **mine[card.sku]}})


def _reservation(store: Store, pointer: Row | None) -> tuple[Reservation, int] | None:
    """The reservation this order was placed with and its revision, if it still holds units."""
    if pointer is None:
        return None
    key = keys.reservation(str(pointer.body["reservation_id"]))
    row = store.get([key]).get(key)
    found = Reservation.model_validate(row.body) if row else None
    return (found, row.rev) if row and found and found.open else None


def _committed(taken: Reservation, expected: int) -> Put:
    done = taken.model_copy(update={"state": ReservationState.COMMITTED})
    key = keys.reservation(taken.reservation_id)
    return Put(key, done.model_dump(mode="json"), expected, state=done.state)
