"""/v1/reservations: units for a checkout, all lines or none, until its order takes them over."""

from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from functions import bootstrap
from functions.http import Answer, answer, caller, named, not_found, refusal, settled, text_of
from shared.domain.reservations import Short
from shared.flows.cases import Cases
from shared.flows.derive import Deriver
from shared.flows.reserve import Reservations, reservation_name
from shared.flows.reserve_refusals import GONE, KEY_REUSED, ORDERED, TOO_MANY
from shared.flows.shards import Shards
from shared.model.base import Json
from shared.model.reservation import Reservation, ReservationRequest
from shared.ports import Table
from shared.settings import Settings as Base

KEY_MAX: Final = 255
STATUS: Final = {KEY_REUSED: 409, GONE: 409, ORDERED: 409, TOO_MANY: 400}
_SHAPE: Final = (
    'send {"channel": "<name>", "lines": [{"sku": "<sku>", "quantity": 1}], "expires_in_s": 900}'
)


class Settings(Base):
    tables: dict[Table, str]


def reservations() -> Reservations:
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    deriver = Deriver(store, bootstrap.queues(), bootstrap.issues(), clock, retailer)
    cases = Cases(store, clock, retailer)
    shards = Shards(store, bootstrap.counters(), clock, bootstrap.heat())
    return Reservations(store, clock, retailer, cases, deriver, shards)


def take(event: dict[str, Any]) -> Answer:
    key = event.get("headers", {}).get("idempotency-key", "")
    if not 0 < len(key) <= KEY_MAX or not key.isprintable():
        remedy = f"send the header with up to {KEY_MAX} printable characters, new for each call"
        return refusal(400, "Idempotency-Key", key[:50], remedy)
    try:
        wish = ReservationRequest.model_validate_json(text_of(event))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        return refusal(400, field, str(first["input"])[:100], f"{first['msg']}; {_SHAPE}")
    except ValueError:
        return refusal(400, "body", "", "send one JSON object in UTF-8")
    channel = next((c for c in bootstrap.retailer().channels if c.name == wish.channel), None)
    if channel is None:
        return not_found("channel", wish.channel)
    for number, line in enumerate(wish.lines):
        if line.location not in {None, *channel.locations}:
            remedy = f"{channel.name} sells from {', '.join(channel.locations)}"
            return refusal(400, f"lines.{number}.location", line.location, remedy)
    found = reservations().take(wish, name=reservation_name(caller(event), key))
    return answer(201, _said(found)) if isinstance(found, Reservation) else _short(wish, found)


def find(event: dict[str, Any]) -> Answer:
    name = named(event, "reservation")
    found = reservations().find(name)
    return answer(200, _said(found)) if found else not_found("reservation", name)


def release(event: dict[str, Any]) -> Answer:
    name = named(event, "reservation")
    found = reservations().release(name)
    return answer(200, _said(found)) if found else not_found("reservation", name)


def commit(event: dict[str, Any]) -> Answer:
    name, order = named(event, "reservation"), named(event, "order")
    if not 0 < len(order) <= 128:  # noqa: PLR2004 - as `ExternalId`
        return refusal(400, "order", order[:50], "name the order as the channel does")
    found = reservations().commit(name, order)
    return answer(200, _said(found)) if found else not_found("reservation", name)


def _said(found: Reservation) -> dict[str, Json]:
    lines: list[Json] = [line.model_dump(mode="json") for line in found.lines]
    return {
        "reservation": found.reservation_id,
        "channel": found.channel,
        "state": found.state,
        "order": found.order_id,
        "expires_at": found.expires_at.isoformat(),
        "lines": lines,
    }


def _short(wish: ReservationRequest, short: list[Short]) -> Answer:
    lines = [
        {
            "line": one.line,
            "sku": one.wish.sku,
            "location": one.wish.location,
            "asked": one.wish.quantity,
            "available": one.available,
        }
        for one in short
    ]
    said = {
        "field": f"lines.{short[0].line - 1}.quantity",
        "value": short[0].wish.quantity,
        "remedy": f"ask {wish.channel} for no more than is available; nothing was reserved",
        "short": lines,
    }
    return answer(409, said)


ROUTES = {
    "POST /v1/reservations": take,
    "GET /v1/reservations/{reservation}": find,
    "DELETE /v1/reservations/{reservation}": release,
    "PUT /v1/reservations/{reservation}/order/{order}": commit,
}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> Answer:
    """The gateway has already checked the token and its scope for this route."""
    del context
    return settled(
        lambda: ROUTES[event["routeKey"]](event),
        status=STATUS,
        again="nothing was reserved; the same call may be sent again",
    )
