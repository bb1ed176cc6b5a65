"""All stock we know, held against what its source says: by cause, and repaired by policy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

from shared.domain.accuracy import EXAMPLES
from shared.flows import keys
from shared.flows.compare_source import SourceComparer, standing
from shared.model.accuracy import Accuracy, Variance
from shared.model.facts import StockCard
from shared.model.ids import Entity
from shared.model.policies import AccuracyPolicy, Repairing
from shared.model.retailer import Retailer
from shared.ports import Message, Page, Put, Refusal
from tests.domain.world import NOW, RETAILER
from tests.factories import make_position, make_stock_card
from tests.flows.world import World


@dataclass
class FakeSource:
    """Pages of what is said; `refused` comes with the last one."""

    pages: list[list[StockCard]] = field(default_factory=list)
    refused: tuple[Refusal, ...] = ()
    asked: int = 0

    def changed(
        self, entity: Entity, *, since: datetime | None, page: str | None
    ) -> Page[StockCard]:
        assert (entity, since) == (Entity.STOCK, None)
        self.asked += 1
        number = int(page or 0)
        following = str(number + 1) if number + 1 < len(self.pages) else None
        return Page(self.pages[number], following, () if following else self.refused)

    def read(self, entity: Entity, keys: Sequence[str]) -> Page[StockCard]:
        """What is on no page does not lie anywhere."""
        assert entity is Entity.STOCK
        return Page([card for page in self.pages for card in page if card.sku in keys])


def said(sku: str, units: int, **over: object) -> StockCard:
    position = make_position(on_hand=Decimal(units), **over)
    return make_stock_card(sku=sku, as_of=NOW, positions=(position,))


class Comparing(World):
    def __init__(self, repair: Repairing = Repairing.TAKE) -> None:
        policy = AccuracyPolicy(repair=repair)
        retailer: Retailer = RETAILER.model_copy(update={"accuracy": policy})
        super().__init__(retailer)
        self.source = FakeSource()
        self.comparer = SourceComparer(
            "erp", self.source, self.store, self.queues, self.issues, self.clock, retailer
        )

    def compare(self, *, pages: int = 99, **message: str) -> Accuracy | None:
        """Begin and go on; each invocation has time for so many pages."""
        found: Accuracy | None = None
        self.comparer.handle({"compare": "all-stock"} | message, out_of_time=lambda: False)
        while sent := self._own():
            left = iter([*[False] * (pages - 1), True])
            found = self.comparer.handle(dict(sent[0].body), out_of_time=partial(next, left))
        return found

    def _own(self) -> list[Message]:
        return self.queues.take("erp-read")

    def known(self, sku: str) -> int:
        key = keys.stock(sku, "erp")
        card = StockCard.model_validate(self.store.get([key])[key].body)
        return int(card.positions[0].on_hand)


def test_what_differs_is_counted_by_cause_and_the_source_s_figure_is_taken() -> None:
    world = Comparing()
    world.clock.advance(minutes=-60)
    for sku in ("A", "B", "U"):
        world.stock(5, sku)
    world.clock.advance(minutes=30)
    cursor = {"done": world.clock.now().isoformat()}
    world.store.commit([Put(keys.cursor("erp", "stock"), cursor, 0)])
    world.stock(5, "L")
    world.clock.advance(minutes=30)
    world.source.pages = [
        [said("A", 5), said("B", 7)],
        [said("U", 5, unit="CS"), said("L", 4), said("N", 1), said("Z", 0)],
    ]
    world.source.refused = (Refusal("9999-X", "location", "9999/X", "lies where", "add it"),)
    found = world.compare(pages=1)
    assert found is not None
    assert (found.compared, found.equal) == (7, 2)
    assert found.differing == {
        Variance.MISSED: 2,
        Variance.UNIT: 1,
        Variance.LATE: 1,
        Variance.LOCATION: 1,
    }
    assert [world.known(sku) for sku in "ABLN"] == [5, 7, 4, 1]
    assert world.kinds() == ["unmapped_location"]
    again = world.compare()
    assert again is not None
    assert again.differing == {Variance.LOCATION: 1}
    (row,) = standing(world.store, world.retailer)
    assert (row["source"], row["compared"], row["running"]) == ("erp", 7, False)


def test_who_wants_to_be_asked_is_and_a_replay_takes_the_source_s_figures() -> None:
    world = Comparing(Repairing.ASK)
    world.stock(5, "A")
    world.source.pages = [[said("A", 9)]]
    world.clock.advance(minutes=1)
    world.compare()
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("stock_differs", "erp")
    assert "A at london: known 5, said 9" in issue.summary
    assert world.known("A") == 5
    assert issue.replay is not None
    world.source.pages = [[said("A", 9).model_copy(update={"as_of": world.clock.now()})]]
    world.compare(repair=issue.replay["repair"])
    assert (world.known("A"), world.kinds()) == (9, [])


def test_a_run_that_is_alive_is_not_begun_again_and_a_lost_one_is() -> None:
    world = Comparing()
    world.source.pages = [[said("A", 1)]]
    world.comparer.handle({"compare": "all-stock"}, out_of_time=lambda: False)
    world.comparer.handle({"compare": "all-stock"}, out_of_time=lambda: False)
    (first,) = world.queues.take("erp-read")
    world.clock.advance(minutes=21)
    assert world.compare() is not None
    asked = world.source.asked
    world.comparer.handle(dict(first.body), out_of_time=lambda: False)
    assert world.source.asked == asked


def test_a_few_examples_of_each_cause_are_kept() -> None:
    world = Comparing()
    world.source.pages = [[said(f"S{n}", 1) for n in range(EXAMPLES + 3)]]
    found = world.compare()
    assert found is not None
    assert (found.differing, len(found.examples)) == ({Variance.MISSED: EXAMPLES + 3}, EXAMPLES)


def test_what_was_never_read_whole_is_not_explained() -> None:
    world = Comparing()
    world.stock(5, "A")
    world.source.pages = [[said("A", 6)]]
    found = world.compare()
    assert found is not None
    assert found.differing == {Variance.UNEXPLAINED: 1}
