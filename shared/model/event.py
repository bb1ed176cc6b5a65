"""What every business event says, and the events of exceptions, which any function may tell."""

from typing import ClassVar, Literal

from shared.model.base import Canonical, Instant
from shared.model.ids import Name

SOURCE = "shelfwire"


class Event(Canonical):
    schema_version: ClassVar[int] = 1
    at: Instant


class IssueRaised(Event):
    type: Literal["IssueRaised"] = "IssueRaised"
    issue_id: str
    kind: str
    severity: str
    connection: Name


class IssueSolved(Event):
    type: Literal["IssueSolved"] = "IssueSolved"
    issue_id: str
    kind: str
    solved_by: str
