"""AWS that answers at once: requests are made and answers parsed by boto3, and nothing is sent.

Rows are those of a store in memory as it was; what is written is accepted and forgotten, so the
same work can be done again and again.
"""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.aws.clients import client
from shared.aws.items import put_request
from shared.ports import Key, Put, Row, Table

SENT: Final = b'{"Successful":[{"Id":"0","MessageId":"1","MD5OfMessageBody":"0"}],"Failed":[]}'
REGION: Final = "eu-west-1"


class _Raw(BytesIO):
    """The body of an answer, as urllib3 gives it."""

    def stream(self, **_: object) -> Any:
        while chunk := self.read():
            yield chunk


class StubAws:
    """`clients` by service; `calls` counts what was asked of each operation."""

    def __init__(self, tables: Mapping[Table, str]) -> None:
        self.calls: dict[str, int] = {}
        self._items: dict[tuple[str, str, str], bytes] = {}
        self._tables = dict(tables)
        self.clients = {name: self._client(name) for name in ("dynamodb", "sqs", "s3", "events")}

    def hold(self, rows: Mapping[Key, Row]) -> None:
        """Answer with these rows from now on."""
        for key, row in rows.items():
            name = self._tables[key.table]
            item = put_request(Put(key, row.body, row.rev - 1), name, "t" * 32)["Item"]
            self._items[name, key.pk, key.sk] = json.dumps(item).encode()

    def _client(self, service: str) -> Any:
        made = client(
            service,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        made.meta.events.register("before-send", self._answer)
        return made

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        target: Any = request.headers.get("X-Amz-Target", request.method)
        text = target.decode() if isinstance(target, bytes) else str(target)
        operation = text.rsplit(".", 1)[-1]
        self.calls[operation] = self.calls.get(operation, 0) + 1
        sent: Any = request.body
        body = self._body(operation, sent if isinstance(sent, bytes) else b"")
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Raw(body))

    def _body(self, operation: str, asked: bytes) -> bytes:
        match operation:
            case "BatchGetItem":
                return self._found(asked)
            case "BatchExecuteStatement":
                done = b",".join([b"{}"] * asked.count(b'"Statement":'))
                return b'{"Responses":[' + done + b"]}"
            case "SendMessageBatch":
                return SENT
            case "PUT":  # S3
                return b""
            case _:
                return b"{}"

    def _found(self, asked: bytes) -> bytes:
        answers = []
        for name, wanted in json.loads(asked)["RequestItems"].items():
            keys = ((name, key["pk"]["S"], key["sk"]["S"]) for key in wanted["Keys"])
            items = b",".join([self._items[key] for key in keys if key in self._items])
            answers.append(b'"' + name.encode() + b'":[' + items + b"]")
        return b'{"Responses":{' + b",".join(answers) + b'},"UnprocessedKeys":{}}'
