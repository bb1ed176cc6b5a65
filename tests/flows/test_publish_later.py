"""Publishing to a channel that takes many lines at once and decides about them later."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.errors import ThrottledError
from shared.flows.lanes import DRAIN, DRAIN_MOST
from shared.flows.publish import Publisher
from shared.model.base import Json
from shared.model.ids import Entity, Facet
from shared.model.target import Outcome, Push, TargetState, Verdict
from tests.domain.world import NOW
from tests.flows.channel import FakeChannel
from tests.flows.world import World, product

LATER = NOW + timedelta(minutes=30)


@dataclass
class FakeFeeds(FakeChannel):
    """Takes prices by a feed, from `least` lines on; `refused` and `slow` say what becomes of it.

    `submitted` are the lines of each feed, `reads` how many lines may still be read back.
    """

    least: int = 1
    most: int = DRAIN_MOST
    submitted: list[list[str]] = field(default_factory=list)
    slow: bool = True
    reads: int = 1_000_000
    refused: frozenset[str] = frozenset()
    overtaking: int = 0

    def push(self, facet: Facet, batch: Sequence[Push]) -> list[Outcome]:
        if facet is not Facet.PRICE or len(batch) < self.least:
            return super().push(facet, batch)
        self.submitted.append([push.key for push in batch])
        self.calls.append((facet, sorted(push.key for push in batch)))
        return [_accepted(push) for push in batch]

    def reach(self, facet: Facet) -> int:
        return DRAIN_MOST if facet is Facet.PRICE else DRAIN

    def window(self, facet: Facet, groups: Sequence[str]) -> Sequence[int]:
        by_feed = facet is Facet.PRICE and len(groups) >= self.least
        return range(len(groups) if by_feed else min(len(groups), 2))

    def by_group(self, facet: Facet) -> bool:
        del facet
        return False

    def overtakes(self, facet: Facet) -> int:
        del facet
        return self.overtaking

    def seen_at_once(self, facet: Facet) -> int:
        del facet
        return 1

    def shown(self, facet: Facet, pushes: Sequence[Push]) -> dict[str, Json]:
        assert len(pushes) == 1
        if self.reads == 0:
            raise ThrottledError("no more")
        self.reads -= 1
        return super().shown(facet, pushes)

    def decided(self, facet: Facet, pushes: Sequence[Push]) -> list[Outcome]:
        assert all(push.receipt == "feed" for push in pushes)
        if self.slow:
            again = {"look_at": LATER + timedelta(minutes=5)}
            return [_accepted(push).model_copy(update=again) for push in pushes]
        done = [push for push in pushes if push.key not in self.refused]
        self.shows |= {(facet, push.key): push.desired for push in done}
        return [
            Outcome(key=push.key, verdict=Verdict.REJECTED, code="90220", message="too low")
            for push in pushes
            if push.key in self.refused
        ]


def _accepted(push: Push) -> Outcome:
    return Outcome(key=push.key, verdict=Verdict.ACCEPTED, receipt="feed", look_at=LATER)


@dataclass
class Told:
    world: World
    feeds: FakeFeeds
    publisher: Publisher

    def publish(self) -> None:
        self.publisher.run(out_of_time=lambda: False)


def told(*sizes: str, **how: object) -> Told:
    world = World()
    feeds = FakeFeeds(**how)  # type: ignore[arg-type]
    world.know(*sizes)
    world.derive()
    publisher = replace(world.publisher, channel_client=feeds, later=feeds)
    found = Told(world, feeds, publisher)
    found.publish()
    return found


def test_a_feed_is_not_done_when_it_was_accepted() -> None:
    there = told("M")
    assert there.world.target().state is TargetState.IN_DOUBT
    there.world.clock.advance(minutes=29)
    there.publish()
    assert there.feeds.submitted == [["HAT-M"]]


def test_an_undecided_feed_is_asked_again_and_never_sent_twice() -> None:
    there = told("M")
    there.world.clock.at = LATER
    there.publish()
    assert there.feeds.submitted == [["HAT-M"]]
    assert there.world.target().receipt == "feed"


def test_a_feed_that_is_through_is_read_back_before_it_counts() -> None:
    there = told("M")
    there.world.clock.at = LATER
    there.feeds.slow = False
    there.publish()
    assert there.world.target().state is TargetState.APPLIED


def test_one_line_a_feed_refuses_is_an_exception_and_the_others_are_through() -> None:
    there = told("S", "M", slow=False, refused=frozenset({"HAT-M"}))
    there.world.clock.at = LATER
    there.publish()
    assert there.world.target(key="HAT-M").state is TargetState.REJECTED
    assert there.world.target(key="HAT-S").state is TargetState.APPLIED
    [issue] = there.world.open()
    assert (issue.kind, issue.field) == ("line_rejected", "90220")


def test_a_wish_newer_than_the_refused_feed_is_sent() -> None:
    there = told("M", slow=False, refused=frozenset({"HAT-M"}))
    there.world.clock.advance(minutes=1)
    there.world.price(2999)
    there.world.derive()
    there.world.clock.at = LATER
    there.publish()
    assert there.feeds.submitted == [["HAT-M"], ["HAT-M"]]


def test_what_was_read_back_before_the_rate_was_used_up_stays_read() -> None:
    there = told("S", "M", "L", slow=False, reads=2)
    there.world.clock.at = LATER
    there.publish()
    states = [there.world.target(key=f"HAT-{size}").state for size in "SML"]
    assert states.count(TargetState.APPLIED) == 2
    there.feeds.reads = 1
    there.publish()
    assert there.world.target(key="HAT-S").state is TargetState.APPLIED


def test_a_newer_wish_waits_for_the_feed_that_could_overwrite_it() -> None:
    there = told("M")
    there.world.clock.advance(minutes=1)
    there.world.price(2999)
    there.world.derive()
    there.publish()
    assert there.feeds.submitted == [["HAT-M"]]


@pytest.mark.parametrize(("count", "feeds"), [(DRAIN + 100, 1), (40, 0)])
def test_a_backlog_goes_out_at_once_only_where_that_is_faster(count: int, feeds: int) -> None:
    world = World()
    channel = FakeFeeds(least=DRAIN + 1)
    sizes = [f"{i:04}" for i in range(count)]
    world.apply(Entity.PRODUCT, world.product_card(product(*sizes)))
    for size in sizes:
        world.price(1999, f"HAT-{size}")
    world.derive()
    replace(world.publisher, channel_client=channel, later=channel).run(out_of_time=lambda: False)
    assert [len(lines) for lines in channel.submitted] == [count] * feeds
    ordinary = [lines for facet, lines in channel.calls if facet is Facet.PRICE]
    assert max(len(lines) for lines in ordinary) == (count if feeds else 2)


def test_a_newer_price_goes_by_itself_while_a_feed_is_undecided_and_both_are_read_back() -> None:
    there = told("S", "M", least=2, overtaking=5)
    assert there.feeds.submitted == [["HAT-M", "HAT-S"]]
    there.world.clock.advance(seconds=1)
    there.world.price(2999, "HAT-M")
    there.world.derive()
    there.publish()
    assert there.feeds.shows[Facet.PRICE, "HAT-M"] == there.world.target().desired
    assert there.world.target().state is TargetState.IN_DOUBT
    old = there.world.target(key="HAT-S").desired
    there.feeds.slow = False
    there.feeds.shows[Facet.PRICE, "HAT-M"] = old  # the feed's line landed after it
    there.world.clock.at = LATER
    there.publish()
    there.publish()
    assert there.world.target().state is TargetState.APPLIED
    assert there.feeds.shows[Facet.PRICE, "HAT-M"] == there.world.target().desired


def test_where_nothing_may_overtake_a_newer_price_waits_for_the_feed() -> None:
    there = told("S", "M", least=2)
    calls = len(there.feeds.calls)
    there.world.clock.advance(seconds=1)
    there.world.price(2999, "HAT-M")
    there.world.derive()
    there.publish()
    assert len(there.feeds.calls) == calls
    assert there.world.target().state is TargetState.IN_DOUBT
