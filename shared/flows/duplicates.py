"""What the ERP holds more than once under one reference of ours, as exceptions."""

from collections.abc import Sequence

from shared.flows.issues import Problem
from shared.model.case import Case
from shared.model.issue import IssueKind


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
