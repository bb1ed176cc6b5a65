"""Composition root: the one place where flows meet AWS and connectors. Built once per container."""

import os
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from shared.aws.blobs import S3Blobs
from shared.aws.bus import EventBus
from shared.aws.config import config
from shared.aws.queues import SqsQueues
from shared.aws.secrets import Secrets
from shared.aws.store import DynamoStore

from shared.connectors.catalog import CATALOG
from shared.flows.issues import Issues
from shared.flows.pacing import LeasedPacer
from shared.kit.clock import WallClock
from shared.model.retailer import Retailer
from shared.ports import Table
from shared.settings import Settings, retailer_from

ROOT = Path(__file__).resolve().parent.parent

logger = Logger()
metrics = Metrics()
clock = WallClock()


class Environment(Settings):
    """Every variable any function may declare; each function's own Settings names its share."""

    tables: dict[Table, str] = {}
    queues: dict[str, str] = {}
    secrets: dict[str, str] = {}
    bus: str = ""
    archive: str = ""
    connection: str = ""
    prefix: str = ""


@cache
def environment() -> Environment:
    return Environment.read(os.environ)


@cache
def retailer() -> Retailer:
    """The retailer's file, bundled with the code; RETAILER_FILE names another one in tests."""
    return retailer_from(Path(os.environ.get("RETAILER_FILE", ROOT / "retailer.toml")))


@cache
def client(service: str) -> Any:
    return boto3.client(service, config=config())  # type: ignore[call-overload]


@cache
def store() -> DynamoStore:
    return DynamoStore(client("dynamodb"), environment().tables)


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
def secrets() -> Secrets:
    return Secrets(client("secretsmanager"), environment().secrets, clock)


@cache
def issues() -> Issues:
    return Issues(store(), bus(), clock)


@cache
def connector(name: str) -> Any:
    """The client of a connection: it satisfies whichever Protocols its catalogue row says."""
    connection = retailer().connection(name)
    row = CATALOG[connection.system]
    module, factory = row.factory.split(":")
    connect = getattr(import_module(module), factory)
    secret: Mapping[str, object] = secrets().read(name)
    pacer = LeasedPacer(connection, store(), clock)
    return connect(connection, retailer(), secret, pacer=pacer, clock=clock)
