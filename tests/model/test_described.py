"""That answers which are not as described are noticed."""

import json
from typing import Any

import pytest

from tests import described

ROUTE = "GET /v1/exceptions"


def answered(status: int, body: object, media: str = "application/json") -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": media}, "body": json.dumps(body)}


def test_an_answer_as_it_is_described_passes() -> None:
    described.check(ROUTE, answered(200, {"exceptions": [], "next": None}))
    described.check(ROUTE, answered(400, {"field": "after", "value": 3, "remedy": "ask anew"}))


@pytest.mark.parametrize(
    "wrong",
    [
        answered(200, {"exceptions": []}),
        answered(200, {"exceptions": [], "next": None, "more": 1}),
        answered(200, {"exceptions": [{}], "next": None}),
        answered(200, {"exceptions": [], "next": "soon"}),
        answered(200, {"exceptions": [], "next": None}, "text/plain"),
        answered(400, {"field": "after", "value": 3}),
        answered(418, {}),
    ],
)
def test_any_other_does_not(wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        described.check(ROUTE, wrong)
