from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError, ThrottledError
from shared.kit.http import Http, check
from shared.kit.oauth import ClientCredentials
from tests.fakes import SetClock

type Answer = Callable[[httpx.Request], httpx.Response]


def http(answer: Answer) -> Http:
    return Http("https://vendor.example", transport=httpx.MockTransport(answer))


def send(answer: Answer, *, writes: bool) -> httpx.Response:
    client = http(answer)
    return check(
        client.send(client.client.build_request("GET", "/x"), writes=writes), writes=writes
    )


def answering(status: int, **headers: str) -> Answer:
    return lambda _: httpx.Response(
        status, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def raising(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("status", "writes", "error"),
    [
        (400, True, RejectedError),
        (404, False, RejectedError),
        (301, False, RejectedError),
        (401, True, AccessError),
        (403, False, AccessError),
        (429, True, ThrottledError),
        (503, True, ThrottledError),
        (500, False, RetryableError),
        (502, True, InDoubtError),
        (408, True, InDoubtError),
    ],
)
def test_a_status_says_what_to_do_next(
    status: int, *, writes: bool, error: type[Exception]
) -> None:
    with pytest.raises(error):
        send(answering(status), writes=writes)


def test_a_lost_answer_leaves_a_doubt_only_when_something_was_written() -> None:
    lost = raising(httpx.ReadTimeout("lost"))
    with pytest.raises(InDoubtError):
        send(lost, writes=True)
    with pytest.raises(RetryableError):
        send(lost, writes=False)


def test_a_connection_that_was_never_made_leaves_no_doubt() -> None:
    with pytest.raises(RetryableError):
        send(raising(httpx.ConnectTimeout("nobody there")), writes=True)


def test_a_redirect_is_never_followed() -> None:
    with pytest.raises(RejectedError):
        send(answering(302, location="https://elsewhere.example"), writes=False)


@pytest.mark.parametrize(
    ("said", "wait"), [("7", timedelta(seconds=7)), ("-1", None), ("soon", None), ("", None)]
)
def test_only_a_sane_retry_after_is_believed(said: str, wait: timedelta | None) -> None:
    with pytest.raises(ThrottledError) as raised:
        send(answering(429, retry_after=said), writes=False)
    assert raised.value.after == wait


class Tokens:
    """A token endpoint that counts, and remembers how it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        grant = {"access_token": f"t{len(self.requests)}", "expires_in": 3600}
        return httpx.Response(self.status, json=grant)


def credentials(tokens: Tokens, clock: SetClock, *, basic: bool = False) -> ClientCredentials:
    return ClientCredentials(
        http(tokens), "/token", client_id="me", client_secret="hush", now=clock.now, basic=basic
    )


def test_a_token_is_asked_for_once_and_renewed_before_it_expires() -> None:
    tokens, clock = Tokens(), SetClock(datetime(2026, 11, 27, tzinfo=UTC))
    mine = credentials(tokens, clock)
    assert [mine.token(), mine.token()] == ["t1", "t1"]
    clock.advance(seconds=3541)
    assert mine.token() == "t2"


def test_a_token_that_was_refused_is_forgotten() -> None:
    tokens, clock = Tokens(), SetClock(datetime(2026, 11, 27, tzinfo=UTC))
    mine = credentials(tokens, clock)
    mine.token()
    mine.forget()
    assert mine.token() == "t2"


def test_credentials_go_into_the_form_or_into_the_header_never_both() -> None:
    tokens, clock = Tokens(), SetClock(datetime(2026, 11, 27, tzinfo=UTC))
    credentials(tokens, clock).token()
    credentials(tokens, clock, basic=True).token()
    form, header = tokens.requests
    assert b"client_secret=hush" in form.content
    assert "authorization" not in form.headers
    assert b"hush" not in header.content
    assert header.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize("status", [400, 401])
def test_refused_credentials_are_for_a_person_to_mend(status: int) -> None:
    tokens, clock = Tokens(), SetClock(datetime(2026, 11, 27, tzinfo=UTC))
    tokens.status = status
    with pytest.raises(AccessError):
        credentials(tokens, clock).token()
