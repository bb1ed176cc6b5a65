"""A dropped file is taken in whole, once, by its owner; what is refused is told line by line."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count

import pytest

from shared.errors import RetryableError
from shared.flows import import_pass, keys
from shared.flows.import_file import Importer
from shared.flows.import_run import Run
from shared.flows.issues import Issues, open_issues
from shared.model.facts import PriceCard
from shared.model.issue import Issue, IssueKind
from shared.ports import Write
from tests.factories import NOW, make_retailer
from tests.fakes import (
    MemoryBus,
    MemoryFiles,
    MemoryJournal,
    MemoryQueues,
    MemoryStore,
    SetClock,
)

HEADER = "sku;price_list;kind;amount;currency;tax_basis;unit;valid_from\r\n"
NAME = "drop/erp/price/today.csv"


def row(sku: str, amount: str = "19.99", currency: str = "GBP", start: str = "2026-11-01") -> str:
    return f"{sku};retail;base;{amount};{currency};gross;PC;{start}T00:00:00Z\r\n"


class FlakyStore(MemoryStore):
    """Fails the commit whose number is told, before or after it has landed."""

    def __init__(self) -> None:
        super().__init__()
        self.commits = self.largest = 0
        self.fails_at: int | None = None
        self.landed = False

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        self.commits += 1
        self.largest = max(self.largest, len(writes))
        if self.commits != self.fails_at:
            return super().commit(writes)
        if self.landed:
            super().commit(writes)
        raise RetryableError("lost")


class Setup:
    def __init__(self, owner: str = "erp") -> None:
        self.clock = SetClock(NOW)
        self.store = FlakyStore()
        self.files = MemoryFiles(clock=self.clock)
        self.queues = MemoryQueues()
        authority = {"product": "erp", "price": owner, "stock": "erp"}
        self.importer = Importer(
            self.store,
            self.files,
            self.queues,
            Issues(self.store, MemoryBus(), self.clock),
            self.clock,
            make_retailer(authority=authority),
            MemoryJournal(),
        )

    def drop(self, *lines: str, name: str = NAME, **notes: str) -> dict[str, str]:
        """Put a file; what its store tells of it."""
        return self.drop_bytes("".join((HEADER, *lines)).encode(), name=name, **notes)

    def drop_bytes(self, content: bytes, *, name: str = NAME, **notes: str) -> dict[str, str]:
        self.files.drop(name, content, **notes)
        piece = self.files.read(name, start=0, length=1)
        return {"file": name, "version": piece.version, "at": self.clock.now().isoformat()}

    def take(self, message: dict[str, str], *, chunks: int = 10**9) -> Run | None:
        """Handle a message and what it sends to itself; each invocation has time for `chunks`."""
        run = self.importer.handle(message, out_of_time=lambda: False)
        while sent := self.queues.take("import"):
            (one,) = sent
            run = self.importer.handle(dict(one.body), out_of_time=after(chunks)) or run
        return run

    def card(self, sku: str) -> PriceCard | None:
        key = keys.price(sku, "erp")
        found = self.store.get([key]).get(key)
        return PriceCard.model_validate(found.body) if found else None

    def amounts(self, sku: str = "HAT") -> list[str]:
        card = self.card(sku)
        return [str(c.amount) for c in card.conditions] if card else []

    def report(self, under: str = "report/erp/price/today.csv/") -> list[dict[str, object]]:
        parts = sorted(name for name in self.files.kept if name.startswith(under))
        return [json.loads(line) for part in parts for line in self.files.kept[part].splitlines()]

    def issue(self) -> Issue:
        (issue,) = open_issues(self.store)
        return issue

    def run(self) -> Run:
        key = keys.file(NAME)
        return Run.model_validate(self.store.get([key])[key].body)


def after(chunks: int) -> Callable[[], bool]:
    done = count(1)
    return lambda: next(done) >= chunks


def test_a_file_of_the_owner_becomes_its_price_cards() -> None:
    setup = Setup()
    run = setup.take(setup.drop(row("HAT"), row("MUG", "7.49")))
    assert setup.amounts("HAT") == ["19.99 GBP"]
    assert setup.amounts("MUG") == ["7.49 GBP"]
    assert run is not None
    assert (run.done, run.rows, run.refused, run.changed) == (True, 2, 0, 2)
    assert not open_issues(setup.store)


def test_all_rows_of_a_sku_are_one_card_however_far_apart_they_stand() -> None:
    setup = Setup()
    between = [row(f"S{i}") for i in range(2 * import_pass.CHUNK)]
    setup.take(setup.drop(row("HAT", "1.00"), *between, row("HAT", "2.00", start="2026-12-01")))
    assert setup.amounts() == ["1.00 GBP", "2.00 GBP"]


def test_what_says_nothing_new_writes_nothing() -> None:
    setup = Setup()
    setup.take(setup.drop(row("HAT"), row("MUG")))
    setup.clock.advance(minutes=5)
    written = [key for key in setup.store.written if key.table == "facts"]
    run = setup.take(setup.drop(row("HAT"), row("MUG")))
    assert [key for key in setup.store.written if key.table == "facts"] == written
    assert run is not None
    assert (run.changed, run.unchanged) == (0, 2)


def test_every_refused_row_is_reported_and_one_exception_says_where() -> None:
    setup = Setup()
    run = setup.take(
        setup.drop(row("HAT"), row("CAP", "1,99"), row("MUG", currency="EUR"), "x;y\r\n")
    )
    assert [(line["line"], line["column"], line["value"]) for line in setup.report()] == [
        (3, "amount", "1,99"),
        (4, "currency", "EUR"),
        (5, "sku", "x;y"),
    ]
    assert all(line["why"] and line["remedy"] for line in setup.report())
    issue = setup.issue()
    assert (issue.kind, issue.value) == (IssueKind.BAD_FILE, "3")
    assert run is not None
    (name,) = [n for n in setup.files.kept if n.startswith("report/")]
    assert issue.summary.startswith(f"3 of 4 rows of {NAME} were refused")
    assert name.startswith(issue.summary.rpartition(" ")[2].removesuffix("*.ndjson"))


def test_a_corrected_file_of_the_same_name_solves_its_exception() -> None:
    setup = Setup()
    setup.take(setup.drop(row("HAT", "free")))
    setup.clock.advance(minutes=5)
    setup.take(setup.drop(row("HAT")))
    assert not open_issues(setup.store)
    assert setup.amounts() == ["19.99 GBP"]


def test_a_file_of_a_connection_that_does_not_own_prices_is_a_finding() -> None:
    setup = Setup(owner="shop")
    setup.take(setup.drop(row("HAT")))
    assert setup.issue().kind is IssueKind.NOT_THE_OWNER
    assert setup.card("HAT") is None


def test_the_same_telling_twice_reads_the_file_once() -> None:
    setup = Setup()
    message = setup.drop(row("HAT"))
    setup.take(message)
    setup.files.asked.clear()
    assert setup.take(message) is None
    assert import_pass.PIECE not in setup.files.asked


def test_the_same_content_dropped_again_counts_again() -> None:
    setup = Setup()
    first = "".join((HEADER, row("HAT", "1.00"))).encode()
    setup.take(setup.drop_bytes(first))
    setup.clock.advance(minutes=1)
    setup.take(setup.drop(row("HAT", "2.00"), name="drop/erp/price/other.csv"))
    setup.clock.advance(minutes=1)
    setup.take(setup.drop_bytes(first))
    assert setup.amounts() == ["1.00 GBP"]


def test_an_older_file_that_comes_late_changes_only_what_nobody_told_since() -> None:
    setup = Setup()
    late = setup.drop(row("HAT", "1.00"), row("MUG", "1.00"))
    setup.clock.advance(minutes=1)
    setup.take(setup.drop(row("HAT", "2.00"), name="drop/erp/price/other.csv"))
    setup.take(late)
    assert setup.amounts("HAT") == ["2.00 GBP"]
    assert setup.amounts("MUG") == ["1.00 GBP"]


def test_a_long_file_goes_on_in_as_many_invocations_as_it_needs() -> None:
    setup = Setup()
    lines = [row(f"S{i}", "no" if i % 700 == 3 else "1.00") for i in range(2600)]
    run = setup.take(setup.drop(*lines), chunks=1)
    assert run is not None
    assert (run.turn, run.rows, run.refused, run.done) == (7, 2600, 4, True)
    assert [line["line"] for line in setup.report()] == [5, 705, 1405, 2105]


def test_a_file_replaced_while_it_is_read_is_left_to_what_tells_of_the_new_one() -> None:
    setup = Setup()
    setup.importer.handle(setup.drop(row("HAT", "1.00")), out_of_time=lambda: False)
    (going_on,) = setup.queues.take("import")
    setup.clock.advance(seconds=1)
    newer = setup.drop(row("HAT", "2.00"))
    setup.importer.handle(dict(going_on.body), out_of_time=lambda: False)
    assert setup.card("HAT") is None
    setup.take(newer)
    setup.importer.handle(dict(going_on.body), out_of_time=lambda: False)
    assert setup.amounts() == ["2.00 GBP"]
    assert not open_issues(setup.store)


@pytest.mark.parametrize("landed", ["it landed", ""])
@pytest.mark.parametrize("fails_at", range(1, 12))
def test_whatever_is_lost_on_the_way_nothing_of_the_file_is(fails_at: int, landed: str) -> None:
    setup = Setup()
    lines = [row(f"S{i}", "no" if i % 400 == 3 else "1.00") for i in range(1600)]
    setup.importer.handle(setup.drop(*lines), out_of_time=lambda: False)
    (message,) = setup.queues.take("import")
    setup.store.fails_at, setup.store.landed = setup.store.commits + fails_at, bool(landed)
    for _ in range(9):  # SQS delivers again what failed, and what the function sent itself
        try:
            setup.importer.handle(dict(message.body), out_of_time=after(2))
        except RetryableError:
            continue
        if setup.run().done:
            break
    assert setup.run().done
    assert [line["line"] for line in setup.report()] == [5, 405, 805, 1205]
    assert setup.amounts("S1599") == ["1.00 GBP"]
    assert setup.run().rows == 1600
    assert setup.issue().value == "4"


def test_a_telling_whose_successor_was_never_sent_is_taken_up_once_nothing_is_heard() -> None:
    setup = Setup()
    message = setup.drop(row("HAT"))
    setup.importer.handle(message, out_of_time=lambda: False)
    setup.queues.sent.clear()
    setup.take(message)
    assert setup.card("HAT") is None
    setup.clock.advance(minutes=11)
    setup.take(message)
    assert setup.amounts() == ["19.99 GBP"]


def test_two_at_one_run_end_in_one_report_and_one_state() -> None:
    setup = Setup()
    lines = [row(f"S{i}", "no" if i % 400 == 3 else "1.00") for i in range(1600)]
    setup.importer.handle(setup.drop(*lines), out_of_time=lambda: False)
    (message,) = setup.queues.take("import")
    body = dict(message.body)
    looks = iter([False, True])

    def interrupted() -> bool:
        if next(looks, False):
            setup.importer.handle(body, out_of_time=lambda: False)
        return False

    setup.importer.handle(body, out_of_time=interrupted)
    assert setup.run().done
    assert [line["line"] for line in setup.report()] == [5, 405, 805, 1205]


def test_replaying_reads_the_file_again_under_its_own_time() -> None:
    setup = Setup()
    setup.take(setup.drop(row("HAT", "1.00"), row("CAP", "no")))
    setup.clock.advance(minutes=1)
    setup.take(setup.drop(row("HAT", "2.00"), name="drop/erp/price/other.csv"))
    replay = dict(setup.issue().replay or {})
    assert replay.pop("queue") == "import"
    run = setup.take(replay)
    assert run is not None
    assert (run.rows, run.as_of) == (2, NOW)
    assert setup.amounts() == ["2.00 GBP"]
    assert setup.issue().count == 2


def test_a_sku_with_too_many_conditions_is_refused_and_the_others_go_on() -> None:
    setup = Setup()
    day = NOW - timedelta(days=600)
    starts = [(day + timedelta(days=i)).date().isoformat() for i in range(501)]
    run = setup.take(setup.drop(*(row("HAT", start=at) for at in starts), row("MUG")))
    assert run is not None
    assert (run.rows, run.refused) == (502, 1)
    assert str(setup.report()[0]["why"]).startswith("sku has no room: it takes 500 conditions")
    assert setup.amounts("MUG") == ["19.99 GBP"]


def test_a_decimal_comma_declared_beside_the_file_is_read() -> None:
    setup = Setup()
    setup.take(setup.drop(row("HAT", "19,99"), decimal="comma"))
    assert setup.amounts() == ["19.99 GBP"]


@pytest.mark.parametrize("name", ["today.json", "today.ndjson"])
def test_json_says_the_same_as_csv(name: str) -> None:
    setup = Setup()
    fields = HEADER.strip().split(";")
    said = [dict(zip(fields, row(sku).strip().split(";"), strict=True)) for sku in ("HAT", "MUG")]
    array = json.dumps(said) if name == "today.json" else "\n".join(map(json.dumps, said))
    setup.take(setup.drop_bytes(array.encode(), name=f"drop/erp/price/{name}"))
    assert setup.amounts("HAT") == setup.amounts("MUG") == ["19.99 GBP"]


def test_an_array_that_breaks_off_keeps_what_came_before_and_says_from_where() -> None:
    setup = Setup()
    fields = HEADER.strip().split(";")
    good = json.dumps(dict(zip(fields, row("HAT").strip().split(";"), strict=True)))
    name = "drop/erp/price/today.json"
    run = setup.take(setup.drop_bytes(f"[\n{good},\n{{".encode(), name=name))
    assert run is not None
    assert (run.rows, run.refused, run.lost) == (2, 1, 3)
    assert setup.amounts() == ["19.99 GBP"]
    assert "from line 3 on nothing could be read" in setup.issue().summary


@pytest.mark.parametrize(
    ("name", "content", "field"),
    [
        (NAME, b"", "file"),
        (NAME, b"sku;amount\n", "columns"),
        ("drop/erp/price/today.xlsx", b"PK\x03\x04", "file"),
        ("drop/erp/order/today.csv", b"sku\n", "file"),
        ("drop/nobody/price/today.csv", b"sku\n", "file"),
        ("drop/today.csv", b"sku\n", "file"),
    ],
)
def test_a_file_nobody_can_read_is_one_exception(name: str, content: bytes, field: str) -> None:
    setup = Setup()
    message = setup.drop_bytes(content, name=name)
    setup.take(message)
    setup.take(message)
    issue = setup.issue()
    assert (issue.kind, issue.field, issue.count) == (IssueKind.BAD_FILE, field, 2)
    assert issue.remedy


def test_a_file_without_a_row_says_so() -> None:
    setup = Setup()
    setup.take(setup.drop("\r\n"))
    assert "it holds no row" in setup.issue().summary


def test_a_file_that_is_gone_is_said_to_be_gone() -> None:
    setup = Setup()
    setup.take({"file": "drop/erp/price/gone.csv"})
    assert "gone.csv was not taken in" in setup.issue().summary


def test_no_more_than_a_piece_is_ever_read_and_no_more_than_a_chunk_ever_written() -> None:
    setup = Setup()
    setup.take(setup.drop(*(row(f"S{i}") for i in range(20_000))))
    assert max(setup.files.asked) == import_pass.PIECE
    assert setup.store.largest == import_pass.CHUNK
