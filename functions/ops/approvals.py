"""Approvals: rule on prices that wait, line by line or all of a channel, and on held files."""

import json
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from functions import bootstrap
from functions.http import Answer, answer, caller, refusal, text_of
from shared.errors import RejectedError
from shared.flows.approvals import Approvals, Named, Said
from shared.flows.file_approvals import FileApprovals, NamedFile
from shared.model.base import Json
from shared.model.ops_call import ApprovalCall, CalledFile
from shared.model.steps import Decision
from shared.ports import Table
from shared.settings import Settings as Base

_SHAPE = (
    'send {"decision": "approve", "why": "...", "proposals": [{"channel", "sku", "proposal"}, ...]}'
    ' or {..., "all": {"channel": "<name>", "rule": "<rule or none>", "expected": 12}}'
    ' or {..., "files": [{"file", "run"}, ...]}'
)
_DECISIONS = {"approve": Decision.APPROVED, "reject": Decision.REJECTED}


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


def rule(event: dict[str, Any]) -> Answer:
    """An answer per line; for all of a channel how many were ruled on, and how many are left."""
    ask = _understood(event)
    if not isinstance(ask, ApprovalCall):
        return ask
    approvals = Approvals(bootstrap.store(), bootstrap.clock, bootstrap.retailer())
    said = Said(_DECISIONS[ask.decision], by=caller(event), why=ask.why)
    if ask.files:
        lines = _files(said, ask.files)
        ruled = sum(line["status"] == said.decision for line in lines)
        return answer(200, {"decision": ask.decision, "ruled": ruled, "lines": lines})
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


def _understood(event: dict[str, Any]) -> ApprovalCall | Answer:
    try:
        ask = ApprovalCall.model_validate(json.loads(text_of(event)))
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
    if [bool(ask.proposals), ask.all is not None, bool(ask.files)].count(True) != 1:
        return refusal(400, "proposals", len(ask.proposals), _SHAPE)
    return ask


def _files(said: Said, files: Sequence[CalledFile]) -> list[dict[str, Json]]:
    approvals = FileApprovals(
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        bus=bootstrap.bus(),
        clock=bootstrap.clock,
    )
    named = [NamedFile(one.file, one.run) for one in files]
    return approvals.rule(said.decision, named, by=said.by, why=said.why)


ROUTES = {"POST /v1/approvals": rule}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
