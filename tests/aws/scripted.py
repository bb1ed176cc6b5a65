"""What AWS answers when it is not well: canned answers in front of a client, used up one a call."""

from collections.abc import Mapping
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

from botocore.client import BaseClient

type Answer = Mapping[str, object] | str | Exception
"""The parsed answer (an error if it holds `Error`), the code of an error, or what is raised."""


def script(client: BaseClient, operation: str, *answers: Answer) -> None:
    """Answer the next calls of `service.Operation` like this; none of it reaches the service."""
    left = list(answers)

    def answer(**_: object) -> Any:  # the stubs say None; botocore takes an answer
        if not left:
            return None
        said = left.pop(0)
        if isinstance(said, Exception):
            raise said
        if isinstance(said, str):
            said = {"Error": {"Code": said, "Message": "said AWS"}}
        status = HTTPStatus.BAD_REQUEST if "Error" in said else HTTPStatus.OK
        metadata = {"HTTPStatusCode": status, "RetryAttempts": 0}
        return SimpleNamespace(status_code=status), {"ResponseMetadata": metadata, **said}

    client.meta.events.register_first(f"before-call.{operation}", answer)


def lose_first_answer(client: BaseClient, operation: str) -> None:
    """Let the first call be done, and let the SDK see a failure it repeats."""
    left = [HTTPStatus.INTERNAL_SERVER_ERROR]

    def answer(request: SimpleNamespace, **_: object) -> Any:
        return _Failure(request.url) if left and left.pop() else None

    # moto is a handler of the same event: it still runs, and the first answer given is taken.
    client.meta.events.register_first(f"before-send.{operation}", answer)


class _Failure:
    status_code = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: Mapping[str, str] = {}
    content = b"{}"
    text = "{}"

    def __init__(self, url: str) -> None:
        self.url = url
