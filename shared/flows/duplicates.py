"""What the ERP holds more than once under one reference of ours, as exceptions.

Whatever was sent a second time is asked for once more when no lost request can land any longer:
only then is it known whether the ERP holds it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from shared.domain import demand
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.issues import Issues, Problem
from shared.model.case import Case, Intent, IntentKind, IntentState
from shared.model.invoice import BillingDocument
from shared.model.issue import IssueKind
from shared.ports import Message, PostedOrder

DELAY_MAX_S: Final = 900  # SQS delays a message by 15 minutes at most
_MADE: Final = frozenset({IntentKind.POST_ORDER, IntentKind.CREDIT, IntentKind.RETURN})


def check(connection: str, order_id: str, wait: timedelta) -> Message:
    """Asks to look for duplicates of an order; if it comes too early it is sent on."""
    wait_s = min(max(0, ceil(wait.total_seconds())), DELAY_MAX_S)
    body = {"case": order_id, "check": keys.DUPLICATES}
    return Message(keys.write_queue(connection), body, wait_s)


def too_early(case: Case, settle: timedelta, now: datetime) -> timedelta | None:
    """How long something that was sent of this order may still land; None once nothing may."""
    sent = (i.sent_at for i in case.intents if i.kind in _MADE and i.sent_at is not None)
    rest = max(sent, default=now - settle) + settle - now
    return rest if rest > timedelta() else None


def repeated(case: Case, kind: IntentKind) -> list[Intent]:
    """What is there, and was sent more than once."""
    applied = (i for i in case.intents if i.kind is kind and i.state is IntentState.APPLIED)
    return [intent for intent in applied if intent.attempts > 1 and intent.result]


def extra(intent: Intent, numbers: Sequence[str]) -> list[str]:
    """Documents of the ERP beside the one that is kept."""
    return [number for number in numbers if number != intent.result]


def document_twice(
    connection: str, case: Case, subject: str, intent: Intent, more: Sequence[str]
) -> Problem:
    """Of a credit or a return: `more` are the documents that nobody needs."""
    said = ", ".join(more)
    return Problem(
        kind=IssueKind.DUPLICATE_IN_ERP,
        subject=f"{case.order.order_id}/{subject}",
        connection=connection,
        summary=f"the ERP holds {intent.reference} {len(more) + 1} times: {intent.result}, {said}",
        remedy=f"keep {intent.result}, reject all items of {said} in the ERP; cancel its bill, if "
        "it is billed",
        field="reference",
        value=intent.reference,
        at_risk=next((r.total for r in case.refunds if r.refund_id == subject), None),
    )


def bill_of_another(connection: str, case: Case, bill: BillingDocument) -> Problem:
    """A bill under the reference of an order, of a document that is not the order of the ERP."""
    return Problem(
        kind=IssueKind.DUPLICATE_IN_ERP,
        subject=f"{case.order.order_id}/{bill.bills}",
        connection=connection,
        summary=f"ERP bill {bill.document} of {bill.total} bills {bill.bills}, a second "
        f"order under {case.reference}: the one that is kept is {case.erp_order}",
        remedy=f"cancel bill {bill.document} in the ERP, and reject all items of {bill.bills}",
        field="bills",
        value=bill.bills,
        at_risk=bill.total,
    )


def others(posted: Sequence[PostedOrder], kept: str) -> list[PostedOrder]:
    """What the ERP holds of an order beside the one that is kept, and has not let go of."""
    return [one for one in posted if one.erp_order != kept and not one.withdrawn]


def withdrawable(case: Case, posted: Sequence[PostedOrder], kept: str) -> list[str]:
    """Which of them it can let go of; none where the one that is kept would not be delivered."""
    if _kept_is_gone(case, posted, kept):
        return []
    return [one.erp_order for one in others(posted, kept) if not one.delivered]


def _kept_is_gone(case: Case, posted: Sequence[PostedOrder], kept: str) -> bool:
    """Whether the ERP rejected the order that is kept, while units of it are wanted."""
    gone = not any(one.erp_order == kept and not one.withdrawn for one in posted)
    return gone and any(demand.wanted(case.newest, case.refunds).values())


def order_twice(
    connection: str, case: Case, kept: str, posted: Sequence[PostedOrder], why: str = ""
) -> list[Problem]:
    """None where the ERP holds the order once. `why` is what it said when asked to let go."""
    more = [one.erp_order for one in others(posted, kept)]
    if not more:
        return []
    said = ", ".join([kept, *more])
    text = f"the ERP holds {case.reference} {len(more) + 1} times: {said}"
    return [
        Problem(
            kind=IssueKind.DUPLICATE_IN_ERP,
            subject=case.order.order_id,
            connection=connection,
            summary=f"{text}; {why}" if why else text,
            remedy=_remedy(case, kept, posted),
            field="reference",
            value=case.reference,
            at_risk=case.order.total,
            replay={
                "queue": keys.write_queue(connection),
                "case": case.order.order_id,
                "repair": keys.DUPLICATES,
            },
        )
    ]


def _remedy(case: Case, kept: str, posted: Sequence[PostedOrder]) -> str:
    if _kept_is_gone(case, posted, kept):
        return f"{kept}, which is kept, is rejected in the ERP: undo that, then replay"
    more = others(posted, kept)
    if sent := ", ".join(one.erp_order for one in more if one.delivered):
        return (
            f"goods of {sent} are on their way: reverse the delivery in the ERP, or take them "
            f"back, then replay; {kept} is kept"
        )
    said = ", ".join(one.erp_order for one in more)
    return f"replay, which rejects all items of {said} in the ERP; {kept} is kept"


def tell(
    issues: Issues, connection: str, case: Case, posted: Sequence[PostedOrder], why: str = ""
) -> None:
    """Of an order the ERP holds more than once, or that it does so no more."""
    order_id = case.order.order_id
    twice = order_twice(connection, case, case.erp_order or "", posted, why)
    issues.report(twice)
    if not twice:
        by = "the ERP holds it once"
        issues.solve(IssueKind.DUPLICATE_IN_ERP, order_id, by=by)


def case_of(cases: Cases, reference: str, document: str) -> Case | None:
    """The case of this reference, if the ERP's order of it that is kept is another document."""
    for channel in cases.retailer.channels:
        start = f"{channel.name}-".upper()
        if not reference.startswith(start):
            continue
        found = cases.find(f"{channel.name}:{reference.removeprefix(start)}")
        kept = found.case.erp_order if found else None
        if found is not None and kept is not None and kept != document:
            return found.case
    return None


def customer_twice(connection: str, reference: str, accounts: Sequence[str]) -> list[Problem]:
    """The same of a customer."""
    if len(accounts) <= 1:
        return []
    said = ", ".join(accounts)
    return [
        Problem(
            kind=IssueKind.DUPLICATE_IN_ERP,
            subject=f"customer/{reference}",
            connection=connection,
            summary=f"the ERP holds customer {reference} {len(accounts)} times: {said}",
            remedy=f"keep {accounts[0]}, move what the others have to it, and block them",
            field="customer",
            value=said[:200],
        )
    ]
