"""Stock of which its source says nothing any more: found, asked about by name, off sale."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

import pytest

from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.compare_source import SourceComparer
from shared.flows.waiting import WaitingTold
from shared.model.accuracy import Accuracy, Variance
from shared.model.base import Json
from shared.model.facts import StockCard
from shared.model.ids import Entity, Facet
from shared.model.issue import IssueKind
from shared.model.policies import Repairing
from shared.model.retailer import Retailer
from shared.model.target import StockValue
from shared.ports import Delete, Page, Refusal
from tests.domain.world import RETAILER
from tests.factories import make_position, make_stock_card
from tests.fakes import SetClock
from tests.flows.reading import reader_of
from tests.flows.world import World

SIZES = ("A", "B", "C", "D", "E", "F")
SKUS = [f"HAT-{size}" for size in SIZES]
UNITS = 10


@dataclass
class Erp:
    """Lists what lies there `size` articles a page; what it keeps nothing of it mentions nowhere.

    `order` is its own. It `ends` after so many pages although there is more, or `breaks` there.
    """

    clock: SetClock
    skus: list[str]
    size: int = 2
    order: list[str] = field(default_factory=lambda: list(SKUS))
    ends: int = 99
    breaks: int = 99
    named: list[str] = field(default_factory=list)
    garbled: set[str] = field(default_factory=set)

    def changed(
        self, entity: Entity, *, since: datetime | None, page: str | None
    ) -> Page[StockCard]:
        del since
        assert entity is Entity.STOCK
        start = self.order.index(page) + 1 if page else 0
        if start // self.size >= self.breaks:
            raise RetryableError("the ERP went away")
        some = self.order[start : start + self.size]
        more = start + self.size < len(self.order) and start // self.size + 1 < self.ends
        there = [sku for sku in some if sku in self.skus]
        return Page(self._cards(there), some[-1] if more else None, whole_after=page or "")

    def read(self, entity: Entity, keys: Sequence[str]) -> Page[StockCard]:
        assert entity is Entity.STOCK
        self.named += keys
        refused = [Refusal(k, "quantity", "x", "no number", "mend") for k in self.garbled]
        return Page(self._cards([key for key in keys if key in self.skus]), refused=refused)

    def _cards(self, skus: Sequence[str]) -> list[StockCard]:
        lies = make_position(on_hand=Decimal(UNITS))
        now = self.clock.now()
        return [make_stock_card(sku=sku, as_of=now, positions=(lies,)) for sku in skus]


class Selling(World):
    """Hats on sale, ten of each; `rules` are more of the retailer's file."""

    def __init__(self, *, size: int = 2, **rules: Json) -> None:
        said = RETAILER.model_dump(mode="json")
        super().__init__(Retailer.model_validate(said | rules))
        self.know(*SIZES, units=UNITS)
        self.settle()
        self.clock.advance(minutes=20)
        self.source = Erp(self.clock, list(SKUS), size)
        self.reader = reader_of(self, "erp", self.source)
        self.comparer = SourceComparer(
            "erp", self.source, self.store, self.queues, self.issues, self.clock, self.retailer
        )

    def poll(self) -> None:
        self.clock.advance(minutes=11)
        self.queues.take("erp-read")
        self.reader.handle({"poll": "stock"}, out_of_time=lambda: False)
        for sent in self.queues.take("erp-read"):
            self.reader.handle(dict(sent.body), out_of_time=lambda: False)

    def hear(self, key: str) -> None:
        self.reader.handle({"read": "stock", "key": key}, out_of_time=lambda: False)

    def compare(self, *, pages: int = 99) -> Accuracy | None:
        """Begin and go on, each invocation for so many pages."""
        self.clock.advance(minutes=30)
        self.comparer.handle({"compare": "all-stock"}, out_of_time=lambda: False)
        found = None
        while sent := self.queues.take("erp-read"):
            left = iter([*[False] * (pages - 1), True])
            found = self.comparer.handle(dict(sent[0].body), out_of_time=partial(next, left))
        return found

    def shown(self) -> dict[str, int]:
        self.settle()
        shows = {sku: self.channel.shows[Facet.STOCK, sku] for sku in SKUS}
        return {
            sku: sum(StockValue.model_validate(one).levels.values()) for sku, one in shows.items()
        }


def selling(*gone: str) -> dict[str, int]:
    return {sku: 0 if sku in gone else UNITS for sku in SKUS}


@pytest.mark.parametrize("size", [1, 2, 6])
@pytest.mark.parametrize("gone", [{"HAT-A"}, {"HAT-B", "HAT-C"}, {"HAT-F"}, set(SKUS)])
def test_what_a_poll_no_longer_meets_is_asked_about_once_and_off_sale(
    gone: set[str], size: int
) -> None:
    world = Selling(size=size)
    world.source.skus = [sku for sku in SKUS if sku not in gone]
    world.poll()
    assert world.shown() == selling(*gone)
    world.poll()
    assert world.source.named == sorted(gone)


def test_a_hint_of_an_article_its_source_is_silent_about_takes_it_off_sale() -> None:
    world = Selling()
    world.source.skus.remove("HAT-C")
    world.hear("HAT-C")
    assert world.shown() == selling("HAT-C")


def test_a_hint_of_an_article_nobody_knew_leaves_nothing_behind() -> None:
    world = Selling()
    world.hear("document:2026/4711")
    assert world.store.get([keys.stock("document:2026/4711", "erp")]) == {}


def test_an_article_whose_rows_cannot_be_understood_is_not_gone() -> None:
    world = Selling()
    world.source.skus.remove("HAT-C")
    world.source.garbled = {"HAT-C"}
    world.hear("HAT-C")
    assert world.shown() == selling()
    assert world.kinds() == ["bad_fact"]


@pytest.mark.parametrize("pages", [1, 99])
def test_a_comparison_counts_what_is_gone_and_takes_it_off_sale(pages: int) -> None:
    world = Selling()
    world.source.skus.remove("HAT-B")
    found = world.compare(pages=pages)
    assert found is not None
    assert (found.compared, found.equal, found.differing) == (6, 5, {Variance.GONE: 1})
    (example,) = found.examples
    assert (example.sku, example.location, example.said) == ("HAT-B", "london", None)
    assert world.shown() == selling("HAT-B")
    again = world.compare()
    assert again is not None
    assert (again.compared, again.differing) == (5, {})


def test_who_wants_to_be_asked_is_told_which_articles_are_gone_and_nothing_changes() -> None:
    world = Selling(accuracy={"repair": Repairing.ASK.value})
    world.source.skus.remove("HAT-B")
    world.compare()
    (issue,) = world.open()
    assert issue.kind is IssueKind.STOCK_DIFFERS
    assert "gone 1" in issue.summary
    assert "HAT-B at london: known 10, said nothing (gone)" in issue.summary
    assert world.shown() == selling()


def test_of_a_source_that_breaks_off_nothing_is_concluded() -> None:
    world = Selling()
    world.source.skus.remove("HAT-F")
    world.source.breaks = 2
    with pytest.raises(RetryableError):
        world.compare()
    assert (world.source.named, world.shown()) == ([], selling())


@pytest.mark.parametrize("ends", [1, 2])
def test_a_source_that_ends_too_soon_is_asked_by_name_and_takes_nothing_off_sale(
    ends: int,
) -> None:
    world = Selling()
    world.source.ends = ends
    world.poll()
    found = world.compare()
    assert found is not None
    assert (found.compared, found.differing) == (6, {})
    assert world.shown() == selling()


def test_a_comparison_finds_what_is_gone_in_whatever_order_the_source_lists() -> None:
    world = Selling()
    world.source.order.reverse()
    world.source.skus.remove("HAT-C")
    found = world.compare()
    assert found is not None
    assert found.differing == {Variance.GONE: 1}
    assert world.source.named == ["HAT-C"]


def test_what_was_known_before_there_was_a_roster_is_on_it_after_one_comparison() -> None:
    world = Selling()
    rows = world.store.get(keys.told("erp", sku) for sku in SKUS)
    world.store.commit([Delete(row.key, row.rev) for row in rows.values()])
    world.compare()
    world.source.skus.remove("HAT-D")
    world.compare()
    assert world.shown() == selling("HAT-D")


def test_an_empty_source_is_held_beyond_a_share_and_asked_about() -> None:
    held: dict[str, Json] = {"percent": 30, "least": 1, "within_minutes": 60, "hold_minutes": 60}
    world = Selling(stock_guards={"zeroed": held})
    world.source.skus = []
    found = world.compare()
    assert found is not None
    assert found.differing == {Variance.GONE: 6}
    assert world.shown() == selling()
    WaitingTold(world.store, world.issues, world.retailer).run()
    (issue,) = world.open()
    assert issue.kind is IssueKind.STOCK_ZEROED
    assert issue.summary.startswith("6 sold-out articles wait for approval")


@pytest.mark.parametrize(("then", "left"), [("keep", UNITS), ("suppress", 0)])
def test_what_is_gone_is_missing_by_the_retailer_s_policy_and_asked_about_once(
    then: str, left: int
) -> None:
    world = Selling(stock_guards={"missing": {"then": then}})
    world.source.skus.remove("HAT-C")
    for _ in range(2):
        world.poll()
        world.compare()
    assert world.shown() == selling() | {"HAT-C": left}
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == (IssueKind.STOCK_MISSING, "erp/HAT-C/london")
    assert world.source.named == ["HAT-C"]
    world.source.skus = list(SKUS)
    world.poll()
    assert (world.shown(), world.open()) == (selling(), [])
