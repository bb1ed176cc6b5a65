"""What the door's function takes of a processor, beside one bare conditional write of its row.

Both speak through botocore whole, the bare write with a client as boto3 makes it; only the network
is left out, by an answer that is given before anything is sent. The delivery is an order as the
simulated shop tells it.
"""

import base64
import hashlib
import hmac
import importlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from functions.ingest import webhook

ROUNDS, EACH = 15, 40
SECRET: Final = "hush"
ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "TABLES": json.dumps({"inbox": "inbox"}),
    "ARCHIVE": "archive",
    "DOORS": json.dumps({"shop": {"door": "shared.connectors.shopify.webhook", "secret": "shop"}}),
}

type Answer = Callable[..., Any]


def cpu(body: bytes) -> tuple[Decimal, Decimal]:
    """Nanoseconds of the door for one delivery, and of one bare conditional write."""
    with _stubbed() as (sent, answer):
        event = _signed(body)
        if webhook.handler(event, None)["statusCode"] != 202:
            raise AssertionError("the door refuses the delivery")
        item = json.loads(sent[-1])["Item"]
        item["raw"]["B"] = base64.b64decode(item["raw"]["B"])
        dynamo = boto3.client("dynamodb")
        dynamo.meta.events.register("before-send", answer)

        def bare() -> None:
            dynamo.put_item(
                TableName="inbox", Item=item, ConditionExpression="attribute_not_exists(pk)"
            )

        return _least(lambda: webhook.handler(event, None), bare)


@contextmanager
def _stubbed() -> Iterator[tuple[list[bytes], Answer]]:
    """The function anew, with answers in place of the network; what would have been sent."""
    sent: list[bytes] = []
    secret = json.dumps({"SecretString": json.dumps({"webhook_secrets": [SECRET]})}).encode()

    def answer(request: Any, **_: object) -> Any:
        target = request.headers["X-Amz-Target"].decode()
        sent[:] = [request.body]
        content = secret if target.startswith("secretsmanager") else b"{}"
        response: Any = AWSResponse(request.url, 200, HTTPHeaders(), None)
        response._content = content  # noqa: SLF001 - what would have been read
        return response

    with patch.dict(os.environ, ENVIRONMENT):
        importlib.reload(webhook)
        for service in ("dynamodb", "secretsmanager"):
            webhook.client(service).meta.events.register("before-send", answer)
        try:
            yield sent, answer
        finally:
            importlib.reload(webhook)


def _signed(body: bytes) -> dict[str, Any]:
    """As API Gateway hands a delivery over."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    return {
        "pathParameters": {"connection": "shop"},
        "requestContext": {"http": {"method": "POST"}},
        "headers": {
            "Content-Type": "application/json",
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Webhook-Id": "w1",
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def _least(*works: Callable[[], object]) -> tuple[Decimal, Decimal]:
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for i, work in enumerate(works):
            began = time.process_time_ns()
            for _ in range(EACH):
                work()
            best[i] = min(best[i], (time.process_time_ns() - began) / EACH)
    return Decimal(f"{best[0]:.0f}"), Decimal(f"{best[1]:.0f}")
