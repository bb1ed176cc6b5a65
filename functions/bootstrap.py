"""Composition root: the one place where flows meet AWS and connectors. Built once per container."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from functions import loaded
from shared.aws import clients
from shared.aws.blobs import S3Blobs, S3Journal
from shared.aws.bus import EventBus
from shared.aws.files import S3Files
from shared.aws.queues import SqsQueues
from shared.aws.secrets import Secrets
from shared.aws.store import DynamoStore
from shared.connectors.catalog import CATALOG
from shared.flows.heat import Heat
from shared.flows.issues import Issues
from shared.flows.pacing import LeasedPacer, pacer_of
from shared.kit.clock import WallClock
from shared.model.notices import NoticeRules
from shared.model.order_policy import AddressLimits
from shared.model.retailer import Retailer
from shared.ports import Table
from shared.settings import Settings, retailer_from

if TYPE_CHECKING:
    import httpx

    from shared.aws.counters import DynamoCounters
    from shared.aws.mailer import SesMailer

ROOT = Path(__file__).resolve().parent.parent

logger = Logger()
metrics = Metrics()
clock = WallClock()


def entry[F: Callable[..., Any]](handler: F) -> F:
    """Marks what Lambda calls, below all imports: its lines of the log name the request."""
    loaded()
    return logger.inject_lambda_context(handler)


class Environment(Settings):
    """Every variable any function may declare; each function's own Settings names its share."""

    tables: dict[Table, str] = {}
    queues: dict[str, str] = {}
    secrets: dict[str, str] = {}
    bus: str = ""
    archive: str = ""
    files: str = ""
    connection: str = ""
    notifications: str = ""
    prefix: str = ""


@cache
def environment() -> Environment:
    return Environment.read(os.environ)


@cache
def retailer() -> Retailer:
    """The retailer's file, bundled with the code; RETAILER_FILE names another one in tests."""
    return by_system(retailer_from(Path(os.environ.get("RETAILER_FILE", ROOT / "retailer.toml"))))


def by_system(said: Retailer) -> Retailer:
    """The retailer with what follows from the systems of its channels where it says nothing."""
    channels = tuple(
        channel.model_copy(
            update={"orders": channel.orders.model_copy(update={"payments": "elsewhere"})}
        )
        if channel.orders.payments is None
        and CATALOG[said.connection(channel.connection).system].collects
        else channel
        for channel in said.channels
    )
    return said if channels == said.channels else said.model_copy(update={"channels": channels})


@cache
def client(service: str) -> Any:
    return clients.client(service)


@cache
def store() -> DynamoStore:
    return DynamoStore(client("dynamodb"), environment().tables)


@cache
def counters() -> "DynamoCounters":
    from shared.aws.counters import DynamoCounters  # noqa: PLC0415 - for functions that reserve

    return DynamoCounters(client("dynamodb"), environment().tables)


@cache
def forgotten() -> set[str]:
    """Connections whose webhooks this container has seen to be nobody's concern."""
    return set()


@cache
def heat() -> Heat:
    """Which articles are hot, as this container remembers."""
    return Heat()


@cache
def queues() -> SqsQueues:
    return SqsQueues(client("sqs"), environment().queues)


@cache
def bus() -> EventBus:
    return EventBus(client("events"), environment().bus)


@cache
def blobs() -> S3Blobs:
    return S3Blobs(client("s3"), environment().archive)


@cache
def journal() -> S3Journal:
    return S3Journal(client("s3"), environment().archive)


@cache
def files() -> S3Files:
    return S3Files(client("s3"), environment().files)


@cache
def secrets() -> Secrets:
    return Secrets(client("secretsmanager"), environment().secrets, clock)


@cache
def issues() -> Issues:
    return Issues(store(), bus(), clock)


def mailer(rules: NoticeRules) -> "SesMailer":
    from shared.aws.mailer import SesMailer  # noqa: PLC0415 - for the one function that mails

    return SesMailer(
        client("sesv2"), sender=rules.sender, configuration_set=rules.configuration_set
    )


def transport() -> "httpx.BaseTransport | None":
    """How vendors are reached: over the network, which is what None means to httpx."""
    return None


def guarded(name: str) -> "httpx.BaseTransport":
    """The same, with its answers heard by the connection's pacer."""
    from httpx import HTTPTransport  # noqa: PLC0415 - for functions that call vendors

    from shared.kit.guard import Guarded  # noqa: PLC0415 - it imports httpx

    return Guarded(transport() or HTTPTransport(), pacer(name))


@cache
def pacer(name: str) -> LeasedPacer:
    return pacer_of(retailer().connection(name), store(), issues(), clock)


def give_back() -> None:
    """Let others spend what this invocation leased of a vendor's rate and did not use."""
    if environment().connection in _CONNECTED:
        pacer(environment().connection).give_back()


_CONNECTED: dict[str, tuple[Mapping[str, object], Any]] = {}


def connector(name: str) -> Any:
    """The client of a connection: it satisfies whichever Protocols its catalogue row says.

    It is kept while its secret is; a rotated secret makes another.
    """
    secret = secrets().read(name)
    known = _CONNECTED.get(name)
    if known is None or known[0] != secret:
        connection = retailer().connection(name)
        module, factory = CATALOG[connection.system].factory.split(":")
        connect = getattr(import_module(module), factory)
        made = connect(
            connection,
            retailer(),
            secret,
            pacer=pacer(name),
            clock=clock,
            transport=guarded(name),
        )
        known = _CONNECTED[name] = (secret, made)
    return known[1]


@cache
def address_limits() -> dict[str, AddressLimits]:
    """What each ERP takes of an address, by connection."""
    found = {}
    for connection in retailer().connections:
        module, _, name = CATALOG[connection.system].address_limits.partition(":")
        if module:
            found[connection.name] = getattr(import_module(module), name)
    return found


def forget_connections() -> None:
    """Make every client anew at its next use."""
    _CONNECTED.clear()
