"""Read-only routes: why a value is what it is, what is stuck, how far everything is."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.http import Answer, answer, instant, named, not_found, refusal, tagged
from functions.read import epcis
from shared.flows import books, compare_source, held_files
from shared.flows import pending as pushes
from shared.flows.approvals import Approvals
from shared.flows.compare_runs import standing
from shared.flows.issues import open_page, solved_page
from shared.flows.standing import connections as standing_of
from shared.flows.trace import Tracer
from shared.model.base import Json
from shared.model.guardrails import Rule
from shared.model.issue import Issue, IssueState
from shared.ports import Table
from shared.settings import Settings as Base

ALL = "all"
SOLVED_WITHIN = timedelta(days=7)
_AS_IT_IS = "send `next` of the page before, as it is"


class Settings(Base):
    tables: dict[Table, str]
    archive: str


def trace_sku(event: dict[str, Any]) -> Answer:
    sku = named(event, "sku")
    found = Tracer(bootstrap.store(), bootstrap.retailer()).sku(sku)
    return answer(200, found) if found else not_found("sku", sku)


def trace_order(event: dict[str, Any]) -> Answer:
    order_id = named(event, "order_id")
    found = Tracer(bootstrap.store(), bootstrap.retailer()).order(
        order_id, now=bootstrap.clock.now()
    )
    return answer(200, found) if found else not_found("order_id", order_id)


def exceptions(event: dict[str, Any]) -> Answer:
    """Those that are open, those solved within a week, or both; `next` is where a page goes on."""
    said = event.get("queryStringParameters") or {}
    state = said.get("state", IssueState.OPEN)
    if state not in {*IssueState, ALL}:
        return refusal(400, "state", state, f"ask for {', '.join(IssueState)} or {ALL}")
    try:
        after = instant(said["after"]) if said.get("after") else None
    except ValueError:
        return refusal(400, "after", said["after"], _AS_IT_IS)
    if after is not None and state == ALL:
        return refusal(400, "state", state, f"page by page ask for {' or '.join(IssueState)} alone")
    store, found, following = bootstrap.store(), list[Issue](), None
    if state != IssueState.SOLVED:
        some, following = open_page(store, since=after)
        found += some
    if state != IssueState.OPEN:
        since = bootstrap.clock.now() - SOLVED_WITHIN
        some, following = solved_page(store, since=max(since, after or since))
        found += some
    listed = [issue.model_dump(mode="json") for issue in found]
    ahead = following.isoformat() if following and state != ALL else None
    return answer(200, {"exceptions": listed, "next": ahead})


def parity(event: dict[str, Any]) -> Answer:
    del event
    store, retailer = bootstrap.store(), bootstrap.retailer()
    sources = compare_source.standing(store, retailer)
    return answer(200, {"parity": standing(store, retailer), "sources": sources})


def connections(event: dict[str, Any]) -> Answer:
    del event
    store, retailer = bootstrap.store(), bootstrap.retailer()
    found = standing_of(store, retailer, now=bootstrap.clock.now())
    return answer(200, {"connections": found})


def pending(event: dict[str, Any]) -> Answer:
    """What a channel in shadow would have been sent, a page at a time."""
    name = named(event, "channel")
    if all(channel.name != name for channel in bootstrap.retailer().channels):
        return not_found("channel", name)
    said = (event.get("queryStringParameters") or {}).get("after")
    try:
        after = instant(said) if said else None
    except ValueError:
        return refusal(400, "after", said, _AS_IT_IS)
    return answer(200, pushes.pending(bootstrap.store(), name, after=after))


def approvals(event: dict[str, Any]) -> Answer:
    """Prices that wait for approval, a page at a time, with the first one all files that do."""
    said = event.get("queryStringParameters") or {}
    channel, rule = said.get("channel"), said.get("rule")
    if channel is not None and channel not in {c.name for c in bootstrap.retailer().channels}:
        return not_found("channel", channel)
    if rule is not None and rule not in set(Rule):
        return refusal(400, "rule", rule, f"ask for one of {', '.join(Rule)}")
    known = Approvals(bootstrap.store(), bootstrap.clock, bootstrap.retailer())
    page = known.page(channel, rule=rule, after=said.get("after") or "")
    if not said:
        page["files"] = list[Json](held_files.waiting(bootstrap.store()))
    return answer(200, page)


def finance(event: dict[str, Any]) -> Answer:
    """The ledger of a day, a page at a time, and where its orders differ between shop and ERP."""
    said = event.get("queryStringParameters") or {}
    day = books.asked_day(said.get("day"), bootstrap.clock.now())
    if day is None:
        return refusal(400, "day", said.get("day"), "ask for a date such as 2026-11-27")
    return answer(200, books.day(bootstrap.store(), day, after=said.get("after") or ""))


def described(event: dict[str, Any]) -> Answer:
    """The API as OpenAPI, of which a caller may keep its copy."""
    from shared.model.openapi import openapi  # noqa: PLC0415 - it imports every model there is

    return tagged(event, openapi())


ROUTES = {
    "GET /v1/openapi.json": described,
    "GET /v1/trace/sku/{sku}": trace_sku,
    "GET /v1/trace/orders/{order_id}": trace_order,
    "GET /v1/exceptions": exceptions,
    "GET /v1/connections": connections,
    "GET /v1/parity": parity,
    "GET /v1/parity/{channel}/pending": pending,
    "GET /v1/epcis/events": epcis.events,
    "GET /v1/approvals": approvals,
    "GET /v1/reconciliation/finance": finance,
}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
