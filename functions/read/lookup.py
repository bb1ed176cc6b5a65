"""Lookups for shop fronts and tills: the price and the availability a channel shows by now."""

import json
from collections.abc import Iterable
from typing import Any, Protocol

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter, ValidationError

from functions import bootstrap
from functions.http import Answer, answer, named, not_found, refusal, tagged, text_of
from shared.flows.lookup import Lookup
from shared.model.base import Json
from shared.model.ids import Sku
from shared.ports import Table
from shared.settings import Settings as Base

SKUS_MAX = 100  # what one read of the store takes

_SKU = TypeAdapter[str](Sku)


class Settings(Base):
    tables: dict[Table, str]


class Ask(Protocol):
    def __call__(
        self, channel: str, skus: Iterable[str], *, chain: bool = False
    ) -> dict[str, Json]: ...


def price(event: dict[str, Any]) -> Answer:
    return _one(event, _lookup().prices, "price")


def prices(event: dict[str, Any]) -> Answer:
    return _many(event, _lookup().prices, "prices")


def availability(event: dict[str, Any]) -> Answer:
    return _one(event, _lookup().availability, "availability")


def availabilities(event: dict[str, Any]) -> Answer:
    return _many(event, _lookup().availability, "availability")


def _lookup() -> Lookup:
    return Lookup(bootstrap.store(), bootstrap.clock)


def _one(event: dict[str, Any], ask: Ask, what: str) -> Answer:
    channel, sku = named(event, "channel"), named(event, "sku")
    if not _has(channel):
        return not_found("channel", channel)
    found = ask(channel, [sku], chain=_chain(event)) if _is_sku(sku) else {}
    return tagged(event, found[sku]) if sku in found else answer(404, _missing(channel, sku, what))


def _many(event: dict[str, Any], ask: Ask, what: str) -> Answer:
    channel = named(event, "channel")
    if not _has(channel):
        return not_found("channel", channel)
    try:
        said = json.loads(text_of(event))
    except ValueError:
        said = None
    listed = said.get("skus") if isinstance(said, dict) else None
    if not isinstance(listed, list) or not all(isinstance(sku, str) for sku in listed):
        return refusal(400, "skus", "", 'send {"skus": ["<sku>", ...]}')
    skus = list(dict.fromkeys(listed))
    if not 0 < len(skus) <= SKUS_MAX:
        return refusal(400, "skus", len(skus), f"ask for 1 to {SKUS_MAX} SKUs at once")
    found = ask(channel, filter(_is_sku, skus), chain=_chain(event))
    missing = [_missing(channel, sku, what) for sku in skus if sku not in found]
    return tagged(event, {"channel": channel, what: list(found.values()), "missing": missing})


def _has(channel: str) -> bool:
    return channel in {each.name for each in bootstrap.retailer().channels}


def _is_sku(sku: str) -> bool:
    try:
        return bool(_SKU.validate_python(sku))
    except ValidationError:
        return False


def _chain(event: dict[str, Any]) -> bool:
    return (event.get("queryStringParameters") or {}).get("chain") == "true"


def _missing(channel: str, sku: str, what: str) -> dict[str, Json]:
    remedy = f"{channel} has no {what} for it: check its spelling, then its trace and exceptions"
    return {"field": "sku", "value": sku, "channel": channel, "remedy": remedy}


ROUTES = {
    "GET /v1/prices/{channel}/{sku}": price,
    "POST /v1/prices/{channel}/lookup": prices,
    "GET /v1/availability/{channel}/{sku}": availability,
    "POST /v1/availability/{channel}/lookup": availabilities,
}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return ROUTES[event["routeKey"]](event)
