"""CSV as spreadsheets write it: BOM or none, LF or CRLF, quoted separators and line ends."""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from shared.errors import RejectedError
from shared.kit.records.record import BOM, RECORD_MAX, Place, Record, Row, not_utf8, unreadable

SEPARATORS: Final = (",", ";", "\t", "|")
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
WORKBOOK: Final = b"PK\x03\x04"


@dataclass(frozen=True)
class Delimited:
    """A file whose first line names its columns."""

    columns: tuple[str, ...]
    separator: str
    start: Place

    def records(self, piece: bytes, at: Place, *, last: bool) -> Iterator[Record]:
        """A quoted field may hold line ends. Of a record that is wrong, only a line is given up."""
        if last and piece and not piece.endswith(b"\n"):
            piece += b"\n"
        here, line = 0, at.line
        while first := piece.find(b"\n", here) + 1:
            end = self._end(piece, here, first, last=last)
            if end is None:
                return
            row = self._row(piece[here:end])
            if isinstance(row, RejectedError):
                end = first
            begun, line = line, line + piece.count(b"\n", here, end)
            here = end
            yield Record(begun, Place(at.offset + here, line), row)
        if len(piece) - here > RECORD_MAX:
            yield _endless(line, Place(at.offset + len(piece), line), piece[here : here + 50])

    def _end(self, piece: bytes, here: int, first: int, *, last: bool) -> int | None:
        """Where the record ends that begins here; None while that is not in this piece."""
        if piece.find(b'"', here, first) < 0:
            return first
        found = self._record.match(piece, here, here + RECORD_MAX)
        if found:
            return found.end()
        return first if last or len(piece) - here >= RECORD_MAX else None

    @cached_property
    def _record(self) -> re.Pattern[bytes]:
        """A record with its line end. A quote opens a field only where the field begins."""
        separator = re.escape(self.separator.encode())
        plain = rb"[^%b\r\n]*+" % separator
        field = rb'(?:"(?:[^"]|"")*+"%b|(?!")%b)' % (plain, plain)
        return re.compile(rb"%b(?:%b%b)*+\r?\n" % (field, separator, field))

    def _row(self, content: bytes) -> Row:
        try:
            text = content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            return not_utf8(self._undecodable(content), content)
        try:
            cells = self._cells(text)
        except csv.Error:
            problem = "a quote is not closed, or text follows where it is"
            return unreadable(self.columns[0], text, problem, "quote whole fields, or none")
        if not any(cell.strip() for cell in cells):
            return None
        if len(cells) != len(self.columns):
            problem = f"the row has {len(cells)} fields and the first line {len(self.columns)}"
            remedy = f"quote fields that hold {self.separator!r}, and write every column"
            return unreadable(self.columns[0], text, problem, remedy)
        return dict(zip(self.columns, cells, strict=True))

    def _cells(self, text: str) -> Sequence[str]:
        if '"' not in text:
            return text.split(self.separator)
        return next(csv.reader([text], delimiter=self.separator, strict=True))

    def _undecodable(self, content: bytes) -> str:
        """The column that is not UTF-8, as far as the row can be split at all."""
        cells = content.split(self.separator.encode())
        for column, cell in zip(self.columns, cells, strict=False):
            try:
                cell.decode()
            except UnicodeDecodeError:
                return column
        return self.columns[-1]


def delimited(head: bytes, *, known: Collection[str], required: Collection[str]) -> Delimited:
    """Read the first line; RejectedError unless it names known columns, and all required ones."""
    if head.startswith((*UTF16, WORKBOOK)):
        raise unreadable(
            "encoding", head[:4].hex(" "), "the file is no UTF-8 text", "save it as CSV UTF-8"
        )
    line, offset = 1, len(BOM) if head.startswith(BOM) else 0
    text, offset = _line(head, offset)
    if text.lower().startswith("sep="):  # what Excel takes for a hint, and others for a column
        line, (text, offset) = 2, _line(head, offset)
    separator = max(SEPARATORS, key=lambda each: len(set(_names(text, each)) & set(known)))
    names = _names(text, separator)
    _checked(names, known, required)
    return Delimited(tuple(names), separator, Place(offset, line + 1))


def _line(head: bytes, offset: int) -> tuple[str, int]:
    end = head.find(b"\n", offset) + 1 or len(head)
    if end - offset > RECORD_MAX:
        raise _too_long(head[offset : offset + 50])
    try:
        return head[offset:end].decode().strip("\r\n"), end
    except UnicodeDecodeError as error:
        raise not_utf8("columns", head[offset:end]) from error


def _names(text: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return []
    return [cell.strip().lower() for cell in cells]


def _checked(names: Sequence[str], known: Collection[str], required: Collection[str]) -> None:
    remedy = f"the first line names columns; known are {', '.join(known)}"
    for name in names:
        if name not in known:
            raise unreadable("columns", name, f"{name!r} is no column", remedy)
        if names.count(name) > 1:
            raise unreadable("columns", name, f"column {name!r} occurs twice", remedy)
    for name in required:
        if name not in names:
            raise unreadable("columns", ", ".join(names), f"column {name!r} is missing", remedy)


def _endless(line: int, after: Place, begin: bytes) -> Record:
    return Record(line, after, _too_long(begin), rest_lost=True)


def _too_long(begin: bytes) -> RejectedError:
    return unreadable(
        "line",
        begin.decode(errors="replace"),
        f"a line is longer than {RECORD_MAX} bytes",
        "end every line with LF or CRLF",
    )
