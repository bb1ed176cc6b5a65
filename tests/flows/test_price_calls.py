"""A call is answered line by line, once; whoever repeats it changes nothing and hears the same."""

from typing import Any

import pytest

from shared.errors import RejectedError, RetryableError
from shared.flows import held_files, keys
from shared.flows.file_approvals import FileApprovals, NamedFile
from shared.flows.import_file import Importer
from shared.flows.issues import Issues
from shared.flows.price_calls import LINES_MAX, PriceCalls
from shared.model.facts import PriceCard
from shared.model.steps import Decision
from tests.factories import NOW, make_price_row, make_retailer
from tests.fakes import MemoryBus, MemoryFiles, MemoryJournal, MemoryQueues, MemoryStore, SetClock
from tests.flows.test_import_file import FlakyStore

CONDITION = make_price_row(sku="HAT", valid_from="2026-11-01T00:00:00Z")


class Setup:
    def __init__(
        self, store: MemoryStore | None = None, feeds: dict[str, object] | None = None
    ) -> None:
        self.clock = SetClock(NOW)
        self.store = store or MemoryStore()
        issues = Issues(self.store, MemoryBus(), self.clock)
        self.files = MemoryFiles(clock=self.clock)
        retailer = make_retailer(feeds=feeds)
        self.calls = PriceCalls(self.store, issues, self.clock, retailer, self.files)

    def post(self, *rows: object, key: str = "k1", caller: str = "till") -> dict[str, Any]:
        said = {"connection": "erp", "conditions": list(rows)}
        return self.calls.take(said, caller=caller, key=key)

    def refused(self, said: object, key: str = "k1") -> RejectedError:
        with pytest.raises(RejectedError) as raised:
            self.calls.take(said, caller="till", key=key)
        return raised.value

    def amount(self) -> str:
        key = keys.price("HAT", "erp")
        return str(PriceCard.model_validate(self.store.get([key])[key].body).conditions[0].amount)


def amount(text: str) -> dict[str, str]:
    return CONDITION | {"amount": text}


def test_a_repeat_changes_nothing_even_if_the_price_has_changed_since() -> None:
    setup = Setup()
    first = setup.post(amount("1.00"))
    setup.clock.advance(minutes=1)
    setup.post(amount("2.00"), key="k2")
    setup.clock.advance(minutes=1)
    assert setup.post(amount("1.00")) == first
    assert setup.amount() == "2.00 GBP"


@pytest.mark.parametrize("landed", ["it landed", ""])
@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_call_that_broke_off_is_taken_up_as_of_its_first_time(fails_at: int, landed: str) -> None:
    store = FlakyStore()
    setup = Setup(store)
    store.fails_at, store.landed = fails_at, bool(landed)
    with pytest.raises(RetryableError):
        setup.post(amount("1.00"))
    begun = fails_at > 1 or landed
    setup.clock.advance(minutes=1)
    setup.post(amount("2.00"), key="k2")
    setup.clock.advance(minutes=1)
    answer = setup.post(amount("1.00"))
    assert answer["accepted"] == 1
    assert setup.amount() == ("2.00 GBP" if begun else "1.00 GBP")


def test_a_key_is_the_caller_s_own() -> None:
    setup = Setup()
    setup.post(amount("1.00"), caller="till")
    assert setup.post(amount("2.00"), caller="web")["accepted"] == 1


def test_the_same_call_written_another_way_is_the_same_call() -> None:
    setup = Setup()
    setup.post(CONDITION)
    assert setup.post(dict(reversed(CONDITION.items())))["accepted"] == 1
    error = setup.refused({"connection": "erp", "conditions": [amount("1.00")]})
    assert error.code == "key_reused"


def test_lines_are_answered_in_their_order() -> None:
    rows: list[object] = [CONDITION, "nonsense", amount("0"), {}, amount("5.00")]
    lines = Setup().post(*rows)["lines"]
    assert [(line["line"], line["status"]) for line in lines] == [
        (1, "accepted"),
        (2, "refused"),
        (3, "refused"),
        (4, "refused"),
        (5, "accepted"),
    ]
    assert [line["field"] for line in lines if "field" in line] == ["row", "amount", "sku"]


def test_a_sku_with_too_many_conditions_is_refused_line_by_line() -> None:
    setup = Setup()
    named = [CONDITION | {"condition_id": str(i)} for i in range(LINES_MAX)]
    assert setup.post(*named)["refused"] == 0
    answer = setup.post(CONDITION | {"condition_id": "more"}, CONDITION | {"sku": "MUG"}, key="k2")
    assert [line["status"] for line in answer["lines"]] == ["refused", "accepted"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
def test_a_key_is_asked_for(key: str) -> None:
    assert Setup().refused({}, key).field == "Idempotency-Key"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ([], "body"),
        ({}, "body"),
        ({"connection": "erp"}, "body"),
        ({"connection": 1, "conditions": []}, "body"),
        ({"connection": "erp", "conditions": [], "dry_run": True}, "body"),
        ({"connection": "erp", "conditions": []}, "conditions"),
        ({"connection": "erp", "conditions": [{}] * (LINES_MAX + 1)}, "conditions"),
        ({"connection": "shop", "conditions": [{}]}, "connection"),
        ({"connection": "nobody", "conditions": [{}]}, "connection"),
    ],
)
def test_a_call_of_another_form_is_refused_and_its_key_stays_free(said: object, field: str) -> None:
    setup = Setup()
    assert setup.refused(said).field == field
    assert setup.post(CONDITION)["accepted"] == 1


def test_nothing_of_a_call_is_applied_that_looks_otherwise_than_it_should() -> None:
    setup = Setup(feeds={"max_median": "20", "rows_from": 1})
    setup.post(amount("20.00"))
    setup.clock.advance(minutes=1)
    answer = setup.post(amount("2.00"), {"sku": "CAP"}, key="k2")
    assert (answer["accepted"], answer["refused"]) == (0, 1)
    assert [line["status"] for line in answer["lines"]] == ["held", "refused"]
    assert answer["reasons"][0]["rule"] == "max_median"
    assert setup.amount() == "20.00 GBP"
    assert setup.post(amount("2.00"), {"sku": "CAP"}, key="k2") == answer


def test_a_call_that_is_held_is_a_file_that_waits() -> None:
    setup = Setup(feeds={"max_median": "20", "rows_from": 1})
    setup.post(amount("20.00"))
    setup.clock.advance(minutes=1)
    held = setup.post(amount("2.00"), key="k2")["held"]
    retailer, queues = setup.calls.retailer, MemoryQueues()
    issues = Issues(setup.store, MemoryBus(), setup.clock)
    journal = MemoryJournal()
    importer = Importer(setup.store, setup.files, queues, issues, setup.clock, retailer, journal)
    importer.handle({"file": held}, out_of_time=lambda: False)
    for message in queues.take("import"):
        importer.handle(dict(message.body), out_of_time=lambda: False)
    (one,) = held_files.waiting(setup.store)
    assert one["file"] == held
    approvals = FileApprovals(setup.store, queues, issues, MemoryBus(), setup.clock)
    named = NamedFile(str(one["file"]), str(one["run"]))
    approvals.rule(Decision.APPROVED, [named], by="anna", why="meant")
    for message in queues.take("import"):
        importer.handle(dict(message.body), out_of_time=lambda: False)
    assert setup.amount() == "2.00 GBP"
