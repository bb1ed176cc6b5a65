"""The inbox as the door writes it: one conditional write, by the leanest import path there is.

`shared.flows.intake` reads these rows through the store.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

KEPT_FOR = timedelta(days=90)
INLINE_MAX_BYTES = 350_000  # a DynamoDB item holds 400 KB; a larger body goes to the archive first
KEPT_HEADERS = frozenset(
    {
        "content-type",
        "ce-id",
        "ce-source",
        "ce-specversion",
        "ce-time",
        "ce-type",
        "x-shopify-api-version",
        "x-shopify-event-id",
        "x-shopify-shop-domain",
        "x-shopify-topic",
        "x-shopify-triggered-at",
        "x-shopify-webhook-id",
    }
)


class Dynamo(Protocol):
    exceptions: Any

    def put_item(self, **request: Any) -> Any: ...


class S3(Protocol):
    def put_object(self, **request: Any) -> Any: ...


class Inbox:
    """Keeps a delivery whole before anything is understood of it.

    `s3` is made only for a body too large for a row: few are, and a client costs a cold start.
    """

    def __init__(self, dynamo: Dynamo, s3: Callable[[], S3], *, table: str, bucket: str) -> None:
        self._dynamo = dynamo
        self._s3 = s3
        self._table = table
        self._bucket = bucket

    def keep(
        self,
        connection: str,
        delivery: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        now: datetime,
    ) -> bool:
        """Keep one delivery; False when it was kept before, so that a repeat is an answer."""
        raw = zlib.compress(body, 6)
        kept: dict[str, object] = {
            "state": "received",
            "received_at": now.isoformat(),
            "headers": {k: v for k, v in headers.items() if k in KEPT_HEADERS},
            "bytes": len(body),
        }
        item = {
            "pk": {"S": f"{connection}#{delivery}"},
            "sk": {"S": "-"},
            "rev": {"N": "1"},
            "state": {"S": "received"},
            "ttl": {"N": str(int((now + KEPT_FOR).timestamp()))},
        }
        if len(raw) <= INLINE_MAX_BYTES:
            item["raw"] = {"B": raw}  # type: ignore[dict-item]
        else:
            kept["blob"] = self._archive(connection, delivery, raw, now)
        item["body"] = {"S": json.dumps(kept, separators=(",", ":"))}
        try:
            self._dynamo.put_item(
                TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
            )
        except self._dynamo.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _archive(self, connection: str, delivery: str, raw: bytes, now: datetime) -> str:
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in delivery)
        name = f"raw/{connection}/{now.date().isoformat()}/{safe}.z"
        self._s3().put_object(Bucket=self._bucket, Key=name, Body=raw)
        return name
