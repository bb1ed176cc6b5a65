"""Exceptions a person can act on: raising folds repeats, solving is idempotent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from shared.errors import AccessError, RetryableError
from shared.flows import keys
from shared.frozen import frozen
from shared.model.candidate import Candidate
from shared.model.event import IssueRaised, IssueSolved
from shared.model.issue import Closing, Issue, IssueKind, IssueState, Severity
from shared.model.money import Money
from shared.ports import Bus, Clock, Put, Refusal, Row, Store, Table

TRIES = 8
PAGE = 250
_TICK = timedelta(microseconds=1)
LOCKED_OUT = timedelta(minutes=1)  # how long until refused credentials are tried again

_SEVERITY = {
    IssueKind.ORDER_REJECTED: Severity.CRITICAL,
    IssueKind.ORDER_IN_DOUBT: Severity.CRITICAL,
    IssueKind.DUPLICATE_IN_ERP: Severity.CRITICAL,
    IssueKind.CHANGE_REJECTED: Severity.HIGH,
    IssueKind.CANCELLED_TOO_LATE: Severity.HIGH,
    IssueKind.CANCELLATION_ASKED: Severity.HIGH,
    IssueKind.FRAUD_TOO_LATE: Severity.HIGH,
    IssueKind.CONTENT_DIFFERS: Severity.HIGH,
    IssueKind.DEAD_LETTER: Severity.CRITICAL,
    IssueKind.ACCESS: Severity.CRITICAL,
    IssueKind.CIRCUIT_OPEN: Severity.CRITICAL,
    IssueKind.UNMAPPED_SKU: Severity.HIGH,
    IssueKind.TOTALS_DIFFER: Severity.HIGH,
    IssueKind.BAD_MESSAGE: Severity.HIGH,
    IssueKind.BAD_FILE: Severity.HIGH,
    IssueKind.BAD_MOVEMENT: Severity.HIGH,
    IssueKind.MOVEMENT_GAP: Severity.HIGH,
    IssueKind.STOCK_DIFFERS: Severity.HIGH,
    IssueKind.SHIPMENT_REJECTED: Severity.HIGH,
    IssueKind.SHIPMENT_UNPLACED: Severity.HIGH,
    IssueKind.SHIPMENT_DIFFERS: Severity.HIGH,
    IssueKind.REFUND_EXCEEDS_PAID: Severity.HIGH,
    IssueKind.CREDIT_REJECTED: Severity.HIGH,
    IssueKind.BOOKS_DIFFER: Severity.HIGH,
    IssueKind.NOTICE_UNSENT: Severity.HIGH,
    IssueKind.CHANNEL_SILENT: Severity.HIGH,
    IssueKind.WEBHOOK_LOST: Severity.HIGH,
    IssueKind.RETURN_REJECTED: Severity.HIGH,
    IssueKind.RETURN_UNKNOWN: Severity.HIGH,
    IssueKind.REFUND_DUE: Severity.HIGH,
    IssueKind.REFUND_REJECTED: Severity.HIGH,
    IssueKind.STOCK_STALE: Severity.HIGH,
    IssueKind.STOCK_ZEROED: Severity.HIGH,
    IssueKind.OLD_VALUE_SHOWN: Severity.HIGH,
    IssueKind.MISSING_ON_CHANNEL: Severity.HIGH,
    IssueKind.DERIVATION_LAGS: Severity.HIGH,
    IssueKind.PRICE_HELD: Severity.HIGH,
    IssueKind.FEED_HELD: Severity.HIGH,
}

_OWNER = {
    IssueKind.UNMAPPED_SKU: "merchandising",
    IssueKind.NO_PRICE: "pricing",
    IssueKind.PRICE_HELD: "pricing",
    IssueKind.FEED_HELD: "pricing",
    IssueKind.BAD_FILE: "pricing",
    IssueKind.BAD_FACT: "master data",
    IssueKind.MISSING_ON_CHANNEL: "merchandising",
    IssueKind.UNMAPPED_LOCATION: "logistics",
    IssueKind.KIT_BLOCKED: "merchandising",
    IssueKind.STOCK_STALE: "operations",
    IssueKind.STOCK_ZEROED: "logistics",
    IssueKind.STOCK_NULL: "logistics",
    IssueKind.STOCK_MISSING: "logistics",
    IssueKind.STOCK_NEGATIVE: "logistics",
    IssueKind.STOCK_ABSURD: "logistics",
    IssueKind.BAD_MOVEMENT: "logistics",
    IssueKind.MOVEMENT_GAP: "logistics",
    IssueKind.TRANSFER_DIFFERS: "logistics",
    IssueKind.STOCK_DIFFERS: "logistics",
    IssueKind.SHIPMENT_REJECTED: "logistics",
    IssueKind.SHIPMENT_UNPLACED: "logistics",
    IssueKind.SHIPMENT_DIFFERS: "logistics",
    IssueKind.SHIPMENT_WITHOUT_ORDER: "logistics",
    IssueKind.TOTALS_DIFFER: "finance",
    IssueKind.CONTENT_DIFFERS: "finance",
    IssueKind.CANCELLED_TOO_LATE: "customer service",
    IssueKind.FRAUD_TOO_LATE: "customer service",
    IssueKind.CANCELLATION_ASKED: "customer service",
    IssueKind.ORDER_HELD: "customer service",
    IssueKind.REFUND_EXCEEDS_PAID: "finance",
    IssueKind.REFUND_REJECTED: "customer service",
    IssueKind.CREDIT_REJECTED: "finance",
    IssueKind.BOOKS_DIFFER: "finance",
    IssueKind.RETURN_REJECTED: "customer service",
    IssueKind.RETURN_DIFFERS: "customer service",
    IssueKind.RETURN_UNKNOWN: "customer service",
    IssueKind.REFUND_DUE: "customer service",
    IssueKind.NOTICE_UNSENT: "customer service",
}


@frozen
class Problem:
    """What went wrong, before it is folded into what is already known."""

    kind: IssueKind
    subject: str
    connection: str
    summary: str
    remedy: str
    field: str | None = None
    value: str | None = None
    at_risk: Money | None = None
    replay: Mapping[str, str] | None = None
    candidates: tuple[Candidate, ...] = ()


class Issues:
    """The book of exceptions. The news goes out before the row: a crash tells it once more."""

    def __init__(self, store: Store, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock

    def report(self, problems: Iterable[Problem]) -> None:
        """Raise each, folding those of one kind and subject, also within this call."""
        for problem in problems:
            self._raise(problem)

    def solve(
        self, kind: IssueKind, subject: str, *, by: str, count: int | None = None, why: str = ""
    ) -> bool:
        """Close the open exception of this kind and subject; False if there is none.

        With `count` only if it was told so often: what was told again since stays open. A person
        who closes it says `why`.
        """
        for _ in range(TRIES):
            key = keys.issue(f"{kind}#{subject}")
            row = self._store.get([key]).get(key)
            if row is None:
                return False
            issue = Issue.model_validate(row.body)
            if issue.state is IssueState.SOLVED or count not in {None, issue.count}:
                return False
            now = self._clock.now()
            closed = Closing(by=by, at=now, why=why) if why else issue.closed
            solved = issue.model_copy(
                update={
                    "state": IssueState.SOLVED,
                    "solved_at": now,
                    "solved_by": by,
                    "closed": closed,
                }
            )
            self._bus.publish(
                [IssueSolved(at=now, issue_id=issue.issue_id, kind=kind, solved_by=by)]
            )
            if self._store.commit([_put(solved, row.rev)])[0]:
                return True
        raise RetryableError(f"exception {kind}#{subject} is contended")

    def solve_all(self, kind: IssueKind, subjects: Iterable[str], *, by: str) -> None:
        """Close those of one kind that are open, of subjects of which most have none."""
        wanted = {keys.issue(f"{kind}#{subject}"): subject for subject in sorted(subjects)}
        for key, row in self._store.get(wanted).items():
            if row.body.get("state") == IssueState.OPEN:
                self.solve(kind, wanted[key], by=by)

    def find(self, issue_id: str) -> Issue | None:
        key = keys.issue(issue_id)
        row = self._store.get([key]).get(key)
        return Issue.model_validate(row.body) if row else None

    def _raise(self, problem: Problem) -> None:
        for _ in range(TRIES):
            key = keys.issue(f"{problem.kind}#{problem.subject}")
            row = self._store.get([key]).get(key)
            issue = self._folded(problem, row)
            if issue.count == 1 or (row and row.body.get("state") == IssueState.SOLVED):
                self._bus.publish([_raised(issue)])
            if self._store.commit([_put(issue, row.rev if row else 0)])[0]:
                return
        raise RetryableError(f"exception {problem.kind}#{problem.subject} is contended")

    def _folded(self, problem: Problem, row: Row | None) -> Issue:
        now = self._clock.now()
        old = Issue.model_validate(row.body) if row else None
        return Issue(
            kind=problem.kind,
            subject=problem.subject,
            connection=problem.connection,
            severity=_SEVERITY.get(problem.kind, Severity.MEDIUM),
            summary=problem.summary,
            remedy=problem.remedy,
            owner=_OWNER.get(problem.kind, "operations"),
            field=problem.field,
            value=problem.value,
            at_risk=problem.at_risk,
            first_seen=old.first_seen if old and old.state is IssueState.OPEN else now,
            last_seen=now,
            count=old.count + 1 if old else 1,
            replay=dict(problem.replay) if problem.replay else None,
            candidates=problem.candidates,
            closed=old.closed if old else None,
        )


def open_issues(store: Store, *, limit: int = 250) -> Sequence[Issue]:
    """What waits for a person, the longest waiting first."""
    rows = store.due(Table.ISSUES, keys.OPEN_ISSUES, limit=limit)
    return [Issue.model_validate(row.body) for row in rows]


def open_page(
    store: Store, *, since: datetime | None = None, limit: int = PAGE
) -> tuple[list[Issue], datetime | None]:
    """A page of what waits, the longest waiting first, and the instant at which the next begins."""
    rows = store.due(Table.ISSUES, keys.OPEN_ISSUES, since=since, limit=limit)
    return _page([Issue.model_validate(r.body) for r in rows], limit, lambda one: one.first_seen)


def solved_page(
    store: Store, *, since: datetime, limit: int = PAGE
) -> tuple[list[Issue], datetime | None]:
    """A page of what was solved since then, the last solved last, and where the next begins."""
    rows = store.due(Table.ISSUES, keys.SOLVED_ISSUES, since=since, limit=limit)
    found = [Issue.model_validate(row.body) for row in rows]
    return _page(found, limit, lambda one: one.solved_at or since)


def _page(
    found: list[Issue], limit: int, at: Callable[[Issue], datetime]
) -> tuple[list[Issue], datetime | None]:
    """A full page without those of its last instant, with which the next one begins."""
    if len(found) < limit:
        return found, None
    last = at(found[-1])
    whole = [one for one in found if at(one) < last]
    return (whole, last) if whole else (found, last + _TICK)


def refused(refusals: Iterable[Refusal], *, connection: str, entity: str) -> list[Problem]:
    """Foreign rows that could not be understood, as exceptions."""
    return [
        Problem(
            kind=IssueKind.UNMAPPED_LOCATION if r.field == "location" else IssueKind.BAD_FACT,
            subject=f"{connection}/{entity}/{r.subject}/{r.field}".replace("#", "_"),
            connection=connection,
            summary=r.message,
            remedy=r.remedy,
            field=r.field,
            value=r.value[:200],
        )
        for r in refusals
    ]


@contextmanager
def lockout_told(issues: Issues, connection: str) -> Iterator[None]:
    """Tell of refused credentials, and raise RetryableError: when they are tried again."""
    try:
        yield
    except AccessError as error:
        issues.report([locked_out(connection, error)])
        raise RetryableError(str(error), after=LOCKED_OUT) from error


def locked_out(connection: str, error: AccessError) -> Problem:
    """Credentials or permissions are wrong: nothing flows until a person has acted."""
    return Problem(
        kind=IssueKind.ACCESS,
        subject=connection,
        connection=connection,
        summary=f"{connection} refuses our credentials: {error}",
        remedy="renew the secret of this connection, or grant the missing permission",
    )


def _put(issue: Issue, expected: int) -> Put:
    opened = issue.state is IssueState.OPEN
    return Put(
        key=keys.issue(issue.issue_id),
        body=issue.model_dump(mode="json"),
        expected=expected,
        lane=keys.OPEN_ISSUES if opened else keys.SOLVED_ISSUES,
        due=issue.first_seen if opened else issue.solved_at,
        state=issue.state,
    )


def _raised(issue: Issue) -> IssueRaised:
    return IssueRaised(
        at=issue.last_seen,
        issue_id=issue.issue_id,
        kind=issue.kind,
        severity=issue.severity,
        connection=issue.connection,
    )
