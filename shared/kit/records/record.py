"""What every kind of file comes down to: records, each with the line it begins on."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from shared.errors import RejectedError
from shared.frozen import frozen

RECORD_MAX: Final = 64 * 1024  # bytes; what is longer is a quote or a bracket left open
BOM: Final = b"\xef\xbb\xbf"


@frozen
class Place:
    """Where a record begins: its byte in the file, and its line, from 1."""

    offset: int = 0
    line: int = 1


type Row = Mapping[str, object] | RejectedError | None


@frozen
class Record:
    """One record, or why it cannot be read; `after` is where the next one begins.

    A blank line has no row. With `rest_lost` nothing can be said of what follows.
    """

    line: int
    after: Place
    row: Row
    rest_lost: bool = False


class Format(Protocol):
    """How to find the records of one file. It keeps nothing between two pieces."""

    @property
    def start(self) -> Place:
        """Where the first record begins."""
        ...

    def records(self, piece: bytes, at: Place, *, last: bool) -> Iterator[Record]:
        """The records that are whole in a piece, which begins at `at`; `last` ends the file."""
        ...


def unreadable(field: str, value: str, problem: str, remedy: str) -> RejectedError:
    return RejectedError(problem, code="bad_record", field=field, value=value[:100], remedy=remedy)


def not_utf8(field: str, content: bytes) -> RejectedError:
    return unreadable(
        field, content[:50].hex(" "), "is not UTF-8 text", "save the file with UTF-8 encoding"
    )
