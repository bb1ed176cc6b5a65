"""A person closes an exception whose cause is gone, or about which nothing is to be done."""

from shared.errors import RejectedError
from shared.flows.issues import Issues
from shared.model.issue import Issue, IssueState

ENDS_BY_ITSELF = "ends_by_itself"
TOLD_AGAIN = "told_again"


def close(
    issues: Issues, issue_id: str, *, by: str, why: str, count: int | None = None
) -> Issue | None:
    """The exception as it is closed now, by whomever; None if there is none of that id.

    It opens again if it is told again. With `count` it is closed only if it was told so often:
    RejectedError where it was told more often since, or where it ends with its cause alone.
    """
    issue = issues.find(issue_id)
    if issue is None or issue.state is IssueState.SOLVED:
        return issue
    if not issue.closable:
        raise RejectedError(
            f"exception {issue_id} ends by itself, once its cause is gone",
            code=ENDS_BY_ITSELF,
            field="issue_id",
            value=issue_id,
            remedy=f"{issue.remedy}; it ends by itself then",
        )
    seen = issue.count if count is None else count
    if not issues.solve(issue.kind, issue.subject, by=by, count=seen, why=why):
        issue = issues.find(issue_id) or issue
        if issue.state is IssueState.OPEN:
            raise RejectedError(
                f"exception {issue_id} was told {issue.count} times by now",
                code=TOLD_AGAIN,
                field="count",
                value=seen,
                remedy=f"look at it again, then close it as told {issue.count} times",
            )
    return issues.find(issue_id)
