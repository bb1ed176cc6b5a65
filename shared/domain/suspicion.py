"""What a bad verdict on fraud means for an order, however late it comes.

It follows from the newest verdict and from what has left, so whichever was heard first, and however
often, it is the same in the end.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain import demand, orders
from shared.model.case import Case, CaseState, HoldReason
from shared.model.order import FraudVerdict, Order
from shared.model.order_policy import OrderPolicy

BAD: Final = frozenset({FraudVerdict.PENDING, FraudVerdict.REJECTED})
HELD, GOOD = "held for fraud", "no longer held for fraud"
"""Steps of the timeline, once the order was sent."""


class Suspected(StrEnum):
    NONE = "none"
    HELD = "held"
    TOO_LATE = "too_late"


def suspect(order: Order, policy: OrderPolicy) -> bool:
    """Whether its verdict is one that an order of this channel is held for."""
    return policy.fraud == "hold" and order.fraud in BAD


def judged(case: Case, policy: OrderPolicy, *, now: datetime) -> Case:
    """The case with what the newest verdict says; a better one ends what the ERP refused of it."""
    found = suspect(case.newest, policy)
    if found == case.suspect:
        return case
    case = case.model_copy(update={"suspect": found})
    if case.refused_header is not None and case.refused_header.blocked:
        case = case.model_copy(update={"refused_header": None})
    if case.erp_order is None and case.state not in demand.UNDER_WAY:
        return case
    return orders.noted(case, HELD if found else GOOD, case.newest.fraud, now=now)


def of(case: Case) -> Suspected:
    """Held while units are to leave; too late once all have, until it is cancelled or all back."""
    before = case.state is CaseState.HELD and HoldReason.FRAUD in case.holds
    if before or demand.kept_back(case):
        return Suspected.HELD
    ended = case.state is CaseState.RETURNED or case.newest.cancelled_at is not None
    gone = any(demand.shipped(case).values()) or any(x.delivered for x in case.erp_lines.values())
    return Suspected.TOO_LATE if case.suspect and gone and not ended else Suspected.NONE


def units(case: Case, counts: dict[str, int]) -> str:
    """Units by line in words, each by its article."""
    named = {line.line_id: line.sku or line.title for line in orders.lines_of(case)}
    said = (f"{n} x {named.get(line_id, line_id)}" for line_id, n in sorted(counts.items()))
    return ", ".join(said)[:200]
