"""What stops a command, said so that a person can act on it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.model.base import Json


class CannotRunError(Exception):
    """The environment or the command line is at fault, not what was asked about. Exit code 2."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class RefusedError(Exception):
    """The API understood and said no: `body` holds which field, which value, what to do."""

    def __init__(self, status: int, body: "dict[str, Json]") -> None:
        self.status = status
        self.body = body
        said = [str(body[name]) for name in ("field", "value", "remedy", "message") if name in body]
        super().__init__(f"{status}: {' / '.join(said)}")
