"""JSON arrays and newline-delimited JSON, record by record. Numbers stay the text they are."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Final

from shared.frozen import frozen
from shared.kit.records.record import BOM, RECORD_MAX, Place, Record, Row, not_utf8, unreadable

_REMEDY: Final = "write one JSON object for each row"
_SPACE: Final = re.compile(r"[ \t\r\n]*+")
_LEAD: Final = re.compile(r"[ \t\r\n,\[]*+")


@frozen
class _Doubled:
    """An object that says one field twice: which is meant, nobody knows."""

    field: str


def _once(pairs: list[tuple[str, object]]) -> dict[str, object] | _Doubled:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    return _Doubled(next(name for name in names if names.count(name) > 1))


_DECODER: Final = json.JSONDecoder(
    parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once
)


def decoded(text: str) -> object:
    """JSON with every number as its text; ValueError if it is none."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("brackets are nested too deeply") from error


def row_of(value: object) -> Row:
    """A decoded value as a row, or why it is none."""
    match value:
        case dict():
            return value
        case _Doubled(field):
            return unreadable(field, "", f"field {field!r} is said twice", "say it once")
        case _:
            return unreadable("row", str(value), "a row is no JSON object", _REMEDY)


@frozen
class JsonLines:
    """One object a line."""

    start: Place

    def records(self, piece: bytes, at: Place, *, last: bool) -> Iterator[Record]:
        """Each line stands for itself: what is wrong with one loses no other."""
        if last and piece and not piece.endswith(b"\n"):
            piece += b"\n"
        here, line = 0, at.line
        while end := piece.find(b"\n", here) + 1:
            yield Record(line, Place(at.offset + end, line + 1), _of_line(piece[here:end]))
            here, line = end, line + 1
        if len(piece) - here > RECORD_MAX:
            after = Place(at.offset + len(piece), line)
            yield _lost(line, after, piece[here:].decode(errors="replace"), "a line is too long")


def _of_line(content: bytes) -> Row:
    try:
        text = content.decode().strip()
        return row_of(decoded(text)) if text else None
    except UnicodeDecodeError:
        return not_utf8("line", content)
    except ValueError:
        return unreadable("line", content.decode(), "the line is not JSON", _REMEDY)


@frozen
class JsonArray:
    """One array of objects, on however many lines."""

    start: Place

    def records(self, piece: bytes, at: Place, *, last: bool) -> Iterator[Record]:
        """What is not JSON cannot be passed over: the rest of the file is given up.

        What is wrong may only be cut off by the end of the piece, so long as a record could be.
        """
        text, foreign = _text(piece, last=last)
        here, place = 0, at
        while True:
            begun = place.line + text.count("\n", here, _past(_LEAD, text, here))
            try:
                found = _element(text, here, opened=place != self.start)
            except ValueError as error:
                if foreign or last or len(text) - here > RECORD_MAX:
                    problem = "bytes are not UTF-8" if foreign else str(error)
                    after = Place(at.offset + len(piece), begun)
                    yield _lost(begun, after, text[here:], problem)
                return
            if found is None:
                return
            value, end = found
            bytes_on = len(text[here:end].encode())
            place = Place(place.offset + bytes_on, place.line + text.count("\n", here, end))
            here = end
            yield Record(begun, place, row_of(value))


def _element(text: str, here: int, *, opened: bool) -> tuple[object, int] | None:
    """The next element and where it ends, or None once the array does; ValueError if neither."""
    at = _past(_SPACE, text, here)
    if text[at : at + 1] == ("," if opened else "["):
        at = _past(_SPACE, text, at + 1)
    elif text[at : at + 1] != "]":
        raise ValueError("the array is not closed, or an element not followed by a comma")
    match text[at : at + 1]:
        case "{":
            return _decoded_at(text, at)
        case "]" if not text[at + 1 :].strip():
            return None
        case "]":
            raise ValueError("text follows the array")
        case _:
            raise ValueError("an element is no JSON object")


def _decoded_at(text: str, at: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError as error:
        raise ValueError("brackets are nested too deeply") from error


def _past(what: re.Pattern[str], text: str, at: int) -> int:
    found = what.match(text, at)
    return found.end() if found else at


def _text(piece: bytes, *, last: bool) -> tuple[str, bool]:
    """As much of a piece as is text, and whether something else follows."""
    try:
        return codecs.utf_8_decode(piece, "strict", last)[0], False
    except UnicodeDecodeError as error:
        return piece[: error.start].decode(), True


def _lost(line: int, after: Place, begin: str, problem: str) -> Record:
    return Record(line, after, unreadable("file", begin, problem, _REMEDY), rest_lost=True)


def jsons(head: bytes) -> JsonLines | JsonArray:
    """An array if the first character opens one; lines of objects otherwise."""
    start = Place(len(BOM) if head.startswith(BOM) else 0)
    array = head[start.offset :].lstrip()[:1] == b"["
    return JsonArray(start) if array else JsonLines(start)
