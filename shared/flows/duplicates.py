"""What the ERP holds more than once under one reference of ours, as exceptions.

Whatever was sent a second time is asked for once more when no lost request can land any longer:
only then is it known whether the ERP holds it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from shared.flows import keys
from shared.flows.issues import Problem
from shared.model.case import Case, Intent, IntentKind, IntentState
from shared.model.invoice import BillingDocument
from shared.model.issue import IssueKind
from shared.ports import Message

DELAY_MAX_S: Final = 900  # SQS delays a message by 15 minutes at most
_MADE: Final = frozenset({IntentKind.POST_ORDER, IntentKind.CREDIT, IntentKind.RETURN})


def check(connection: str, order_id: str, wait: timedelta) -> Message:
    """Asks to look for duplicates of an order; if it comes too early it is sent on."""
    wait_s = min(max(0, ceil(wait.total_seconds())), DELAY_MAX_S)
    body = {"case": order_id, "check": "duplicates"}
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


def order_twice(connection: str, case: Case, numbers: Sequence[str]) -> list[Problem]:
    """None where the ERP holds the order once; the first number is the one that is kept."""
    if len(numbers) == 1:
        return []
    return [
        Problem(
            kind=IssueKind.DUPLICATE_IN_ERP,
            subject=case.order.order_id,
            connection=connection,
            summary=f"the ERP holds {case.reference} {len(numbers)} times: {', '.join(numbers)}",
            remedy=f"keep {numbers[0]}, reject all items of the others in the ERP",
            at_risk=case.order.total,
        )
    ]


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
