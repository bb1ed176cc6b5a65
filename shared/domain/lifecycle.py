"""The life of an order: what may follow what, and where it stands by all that is known of it.

News of an order comes late, doubled and out of order. So where it stands is not counted up by
events: the case keeps what was heard as sets that only grow (payments, refunds, shipments with
their tracking numbers), as the newest telling of the channel, and as the lines the ERP holds.
`settled` derives the state from these; whichever came first, it is the same in the end.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain import amounts, demand, orders, payments, refunds, returns, suspicion
from shared.domain.payments import PaymentState
from shared.domain.suspicion import Suspected
from shared.frozen import frozen
from shared.model.case import Case, CaseState, Counts, ErpLine, HoldReason, Intent
from shared.model.money import Money
from shared.model.order import Order, OrderLine, Shipment, Tracking

ASKED: Final = "buyer asks to cancel"
_C = CaseState
_LATER = frozenset({_C.ACCEPTED, _C.PARTLY_SHIPPED, _C.SHIPPED, _C.RETURNED})
_HAD = frozenset({_C.HELD, _C.RELEASED, _C.SENDING, _C.IN_DOUBT})

NEXT: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    _C.HELD: frozenset({_C.RELEASED, _C.CANCELLED}) | _LATER,
    _C.RELEASED: frozenset({_C.HELD, _C.SENDING, _C.CANCELLED}) | _LATER,
    _C.SENDING: frozenset({_C.IN_DOUBT, _C.RELEASED, _C.HELD, _C.CANCELLED}) | _LATER,
    _C.IN_DOUBT: frozenset({_C.SENDING, _C.RELEASED, _C.HELD, _C.CANCELLED}) | _LATER,
    _C.ACCEPTED: _LATER - {_C.ACCEPTED} | {_C.CANCELLED},
    _C.PARTLY_SHIPPED: frozenset({_C.SHIPPED, _C.RETURNED}),
    _C.SHIPPED: frozenset({_C.PARTLY_SHIPPED, _C.RETURNED}),  # a line was added after all had left
    _C.RETURNED: frozenset({_C.PARTLY_SHIPPED, _C.SHIPPED}),
    _C.CANCELLED: _LATER,  # a lost request landed, or units were ordered anew
    _C.RECORDED: frozenset(),
}
"""Where an order goes from each state."""

BEHIND: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    _C.HELD: frozenset({_C.SENDING, _C.IN_DOUBT}),
    _C.RELEASED: frozenset({_C.IN_DOUBT}),
    _C.SENDING: frozenset(),
    _C.IN_DOUBT: frozenset(),
    _C.ACCEPTED: _HAD,
    _C.PARTLY_SHIPPED: _HAD | {_C.ACCEPTED, _C.CANCELLED},
    _C.SHIPPED: _HAD | {_C.ACCEPTED, _C.CANCELLED},
    _C.RETURNED: _HAD | {_C.ACCEPTED, _C.CANCELLED},
    _C.CANCELLED: _HAD,
    _C.RECORDED: frozenset(_C) - {_C.RECORDED},
}
"""What late news may still speak of in each state: it is noted, and the order stays where it is."""


class Fulfilment(StrEnum):
    OPEN = "open"
    ALLOCATED = "allocated"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    PARTLY_RETURNED = "partly_returned"
    RETURNED = "returned"
    NOTHING = "nothing_to_ship"


class Billing(StrEnum):
    OPEN = "open"
    PARTLY_INVOICED = "partly_invoiced"
    INVOICED = "invoiced"


class Cancellation(StrEnum):
    NONE = "none"
    ASKED = "asked"
    PARTLY = "partly_cancelled"
    CANCELLED = "cancelled"
    TOO_LATE = "too_late"


@frozen
class Standing:
    """Where an order stands, in the aspects that move by themselves."""

    state: CaseState
    payment: PaymentState
    fraud: Suspected
    fulfilment: Fulfilment
    billing: Billing
    cancellation: Cancellation


def advance(case: Case, to: CaseState, *, now: datetime) -> Case:
    """The case in this state; noted, and where it was, if the news is behind what is known.

    ValueError if no news can mean that: it is a bug of whoever says so.
    """
    if to is case.state:
        return case
    if to in NEXT[case.state]:
        return case.model_copy(update={"state": to})
    if to in BEHIND[case.state]:
        return orders.noted(case, "late news", f"{to}, and it is {case.state}", now=now)
    raise ValueError(f"an order that is {case.state} cannot become {to}")


def standing(case: Case, *, now: datetime) -> Standing:
    paid = payments.state_of(case.newest, case.newest.payments, now=now)
    aspects = fulfilment(case), billing(case), cancellation(case)
    return Standing(case.state, paid, suspicion.of(case), *aspects)


def fulfilment(case: Case) -> Fulfilment:
    """Goods back count once all have left; before that, what has yet to leave matters more."""
    gone, left = demand.shipped(case), demand.to_leave(case)
    if any(gone.values()) and not left:
        back = case.counts.returned
        if all(back.get(line_id, 0) >= units for line_id, units in gone.items()):
            return Fulfilment.RETURNED
        return Fulfilment.PARTLY_RETURNED if any(back.values()) else Fulfilment.SHIPPED
    if any(gone.values()):
        return Fulfilment.PARTLY_SHIPPED
    promised = case.counts.allocated
    if left and all(promised.get(line_id, 0) >= units for line_id, units in left.items()):
        return Fulfilment.ALLOCATED
    return Fulfilment.OPEN if left else Fulfilment.NOTHING


def billing(case: Case) -> Billing:
    billed, gone, left = case.counts.invoiced, demand.shipped(case), demand.to_leave(case)
    if not any(billed.values()):
        return Billing.OPEN
    whole = not left and all(billed.get(line_id, 0) >= units for line_id, units in gone.items())
    return Billing.INVOICED if whole else Billing.PARTLY_INVOICED


def counted(case: Case, told: Counts) -> Case:
    """The case with what the ERP says of units; an older count takes nothing back."""
    grown = {
        name: {
            line_id: max(units.get(line_id, 0), more.get(line_id, 0))
            for line_id in sorted({*units, *more})
        }
        for name in Counts.model_fields
        if (units := getattr(case.counts, name)) is not None
        and (more := getattr(told, name)) is not None
    }
    return case.model_copy(update={"counts": Counts.model_validate(grown)})


def cancellation(case: Case) -> Cancellation:
    """Of units that were sold and are no longer wanted: whether the ERP has let them go."""
    if case.late:
        return Cancellation.TOO_LATE
    wish = demand.wanted(case.newest, case.refunds)
    sold = {line.line_id: line.quantity for line in case.newest.lines}
    held = {line_id: line.units for line_id, line in case.erp_lines.items()}
    if all(wish.get(line_id, 0) >= units for line_id, units in (*sold.items(), *held.items())):
        return Cancellation.NONE
    if demand.unsettled(case) or case.state in demand.UNDER_WAY:
        return Cancellation.ASKED
    return Cancellation.PARTLY if any(wish.values()) else Cancellation.CANCELLED


def told(case: Case, order: Order, *, before_erp: bool) -> Case:
    """The case with one more telling of its channel, older ones included.

    Before the ERP may hold it, the newest telling is the order; after that it waits as `told`.
    """
    known = refunds.joined(case, order.refunds)
    for one in order.returns:
        case = returns.told(case, one)
    newest = joined(case.newest, order.model_copy(update={"returns": ()}))
    if before_erp:
        changed = case.model_copy(update={"order": newest, "told": None, "refunds": known})
    else:
        changed = case.model_copy(update={"told": newest, "refunds": known})
    return changed


def asked(case: Case, before: Sequence[str], *, now: datetime) -> Case:
    """The case with a note of lines whose buyer asks to cancel, as of now."""
    lines = case.newest.asked_back
    if not lines or tuple(before) == lines:
        return case
    return orders.noted(case, ASKED, ", ".join(lines), now=now)


def joined(known: Order, other: Order) -> Order:
    """The newer of two tellings, with every payment of both; once cancelled, always cancelled."""
    newer, older = (other, known) if other.updated_at >= known.updated_at else (known, other)
    ends = [o.cancelled_at for o in (newer, older) if o.cancelled_at is not None]
    return newer.model_copy(
        update={
            "payments": payments.joined(older.payments, newer.payments),
            "cancelled_at": min(ends, default=None),
            "terms": known.terms or other.terms,
            "lines": _mapped(newer, older),
        }
    )


def _mapped(newer: Order, older: Order) -> tuple[OrderLine, ...]:
    """A line keeps the article it was mapped to, until it is mapped again."""
    skus = {line.line_id: line.sku for line in older.lines if line.sku}
    return tuple(
        line.model_copy(update={"sku": skus[line.line_id]})
        if line.sku is None and line.line_id in skus
        else line
        for line in newer.lines
    )


def accepted(
    case: Case, intent: Intent, *, number: str, lines: Mapping[str, ErpLine], total: Money | None
) -> Case:
    """The ERP holds the order; a second acceptance changes nothing."""
    if case.erp_order is not None:
        return case
    applied = orders.with_intent(case, intent)
    known = {"erp_order": number, "erp_lines": dict(lines), "erp_total": total, "holds": ()}
    return applied.model_copy(update=known)


def amended(case: Case, lines: Mapping[str, ErpLine]) -> Case:
    """The case with lines of the ERP's order as they were just read."""
    return case.model_copy(update={"erp_lines": {**case.erp_lines, **lines}})


def shipped(case: Case, shipment: Shipment) -> Case:
    """The case with this shipment; of one known already, tracking numbers are added."""
    known = {one.shipment_id: one for one in case.shipments}
    before = known.get(shipment.shipment_id)
    if before is not None:
        tracking = _tracking(before.tracking, shipment.tracking)
        shipment = before.model_copy(update={"tracking": tracking})
    known[shipment.shipment_id] = shipment
    return case.model_copy(update={"shipments": tuple(known[name] for name in sorted(known))})


def _tracking(*lists: tuple[Tracking, ...]) -> tuple[Tracking, ...]:
    found: dict[str, Tracking] = {}
    for one in (one for each in lists for one in each):
        before = found.get(one.number)
        found[one.number] = one if before is None else max(before, one, key=repr)
    return tuple(found[number] for number in sorted(found))


def settled(case: Case, *, now: datetime) -> Case:
    """The case where all that is known puts it, with what became too late.

    What the channel told is the order once the ERP holds it, or will not.
    """
    resolved = tuple(orders.resolved(case, shipment) for shipment in case.shipments)
    case = case.model_copy(update={"shipments": resolved})
    case = case.model_copy(update={"late": demand.late(case)})
    case = counted(case, Counts(returned=returns.back(case)))
    if case.erp_order is None:
        return case
    held = (HoldReason.FRAUD,) if demand.kept_back(case) else ()
    case = case.model_copy(update={"holds": held})
    if case.told is not None and not demand.unsettled(case) and not demand.unmapped(case):
        case = amounts.pinned(case, case.told)
        case = case.model_copy(update={"order": case.told, "told": None})
    return advance(case, _derived(case), now=now)


def _derived(case: Case) -> CaseState:
    """What is wanted is not over, though the ERP has rejected it."""
    gone, wish = demand.shipped(case), demand.wanted(case.newest, case.refunds)
    left = any(
        (wish.get(line_id, 0) if line.rejected else line.units) > gone[line_id]
        for line_id, line in case.erp_lines.items()
    )
    if any(gone.values()) and not left:
        back = fulfilment(case) is Fulfilment.RETURNED
        return _C.RETURNED if back else _C.SHIPPED
    if any(gone.values()):
        return _C.PARTLY_SHIPPED
    return _C.ACCEPTED if left else _C.CANCELLED
