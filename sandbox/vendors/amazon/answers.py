"""How Amazon answers: a status, a body, and errors in one shape for every API."""

from collections.abc import Mapping
from http import HTTPStatus

from shared.model.base import Json


class Refusal(Exception):  # noqa: N818 - an answer to a caller, not a mistake of ours
    """A request that is refused: its status, Amazon's code and what it says."""

    def __init__(self, message: str, *, code: str = "InvalidInput", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = HTTPStatus(status)

    def body(self) -> dict[str, Json]:
        return errors(self.code, str(self))


def errors(code: str, message: str) -> dict[str, Json]:
    return {"errors": [{"code": code, "message": message, "details": ""}]}


def missing(what: str) -> Refusal:
    return Refusal(f"{what} is not known", code="NotFound", status=HTTPStatus.NOT_FOUND)


def demand(body: Mapping[str, Json], name: str, kind: type) -> Json:
    """A member that must be there and of this type, booleans not passing for numbers."""
    value = body.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Refusal(f"The input you have submitted is not valid: {name}")
    return value
