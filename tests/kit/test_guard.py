"""What the listener of a vendor hears of each answer."""

from dataclasses import dataclass, field

import httpx
import pytest

from shared.errors import ThrottledError
from shared.kit.guard import Guarded


@dataclass
class Ear:
    heard: list[str] = field(default_factory=list)
    full: bool = False

    def calling(self) -> None:
        if self.full:
            raise ThrottledError("every place is taken")

    def failed(self, why: str) -> None:
        self.heard.append(f"failed {why}")

    def succeeded(self) -> None:
        self.heard.append("succeeded")

    def throttled(self) -> None:
        self.heard.append("throttled")

    def told(self, left: int) -> None:
        self.heard.append(f"{left} left")


def heard(answer: httpx.Response | Exception) -> list[str]:
    def handle(request: httpx.Request) -> httpx.Response:
        del request
        if isinstance(answer, Exception):
            raise answer
        return answer

    ear = Ear()
    with httpx.Client(transport=Guarded(httpx.MockTransport(handle), ear)) as client:
        if isinstance(answer, Exception):
            with pytest.raises(type(answer)):
                client.get("https://vendor.example/")
        else:
            assert client.get("https://vendor.example/").status_code == answer.status_code
    return ear.heard


@pytest.mark.parametrize("status", [200, 201, 302, 400, 404, 409, 422])
def test_who_answers_works_whatever_the_answer(status: int) -> None:
    assert heard(httpx.Response(status)) == ["succeeded"]


@pytest.mark.parametrize("status", [401, 403, 408, 500, 502, 503, 504])
def test_what_no_call_should_meet_is_a_failure(status: int) -> None:
    assert heard(httpx.Response(status)) == [f"failed {status}"]


def test_a_broken_connection_is_a_failure() -> None:
    assert heard(httpx.ReadTimeout("slow")) == ["failed ReadTimeout"]


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(429), httpx.Response(503, headers={"retry-after": "2"})],
)
def test_to_be_throttled_is_no_failure(answer: httpx.Response) -> None:
    assert heard(answer) == ["throttled"]


def test_what_the_vendor_says_is_left_is_handed_on() -> None:
    answer = httpx.Response(200, headers={"X-Rate-Limit-Requests-Left": "12"})
    assert heard(answer) == ["12 left", "succeeded"]
    assert heard(httpx.Response(200, headers={"ratelimit-remaining": "soon"})) == ["succeeded"]


def test_what_must_not_be_called_is_not() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} was called")

    guarded = Guarded(httpx.MockTransport(handle), Ear(full=True))
    with httpx.Client(transport=guarded) as client, pytest.raises(ThrottledError):
        client.get("https://vendor.example/")
