"""Every function in one process: moto for AWS, simulators for vendors, events turned by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from functions import bootstrap
from sandbox.simulator import Vanish
from sandbox.vendors.sap.simulator import Account as SapAccount
from sandbox.vendors.sap.simulator import SapSimulator
from sandbox.vendors.shopify.simulator import Account as ShopAccount
from sandbox.vendors.shopify.simulator import Plan, ShopifySimulator
from shared.kit.clock import WallClock
from shared.model.base import Json
from shared.ports import Table
from tests import described
from tests.aws.partiql import with_statements
from tests.aws.tables import create_tables
from tests.domain.world import RETAILER_TOML

EVENTS = Path(__file__).resolve().parents[2] / "events"
QUEUES = ("erp-read", "erp-write", "shop-read", "shop-write", "wake", "import")


class Context:
    """What a Lambda context offers the functions."""

    function_name = "test"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:test"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Deployment:
    """`invoke` calls a handler with one of the payloads of `events/`, or another."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.environment = monkeypatch
        self.sap = SapSimulator(WallClock(), SapAccount())
        self.shop = ShopifySimulator(
            WallClock(),
            ShopAccount(shop="demo", currency="GBP", locations=("London", "Leeds")),
            plan=Plan(1000, 20_000),
        )
        self.tables = create_tables()
        sqs = boto3.client("sqs")
        self.queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        self._prepare(folder)

    def _prepare(self, folder: Path) -> None:
        region = {"LocationConstraint": "eu-west-1"}
        for bucket in ("archive", "files"):
            boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=region)  # type: ignore[arg-type]
        boto3.client("events").create_event_bus(Name="news")
        secret = {
            "client_id": "client",
            "client_secret": "secret",
            "webhook_secrets": ["hush"],
            "token_url": "/oauth/token",
        }
        arns = {
            name: boto3.client("secretsmanager").create_secret(
                Name=name, SecretString=json.dumps(secret)
            )["ARN"]
            for name in ("erp", "shop")
        }
        file = folder / "retailer.toml"
        file.write_text(RETAILER_TOML, encoding="utf-8")
        said: dict[str, object] = {
            "RETAILER_FILE": str(file),
            "TABLES": self.tables,
            "QUEUES": self.queues,
            "SECRETS": arns,
            "BUS": "news",
            "ARCHIVE": "archive",
            "FILES": "files",
            "PREFIX": "shelfwire-demo",
        }
        for name, value in said.items():
            text = value if isinstance(value, str) else json.dumps(value)
            self.environment.setenv(name, text)
        self.environment.setattr(bootstrap, "transport", self._transport)

    def _transport(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self._carry)

    def _carry(self, request: httpx.Request) -> httpx.Response:
        simulator = self.sap if request.url.port == 9001 else self.shop
        try:
            return simulator.handle(request)
        except Vanish:
            raise httpx.ReadTimeout("lost", request=request) from None

    def act_as(self, connection: str) -> None:
        """Be a function of this connection from now on, in a fresh container."""
        self.environment.setenv("CONNECTION", connection)
        forget()

    def invoke(self, handler: Any, event: dict[str, Any]) -> Any:
        """What it answers, which to a call of the API is as the API is described."""
        answer = handler(event, Context())
        if "/v1/" in event.get("routeKey", ""):
            described.check(event["routeKey"], answer)
        return answer

    def messages(self, queue: str) -> list[dict[str, str]]:
        """Everything waiting in a queue, which is then empty."""
        sqs = boto3.client("sqs")
        found: list[dict[str, str]] = []
        while True:
            answer = sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                sqs.delete_message(
                    QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"]
                )
            if not answer.get("Messages"):
                return found

    def rows(self, table: Table) -> list[dict[str, Any]]:
        items = boto3.client("dynamodb").scan(TableName=self.tables[table])["Items"]
        return [json.loads(item["body"]["S"]) for item in items]


def forget() -> None:
    """A fresh container: everything a function keeps between invocations is gone."""
    for cached in (
        bootstrap.environment,
        bootstrap.retailer,
        bootstrap.client,
        bootstrap.store,
        bootstrap.queues,
        bootstrap.bus,
        bootstrap.blobs,
        bootstrap.files,
        bootstrap.journal,
        bootstrap.secrets,
        bootstrap.issues,
        bootstrap.pacer,
        bootstrap.forgotten,
    ):
        cached.cache_clear()
    bootstrap.forget_connections()
    with_statements(bootstrap.client("dynamodb"))


def loaded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def sqs_event(queue: str, *bodies: dict[str, str]) -> dict[str, Any]:
    """The payload SQS delivers."""
    template = loaded("ingest.read_erp/poll")["Records"][0]
    return {
        "Records": [
            {
                **template,
                "messageId": f"m{i}",
                "body": json.dumps(body),
                "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{queue}",
            }
            for i, body in enumerate(bodies)
        ]
    }


def stream_event(*keys: tuple[str, str]) -> dict[str, Any]:
    """The payload of a table's stream."""
    template = loaded("derive.targets/new-item")["Records"][0]
    return {
        "Records": [
            {**template, "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}}}
            for pk, sk in keys
        ]
    }


type Rows = list[dict[str, Json]]


def stocked(deployment: Deployment) -> None:
    """One hat in two sizes in the ERP."""
    materials: Rows = [
        {"product": "HAT", "title": "Hat"},
        {"product": "HAT-M", "title": "Hat", "generic": "HAT", "size": "M"},
        {"product": "HAT-S", "title": "Hat", "generic": "HAT", "size": "S"},
    ]
    prices: Rows = [
        {"sku": sku, "amount": "19.99", "currency": "GBP"} for sku in ("HAT-M", "HAT-S")
    ]
    stock: Rows = [
        {"sku": sku, "plant": "1710", "storage_location": "171A", "quantity": "10"}
        for sku in ("HAT-M", "HAT-S")
    ]
    deployment.sap.control("load", materials=materials, prices=prices, stock=stock)  # type: ignore[arg-type]


@pytest.fixture
def deployment(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    del aws
    made = Deployment(tmp_path, monkeypatch)
    made.act_as("erp")
    yield made
    forget()
