"""The report of a file: one line of JSON for each refused row, in parts that stay small.

A part is written anew with each addition, from as much of it as counts. Only one pass writes to a
part: who goes on with a file begins another, and cuts off what the former added and did not count.
So a line done twice stands in the report once.
"""

import json
from collections.abc import Iterable
from typing import Final

from shared.errors import RejectedError
from shared.frozen import frozen
from shared.ports import Blobs

PART_MAX: Final = 4 * 1024 * 1024  # bytes after which another part is begun


@frozen
class Written:
    """How far a report is written: which pass, its present part, and the bytes that count in it."""

    turn: int = 0
    part: int = 1
    length: int = 0

    def name(self, report: str) -> str:
        return f"{report}-{self.turn:03}-{self.part:03}.ndjson"


def line(number: int, error: RejectedError) -> bytes:
    """Where, which column, what stands there, why it is refused, and what to write."""
    said = {
        "line": number,
        "column": error.field,
        "value": error.value,
        "why": str(error),
        "remedy": error.remedy,
    }
    return (
        json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(
            errors="backslashreplace"
        )
        + b"\n"
    )


def added(blobs: Blobs, report: str, written: Written, lines: Iterable[bytes]) -> Written:
    """Add lines after what counts."""
    more = b"".join(lines)
    if not more:
        return written
    if written.length >= PART_MAX:
        written = Written(written.turn, written.part + 1)
    at = written.name(report)
    before = blobs.get(at)[: written.length] if written.length else b""
    blobs.put(at, before + more)
    return Written(written.turn, written.part, len(before) + len(more))


def taken_over(blobs: Blobs, report: str, written: Written) -> Written:
    """Where another pass goes on, after what does not count has been cut off."""
    if not written.turn:
        return Written(1)
    for part in (written, Written(written.turn, written.part + 1)):
        _cut(blobs, part.name(report), part.length)
    return Written(written.turn + 1)


def _cut(blobs: Blobs, name: str, length: int) -> None:
    try:
        content = blobs.get(name)
    except RejectedError:
        return
    if len(content) > length:
        blobs.put(name, content[:length])
