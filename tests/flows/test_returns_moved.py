"""Movements of a warehouse under a return: what came of it, once, and whoever told first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.movement_rows import EntryReader
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.issues import Issues, open_page
from shared.flows.returns_moved import KEPT_MAX, Kept
from shared.model.case import CaseState
from shared.model.issue import Issue
from shared.model.retailer import Source
from shared.model.returns import (
    Receipt,
    Return,
    ReturnLine,
    ReturnStatus,
)
from shared.ports import Put
from tests.domain.world import NOW
from tests.flows.stock_world import move
from tests.flows.test_return_calls import Setup
from tests.flows.world import order


class Moved(Setup):
    """The warehouse of Leeds posts what comes back."""

    posted = 0

    def post(self, **over: str) -> dict[str, Any]:
        said = {"kind": "return", "to_status": "available", "document": "RMA-1", "quantity": "1"}
        self.posted += 1
        return self.world.post(move(**(said | over)), key=f"p{self.posted}")

    def sort(self, status: str, name: str = "s1") -> dict[str, Any]:
        """One unit that was looked at is as said, and nowhere if it is thrown away."""
        said = {"movement_id": name, "document": "RMA-1", "quantity": "1", "to_location": ""}
        there = {"from_location": "leeds", "from_status": "quality_inspection"}
        self.posted += 1
        if status == "scrap":
            row = move(kind="scrap", **said, **there)
        else:
            row = move(kind="reclassify", to_status=status, **said, **there)
        return self.world.post(row, key=f"p{self.posted}")

    def later(self, minutes: int = 10) -> None:
        self.world.clock.advance(minutes=minutes)
        self.world.returned.run(lambda: False)

    def view(self, name: str = "api:RMA-1") -> Any:
        return self.calls.find(name)

    def issues(self) -> list[Issue]:
        page, _ = open_page(self.world.store)
        return list(page)


@pytest.fixture
def setup() -> Moved:
    return Moved()


@pytest.mark.parametrize(
    "document",
    ["RMA-1", "api:RMA-1", "6501", "urn:epcglobal:cbv:bt:5012345678900:RMA-1"],
)
def test_units_that_came_under_a_return_are_its_receipt_and_are_moved_once(
    setup: Moved, document: str
) -> None:
    setup.grant(2)
    setup.world.authorising.ask("shop:77")
    for _ in range(2):
        setup.post(document=document, quantity="2")
    found = setup.view()
    assert (found["state"], found["became"]) == ("received", {"HAT-M": {"restock": 2}})
    assert setup.world.on_hand() == 7 + 2
    assert setup.case().counts.returned == {"1": 2}
    assert setup.case().state is CaseState.RETURNED
    assert setup.issues() == []


@pytest.mark.parametrize(
    ("status", "became"),
    [
        ("available", "restock"),
        ("damaged", "damaged"),
        ("quarantine", "quarantine"),
        ("", "quarantine"),
        ("blocked", "quarantine"),
    ],
)
def test_the_state_units_lie_in_is_what_became_of_them(
    setup: Moved, status: str, became: str
) -> None:
    setup.grant()
    setup.post(to_status=status)
    assert setup.view()["became"] == {"HAT-M": {became: 1}}


@pytest.mark.parametrize(
    ("status", "became"),
    [
        ("available", "restock"),
        ("damaged", "damaged"),
        ("scrap", "scrap"),
        ("blocked", "quarantine"),
    ],
)
def test_what_is_sorted_later_comes_no_second_time(setup: Moved, status: str, became: str) -> None:
    setup.grant()
    setup.post(to_status="")
    setup.sort(status)
    assert setup.view()["became"] == {"HAT-M": {became: 1}}
    assert setup.case().counts.returned == {"1": 1}


@pytest.mark.parametrize(
    ("disposition", "became"),
    [("sellable_accessible", "restock"), ("damaged", "damaged"), ("returned", "quarantine")],
)
def test_an_epcis_event_of_a_return_is_its_receipt(
    setup: Moved, disposition: str, became: str
) -> None:
    setup.grant()
    event = {
        "type": "ObjectEvent",
        "@context": [],
        "eventID": "urn:uuid:1",
        "eventTime": "2026-11-27T09:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": disposition,
        "quantityList": [{"epcClass": "urn:shelfwire:sku:HAT-M", "quantity": 1}],
        "bizLocation": {"id": "urn:shelfwire:location:leeds"},
        "bizTransactionList": [{"type": "rma", "bizTransaction": "urn:cbv:bt:1:RMA-1"}],
    }
    for key in ("e1", "e2"):
        setup.world.calls.take(event, caller="warehouse", key=key, connection="wms")
    assert setup.view()["became"] == {"HAT-M": {became: 1}}
    assert (setup.world.on_hand(), setup.issues()) == (7 + 1, [])


def test_one_that_nobody_knows_is_told_and_kept_until_it_is_known(setup: Moved) -> None:
    setup.post(to_status="")
    setup.sort("damaged")
    setup.post(to_status="")
    (issue,) = setup.issues()
    assert (issue.issue_id, issue.count) == ("return_unknown#wms/m1", 1)
    assert (issue.field, issue.value) == ("document", "RMA-1")
    assert "granted under this name" in issue.remedy
    assert setup.world.on_hand() == 7 + 1
    setup.later()
    assert len(setup.issues()) == 1
    setup.grant()
    setup.later()
    assert setup.view()["became"] == {"HAT-M": {"damaged": 1}}
    assert setup.case().counts.returned == {"1": 1}
    assert (setup.issues(), setup.world.on_hand()) == ([], 7 + 1)


def test_a_document_that_names_every_return_stays_a_row_and_each_of_them_is_told(
    setup: Moved,
) -> None:
    many = [move(movement_id=f"r{i}", document="RMA", quantity="1") for i in range(KEPT_MAX + 2)]
    read = EntryReader(setup.world.retailer, "wms")
    moves = [read.movement({**one, "kind": "return", "to_status": "available"}) for one in many]
    setup.world.returned.take(moves, source="wms")
    setup.world.returned.take(moves[-2:], source="wms")
    key = keys.returned("wms", "RMA")
    assert len(Kept.model_validate(setup.world.store.get([key])[key].body).movements) == KEPT_MAX
    last = setup.world.store.get([keys.issue(f"return_unknown#wms/{moves[-1].movement_id}")])
    assert ["wait under it already" in str(row.body["summary"]) for row in last.values()] == [True]


def test_a_row_that_cannot_be_read_keeps_no_other_from_its_return(setup: Moved) -> None:
    key = keys.returned("wms", "RMA-0")
    lane = keys.RETURNED_LANE
    setup.world.store.commit([Put(key, {"source": "wms"}, 0, lane=lane, due=NOW)])
    setup.post(to_status="available")
    setup.grant()
    with pytest.raises(ValueError, match="document"):
        setup.later()
    assert setup.view()["became"] == {"HAT-M": {"restock": 1}}


def test_one_that_was_named_wrongly_is_posted_again_under_its_id(setup: Moved) -> None:
    setup.grant()
    setup.post(document="RMA-2")
    assert [line["status"] for line in setup.post()["lines"]] == ["duplicate"]
    assert (setup.issues(), setup.world.on_hand()) == ([], 7 + 1)
    setup.grant(key="k2", return_id="RMA-2")
    setup.later()
    assert setup.view("api:RMA-2")["state"] == "authorised"


def test_a_name_that_several_returns_have_is_asked_about(setup: Moved) -> None:
    setup.grant(return_id="31")
    setup.world.capture.take(order(updated_at=NOW + timedelta(minutes=1), returns=(opened(),)))
    setup.post(document="31")
    (issue,) = setup.issues()
    assert "one of api:31, shop:31" in issue.summary
    setup.post(document="shop:31")
    assert (setup.view("shop:31")["state"], setup.issues()) == ("received", [])


def test_more_than_was_announced_is_told_and_in_the_stock(setup: Moved) -> None:
    setup.grant()
    setup.post(quantity="2")
    (issue,) = setup.issues()
    assert issue.kind == "return_differs"
    assert (issue.field, issue.value) == ("lines", "{'1': 1}")
    assert setup.world.on_hand() == 7 + 2


def test_an_article_that_is_not_on_it_is_told_by_name_until_it_is(setup: Moved) -> None:
    setup.world.know("M", "S")
    told(setup, opened())
    setup.post(sku="HAT-S", document="31")
    (issue,) = setup.issues()
    assert issue.issue_id == "return_differs#shop:77/shop:31/HAT-S"
    assert (issue.field, issue.value) == ("sku", "HAT-S")
    assert setup.world.on_hand(sku="HAT-S") == 1
    assert setup.case().counts.returned == {}
    both = tuple(ReturnLine(line_id=name, quantity=1) for name in "12")
    more = opened(minutes=2).model_copy(update={"lines": both})
    sold = order(("HAT-M", 2), ("HAT-S", 1), updated_at=more.told_at, returns=(more,))
    setup.world.capture.take(sold)
    assert setup.case().counts.returned == {"2": 1}
    assert setup.issues() == []


def test_a_part_of_a_unit_is_no_receipt(setup: Moved) -> None:
    setup.grant()
    setup.post(quantity="0.5")
    (issue,) = setup.issues()
    assert (issue.kind, issue.field, issue.value) == ("return_unknown", "quantity", "0.5")
    setup.post(movement_id="m2")
    assert setup.case().counts.returned == {"1": 1}
    assert setup.issues() == [issue]


def test_a_call_that_failed_after_the_books_is_made_good_by_its_repeat(setup: Moved) -> None:
    setup.grant()
    calls = setup.world.calls
    dead: Any = Dead()
    setup.world.calls = replace(calls, returned=dead)
    with pytest.raises(RetryableError):
        setup.post()
    setup.world.calls = calls
    setup.post()
    assert (setup.world.on_hand(), setup.case().counts.returned) == (7 + 1, {"1": 1})


def test_what_was_told_ends_though_the_first_try_to_end_it_failed(setup: Moved) -> None:
    setup.post()
    setup.grant()
    calls = setup.world.calls
    unheard: Any = Unheard(setup.world.issues)
    setup.world.calls = replace(calls, returned=replace(calls.returned, issues=unheard))
    with pytest.raises(RetryableError):
        setup.sort("damaged")
    setup.world.calls = calls
    setup.posted -= 1
    setup.sort("damaged")
    assert (setup.issues(), setup.case().counts.returned) == ([], {"1": 1})


def test_a_source_that_can_be_read_tells_its_returns_itself(setup: Moved) -> None:
    setup.grant()
    entry = setup.world.entry(move(kind="return", document="RMA-1", to_status="available"))
    setup.world.returned.take([entry], source="erp")
    assert setup.view()["state"] == "authorised"


def test_the_number_of_the_erp_s_order_is_no_return(setup: Moved) -> None:
    setup.grant()
    setup.post(document="5001")
    (issue,) = setup.issues()
    assert (issue.kind, issue.value) == ("return_unknown", "5001")


def test_an_article_that_is_known_nowhere_counts_in_the_unit_it_is_told_in(setup: Moved) -> None:
    setup.grant()
    setup.post(sku="CAP", unit="EA")
    assert [issue.value for issue in setup.issues()] == ["CAP"]


class Unheard:
    """Exceptions that cannot be ended just now."""

    def __init__(self, issues: Issues) -> None:
        self._issues = issues

    def __getattr__(self, name: str) -> Any:
        return getattr(self._issues, name)

    def solve_all(self, *_: object, **__: object) -> None:
        raise RetryableError("throttled")


class Dead:
    """Cases that cannot be written just now."""

    def take(self, *_: object, **__: object) -> None:
        raise RetryableError("contended")


def test_the_timeline_of_a_return_tells_what_became_of_its_units(setup: Moved) -> None:
    setup.grant()
    setup.post(to_status="")
    setup.sort("damaged")
    told = [(hop["what"], hop["detail"]) for hop in setup.view()["timeline"]]
    assert ("received, told by sources", "1 quarantine") in told
    assert ("sorted, told by wms", "1 HAT-M quarantine to damaged") in told


def test_what_is_refused_has_not_come(setup: Moved) -> None:
    setup.grant()
    setup.post(unit="PAL")
    assert (setup.view()["state"], setup.world.on_hand()) == ("authorised", 7)


def test_a_movement_without_a_document_is_of_no_return(setup: Moved) -> None:
    setup.grant()
    setup.post(document="")
    assert (setup.view()["state"], setup.issues()) == ("authorised", [])


def test_units_that_were_only_moved_in_the_house_are_of_no_return(setup: Moved) -> None:
    setup.post(kind="receipt", document="PO-1", quantity="3", to_status="quality_inspection")
    setup.sort("available")
    assert setup.issues() == []


@pytest.mark.parametrize("first", ["call", "movement"])
def test_where_the_warehouse_posts_what_comes_back_a_receipt_moves_nothing(
    setup: Moved, first: str
) -> None:
    setup.calls = replace(
        setup.calls,
        retailer=setup.world.retailer.model_copy(
            update={"sources": (Source(name="wms", returns=True),)}
        ),
    )
    setup.grant()
    if first == "call":
        setup.receive((1, "restock"))
    setup.post()
    if first == "movement":
        setup.receive((1, "restock"))
    assert (setup.world.on_hand(), setup.case().counts.returned) == (7 + 1, {"1": 1})


@pytest.mark.parametrize("first", ["call", "movement"])
def test_units_that_a_call_and_a_movement_both_put_in_the_books_are_told_of(
    setup: Moved, first: str
) -> None:
    setup.grant(2)
    if first == "call":
        setup.receive((1, "damaged"), (1, "restock"))
    setup.post()
    assert len(setup.issues()) == (first == "call")
    if first == "movement":
        setup.receive((1, "damaged"), (1, "restock"))
    (issue,) = setup.issues()
    assert issue.issue_id == "return_differs#shop:77/api:RMA-1/HAT-M/wms"
    assert (issue.field, issue.value, "send a count" in issue.remedy) == ("returns", "1", True)
    assert setup.world.on_hand() == 7 + 3


def test_units_of_which_some_are_called_and_others_moved_are_in_the_books_once(
    setup: Moved,
) -> None:
    setup.grant(2)
    setup.receive((1, "restock"))
    setup.post()
    assert (setup.issues(), setup.world.on_hand()) == ([], 7 + 2)


def opened(*receipts: Receipt, minutes: int = 1) -> Return:
    return Return(
        return_id="shop:31",
        origin="shop",
        status=ReturnStatus.OPEN,
        told_at=NOW + timedelta(minutes=minutes),
        lines=(ReturnLine(line_id="1", quantity=1),),
        receipts=receipts,
    )


def told(setup: Moved, one: Return) -> None:
    setup.world.capture.take(order(updated_at=one.told_at, returns=(one,)))
