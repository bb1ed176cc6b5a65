"""EPCIS events become rows of movements and counts, or are refused by the name of what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.errors import RejectedError
from shared.kit.epcis.rows import Told, events_of, gtins_of, rows_of
from tests.specs import needs_specs, specs_dir

GTIN = "10614141073464"
ARTICLES = {GTIN: ("HAT-M", "PC"), "00012345678905": ("RICE", "KG")}
HERE, THERE = "urn:epc:id:sgln:0614141.00777.0", "urn:epc:id:sgln:0614141.00888.0"
PLACES = frozenset({HERE, THERE, "leeds"})
RMA = {"type": "urn:epcglobal:cbv:btt:rma", "bizTransaction": "urn:epcglobal:cbv:bt:1:R-1"}
EXAMPLES = specs_dir() / "market" / "epcis" / "JSON"


def event(step: str = "receiving", **over: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:1",
        "eventTime": "2026-11-27T09:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": step,
        "quantityList": [{"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L1", "quantity": "10"}],
        "readPoint": {"id": HERE},
        "bizLocation": {"id": THERE},
    }
    return {name: value for name, value in (fields | over).items() if value is not None}


def told(said: object) -> list[Told]:
    return rows_of(said, ARTICLES, PLACES)


def row(said: object) -> dict[str, Any]:
    (one,) = told(said)
    assert not isinstance(one.row, RejectedError), one.row
    return dict(one.row)


def party(side: str, place: str) -> dict[str, Any]:
    return {f"{side}List": [{"type": "location", side: place}]}


@pytest.mark.parametrize(
    ("said", "kind", "sides"),
    [
        (event(), "receipt", {"to_location": THERE}),
        (event(disposition="returned"), "return", {"to_location": THERE}),
        (event(bizTransactionList=[RMA]), "return", {"to_location": THERE}),
        (event(**party("source", HERE)), "transfer_in", {"to_location": THERE}),
        (event("shipping"), "ship", {"from_location": HERE}),
        (
            event("shipping", **party("destination", THERE)),
            "transfer_out",
            {"from_location": HERE, "to_location": THERE},
        ),
        (event("retail_selling", action="DELETE"), "ship", {"from_location": HERE}),
        (event("picking"), "pick", {"from_location": HERE}),
        (event("urn:epcglobal:cbv:bizstep:picking"), "pick", {"from_location": HERE}),
        (
            event("https://ref.gs1.org/cbv/BizStep-destroying"),
            "scrap",
            {"from_location": HERE},
        ),
        (event("cycle_counting", action="ADD"), "count", {"to_location": HERE}),
        (event("stock_taking", action="DELETE"), "count", {"from_location": HERE}),
    ],
)
def test_a_step_and_its_parties_say_which_movement_it_is(
    said: dict[str, Any], kind: str, sides: dict[str, str]
) -> None:
    found = row(said)
    assert (found["kind"], found["sku"], found["quantity"]) == (kind, "HAT-M", "10")
    assert {n: v for n, v in found.items() if n.endswith("_location")} == sides
    assert found["movement_id"] == f"urn:uuid:1/{GTIN}"


def test_what_was_counted_is_a_count_and_no_movement() -> None:
    (one,) = told(event("cycle_counting", bizLocation=None))
    assert (one.kind, one.row) == (
        "level",
        {
            "sku": "HAT-M",
            "unit": "PC",
            "location": HERE,
            "on_hand": "10",
            "as_of": "2026-11-27T09:00:00Z",
        },
    )


def test_a_count_may_find_nothing() -> None:
    none = [{"epcClass": f"https://id.gs1.org/01/{GTIN}", "quantity": "0"}]
    assert row(event("cycle_counting", quantityList=none))["on_hand"] == "0"


@pytest.mark.parametrize(
    ("disposition", "status"),
    [("damaged", "damaged"), ("recalled", "blocked"), ("non_sellable_other", "quarantine")],
)
def test_a_disposition_is_a_status(disposition: str, status: str) -> None:
    assert row(event("holding", disposition=disposition))["to_status"] == status
    assert row(event(disposition=f"urn:epcglobal:cbv:disp:{disposition}"))["to_status"] == status
    changed = {"unset": [disposition], "set": ["sellable_accessible"]}
    found = row(event("holding", persistentDisposition=changed))
    assert (found["from_status"], found["to_status"]) == (status, "available")


def test_pieces_and_quantities_of_one_article_are_summed_up() -> None:
    pieces = ["urn:epc:id:sgtin:0614141.107346.1", "urn:epc:id:sgtin:0614141.107346.2"]
    lots = [{"epcClass": "urn:epc:class:lgtin:0614141.107346.L7", "quantity": "5", "uom": "EA"}]
    assert row(event(epcList=pieces, quantityList=lots))["quantity"] == "7"


def test_weights_come_in_their_own_unit() -> None:
    said = [{"epcClass": "https://example.org/01/00012345678905", "quantity": "2.5", "uom": "KGM"}]
    found = row(event(quantityList=said))
    assert (found["sku"], found["unit"], found["quantity"]) == ("RICE", "KG", "2.5")


def test_what_is_on_a_pallet_is_received_by_its_children() -> None:
    children = [{"epcClass": "urn:epc:idpat:sgtin:0614141.107346.*", "quantity": "24"}]
    said = event(type="AggregationEvent", quantityList=None, childQuantityList=children)
    assert row(said | {"parentID": "urn:epc:id:sscc:0614141.1234567890"})["quantity"] == "24"


def test_packing_moves_nothing() -> None:
    assert [one.kind for one in told(event("packing"))] == ["nothing"]


def test_an_event_without_an_id_is_known_again_by_what_it_says() -> None:
    first, again = (row(event(eventID=None))["movement_id"] for _ in range(2))
    assert first == again != row(event(eventID=None, recordTime="2026"))["movement_id"]


def test_the_document_nearest_to_goods_on_the_road_counts() -> None:
    listed = [
        {"type": "po", "bizTransaction": "urn:po:1"},
        {"type": "urn:epcglobal:cbv:btt:desadv", "bizTransaction": "urn:desadv:2"},
    ]
    assert row(event(bizTransactionList=listed))["document"] == "urn:desadv:2"
    assert row(event(bizTransactionList=listed[:1]))["document"] == "urn:po:1"


@pytest.mark.parametrize(
    ("step", "disposition", "kind", "status"),
    [
        ("receiving", "returned", "return", "quality_inspection"),
        ("receiving", "damaged", "return", "damaged"),
        ("receiving", "sellable_accessible", "return", "available"),
        ("inspecting", "sellable_accessible", "reclassify", "available"),
        ("destroying", "destroyed", "scrap", None),
    ],
)
def test_of_what_is_sent_back_the_return_counts_and_its_state_is_the_disposition(
    step: str, disposition: str, kind: str, status: str | None
) -> None:
    listed = [{"type": "desadv", "bizTransaction": "urn:desadv:2"}, RMA]
    found = row(event(step, disposition=disposition, bizTransactionList=listed))
    assert (found["kind"], found["document"]) == (kind, "urn:epcglobal:cbv:bt:1:R-1")
    assert found.get("to_status") == status
    assert found.get("from_status") == (None if kind == "return" else "quality_inspection")


def test_what_is_sorted_was_where_the_event_says_so() -> None:
    changed = {"unset": ["damaged"], "set": ["sellable_accessible"]}
    found = row(event("inspecting", bizTransactionList=[RMA], persistentDisposition=changed))
    assert (found["from_status"], found["to_status"]) == ("damaged", "available")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (event(type="TransformationEvent"), "type"),
        (event(type="AssociationEvent"), "type"),
        (event(errorDeclaration={"declarationTime": "2026"}), "errorDeclaration"),
        (event("commissioning"), "bizStep"),
        (event("void_shipping"), "bizStep"),
        (event(disposition="stolen"), "disposition"),
        (event(quantityList=[]), "quantityList"),
        (event(quantityList=[{"epcClass": f"https://id.gs1.org/01/{GTIN}"}]), "quantity"),
        (
            event(quantityList=[{"epcClass": f"https://a.b/01/{GTIN}", "quantity": "-1"}]),
            "quantity",
        ),
        (event(epcList=["urn:epc:id:sscc:0614141.1234567890"], quantityList=None), "epcClass"),
        (event(epcList=["urn:epc:id:grai:0614141.12345.4"], quantityList=None), "epcClass"),
        (event(epcList=["urn:epc:id:sgtin:0614141.1.9"], quantityList=None), "epcClass"),
        (event(epcList=["https://id.gs1.org/01/04006381333931"], quantityList=None), "epcClass"),
        (event(readPoint=None, bizLocation=None), "bizLocation"),
        ("received ten", "event"),
    ],
)
def test_what_cannot_be_a_movement_is_refused_by_name(said: object, field: str) -> None:
    (one,) = told(said)
    assert isinstance(one.row, RejectedError)
    assert one.row.field == field
    assert one.row.remedy


def test_of_an_event_with_one_article_nobody_knows_the_others_are_told() -> None:
    said = event()["quantityList"] + [
        {"epcClass": "https://id.gs1.org/01/04006381333931", "quantity": "1"}
    ]
    kinds = [isinstance(one.row, RejectedError) for one in told(event(quantityList=said))]
    assert kinds == [False, True]


@needs_specs
def test_every_event_of_gs1_s_own_examples_is_rows_or_a_refusal() -> None:
    pages = sorted(EXAMPLES.rglob("*.jsonld"))
    assert len(pages) > 40
    seen = 0
    for page in pages:
        listed = events_of(_loaded(page))
        assert listed is not None, page
        assert gtins_of(listed) is not None
        for one in listed:
            found = told(one)
            assert found
            seen += len(found)
    assert seen > 80


def _loaded(page: Path) -> object:
    return json.loads(page.read_text(encoding="utf-8"), parse_int=str, parse_float=str)
