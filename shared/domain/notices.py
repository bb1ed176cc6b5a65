"""Which notices a case gives rise to: what its customer is to be told, by a name of its own each.

Everything follows from the case. Who asks twice, or after news that came in another order, gets
the same names, so that a notice is given once however often it is asked for.
"""

from collections.abc import Iterator
from dataclasses import field
from datetime import datetime, timedelta
from hashlib import sha256

from shared.domain import demand
from shared.frozen import frozen
from shared.model.case import Case, CaseState
from shared.model.money import Money
from shared.model.notices import NoticeKind, NoticeRules
from shared.model.order import Shipment

UNTOLD = "none was told"


@frozen
class Notice:
    """`mark` names it within its order; `at` is when what it tells of happened."""

    order_id: str
    mark: str
    kind: NoticeKind
    at: datetime
    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)


def arising(case: Case, rules: NoticeRules) -> tuple[Notice, ...]:
    """All notices of a case, in the order of their events, however long ago those were."""
    order = case.newest
    kinds = rules.channels.get(order.channel, ())
    to = order.customer.email.strip()
    if not kinds or not _told(case, rules) or digest(to) in rules.opted_out or "@" not in to:
        return ()
    number = {"order": order.number}
    found = (
        Notice(order.order_id, mark, kind, at, to, *_words(rules, kind, said | number))
        for kind, mark, at, said in _events(case, untracked=rules.untracked)
        if kind in kinds
    )
    return tuple(sorted(found, key=lambda one: (one.at, one.mark)))


def due(case: Case, rules: NoticeRules, now: datetime) -> tuple[Notice, ...]:
    """Those that are still news."""
    return tuple(one for one in arising(case, rules) if fresh(one.at, rules, now))


def fresh(at: datetime, rules: NoticeRules, now: datetime) -> bool:
    return now - at <= timedelta(hours=rules.max_age_hours)


def digest(address: str) -> str:
    """An address as the list of those who are never mailed has it."""
    return sha256(address.strip().lower().encode()).hexdigest()


def _told(case: Case, rules: NoticeRules) -> bool:
    """Orders of before are another system's to tell of, and a pending one may change its mind."""
    recorded = case.state is CaseState.RECORDED
    return not recorded and not case.newest.pending and case.captured_at >= rules.since


type _Event = tuple[NoticeKind, str, datetime, dict[str, str]]


def _events(case: Case, *, untracked: bool) -> Iterator[_Event]:
    order = case.newest
    if case.state is CaseState.CANCELLED:
        at = order.cancelled_at or order.updated_at
        yield NoticeKind.CANCELLED, "cancelled", at, {}
    else:
        said = {"amount": money(order.shopper_total or order.total)}
        yield NoticeKind.RECEIVED, "received", case.captured_at, said
        yield from _delayed(case)
    for shipment in case.shipments:
        if shipment.tracking or untracked:
            mark, said = f"shipped/{shipment.shipment_id}", {"tracking": parcels(shipment)}
            yield NoticeKind.SHIPPED, mark, shipment.shipped_at, said
    for refund in case.refunds:
        if refund.total.amount > 0:
            mark = f"refunded/{refund.refund_id}"
            said = {"amount": money(refund.shopper or refund.total)}
            yield NoticeKind.REFUNDED, mark, refund.created_at, said


def _delayed(case: Case) -> Iterator[_Event]:
    """The last day on which something that has not left is promised; another day is other news."""
    left = demand.to_leave(case)
    days = [day.isoformat() for line_id, day in case.backorders.items() if line_id in left]
    if days and case.promised_at is not None:
        day = max(days)
        yield NoticeKind.DELAYED, f"delayed/{day}", case.promised_at, {"day": day}


def _words(rules: NoticeRules, kind: NoticeKind, said: dict[str, str]) -> tuple[str, str]:
    """Subject and body; a subject is one line, whatever a channel calls its orders."""
    text = rules.text(kind)
    subject = " ".join(text.subject.format_map(said).split())
    return subject, text.body.format_map(said)


def money(amount: Money) -> str:
    return f"{amount.text()} {amount.currency}"


def parcels(shipment: Shipment) -> str:
    """`DHL JJD1, DHL JJD2`; what the ERP has told of no parcel says so."""
    named = (f"{one.carrier} {one.number}".strip() for one in shipment.tracking)
    return ", ".join(dict.fromkeys(named)) or UNTOLD
