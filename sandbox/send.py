"""Sends one event into the running sandbox: a webhook, signed anew, or messages of a queue."""

import base64
import json
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import cast

import httpx

from sandbox.failures import CannotRunError
from sandbox.simulators import Standing
from sandbox.world import World
from shared.connectors.catalog import CATALOG
from shared.connectors.sap import webhook as sap
from shared.connectors.shopify import webhook as shopify
from shared.flows import keys
from shared.model.base import Json

DOOR = "POST /hooks/{connection}"

type Event = Mapping[str, object]
_UNSIGNED = {"content-type": "application/json", "user-agent": "shelfwire-send"}


def send(
    world: World, file: Path, *, connection: str | None = None, topic: str | None = None
) -> dict[str, Json]:
    """Send what a file holds and say what became of it.

    A file is one of three: an HTTP API event of the webhook function, an SQS event (its messages
    go to the queue its ARN names), or the bare body of a webhook or of a notification, for which
    `connection` is needed.
    """
    content = _read(file)
    try:
        event = json.loads(content)
    except ValueError as error:
        raise CannotRunError(f"{file} is not JSON: {error}", "correct it there") from error
    if isinstance(event, dict) and isinstance(event.get("Records"), list):
        return _messages(world, cast("Event", event))
    if isinstance(event, dict) and "requestContext" in event and "headers" in event:
        return _http(world, cast("Event", event))
    if connection is not None and CATALOG[world.plan.vendor(connection).system].sender:
        return _put(world, f"{connection}{keys.NOTIFIED}", [content.decode()])
    if connection is None:
        raise CannotRunError(f"{file} is the body of a webhook", "say whose with --connection NAME")
    headers = {shopify.TOPIC: topic} if topic else {}
    return _webhook(world, connection, headers, content)


def signed(vendor: Standing, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The headers of a delivery as this vendor would send it, under the sandbox's own secret."""
    kept = {k.lower(): v for k, v in headers.items() if k.lower().startswith(("x-", "ce-"))}
    return _UNSIGNED | kept | _SIGNERS[vendor.system](vendor.webhook_secret, kept, body)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotRunError(f"{file} cannot be read: {error.strerror}", "name a file") from error


def _http(world: World, event: Event) -> dict[str, Json]:
    return _webhook(world, *delivery(event))


def delivery(event: Event) -> tuple[str, dict[str, str], bytes]:
    """Connection, headers and body of an HTTP API event; CannotRunError if it is no webhook."""
    route = event.get("routeKey", DOOR)
    if route != DOOR:
        raise CannotRunError(
            f"the event is of {route}, and only {DOOR} is sent", "call that route with a token"
        )
    names, headers = event.get("pathParameters"), event.get("headers")
    if not isinstance(names, dict) or "connection" not in names or not isinstance(headers, dict):
        raise CannotRunError(
            "the event names no connection in pathParameters", "write it there, with the headers"
        )
    text = str(event.get("body") or "")
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    return str(names["connection"]), {str(k): str(v) for k, v in headers.items()}, body


def _webhook(
    world: World, connection: str, headers: Mapping[str, str], body: bytes
) -> dict[str, Json]:
    vendor = world.plan.vendor(connection)
    url = f"{world.deployed.api_url}/hooks/{connection}"
    try:
        with httpx.Client(timeout=30, trust_env=False) as http:
            answer = http.post(url, content=body, headers=signed(vendor, headers, body))
    except httpx.TransportError as error:
        raise CannotRunError(
            f"the API does not answer: {type(error).__name__}", "see `shelfwire status`"
        ) from error
    return {
        "sent": "webhook",
        "connection": connection,
        "status": answer.status_code,
        "answer": answer.text[:500],
        "ok": answer.is_success,
    }


def _messages(world: World, event: Event) -> dict[str, Json]:
    records = [r for r in cast("list[object]", event["Records"]) if isinstance(r, dict)]
    sources = {str(record.get("eventSourceARN", "")) for record in records}
    if any(":sqs:" not in source for source in sources) or len(sources) != 1:
        raise CannotRunError(
            "only webhooks and messages of one queue can be sent",
            "a stream event is made by writing the row it tells of",
        )
    source = sources.pop()
    queue = queue_like(source.rpartition(":")[2], world.deployed.queues)
    return _put(world, queue, [str(record["body"]) for record in records])


def _put(world: World, queue: str, bodies: Sequence[str]) -> dict[str, Json]:
    for body in bodies:
        url = world.deployed.queues[queue]
        world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    return {"sent": "messages", "queue": queue, "count": len(bodies), "ok": True}


def queue_like(physical: str, known: Collection[str]) -> str:
    """Our name of a queue, whichever deployment the event was taken from."""
    fitting = [name for name in known if physical == name or physical.endswith(f"-{name}")]
    if not fitting:
        choice = f"known: {', '.join(sorted(known))}"
        raise CannotRunError(f"no queue here is like {physical!r}", choice)
    return max(fitting, key=len)


def _shopify(secret: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    return {
        shopify.SIGNATURE: shopify.sign(body, secret),
        shopify.WEBHOOK_ID: headers.get(shopify.WEBHOOK_ID, str(uuid.uuid4())),
        shopify.TOPIC: headers.get(shopify.TOPIC, "orders/create"),
    }


def _sap(secret: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    del headers, body
    return {
        sap.SECRET_HEADER: secret,
        "content-type": "application/cloudevents+json; charset=utf-8",
    }


_SIGNERS: dict[str, Callable[[str, Mapping[str, str], bytes], dict[str, str]]] = {
    "sap-s4hana": _sap,
    "shopify": _shopify,
}
