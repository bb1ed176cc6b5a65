"""What people say of what waits for them: prices and files approved, exceptions closed."""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from shared.model.base import Canonical, Instant
from shared.model.guardrails import Rule
from shared.model.ids import Name, Sku

LINES_MAX: Final = 500
FILES_MAX: Final = 20


class CloseCall(Canonical):
    """Why an exception is closed, and how often it had been told when that was decided."""

    why: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    count: int | None = Field(default=None, ge=1)


class CalledProposal(Canonical):
    """One proposal, as the list of what waits names it."""

    channel: Name
    sku: Sku
    proposal: str = Field(max_length=64)


class CalledAll(Canonical):
    """All that wait in a channel, for breaking one rule or any, if they are as many as expected."""

    channel: Name
    rule: Rule | None = None
    expected: int = Field(ge=0)
    until: Instant | None = None


class CalledFile(Canonical):
    """A file that was held, and the reading of it that is meant."""

    file: str = Field(max_length=1024)
    run: str = Field(max_length=64)


class ApprovalCall(Canonical):
    """The body of POST /v1/approvals: proposals, all of a channel, or files, and one of these."""

    decision: Literal["approve", "reject"]
    why: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    proposals: tuple[CalledProposal, ...] = Field(default=(), max_length=LINES_MAX)
    all: CalledAll | None = None
    files: tuple[CalledFile, ...] = Field(default=(), max_length=FILES_MAX)
