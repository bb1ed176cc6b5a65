"""A request that is sent as it is given is the one that boto3 would make of it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from shared.aws.clients import AsGiven, client
from shared.aws.config import config
from shared.aws.store import DynamoStore
from shared.ports import Delete, Key, Put, Table
from tests.bench.stub_aws import _Raw  # the body of an answer

TOKEN = re.compile(rb"[0-9a-f]{32}")
REGION = {"region_name": "eu-west-1", "aws_access_key_id": "t", "aws_secret_access_key": "t"}
KEY, AT = Key(Table.FACTS, "sku#HAT-M", "stock#wms"), datetime(2026, 11, 27, 9, tzinfo=UTC)
PUT = Put(KEY, {"name": 'Größe "M"', "units": 5}, 3, lane="wake", due=AT, state="leeds")
NEW = Put(KEY._replace(sk="holds"), {}, 0, expires=AT)
COUNTED = Put(KEY, {}, 3, units=5, drawn={"t": 2})
RAW = Put(KEY, {}, 0, raw=b"\x00\xff?>")

CALLS: list[Callable[[DynamoStore], object]] = [
    lambda store: store.get([KEY]),
    lambda store: store.glance([KEY, NEW.key]),
    lambda store: store.query(Table.FACTS, "sku#HAT-M", prefix="stock#", limit=2),
    lambda store: store.due(Table.FACTS, "wake", until=AT),
    lambda store: store.commit([PUT]),
    lambda store: store.commit([RAW]),
    lambda store: store.commit([PUT, NEW]),
    lambda store: store.commit([COUNTED, RAW._replace(key=NEW.key)]),
    lambda store: store.commit([Delete(KEY, 3)]),
    lambda store: store.commit_together([PUT, Delete(NEW.key, 1)]),
]


def sent(made: Any, call: Callable[[DynamoStore], object]) -> tuple[object, ...]:
    """What would go over the wire, but for the random token of a write."""
    requests: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        requests.append(request)
        body: Any = request.body
        many = json.loads(body).get("Statements", [])
        said = {"Responses": [{} for _ in many] if many else {"facts": []}, "Items": []}
        headers: Any = {}
        return AWSResponse(request.url, 200, headers, _Raw(json.dumps(said).encode()))

    made.meta.events.register("before-send", answer)
    call(DynamoStore(made, {Table.FACTS: "facts"}))
    (request,) = requests
    body: Any = request.body
    target, form = request.headers["X-Amz-Target"], request.headers["Content-Type"]
    return target, form, json.loads(TOKEN.sub(b"token", body))


@pytest.mark.parametrize("call", CALLS)
def test_it_is_the_request_boto3_makes(call: Callable[[DynamoStore], object]) -> None:
    ours = client("dynamodb", **REGION)
    theirs: Any = boto3.client("dynamodb", config=config(), **REGION)  # type: ignore[call-overload]
    assert isinstance(ours._serializer, AsGiven)  # noqa: SLF001 - or this would prove nothing
    assert sent(ours, call) == sent(theirs, call)


def test_where_a_service_is_is_found_out_once_and_as_boto3_does() -> None:
    asked: list[str] = []
    urls: list[str] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        urls.append(request.url)
        headers: Any = {}
        return AWSResponse(request.url, 200, headers, _Raw(b'{"Responses": {"facts": []}}'))

    ours = client("dynamodb", **REGION)
    theirs: Any = boto3.client("dynamodb", config=config(), **REGION)  # type: ignore[call-overload]
    for made in (ours, theirs):
        made.meta.events.register("before-send", answer)
    ours.meta.events.register("before-endpoint-resolution", lambda **_: asked.append("where"))
    for made in (ours, ours, theirs):
        DynamoStore(made, {Table.FACTS: "facts"}).get([KEY])
    assert len(set(urls)) == 1
    assert asked == ["where"]


def test_a_bucket_is_part_of_its_address() -> None:
    urls: list[str] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        urls.append(request.url)
        headers: Any = {}
        return AWSResponse(request.url, 200, headers, _Raw(b""))

    files = client("s3", **REGION)
    files.meta.events.register("before-send", answer)
    for bucket in ("archive", "drops"):
        files.put_object(Bucket=bucket, Key="a", Body=b"")
    assert [url.split(".")[0] for url in urls] == ["https://archive", "https://drops"]
