"""Files in pieces: wherever a piece ends, the same records come out, each with its line."""

import csv
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RejectedError
from shared.kit.records.delimited import delimited
from shared.kit.records.jsons import jsons
from shared.kit.records.record import RECORD_MAX, Format, Place, Record, Row

COLUMNS = ("sku", "amount", "note")


def opened(content: bytes) -> Format:
    return delimited(content, known=COLUMNS, required=COLUMNS[:2])


def read(format_: Format, content: bytes, size: int = 1 << 20) -> Iterator[Record]:
    """Every record, in pieces of `size` bytes that begin where the last whole record ended."""
    place = format_.start
    while place.offset < len(content):
        piece = content[place.offset : place.offset + size]
        last = place.offset + len(piece) >= len(content)
        before = place
        for record in format_.records(piece, place, last=last):
            place = record.after
            yield record
            if record.rest_lost:
                return
        if last or (place == before and size > RECORD_MAX * 4):
            return
        size = size * 2 if place == before else size


type Lines = list[tuple[int, Row]]


def rows(content: bytes, size: int = 1 << 20) -> Lines:
    return [(r.line, r.row) for r in read(opened(content), content, size) if r.row is not None]


def refused(content: bytes) -> RejectedError:
    with pytest.raises(RejectedError) as raised:
        opened(content)
    return raised.value


def problems(found: Lines) -> list[tuple[int, str]]:
    return [(line, str(row)) for line, row in found if isinstance(row, RejectedError)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_what_a_spreadsheet_saves_is_read(separator: str, end: str, bom: bytes) -> None:
    lines = [["SKU", "Amount"], ["HAT-M", "19.99"], ["", ""], ["MÜTZE", "7.49"]]
    text = end.join(separator.join(line) for line in lines)
    assert rows(bom + text.encode()) == [
        (2, {"sku": "HAT-M", "amount": "19.99"}),
        (4, {"sku": "MÜTZE", "amount": "7.49"}),
    ]


def test_a_hint_for_excel_in_the_first_line_is_no_column() -> None:
    assert rows(b"sep=;\r\nsku;amount\r\nHAT;1\r\n") == [(3, {"sku": "HAT", "amount": "1"})]


def test_a_quoted_field_may_hold_separators_quotes_and_line_ends() -> None:
    content = b'sku,amount,note\r\nHAT,1,"a, ""b""\r\nc"\r\nCAP,2,5" wide\r\n'
    assert rows(content) == [
        (2, {"sku": "HAT", "amount": "1", "note": 'a, "b"\r\nc'}),
        (4, {"sku": "CAP", "amount": "2", "note": '5" wide'}),
    ]


def test_a_quote_left_open_costs_its_own_line_and_no_other() -> None:
    content = b'sku,amount\n"HAT,1\nCAP,2\n"MUG,3\nPEN,4\n'
    found = rows(content)
    assert [line for line, _ in problems(found)] == [2, 4]
    assert [row["sku"] for _, row in found if isinstance(row, dict)] == ["CAP", "PEN"]


def test_a_quote_left_open_in_a_large_file_is_given_up_before_the_file_is() -> None:
    content = b'sku,amount\n"HAT,1\n' + b"CAP,2\n" * 30_000
    found = rows(content, size=1 << 17)
    assert [line for line, _ in problems(found)] == [2]
    assert len(found) == 30_001


def test_a_decimal_comma_in_a_comma_file_is_refused_with_its_line() -> None:
    assert problems(rows(b"sku,amount\nHAT,19,99\n")) == [
        (2, "the row has 3 fields and the first line 2")
    ]


def test_a_row_in_another_encoding_is_refused_by_its_column() -> None:
    ((line, row),) = rows("sku;amount\nMÜTZE;1\n".encode("cp1252"))
    assert isinstance(row, RejectedError)
    assert (line, row.field, row.remedy) == (2, "sku", "save the file with UTF-8 encoding")


@pytest.mark.parametrize(
    ("head", "field", "why"),
    [
        ("sku;amount".encode("utf-16"), "encoding", "no UTF-8 text"),
        (b"PK\x03\x04\x14\x00", "encoding", "no UTF-8 text"),
        (b"sku,amount,nite\n", "columns", "'nite' is no column"),
        (b"sku,amount,sku\n", "columns", "'sku' occurs twice"),
        (b"sku,note\n", "columns", "'amount' is missing"),
        (b"", "columns", "'sku' is missing"),
        (b"x" * (RECORD_MAX + 2), "line", "longer than"),
        ("sku,amöunt\n".encode("cp1252"), "columns", "not UTF-8"),
    ],
)
def test_a_first_line_nobody_can_be_sure_of_refuses_the_file(
    head: bytes, field: str, why: str
) -> None:
    error = refused(head)
    assert error.field == field
    assert why in str(error)


def test_a_file_without_line_ends_is_given_up_in_time() -> None:
    content = b"sku,amount\n" + b"HAT,1\r" * 40_000
    found = list(read(opened(content), content, 100_000))
    assert [record.rest_lost for record in found] == [True]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)


@given(
    table=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8),
    size=st.integers(1, 40),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_wherever_pieces_end_the_rows_are_those_that_were_written(
    table: list[tuple[str, str, str]], size: int, end: str
) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([COLUMNS, *table])
    content = out.getvalue().encode()
    kept = [row for row in table if any(cell.strip() for cell in row)]
    assert [row for _, row in rows(content, size)] == [
        dict(zip(COLUMNS, row, strict=True)) for row in kept
    ]


VALUES = st.none() | st.booleans() | st.text(max_size=6) | st.integers()
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), max_size=6)


def as_text(row: dict[str, object]) -> dict[str, object]:
    return {k: str(v) if type(v) is int else v for k, v in row.items()}


@given(objects=OBJECTS, size=st.integers(1, 40), indent=st.sampled_from([None, 1]))
def test_wherever_pieces_end_the_objects_are_those_that_were_written(
    objects: list[dict[str, object]], size: int, indent: int | None
) -> None:
    wanted = [as_text(row) for row in objects]
    array = json.dumps(objects, indent=indent, ensure_ascii=False).encode(errors="surrogatepass")
    lines = "".join(json.dumps(row) + "\r\n" for row in objects).encode()
    for content in (array, lines):
        assert [record.row for record in read(jsons(content), content, size)] == wanted


def test_an_object_of_an_array_is_found_on_its_line() -> None:
    content = b'\xef\xbb\xbf[\n  {"a": 1},\n\n  {\n"a": 2.50}\n]\n'
    found = [(record.line, record.row) for record in read(jsons(content), content)]
    assert found == [(2, {"a": "1"}), (4, {"a": "2.50"})]


def test_a_line_that_is_no_object_loses_no_other() -> None:
    content = b'{"a":1}\n{"a":\n\n[2]\n{"a":1,"a":2}\n\xff\n' + b"[" * 5000 + b'\n{"a":3}'
    found = list(read(jsons(b"{"), content))
    assert [r.line for r in found if isinstance(r.row, RejectedError)] == [2, 4, 5, 6, 7]
    assert found[-1].row == {"a": "3"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'[{"a":1} {"a":2}]', "not followed by a comma"),
        (b'[{"a":1},\n 2]', "no JSON object"),
        (b'[{"a":1}', "not closed"),
        (b'[{"a":1}] x', "text follows"),
        (b'[{"a":1},{"a"', "Expecting"),
        (b'[{"a":1},{"a":"\xff"}]', "not UTF-8"),
        (b'[{"a":1},{"a":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_in_an_array_ends_it_after_what_was_right(content: bytes, why: str) -> None:
    good, lost = read(jsons(content), content)
    assert good.row == {"a": "1"}
    assert lost.rest_lost
    assert isinstance(lost.row, RejectedError)
    assert why in str(lost.row)


def test_an_array_without_objects_holds_no_record() -> None:
    assert list(jsons(b" [ ]").records(b" [ ]", Place(), last=True)) == []
