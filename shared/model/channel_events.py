"""What was found of channels, and ruled on prices and files that were held."""

from typing import Literal

from shared.model.event import Event
from shared.model.ids import Facet, Name
from shared.model.money import Money
from shared.model.parity import Cause, Finding
from shared.model.policies import Repair


class ReconciliationFinding(Event):
    """A comparison found a channel showing something else than it should, `count` times.

    `examples` are a few of them; `repair` says what became of all, None that nothing did.
    """

    type: Literal["ReconciliationFinding"] = "ReconciliationFinding"
    channel: Name
    facet: Facet
    cause: Cause
    repair: Repair | None
    count: int
    examples: tuple[Finding, ...]


class PriceApproved(Event):
    """A person let a price through that the guardrails had held; `before` is what was shown."""

    type: Literal["PriceApproved"] = "PriceApproved"
    channel: Name
    sku: str
    price: Money
    before: Money | None
    by: str
    why: str


class PriceRejected(Event):
    """A person said no to a price that the guardrails had held; what was shown stays."""

    type: Literal["PriceRejected"] = "PriceRejected"
    channel: Name
    sku: str
    price: Money
    before: Money | None
    by: str
    why: str


class FeedApproved(Event):
    """A person let a file be applied that was held whole, for these reasons."""

    type: Literal["FeedApproved"] = "FeedApproved"
    file: str
    reasons: tuple[str, ...]
    by: str
    why: str


class FeedRejected(Event):
    """A person dropped a file that was held whole; nothing of it is applied."""

    type: Literal["FeedRejected"] = "FeedRejected"
    file: str
    reasons: tuple[str, ...]
    by: str
    why: str
