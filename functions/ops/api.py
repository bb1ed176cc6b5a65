"""Operators' routes: replay an exception or a delivery, close an exception, map a code to a SKU."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter, ValidationError

from functions import bootstrap
from functions.http import Answer, answer, caller, named, not_found, refusal, text_of
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.closing import close
from shared.flows.intake import replay_delivery
from shared.flows.recovery import Mapper, Replay
from shared.model.ids import Entity, Sku
from shared.model.ops_call import CloseCall
from shared.ports import Table
from shared.settings import Settings as Base

_SKU = TypeAdapter[str](Sku)
_CLOSE = 'send {"why": "<what was done>"}, and {"count": 3} to close it only if told so often'


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


def replay_issue(event: dict[str, Any]) -> Answer:
    issue_id = named(event, "issue_id")
    replay = Replay(bootstrap.store(), bootstrap.queues(), bootstrap.issues(), bootstrap.clock)
    try:
        issue = replay.issue(issue_id, by=caller(event))
    except RejectedError as error:
        return refusal(409, error.field or "issue_id", issue_id, error.remedy or str(error))
    if issue is None:
        return not_found("issue_id", issue_id)
    return answer(202, {"replayed": issue_id})


def close_issue(event: dict[str, Any]) -> Answer:
    issue_id = named(event, "issue_id")
    try:
        ask = CloseCall.model_validate(json.loads(text_of(event)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "body"
        return refusal(400, field, str(first["input"])[:100], f"{first['msg']}: {_CLOSE}")
    except ValueError:
        return refusal(400, "body", "", _CLOSE)
    try:
        issue = close(bootstrap.issues(), issue_id, by=caller(event), why=ask.why, count=ask.count)
    except RejectedError as error:
        return refusal(409, error.field or "issue_id", error.value, error.remedy or str(error))
    if issue is None:
        return not_found("issue_id", issue_id)
    return answer(200, issue.model_dump(mode="json", include={"solved_at", "solved_by", "closed"}))


def replay_inbox(event: dict[str, Any]) -> Answer:
    connection, delivery = named(event, "connection"), named(event, "delivery")
    if not replay_delivery(connection, delivery, store=bootstrap.store(), clock=bootstrap.clock):
        return not_found("delivery", delivery)
    return answer(202, {"replayed": f"{connection}/{delivery}"})


def map_code(event: dict[str, Any]) -> Answer:
    connection, code = named(event, "connection"), named(event, "code")
    retailer = bootstrap.retailer()
    if connection not in {c.name for c in retailer.connections}:
        return not_found("connection", connection)
    try:
        said = json.loads(event.get("body") or "null")
        sku = _SKU.validate_python(said["sku"] if isinstance(said, dict) else None)
    except (ValueError, KeyError, ValidationError):
        return refusal(400, "sku", event.get("body"), 'send {"sku": "<an article of the ERP>"}')
    item = keys.item(sku, retailer.authority[Entity.PRODUCT])
    if item not in bootstrap.store().get([item]):
        return refusal(409, "sku", sku, "no such article; create it in the ERP first")
    mapper = Mapper(bootstrap.store(), bootstrap.queues(), retailer)
    return answer(200, {"mapped": code, "sku": sku, "released": mapper.map(connection, code, sku)})


ROUTES = {
    "POST /v1/exceptions/{issue_id}/replay": replay_issue,
    "POST /v1/exceptions/{issue_id}/close": close_issue,
    "POST /v1/inbox/{connection}/{delivery}/replay": replay_inbox,
    "PUT /v1/links/{connection}/{code}": map_code,
}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
