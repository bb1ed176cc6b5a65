"""Every route of the HTTP API but the webhooks, described: what it takes and what it answers."""

from typing import Final

from pydantic import BaseModel, JsonValue

from shared.frozen import frozen
from shared.model.base import Canonical
from shared.model.order_call import OrderAnswer, OrderCall
from shared.model.reservation import ReservationRequest
from shared.model.return_call import ReceiptCall, ReturnAnswer, ReturnCall
from shared.model.shipment_call import ShipmentAnswer, ShipmentCall


class Refused(Canonical):
    """What is wrong: which field, which value, and what to do."""

    field: str
    value: JsonValue
    remedy: str


@frozen
class Described:
    """`takes` and `answers` are models, or JSON Schemas of what has none.

    `refuses` are the statuses that say what is wrong; those of a missing or wrong token and of a
    function that failed are every route's. `query` are parameters with their allowed values, any
    text if none are named. What is `keyed` takes an Idempotency-Key, and needs none where its body
    `names` what it is. What is `unchanged` is answered 304 to who has its tag. `media` is what it
    answers, refusals apart.
    """

    route: str
    scope: str
    summary: str
    answers: type[BaseModel] | dict[str, JsonValue]
    status: int = 200
    takes: type[BaseModel] | dict[str, JsonValue] | None = None
    refuses: tuple[int, ...] = ()
    query: tuple[tuple[str, tuple[str, ...]], ...] = ()
    keyed: bool = False
    names: bool = False
    unchanged: bool = False
    media: str = "application/json"


_OBJECT: Final[dict[str, JsonValue]] = {"type": "object"}
_FLAG: Final = (("chain", ("true", "false")),)


def _list(name: str, of: JsonValue = None) -> dict[str, JsonValue]:
    items: JsonValue = {"type": "array", "items": of if of is not None else dict(_OBJECT)}
    return {"type": "object", "required": [name], "properties": {name: items}}


def _lines(name: str) -> dict[str, JsonValue]:
    """A body of one connection with so many lines, each as the page about it describes."""
    lines: JsonValue = {"type": "array", "minItems": 1, "maxItems": 500, "items": dict(_OBJECT)}
    return {
        "type": "object",
        "required": ["connection", name],
        "properties": {"connection": {"type": "string"}, name: lines},
        "additionalProperties": False,
    }


_SKUS: Final[dict[str, JsonValue]] = {
    "type": "object",
    "required": ["skus"],
    "properties": {
        "skus": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string"}}
    },
}
_SKU: Final[dict[str, JsonValue]] = {
    "type": "object",
    "required": ["sku"],
    "properties": {"sku": {"type": "string"}},
}
_CLOSE: Final[dict[str, JsonValue]] = {
    "type": "object",
    "required": ["why"],
    "properties": {
        "why": {"type": "string", "minLength": 1, "maxLength": 200},
        "count": {"type": "integer", "minimum": 1},
    },
}
_MOVEMENTS: Final[dict[str, JsonValue]] = {
    "oneOf": [_lines("movements"), _lines("levels")],
    "description": "or a CloudEvent, a batch of them, or an EPCIS 2.0 document",
}

ROUTES: Final[tuple[Described, ...]] = (
    Described("GET /v1/openapi.json", "lookup.read", "This description", _OBJECT),
    Described(
        "POST /v1/orders",
        "orders.write",
        "Place an order, or tell one anew",
        OrderAnswer,
        status=201,
        takes=OrderCall,
        refuses=(400, 409, 503),
        keyed=True,
    ),
    Described(
        "GET /v1/orders/{order_id}",
        "orders.read",
        "Where an order stands, with its timeline",
        _OBJECT,
        refuses=(404,),
    ),
    Described(
        "POST /v1/returns",
        "returns.write",
        "Grant a return of units that have left",
        ReturnAnswer,
        status=201,
        takes=ReturnCall,
        refuses=(400, 404, 409, 503),
        keyed=True,
    ),
    Described(
        "POST /v1/returns/{return_id}/receipts",
        "returns.receive",
        "Say what came of a return, and what becomes of it",
        ReturnAnswer,
        status=201,
        takes=ReceiptCall,
        refuses=(400, 404, 409, 503),
        keyed=True,
    ),
    Described(
        "GET /v1/returns/{return_id}",
        "orders.read",
        "Where a return stands, with its timeline",
        _OBJECT,
        refuses=(404,),
    ),
    Described(
        "POST /v1/shipments",
        "shipments.write",
        "Say what has left for an order, beside its ERP",
        ShipmentAnswer,
        status=201,
        takes=ShipmentCall,
        refuses=(400, 403, 409, 503),
        keyed=True,
        names=True,
    ),
    Described(
        "POST /v1/reservations",
        "orders.write",
        "Reserve units for a checkout",
        _OBJECT,
        status=201,
        takes=ReservationRequest,
        refuses=(400, 404, 409, 503),
        keyed=True,
    ),
    Described(
        "GET /v1/reservations/{reservation}",
        "orders.write",
        "A reservation",
        _OBJECT,
        refuses=(404, 503),
    ),
    Described(
        "DELETE /v1/reservations/{reservation}",
        "orders.write",
        "Give a reservation back",
        _OBJECT,
        refuses=(404, 409, 503),
    ),
    Described(
        "PUT /v1/reservations/{reservation}/order/{order}",
        "orders.write",
        "Say which order takes a reservation over",
        _OBJECT,
        refuses=(400, 404, 409, 503),
    ),
    Described(
        "POST /v1/prices",
        "prices.write",
        "Send price conditions, each line answered",
        _list("lines"),
        takes=_lines("conditions"),
        refuses=(400, 403, 409, 503),
        keyed=True,
    ),
    Described(
        "POST /v1/movements",
        "stock.write",
        "Send stock movements or counts",
        _list("lines"),
        takes=_MOVEMENTS,
        refuses=(400, 403, 409, 503),
        keyed=True,
        query=(("connection", ()),),
    ),
    Described(
        "GET /v1/prices/{channel}/{sku}",
        "lookup.read",
        "The price a channel shows",
        _OBJECT,
        refuses=(404,),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "POST /v1/prices/{channel}/lookup",
        "lookup.read",
        "The prices a channel shows",
        _list("prices"),
        takes=_SKUS,
        refuses=(400, 404),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "GET /v1/availability/{channel}/{sku}",
        "lookup.read",
        "What a channel may sell",
        _OBJECT,
        refuses=(404,),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "POST /v1/availability/{channel}/lookup",
        "lookup.read",
        "What a channel may sell of many",
        _list("availability"),
        takes=_SKUS,
        refuses=(400, 404),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "GET /v1/trace/sku/{sku}",
        "ops.read",
        "Why a SKU shows what it shows",
        _OBJECT,
        refuses=(404,),
    ),
    Described(
        "GET /v1/trace/orders/{order_id}",
        "ops.read",
        "Every step of an order",
        _OBJECT,
        refuses=(404,),
    ),
    Described(
        "GET /v1/exceptions",
        "ops.read",
        "What waits for a person",
        _list("exceptions"),
        refuses=(400,),
        query=(("state", ("open", "solved", "all")), ("after", ())),
    ),
    Described(
        "GET /v1/reconciliation/finance",
        "ops.read",
        "The money of a day's orders in shop and ERP",
        _list("orders"),
        refuses=(400,),
        query=(("day", ()), ("after", ())),
    ),
    Described("GET /v1/parity", "ops.read", "What comparisons found", _list("parity")),
    Described(
        "GET /v1/parity/{channel}/pending",
        "ops.read",
        "What a shadow would be sent",
        _list("pending"),
        refuses=(400, 404),
        query=(("after", ()),),
    ),
    Described(
        "GET /v1/connections",
        "ops.read",
        "How every connection fares",
        _list("connections"),
    ),
    Described(
        "GET /v1/epcis/events",
        "ops.read",
        "Movements of a source as an EPCIS 2.0 document",
        _OBJECT,
        refuses=(400,),
        query=(("source", ()), ("GE_recordTime", ()), ("perPage", ()), ("nextPageToken", ())),
        media="application/ld+json",
    ),
    Described(
        "GET /v1/approvals",
        "ops.read",
        "Price changes that wait for approval",
        _list("waiting"),
        refuses=(400, 404),
        query=(("channel", ()), ("rule", ()), ("after", ())),
    ),
    Described(
        "POST /v1/approvals",
        "ops.approve",
        "Approve or reject price changes",
        _OBJECT,
        takes=_OBJECT,
        refuses=(400, 404, 409),
    ),
    Described(
        "POST /v1/exceptions/{issue_id}/replay",
        "ops.replay",
        "Do again what failed",
        _OBJECT,
        status=202,
        refuses=(404, 409),
    ),
    Described(
        "POST /v1/exceptions/{issue_id}/close",
        "ops.approve",
        "Close what outlasts its cause",
        _OBJECT,
        takes=_CLOSE,
        refuses=(400, 404, 409),
    ),
    Described(
        "POST /v1/inbox/{connection}/{delivery}/replay",
        "ops.replay",
        "Handle a delivery again",
        _OBJECT,
        status=202,
        refuses=(404,),
    ),
    Described(
        "PUT /v1/links/{connection}/{code}",
        "ops.approve",
        "Name the article behind a code",
        _OBJECT,
        takes=_SKU,
        refuses=(400, 404, 409),
    ),
)
