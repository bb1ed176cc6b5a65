"""Approvals: rule on prices that wait, line by line or all of a channel at once."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from functions import bootstrap
from functions.http import Answer, answer, caller, refusal, text_of
from shared.errors import RejectedError
from shared.flows.approvals import LINES_MAX, Approvals, Named, Said
from shared.model.base import Canonical, Instant
from shared.model.guardrails import Rule
from shared.model.ids import Name, Sku
from shared.model.target import Decision

_SHAPE = (
    'send {"decision": "approve", "why": "...", "proposals": [{"channel", "sku", "proposal"}, ...]}'
    ' or {..., "all": {"channel": "<name>", "rule": "<rule or none>", "expected": 12}}'
)
_DECISIONS = {"approve": Decision.APPROVED, "reject": Decision.REJECTED}


class Line(Canonical):
    """One proposal, as the list of what waits names it."""

    channel: Name
    sku: Sku
    proposal: str = Field(max_length=64)


class All(Canonical):
    """All that wait in a channel, for breaking one rule or any, if they are as many as expected."""

    channel: Name
    rule: Rule | None = None
    expected: int = Field(ge=0)
    until: Instant | None = None


class Ask(Canonical):
    decision: Literal["approve", "reject"]
    why: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    proposals: tuple[Line, ...] = Field(default=(), max_length=LINES_MAX)
    all: All | None = None


def rule(event: dict[str, Any]) -> Answer:
    """An answer per line; for all of a channel how many were ruled on, and how many are left."""
    ask = _understood(event)
    if not isinstance(ask, Ask):
        return ask
    approvals = Approvals(bootstrap.store(), bootstrap.clock, bootstrap.retailer())
    said = Said(_DECISIONS[ask.decision], by=caller(event), why=ask.why)
    if ask.all is None:
        lines = approvals.rule(said, [Named(p.channel, p.sku, p.proposal) for p in ask.proposals])
        ruled = sum(line["status"] == said.decision for line in lines)
        return answer(200, {"decision": ask.decision, "ruled": ruled, "lines": lines})
    every = ask.all
    try:
        found = approvals.rule_all(
            said, every.channel, rule=every.rule, expected=every.expected, until=every.until
        )
    except RejectedError as error:
        return refusal(409, error.field or "all", error.value, error.remedy or str(error))
    return answer(200, {"decision": ask.decision, **found})


def _understood(event: dict[str, Any]) -> Ask | Answer:
    try:
        ask = Ask.model_validate(json.loads(text_of(event)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "body"
        return refusal(400, field, str(first["input"])[:100], f"{first['msg']}: {_SHAPE}")
    except ValueError:
        return refusal(400, "body", "", _SHAPE)
    channels = {channel.name for channel in bootstrap.retailer().channels}
    named = [line.channel for line in ask.proposals] + ([ask.all.channel] if ask.all else [])
    for name in named:
        if name not in channels:
            return refusal(404, "channel", name, f"known are {', '.join(sorted(channels))}")
    if bool(ask.proposals) == (ask.all is not None):
        return refusal(400, "proposals", len(ask.proposals), _SHAPE)
    return ask
