"""A file that looks otherwise than it should is held whole until a person has ruled on it."""

import json
from collections.abc import Sequence

import pytest

from shared.errors import RetryableError
from shared.flows import held_files, keys
from shared.flows.file_approvals import FileApprovals, NamedFile
from shared.flows.import_file import Importer
from shared.flows.import_run import Run
from shared.flows.issues import Issues, open_issues
from shared.model.channel_events import FeedApproved, FeedRejected
from shared.model.events import BusinessEvent
from shared.model.issue import IssueKind
from shared.model.steps import Decision
from tests.factories import make_retailer
from tests.fakes import MemoryJournal
from tests.flows.mortal import POINTS_MAX, DiedError, Life, MortalBus, MortalQueues, MortalStore
from tests.flows.test_import_file import NAME, FlakyStore, Setup, row

SKUS = tuple(f"HAT-{number:02}" for number in range(40))
LIMITS = {
    "max_refused": "10",
    "max_unpriced": "5",
    "max_foreign": "5",
    "max_changed": "50",
    "max_median": "20",
    "min_rows": "50",
}


class Stores(MortalStore, FlakyStore):
    """Fails a commit, or ends whoever makes it."""


class Judging(Setup):
    """Files are judged by `LIMITS`; forty hats cost 20.00."""

    def __init__(self, **limits: str) -> None:
        super().__init__()
        self.life = Life()
        self.store: FlakyStore = Stores(self.life)
        self.queues, self.bus = MortalQueues(life=self.life), MortalBus(life=self.life)
        self.issues = Issues(self.store, self.bus, self.clock)
        retailer = make_retailer(
            authority={"product": "erp", "price": "erp", "stock": "erp"},
            feeds={**LIMITS, **limits},
        )
        self.importer = Importer(
            self.store,
            self.files,
            self.queues,
            self.issues,
            self.clock,
            retailer,
            MemoryJournal(),
        )
        self.approvals = FileApprovals(self.store, self.queues, self.issues, self.bus, self.clock)
        self.next(*(row(sku, "20.00") for sku in SKUS))

    def next(self, *lines: str, chunks: int = 10**9) -> Run | None:
        """Another file under the same name, a day later."""
        self.clock.advance(days=1)
        return self.take(self.drop(*lines), chunks=chunks)

    def prices(self) -> set[str]:
        return {amount for sku in SKUS for amount in self.amounts(sku)}

    def waiting(self) -> NamedFile:
        (one,) = held_files.waiting(self.store)
        return NamedFile(str(one["file"]), str(one["run"]))

    def ruled(self, decision: Decision, one: NamedFile) -> str:
        (line,) = self.approvals.rule(decision, [one], by="anna", why="new season")
        self.deliver()
        return str(line["status"])

    def deliver(self) -> None:
        for message in self.queues.take("import"):
            self.take(dict(message.body))

    def news(self) -> set[str]:
        return set(self.bus.types) - {"IssueRaised", "IssueSolved"}

    def rules(self) -> list[str]:
        return [step.rule for step in self.run().held]

    def kinds(self) -> list[str]:
        return [issue.kind for issue in open_issues(self.store)]


def test_a_file_that_looks_as_it_should_is_applied() -> None:
    setup = Judging()
    run = setup.next(
        *(row(sku, "19.00") for sku in SKUS[:20]), *(row(s, "20.00") for s in SKUS[20:])
    )
    assert run is not None
    assert (run.done, run.rows, run.changed) == (True, 40, 20)
    assert setup.prices() == {"19.00 GBP", "20.00 GBP"}
    assert setup.kinds() == []


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        ([row(sku, "19.00") for sku in SKUS], ["max_changed"]),
        ([row(sku, "2.00") for sku in SKUS[:20]] + [row(s, "20.00") for s in SKUS[20:]],
         ["max_median"]),
        ([row(sku, "0.00") for sku in SKUS[:4]] + [row(s, "20.00") for s in SKUS[4:]],
         ["max_unpriced"]),
        ([row(sku, "-1") for sku in SKUS[:4]] + [row(s, "20.00") for s in SKUS[4:]],
         ["max_unpriced"]),
        ([row(sku, "20.00", "EUR") for sku in SKUS[:3]] + [row(s, "20.00") for s in SKUS[3:]],
         ["max_foreign"]),
        ([row(sku, "20.00", start="never") for sku in SKUS[:5]]
         + [row(s, "20.00") for s in SKUS[5:]], ["max_refused"]),
        ([row(sku, "20.00") for sku in SKUS[:19]], ["min_rows"]),
    ],
    ids=lambda said: said[0] if isinstance(said[0], str) and len(said) == 1 else "",
)  # fmt: skip
def test_nothing_of_a_file_is_applied_whose_shape_has_shifted(
    lines: list[str], rules: list[str]
) -> None:
    setup = Judging()
    before = [key for key in setup.store.written if key.table == "facts"]
    setup.next(*lines)
    assert setup.rules() == rules
    assert [key for key in setup.store.written if key.table == "facts"] == before
    assert setup.prices() == {"20.00 GBP"}
    assert setup.kinds() == [IssueKind.FEED_HELD]


def test_the_report_of_a_held_file_says_what_it_is_about() -> None:
    setup = Judging()
    setup.next(*(row(sku, "19.00") for sku in SKUS))
    (name,) = [name for name in setup.files.kept if name.endswith("-held.json")]
    said = json.loads(setup.files.kept[name])
    assert said["reasons"] == [
        {"rule": "max_changed", "detail": "100.0 % of 40 known prices change, at most 50 % may"}
    ]
    assert (said["rows"], said["known"], said["changes"]) == (40, 40, {"5": 40})
    assert said["examples"][0] == {"line": 2, "what": "HAT-00: 20.00 GBP becomes 19.00 GBP"}
    (issue,) = open_issues(setup.store)
    assert name in issue.summary


def test_an_approved_file_is_applied_from_where_it_lies() -> None:
    setup = Judging()
    setup.next(*(row(sku, "19.00") for sku in SKUS))
    one = setup.waiting()
    assert setup.ruled(Decision.APPROVED, one) == "approved"
    assert setup.prices() == {"19.00 GBP"}
    assert (setup.run().done, setup.kinds(), held_files.waiting(setup.store)) == (True, [], [])
    assert setup.ruled(Decision.APPROVED, one) == "approved"
    events = [event for event in setup.bus.events if isinstance(event, FeedApproved)]
    assert [(e.file, e.reasons, e.by) for e in events] == [(NAME, ("max_changed",), "anna")]


def test_a_rejected_file_is_done_with() -> None:
    setup = Judging()
    setup.next(*(row(sku, "19.00") for sku in SKUS))
    one = setup.waiting()
    assert setup.ruled(Decision.REJECTED, one) == "rejected"
    assert (setup.prices(), setup.run().done, setup.kinds()) == ({"20.00 GBP"}, True, [])
    assert setup.ruled(Decision.APPROVED, one) == "rejected"
    assert setup.prices() == {"20.00 GBP"}
    assert sum(isinstance(event, FeedRejected) for event in setup.bus.events) == 1


def test_a_file_dropped_anew_takes_the_place_of_the_one_that_waits() -> None:
    setup = Judging()
    setup.next(*(row(sku, "19.00") for sku in SKUS))
    one = setup.waiting()
    setup.next(row(SKUS[0], "18.00"), *(row(sku, "20.00") for sku in SKUS[1:]))
    assert setup.prices() == {"18.00 GBP", "20.00 GBP"}
    assert (setup.kinds(), held_files.waiting(setup.store)) == ([], [])
    assert setup.ruled(Decision.APPROVED, one) == "changed"
    assert setup.ruled(Decision.APPROVED, NamedFile("drop/erp/price/no.csv", "x")) == "unknown"


def test_a_message_that_comes_again_does_not_apply_what_waits() -> None:
    setup = Judging()
    message = setup.drop(*(row(sku, "19.00") for sku in SKUS))
    setup.clock.advance(days=1)
    message = setup.drop(*(row(sku, "19.00") for sku in SKUS))
    setup.take(message)
    for again in (message, {"file": NAME}, {"file": NAME, "run": setup.run().name}):
        setup.take(again)
    setup.clock.advance(minutes=30)
    setup.take({"file": NAME})
    assert setup.prices() == {"20.00 GBP"}
    assert setup.run().waits


def test_small_files_are_not_judged() -> None:
    setup = Judging(rows_from="50")
    setup.next(row(SKUS[0], "1.00"))
    assert setup.amounts(SKUS[0]) == ["1.00 GBP"]


def test_a_file_that_takes_many_invocations_is_judged_once_and_whole() -> None:
    setup = Judging()
    others = [row(f"S{number}", "5.00") for number in range(1500)]
    setup.next(*others[:750], *(row(sku, "2.00") for sku in SKUS), *others[750:], chunks=1)
    assert setup.rules() == ["max_changed", "max_median"]
    assert setup.card("S0") is None
    setup.ruled(Decision.APPROVED, setup.waiting())
    assert (setup.prices(), setup.run().rows) == ({"2.00 GBP"}, 1540)


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("fails_at", range(1, 8))
def test_whatever_fails_while_a_file_is_looked_at_nothing_of_it_is_applied(
    fails_at: int, *, landed: bool
) -> None:
    setup = Judging()
    setup.clock.advance(days=1)
    message = setup.drop(*(row(sku, "19.00") for sku in SKUS))
    setup.store.fails_at, setup.store.landed = setup.store.commits + fails_at, landed
    for _ in range(4):
        try:
            setup.take(message)
        except RetryableError:
            setup.clock.advance(minutes=11)
    setup.take({"file": NAME})
    assert setup.prices() == {"20.00 GBP"}
    assert setup.run().waits
    assert held_files.waiting(setup.store)
    assert setup.kinds() == [IssueKind.FEED_HELD]
    key = keys.held_file(NAME)
    assert key in setup.store.get([key])


@pytest.mark.parametrize(
    ("decision", "news", "price"),
    [
        (Decision.APPROVED, "FeedApproved", "19.00 GBP"),
        (Decision.REJECTED, "FeedRejected", "20.00 GBP"),
    ],
)
def test_a_ruling_that_dies_half_way_stands_and_is_told_or_was_never_made(
    decision: Decision, news: str, price: str
) -> None:
    for left in range(POINTS_MAX):
        setup = Judging()
        setup.next(*(row(sku, "19.00") for sku in SKUS))
        one = setup.waiting()
        setup.life.left = left
        try:
            setup.approvals.rule(decision, [one], by="anna", why="new season")
        except DiedError:
            setup.deliver()  # nobody asks again
            if setup.run().waits:
                assert setup.waiting() == one
                assert (setup.prices(), setup.kinds()) == ({"20.00 GBP"}, [IssueKind.FEED_HELD])
            else:
                assert (setup.news(), setup.prices()) == ({news}, {price})
                assert (setup.run().done, setup.kinds()) == (True, [])
        else:
            setup.life.left = None
            assert left > 3
            break
        assert setup.ruled(decision, one) == str(decision)
        assert (setup.news(), setup.prices(), setup.kinds()) == ({news}, {price}, [])


def test_who_rules_otherwise_at_the_same_moment_tells_what_holds() -> None:
    setup = Judging()
    setup.next(*(row(sku, "19.00") for sku in SKUS))
    one = setup.waiting()
    publish = setup.bus.publish

    def rejected_meanwhile(events: Sequence[BusinessEvent]) -> None:
        setup.bus.publish = publish  # type: ignore[method-assign]
        publish(events)
        setup.approvals.rule(Decision.REJECTED, [one], by="ben", why="wrong season")

    setup.bus.publish = rejected_meanwhile  # type: ignore[method-assign]
    assert setup.ruled(Decision.APPROVED, one) == "rejected"
    told = [e for e in setup.bus.events if isinstance(e, FeedApproved | FeedRejected)]
    assert [(type(e), e.by) for e in told][-1] == (FeedRejected, "ben")
    assert (setup.prices(), setup.kinds()) == ({"20.00 GBP"}, [])
