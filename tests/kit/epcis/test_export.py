"""What is exported is EPCIS by GS1's own schema, and says the same when it is read again."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from shared.domain.movement_rows import EntryReader
from shared.errors import RejectedError
from shared.kit.epcis.export import document, event_of
from shared.kit.epcis.rows import events_of, rows_of
from shared.kit.records.jsons import decoded
from shared.model.movement import Entry, Level, Movement, StockStatus
from tests.domain.movements import History, histories
from tests.factories import GTIN, NOW, make_unit, make_variant
from tests.flows.stock_world import STOCK_RETAILER
from tests.specs import needs_specs, specs_dir

ARTICLE = make_variant(gtin=GTIN, units=(make_unit(gtin="4006381333948"),))
KNOWN = {"04006381333931": ("HAT-M", "PC"), "04006381333948": ("HAT-M", "CS")}


def moved(history: History) -> list[Entry]:
    told = [_at_the_warehouse(one) for one in history.told]
    return [one for one in told if not isinstance(one, Level) or one.on_hand >= 0]


def _at_the_warehouse(entry: Entry) -> Entry:
    text = entry.model_dump_json().replace('"london"', '"york"')
    return type(entry).model_validate_json(text)


def exported(entries: list[Entry], article: Any = ARTICLE) -> dict[str, Any]:
    events = [
        event_of(one, recorded=NOW, article=article, retailer=STOCK_RETAILER) for one in entries
    ]
    made: dict[str, Any] = json.loads(json.dumps(document(events, made=NOW)))
    return made


def read_again(page: dict[str, Any]) -> list[Entry]:
    listed = events_of(decoded(json.dumps(page)))
    assert listed is not None
    reader = EntryReader(STOCK_RETAILER, "wms")
    found: list[Entry] = []
    for event in listed:
        (one,) = rows_of(event, KNOWN, frozenset({"leeds", "york", "L2", "Y1"}))
        assert not isinstance(one.row, RejectedError), one.row
        level = one.kind == "level"
        found.append(reader.level(one.row, as_of=NOW) if level else reader.movement(one.row))
    return found


def _compared(entry: Entry) -> dict[str, Any]:
    """Without what EPCIS has no word for: numbers, ids of ours, parts of a count."""
    hidden = {"movement_id", "sequence", "previous", "parts"}
    return entry.model_dump(mode="json", exclude=hidden)


@given(histories(longest=8))
def test_what_is_exported_says_the_same_when_it_is_read_again(history: History) -> None:
    entries = moved(history)
    assert list(map(_compared, read_again(exported(entries)))) == list(map(_compared, entries))


def test_an_article_without_a_gtin_is_named_by_its_sku() -> None:
    history = History(numbered=False)
    history.do("receipt", "leeds", _available(), 5, up=True)
    page = exported(moved(history), article=make_variant(sku="HAT-M"))
    assert "urn:shelfwire:sku:HAT-M" in json.dumps(page)
    assert [one.sku for one in read_again(page)] == ["HAT-M"]


def test_a_case_is_named_by_its_own_gtin_and_a_decimal_stays_one() -> None:
    history = History(numbered=False)
    history.do("receipt", "leeds", _available(), 5, up=True)
    (one,) = moved(history)
    assert isinstance(one, Movement)
    case = one.model_copy(update={"unit": "CS", "quantity": Decimal("0.5")})
    (again,) = read_again(exported([case]))
    assert isinstance(again, Movement)
    assert [again.unit, str(again.quantity)] == ["CS", "0.5"]


def _available() -> StockStatus:
    return StockStatus.AVAILABLE


@needs_specs
@given(st.data())
def test_gs1_s_own_schema_takes_what_is_exported(data: st.DataObject) -> None:
    entries = moved(data.draw(histories(longest=6)))
    place = specs_dir() / "market" / "epcis" / "EPCIS-JSON-Schema.json"
    schema = json.loads(place.read_text(encoding="utf-8"))
    checker = Draft7Validator(schema, format_checker=FormatChecker())
    article = data.draw(st.sampled_from([ARTICLE, None]))
    assert [error.message for error in checker.iter_errors(exported(entries, article))] == []


def test_times_of_events_and_of_their_recording_are_told() -> None:
    history = History(numbered=False)
    history.do("count all", "leeds", _available(), 1, up=True)
    (level,) = moved(history)
    assert isinstance(level, Level)
    event = event_of(
        level, recorded=NOW + timedelta(hours=1), article=None, retailer=STOCK_RETAILER
    )
    assert event["eventTime"] == NOW.isoformat()
    assert event["recordTime"] == (NOW + timedelta(hours=1)).isoformat()
