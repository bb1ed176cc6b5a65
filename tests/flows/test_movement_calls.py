"""Posted movements: each line answered, each refused one an exception, a repeat as the first."""

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import RejectedError
from shared.flows.epcis_events import EpcisEvents
from shared.flows.movement_calls import LINES_MAX
from shared.kit.epcis.rows import events_of
from shared.model.ids import Entity
from shared.model.product import UnitOfMeasure
from tests.flows.stock_world import AT, StockWorld, level, move
from tests.flows.world import product


def refused(world: StockWorld, said: object, key: str = "k1") -> RejectedError:
    with pytest.raises(RejectedError) as raised:
        world.calls.take(said, caller="warehouse", key=key)
    return raised.value


def event(**over: object) -> dict[str, object]:
    data = {k: v for k, v in move().items() if k not in {"movement_id", "sku", "occurred_at"}}
    fields: dict[str, object] = {
        "specversion": "1.0",
        "id": "e1",
        "source": "https://wms.example/feeds/wms",
        "type": "shelfwire.stock.movement.v1",
        "subject": "HAT-M",
        "time": AT,
        "data": data,
    }
    return fields | over


def test_of_250_lines_with_3_poison_ones_247_are_counted_and_3_are_exceptions() -> None:
    world = StockWorld()
    world.know("M")
    rows = [move(sku=f"S{n}", movement_id=f"m{n}") for n in range(250)]
    rows[10]["to_location"] = "DEPOT"
    rows[100]["quantity"] = "-4"
    rows[249] = move(sku="HAT-M", movement_id="m249", unit="PAL")
    answer = world.post(*rows)
    assert (answer["accepted"], answer["refused"]) == (247, 3)
    issues = {issue.subject: issue for issue in world.open()}
    assert sorted(issues) == ["wms/m10", "wms/m100", "wms/m249"]
    assert issues["wms/m10"].kind == "unmapped_location"
    for number, sku, location, cause in (
        (10, "S10", "DEPOT", "is no location of ours"),
        (100, "S100", "leeds", "is not a decimal number"),
        (249, "HAT-M", "leeds", "has no unit PAL"),
    ):
        issue = issues[f"wms/m{number}"]
        for said in (sku, location, cause, "wms"):
            assert said in issue.summary
        assert issue.connection == "wms"
        assert issue.remedy
    assert world.on_hand(sku="S248") == 5


def test_a_corrected_line_closes_its_exception() -> None:
    world = StockWorld()
    world.post(move(quantity="none"))
    world.post(move(to_location="DEPOT", movement_id="m2"), key="k2")
    assert sorted(world.kinds()) == ["bad_movement", "unmapped_location"]
    world.post(move(), move(movement_id="m2"), key="k3")
    assert (world.kinds(), world.on_hand()) == ([], 10)


def test_a_repeat_is_answered_as_the_first_time_and_counts_nothing() -> None:
    world = StockWorld()
    first = world.post(move(), move(movement_id="m2"))
    assert [line["status"] for line in first["lines"]] == ["counted", "counted"]
    assert world.post(move(), move(movement_id="m2")) == first
    again = world.post(move(), key="k2")
    assert [line["status"] for line in again["lines"]] == ["duplicate"]
    assert world.on_hand() == 10


def test_counts_are_posted_too_and_are_of_now_unless_they_say_when() -> None:
    world = StockWorld()
    answer = world.post(level(), level(location="Y1", as_of=""), what="levels")
    assert [line["status"] for line in answer["lines"]] == ["counted", "counted"]
    assert (world.on_hand(), world.on_hand("york")) == (7, 7)


def test_cloudevents_carry_movements_and_their_envelope_fills_in_the_rest() -> None:
    world = StockWorld()
    counted = event(
        id="e2",
        type="shelfwire.stock.level.v1",
        source="urn:feed:wms",
        data={"location": "york", "unit": "PC", "on_hand": "3"},
    )
    answer = world.calls.take([event(), counted], caller="warehouse", key="k1")
    assert [line["status"] for line in answer["lines"]] == ["counted", "counted"]  # type: ignore[union-attr,index,call-overload]
    assert (world.on_hand(), world.on_hand("york")) == (5, 3)
    one = world.calls.take(event(sequence="2"), caller="warehouse", key="k2")
    assert [line["status"] for line in one["lines"]] == ["parked"]  # type: ignore[union-attr,index,call-overload]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"type": "com.example.sold"}, "type"),
        ({"data": "five hats"}, "data"),
        ({"subject": None}, "sku"),
    ],
)
def test_an_event_that_is_not_one_is_refused_by_its_attribute(
    wrong: dict[str, object], field: str
) -> None:
    world = StockWorld()
    answer = world.calls.take(event(**wrong), caller="warehouse", key="k1")
    line: Any = answer["lines"][0]  # type: ignore[index]
    assert (line["status"], line["field"]) == ("refused", field)
    assert line["remedy"]
    assert len(world.open()) == 1


def test_what_is_too_old_to_know_is_one_exception_a_day() -> None:
    world = StockWorld()
    rows = [move(movement_id=f"m{n}", occurred_at=f"2026-11-27T09:00:{n:02}Z") for n in range(30)]
    world.post(*rows)
    for key in ("k2", "k3"):
        lines = world.post(*rows, key=key)["lines"]
        assert [line["status"] for line in lines] == ["refused"] * 6 + ["duplicate"] * 24
    (issue,) = world.open()
    assert (issue.subject, issue.count) == ("wms/too old on 2026-11-27", 2)
    assert issue.summary.startswith("6 movements of a call of wms were not counted")
    world.clock.advance(minutes=24 * 60)
    world.post(*rows, key="k4")
    assert len(world.open()) == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ([], "source"),
        ({}, "body"),
        ({"connection": "wms"}, "body"),
        ({"connection": "wms", "movements": [], "levels": []}, "body"),
        ({"connection": "wms", "movements": []}, "movements"),
        ({"connection": "wms", "movements": [{}] * (LINES_MAX + 1)}, "movements"),
        ({"connection": "shop", "movements": [{}]}, "connection"),
        ([event(), event(source="urn:feed:other")], "source"),
        ([event(), {"connection": "wms"}], "source"),
    ],
)
def test_a_call_of_another_form_is_refused_and_its_key_stays_free(said: object, field: str) -> None:
    world = StockWorld()
    assert refused(world, said).field == field
    assert world.post(move())["accepted"] == 1


def test_lines_that_are_no_rows_are_answered_by_their_number() -> None:
    answer = StockWorld().post("five hats", {}, move())
    assert [(line["line"], line["status"]) for line in answer["lines"]] == [
        (1, "refused"),
        (2, "refused"),
        (3, "counted"),
    ]


def epcis(**over: object) -> dict[str, object]:
    event = {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:1",
        "eventTime": AT,
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "quantityList": [
            {"epcClass": "https://id.gs1.org/01/04006381333931", "quantity": "10"},
            {"epcClass": "https://id.gs1.org/01/04006381333948", "quantity": "1"},
        ],
        "bizLocation": {"id": "L2"},
    }
    return {"type": "EPCISDocument", "epcisBody": {"eventList": [event | over]}}


def with_gtins(world: StockWorld) -> None:
    made = product("M")
    case = UnitOfMeasure(code="CS", numerator=12, gtin="4006381333948")
    update = {"units": (case,), "gtin": "4006381333931"}
    variant = made.variants[0].model_copy(update=update)
    made = made.model_copy(update={"variants": (variant,)})
    world.apply(Entity.PRODUCT, world.product_card(made))


def test_epcis_events_are_counted_by_gtin_in_the_unit_that_the_gtin_is_of() -> None:
    world = StockWorld()
    with_gtins(world)
    answer: Any = world.calls.take(epcis(), caller="warehouse", key="k1", connection="wms")
    assert [(line["status"], line["sku"]) for line in answer["lines"]] == [
        ("counted", "HAT-M"),
        ("counted", "HAT-M"),
    ]
    assert world.on_hand() == 22
    again: Any = world.calls.take(epcis(), caller="warehouse", key="k2", connection="wms")
    assert {line["status"] for line in again["lines"]} == {"duplicate"}


def test_epcis_events_in_which_nothing_moves_are_passed_and_others_refused_by_name() -> None:
    world = StockWorld()
    with_gtins(world)
    packed: Any = world.calls.take(
        epcis(bizStep="packing"), caller="warehouse", key="k1", connection="wms"
    )
    assert [line["status"] for line in packed["lines"]] == ["ignored"]
    made: Any = world.calls.take(
        epcis(type="TransformationEvent"), caller="warehouse", key="k2", connection="wms"
    )
    assert [line["field"] for line in made["lines"]] == ["type"]
    error = refused(world, epcis(), key="k3")
    assert (error.code, error.field) == ("not_the_owner", "connection")


def test_what_was_counted_is_exported_page_by_page() -> None:
    world = StockWorld()
    with_gtins(world)
    for n in range(5):
        world.post(move(movement_id=f"a{n}"), move(movement_id=f"b{n}"), key=f"k{n}")
        world.clock.advance(seconds=1)
    events = EpcisEvents(world.store, world.journal, world.clock, world.retailer)
    seen: list[str] = []
    token: str | None = None
    for _ in range(4):
        page, token = events.page("wms", token=token, per_page=3)
        listed = events_of(page)
        assert listed is not None
        seen += [str(one["eventID"]) for one in listed if isinstance(one, dict)]
    assert (token, len(seen), len(set(seen))) == (None, 10, 10)
    later, _ = events.page("wms", since=world.clock.now() - timedelta(seconds=2))
    assert len(events_of(later) or []) == 4
    with pytest.raises(RejectedError):
        events.page("wms", token="0@ledger/shop/")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00"])
def test_an_instant_beyond_the_calendar_is_refused_by_its_line(at: str) -> None:
    world = StockWorld()
    world.know("M")
    answer = world.post(move(occurred_at=at), move(movement_id="m2"))
    assert (answer["accepted"], answer["refused"]) == (1, 1)
    assert answer["lines"][0]["field"] == "occurred_at"
