"""What requests say, and how they are answered where they cannot be served."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from functions import http
from functions.ops import sweep
from shared.errors import RejectedError, RetryableError
from shared.flows import calls

CALL = {"body": "{}", "headers": {"idempotency-key": "k1"}}


def refused(error: Exception) -> http.Answer:
    def take(said: object, key: str) -> http.Answer:
        del said, key
        raise error

    return http.posted(CALL, take)


def test_an_instant_is_read_into_utc() -> None:
    assert http.instant("2026-11-27T10:00:00+01:00") == datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-11-27T09:00:00", "yesterday", "0001-01-01T00:00:00+10:00", ""]
)
def test_what_is_no_instant_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, its caller is told
        http.instant(text)


@pytest.mark.parametrize("text", ["²", "0", "101", "-1", "1" * 5000, ""])
def test_what_is_no_whole_number_within_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, its caller is told
        http.whole(text, least=1, most=100)


def test_a_name_longer_than_any_key_is_cut_and_so_not_known() -> None:
    name = http.named({"pathParameters": {"sku": "%E2%82%AC" * 2000}}, "sku")
    assert len(name.encode()) <= http.NAME_MAX
    assert set(name) == {"€"}


def test_a_call_that_others_are_in_the_way_of_may_be_sent_again() -> None:
    answer = refused(RetryableError("contended", after=timedelta(seconds=3)))
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "3")
    assert json.loads(answer["body"])["remedy"] == http.SAME_KEY


def test_a_refused_call_is_answered_by_the_code_of_its_refusal() -> None:
    error = RejectedError("no", code=calls.KEY_REUSED, field="f", value="v", remedy="r")
    assert refused(error)["statusCode"] == 409
    with pytest.raises(RejectedError):
        refused(RejectedError("a bug of ours", code="unknown"))


def test_a_step_of_the_sweep_that_fails_does_not_keep_the_others() -> None:
    done: list[str] = []

    def fails() -> int:
        raise RetryableError("the table is busy")

    def works() -> int:
        done.append("missing")
        return 1

    with pytest.raises(RetryableError):
        sweep.each({"expired": fails, "missing": works})
    assert done == ["missing"]
