"""What is signed in one pass is signed as botocore signs it."""

from datetime import datetime
from typing import Any

import pytest
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.clients import client
from shared.aws.signing import OnePass
from tests.bench.stub_aws import _Raw  # the body of an answer

HOST = "https://dynamodb.eu-west-1.amazonaws.com"
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
NAMES = st.sampled_from(
    ["X-Amz-Target", "Content-Type", "User-Agent", "X-Amzn-Trace-Id", "x-amz-x", "X-Amz-Date"]
)
CREDENTIALS: dict[str, str] = {
    "aws_access_key_id": "AKIA",
    "aws_secret_access_key": "secret/+",
    "region_name": "eu-west-1",
}


def signed(by: type[SigV4Auth], request: AWSRequest, *, token: str | None) -> dict[str, str]:
    who: Any = Credentials("AKIA", "secret/+", token)
    by(who, "dynamodb", "eu-west-1").add_auth(request)
    return dict(request.headers.items())


def request_of(
    headers: dict[str, str], *, url: str = f"{HOST}/", method: str = "POST", body: Any = b"{}"
) -> AWSRequest:
    made = AWSRequest(method=method, url=url, headers=headers, data=body)
    made.context = {}
    return made


def same(ours: dict[str, str], request: AWSRequest, *, token: str | None) -> bool:
    """Whether botocore signs this request so at the instant at which we did."""
    at = datetime.strptime(ours["X-Amz-Date"], SIGV4_TIMESTAMP)  # noqa: DTZ007 - botocore's are
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("botocore.auth.get_current_datetime", lambda: at)
        return ours == signed(SigV4Auth, request, token=token)


@given(
    headers=st.dictionaries(NAMES, TEXT),
    body=st.binary(max_size=50),
    token=st.none() | st.just("session/+="),
)
def test_a_post_is_signed_as_botocore_signs_it(
    headers: dict[str, str], body: bytes, token: str | None
) -> None:
    ours = signed(OnePass, request_of(headers, body=body), token=token)
    assert same(ours, request_of(headers, body=body), token=token)


@pytest.mark.parametrize(
    "other",
    [
        {"method": "GET", "body": b""},
        {"url": f"{HOST}/path/of it?b=1&a=2"},
        {"url": "http://127.0.0.1:4566/"},
        {"url": "https://127.0.0.1:4566/"},
        {"body": "text"},
    ],
)
def test_so_is_what_is_not_posted_to_the_root(other: dict[str, Any]) -> None:
    ours = signed(OnePass, request_of({"X-Amz-Target": "t"}, **other), token=None)
    assert same(ours, request_of({"X-Amz-Target": "t"}, **other), token=None)


def sent(service: str, call: str, given: dict[str, Any]) -> list[AWSPreparedRequest]:
    """What a client of ours would send."""
    requests: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        requests.append(request)
        headers: Any = {}
        return AWSResponse(request.url, 200, headers, _Raw(b"{}"))

    made = client(service, **CREDENTIALS)
    made.meta.events.register("before-send", answer)
    getattr(made, call)(**given)
    return requests


@pytest.mark.parametrize(
    ("service", "call", "given"),
    [
        ("dynamodb", "batch_get_item", {"RequestItems": {}}),
        ("sqs", "send_message_batch", {"QueueUrl": f"{HOST}/1/wake", "Entries": []}),
        ("events", "put_events", {"Entries": []}),
        ("secretsmanager", "get_secret_value", {"SecretId": "erp"}),
    ],
)
def test_every_client_signs_in_one_pass(
    monkeypatch: pytest.MonkeyPatch, service: str, call: str, given: dict[str, Any]
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("botocore's own was asked")

    monkeypatch.setattr(SigV4Auth, "add_auth", refuse)
    (request,) = sent(service, call, given)
    authorization: Any = request.headers["Authorization"]
    assert authorization.startswith(b"AWS4-HMAC-SHA256 Credential=AKIA/")
