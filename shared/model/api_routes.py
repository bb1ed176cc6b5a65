"""Every route of the HTTP API but the webhooks, described: what it takes and what it answers."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from pydantic import BaseModel, JsonValue

from shared.frozen import frozen
from shared.model import price_columns
from shared.model.answers import feeds, lookups, operations, orders, refusals
from shared.model.answers.description import Description
from shared.model.movement_columns import (
    LEVEL_COLUMNS,
    LEVEL_REQUIRED,
    MOVEMENT_COLUMNS,
    MOVEMENT_REQUIRED,
)
from shared.model.ops_call import ApprovalCall, CloseCall
from shared.model.order_call import OrderAnswer, OrderCall
from shared.model.refund_call import RefundAnswer, RefundCall
from shared.model.reservation import ReservationRequest
from shared.model.return_call import ReceiptCall, ReturnAnswer, ReturnCall
from shared.model.shipment_call import ShipmentAnswer, ShipmentCall


@frozen
class Described:
    """`takes` is a model or the JSON Schema of what has none, `answers` a model or a `TypedDict`.

    `refuses` are the statuses that say what is wrong, of which the one of `refused` says more;
    those of a missing or wrong token and of a function that failed are every route's. `query` are
    parameters with their allowed values, any text if none are named. What is `keyed` takes an
    Idempotency-Key, and needs none where its body `names` what it is. What is `unchanged` is
    answered 304 to who has its tag. `media` is what it answers, refusals apart.
    """

    route: str
    scope: str
    summary: str
    answers: type[Any]
    status: int = 200
    takes: type[BaseModel] | dict[str, JsonValue] | None = None
    refuses: tuple[int, ...] = ()
    refused: tuple[int, type[Any]] | None = None
    query: tuple[tuple[str, tuple[str, ...]], ...] = ()
    keyed: bool = False
    names: bool = False
    unchanged: bool = False
    media: str = "application/json"


_FLAG: Final = (("chain", ("true", "false")),)


def _lines(
    name: str, columns: Mapping[str, str], required: Collection[str]
) -> dict[str, JsonValue]:
    """A body of one connection with so many lines, of which each is answered by itself.

    A line says in each of its `columns` what is to be written there: in text, or as a number.
    """
    said: dict[str, JsonValue] = {
        column: {"type": ["string", "number", "null"], "description": what}
        for column, what in columns.items()
    }
    line: dict[str, JsonValue] = {
        "type": "object",
        "required": list(required),
        "properties": said,
        "additionalProperties": False,
    }
    lines: JsonValue = {"type": "array", "minItems": 1, "maxItems": 500, "items": line}
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
_EVENT: Final[dict[str, JsonValue]] = {
    "type": "object",
    "description": "a CloudEvent 1.0",
    "required": ["specversion", "id", "source", "type"],
}
_MOVEMENTS: Final[dict[str, JsonValue]] = {
    "anyOf": [
        _lines("movements", MOVEMENT_COLUMNS, MOVEMENT_REQUIRED),
        _lines("levels", LEVEL_COLUMNS, LEVEL_REQUIRED),
        _EVENT,
        {"type": "array", "minItems": 1, "maxItems": 500, "items": _EVENT},
        {
            "type": "object",
            "description": "an EPCIS 2.0 document",
            "required": ["@context", "type", "epcisBody"],
        },
    ]
}

ROUTES: Final[tuple[Described, ...]] = (
    Described(
        "GET /v1/openapi.json", "lookup.read", "This description", Description, unchanged=True
    ),
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
        orders.OrderStory,
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
        orders.ReturnFound,
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
        "POST /v1/refunds",
        "refunds.write",
        "Give money back of an order",
        RefundAnswer,
        status=201,
        takes=RefundCall,
        refuses=(400, 404, 409, 503),
        keyed=True,
    ),
    Described(
        "POST /v1/reservations",
        "orders.write",
        "Reserve units for a checkout",
        orders.ReservationFound,
        status=201,
        takes=ReservationRequest,
        refuses=(400, 404, 409, 503),
        refused=(409, refusals.ReservationRefused),
        keyed=True,
    ),
    Described(
        "GET /v1/reservations/{reservation}",
        "orders.write",
        "A reservation",
        orders.ReservationFound,
        refuses=(404, 503),
    ),
    Described(
        "DELETE /v1/reservations/{reservation}",
        "orders.write",
        "Give a reservation back",
        orders.ReservationFound,
        refuses=(404, 409, 503),
    ),
    Described(
        "PUT /v1/reservations/{reservation}/order/{order}",
        "orders.write",
        "Say which order takes a reservation over",
        orders.ReservationFound,
        refuses=(400, 404, 409, 503),
    ),
    Described(
        "POST /v1/prices",
        "prices.write",
        "Send price conditions, each line answered",
        feeds.ConditionsAnswered,
        takes=_lines("conditions", price_columns.COLUMNS, price_columns.REQUIRED),
        refuses=(400, 403, 409, 503),
        keyed=True,
    ),
    Described(
        "POST /v1/movements",
        "stock.write",
        "Send stock movements or counts",
        feeds.EntriesAnswered,
        takes=_MOVEMENTS,
        refuses=(400, 403, 409, 503),
        keyed=True,
        query=(("connection", ()),),
    ),
    Described(
        "GET /v1/prices/{channel}/{sku}",
        "lookup.read",
        "The price a channel shows",
        lookups.PriceFound,
        refuses=(404,),
        refused=(404, refusals.MissingSku),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "POST /v1/prices/{channel}/lookup",
        "lookup.read",
        "The prices a channel shows",
        lookups.PricesFound,
        takes=_SKUS,
        refuses=(400, 404),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "GET /v1/availability/{channel}/{sku}",
        "lookup.read",
        "What a channel may sell",
        lookups.AvailabilityFound,
        refuses=(404,),
        refused=(404, refusals.MissingSku),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "POST /v1/availability/{channel}/lookup",
        "lookup.read",
        "What a channel may sell of many",
        lookups.AvailabilitiesFound,
        takes=_SKUS,
        refuses=(400, 404),
        query=_FLAG,
        unchanged=True,
    ),
    Described(
        "GET /v1/trace/sku/{sku}",
        "ops.read",
        "Why a SKU shows what it shows",
        lookups.SkuStory,
        refuses=(404,),
    ),
    Described(
        "GET /v1/trace/orders/{order_id}",
        "ops.read",
        "Every step of an order",
        orders.OrderStory,
        refuses=(404,),
    ),
    Described(
        "GET /v1/exceptions",
        "ops.read",
        "What waits for a person",
        operations.ExceptionsFound,
        refuses=(400,),
        query=(("state", ("open", "solved", "all")), ("after", ())),
    ),
    Described(
        "GET /v1/reconciliation/finance",
        "ops.read",
        "The money of a day's orders in shop and ERP",
        operations.DayFound,
        refuses=(400,),
        query=(("day", ()), ("after", ())),
    ),
    Described("GET /v1/parity", "ops.read", "What comparisons found", operations.ParityFound),
    Described(
        "GET /v1/parity/{channel}/pending",
        "ops.read",
        "What a shadow would be sent",
        operations.PendingFound,
        refuses=(400, 404),
        query=(("after", ()),),
    ),
    Described(
        "GET /v1/connections",
        "ops.read",
        "How every connection fares",
        operations.ConnectionsFound,
    ),
    Described(
        "GET /v1/epcis/events",
        "ops.read",
        "Movements of a source as an EPCIS 2.0 document",
        feeds.EpcisDocument,
        refuses=(400,),
        query=(("source", ()), ("GE_recordTime", ()), ("perPage", ()), ("nextPageToken", ())),
        media="application/ld+json",
    ),
    Described(
        "GET /v1/approvals",
        "ops.read",
        "Price changes that wait for approval",
        operations.WaitingFound,
        refuses=(400, 404),
        query=(("channel", ()), ("rule", ()), ("after", ())),
    ),
    Described(
        "POST /v1/approvals",
        "ops.approve",
        "Approve or reject price changes",
        operations.Ruled,
        takes=ApprovalCall,
        refuses=(400, 404, 409),
    ),
    Described(
        "POST /v1/exceptions/{issue_id}/replay",
        "ops.replay",
        "Do again what failed",
        operations.Replayed,
        status=202,
        refuses=(404, 409),
    ),
    Described(
        "POST /v1/exceptions/{issue_id}/close",
        "ops.approve",
        "Close what outlasts its cause",
        operations.Closed,
        takes=CloseCall,
        refuses=(400, 404, 409),
    ),
    Described(
        "POST /v1/inbox/{connection}/{delivery}/replay",
        "ops.replay",
        "Handle a delivery again",
        operations.Replayed,
        status=202,
        refuses=(404,),
    ),
    Described(
        "PUT /v1/links/{connection}/{code}",
        "ops.approve",
        "Name the article behind a code",
        operations.Mapped,
        takes=_SKU,
        refuses=(400, 404, 409),
    ),
)
