"""Webhook subscriptions that vanish come back, are told of, and what was missed is polled."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError, SyncError
from shared.flows import keys
from shared.flows.subscriptions import AGAIN, CHECK, EVERY, Lookout, Subscriptions
from shared.model.issue import Issue, IssueState
from shared.model.retailer import Retailer
from shared.ports import Put
from tests.flows.world import World

TOPICS = ["orders/create", "orders/updated"]
MINUTE = timedelta(minutes=1)
URL = "https://api.example/hooks/shop"


@dataclass
class FakeHooks:
    """`errors` are raised by subscribing to a topic, after it took effect if `keeps`."""

    there: list[str] = field(default_factory=list)
    errors: dict[str, SyncError] = field(default_factory=dict)
    keeps: bool = False
    silent: SyncError | None = None
    looks: int = 0
    made: list[str] = field(default_factory=list)

    def unsubscribed(self) -> Sequence[str]:
        self.looks += 1
        if self.silent:
            raise self.silent
        return [topic for topic in TOPICS if topic not in self.there]

    def subscribe(self, topic: str) -> None:
        error = self.errors.get(topic)
        if error is None or self.keeps:
            self.there.append(topic)
            self.made.append(topic)
        if error is not None:
            raise error


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def hooks() -> FakeHooks:
    return FakeHooks()


def check(world: World, hooks: FakeHooks) -> int:
    parts = (world.store, world.queues, world.issues, world.clock)
    return Subscriptions("shop", hooks, *parts).check()


def polls(world: World) -> list[dict[str, str]]:
    return [dict(m.body) for m in world.queues.take("shop-read")]


def told(world: World) -> Issue | None:
    return world.issues.find("webhook_lost#shop")


def settled(world: World, hooks: FakeHooks) -> None:
    """All topics were made and seen, and an hour has gone by."""
    check(world, hooks)
    check(world, hooks)
    ended(world, world.clock.now())
    check(world, hooks)
    polls(world)
    hooks.made.clear()
    world.clock.at += EVERY


def ended(world: World, began: datetime) -> None:
    """A poll of orders that began then has ended."""
    key = keys.cursor("shop", "order")
    row = world.store.get([key]).get(key)
    world.store.commit([Put(key, {"done": began.isoformat()}, row.rev if row else 0)])


def with_hooks(world: World) -> Retailer:
    retailer = world.retailer
    named = tuple(
        c.model_copy(update={"settings": {"hooks_url": URL}}) if c.name == "shop" else c
        for c in retailer.connections
    )
    return retailer.model_copy(update={"connections": named})


def asked(world: World, retailer: Retailer, forgotten: set[str] | None = None) -> int:
    parts = (world.store, world.queues, world.clock, world.issues, retailer)
    hooked = [c.name for c in retailer.connections if c.settings.get("hooks_url")]
    return Lookout(*parts, set() if forgotten is None else forgotten, hooked).run()


def test_the_first_time_all_are_made_and_nobody_is_told(world: World, hooks: FakeHooks) -> None:
    assert check(world, hooks) == len(TOPICS)
    assert (hooks.there, told(world)) == (TOPICS, None)


def test_when_all_is_well_an_hour_costs_one_call_and_tells_nothing(
    world: World, hooks: FakeHooks
) -> None:
    settled(world, hooks)
    before = hooks.looks
    for _ in range(60):
        check(world, hooks)
        world.clock.at += MINUTE
    assert hooks.looks - before == 1
    assert (hooks.made, polls(world), told(world)) == ([], [], None)


def test_what_vanished_is_told_with_its_topics_and_since_when_and_made_anew(
    world: World, hooks: FakeHooks
) -> None:
    seen = world.clock.now().isoformat()
    settled(world, hooks)
    hooks.there.remove("orders/create")
    assert check(world, hooks) == 1
    issue = told(world)
    assert issue is not None
    assert (issue.state, issue.value) == (IssueState.OPEN, "orders/create")
    assert f"last seen {seen}" in issue.summary
    assert hooks.made == ["orders/create"]


def test_orders_are_polled_and_the_exception_ends_once_it_is_seen_again(
    world: World, hooks: FakeHooks
) -> None:
    settled(world, hooks)
    hooks.there.clear()
    check(world, hooks)
    assert polls(world) == []
    assert check(world, hooks) == 0
    assert polls(world) == [{"poll": "order"}]
    issue = told(world)
    assert issue is not None
    assert issue.state is IssueState.SOLVED


def test_a_poll_is_asked_for_until_one_has_ended_that_began_after(
    world: World, hooks: FakeHooks
) -> None:
    settled(world, hooks)
    ended(world, world.clock.now() - MINUTE)
    hooks.there.clear()
    check(world, hooks)
    check(world, hooks)
    polls(world)
    looks, back = hooks.looks, world.clock.now()
    for _ in range(3):
        check(world, hooks)
        assert polls(world) == [{"poll": "order"}]
        world.clock.at += AGAIN
    ended(world, back)
    check(world, hooks)
    check(world, hooks)
    assert (polls(world), hooks.looks) == ([], looks)


@pytest.mark.parametrize("error", [InDoubtError("lost"), RetryableError("busy")])
def test_what_fails_halfway_is_looked_at_again_and_made_once(
    world: World, hooks: FakeHooks, error: SyncError
) -> None:
    settled(world, hooks)
    hooks.there.clear()
    hooks.errors = {"orders/create": error}
    hooks.keeps = isinstance(error, InDoubtError)
    check(world, hooks)
    hooks.errors = {}
    for _ in range(3):
        check(world, hooks)
        ended(world, world.clock.now())
    check(world, hooks)
    assert sorted(hooks.made) == TOPICS
    assert {"poll": "order"} in polls(world)
    issue = told(world)
    assert issue is not None
    assert issue.state is IssueState.SOLVED


@pytest.mark.parametrize("error", [RejectedError("no such topic"), AccessError("no scope")])
def test_a_refused_topic_keeps_no_other_back_and_is_tried_again_each_hour(
    world: World, hooks: FakeHooks, error: SyncError
) -> None:
    hooks.errors = {"orders/create": error}
    check(world, hooks)
    assert hooks.there == ["orders/updated"]
    issue = told(world)
    assert issue is not None
    assert str(error) in issue.summary
    before = hooks.looks
    world.clock.at += EVERY - MINUTE
    check(world, hooks)
    assert hooks.looks == before
    world.clock.at += MINUTE
    hooks.errors = {}
    for _ in range(3):
        check(world, hooks)
        ended(world, world.clock.now())
    assert sorted(hooks.there) == TOPICS
    issue = told(world)
    assert issue is not None
    assert issue.state is IssueState.SOLVED


def test_who_may_not_look_is_told_of_as_a_matter_of_access(world: World, hooks: FakeHooks) -> None:
    hooks.silent = AccessError("ACCESS_DENIED")
    assert check(world, hooks) == 0
    assert world.issues.find("access#shop") is not None
    assert check(world, hooks) == 0
    assert hooks.looks == 1


def test_an_answer_nobody_can_read_is_told_of_once_an_hour(world: World, hooks: FakeHooks) -> None:
    hooks.silent = RejectedError("unreadable at nodes", field="nodes", value=7, remedy="ask them")
    check(world, hooks)
    check(world, hooks)
    issue = told(world)
    assert issue is not None
    assert "unreadable at nodes" in issue.summary
    assert (issue.field, issue.value, issue.remedy, issue.count) == ("nodes", "7", "ask them", 1)


def test_a_shop_that_is_down_is_asked_again_and_nothing_is_written(
    world: World, hooks: FakeHooks
) -> None:
    hooks.silent = RetryableError("down")
    assert check(world, hooks) == 0
    assert keys.hooks("shop") not in world.store.written


def test_a_look_is_asked_for_only_where_there_is_an_address_and_when_it_is_time(
    world: World, hooks: FakeHooks
) -> None:
    assert asked(world, world.retailer) == 0
    retailer = with_hooks(world)
    assert asked(world, retailer) == 1
    assert polls(world) == [dict(CHECK)]
    settled(world, hooks)
    world.clock.at -= MINUTE
    assert asked(world, retailer) == 0
    world.clock.at += MINUTE
    assert asked(world, retailer) == 1


def test_without_an_address_the_exception_ends_and_what_was_known_is_forgotten(
    world: World, hooks: FakeHooks
) -> None:
    settled(world, hooks)
    hooks.there.remove("orders/create")
    hooks.errors = {"orders/create": RejectedError("no scope")}
    check(world, hooks)
    assert asked(world, with_hooks(world)) == 0
    issue = told(world)
    assert issue is not None
    assert issue.state is IssueState.OPEN
    assert asked(world, world.retailer) == 0
    issue = told(world)
    assert issue is not None
    assert (issue.state, issue.solved_by) == (IssueState.SOLVED, "nobody is to look any more")
    hooks.errors = {}
    check(world, hooks)
    assert hooks.made == ["orders/create"]
    assert told(world) == issue


def test_a_container_looks_once_for_what_is_to_be_forgotten(world: World) -> None:
    every = {c.name for c in world.retailer.connections}
    forgotten: set[str] = set()
    asked(world, with_hooks(world), forgotten)
    assert forgotten == every - {"shop"}
    world.store.get = None  # type: ignore[method-assign, assignment]
    assert asked(world, world.retailer, every) == 0


def test_who_cannot_wait_an_hour_has_it_looked_at_now(world: World, hooks: FakeHooks) -> None:
    settled(world, hooks)
    check(world, hooks)
    hooks.there.remove("orders/create")
    assert check(world, hooks) == 0
    parts = (world.store, world.queues, world.issues, world.clock)
    assert Subscriptions("shop", hooks, *parts).check(now=True) == 1
    assert hooks.there == ["orders/updated", "orders/create"]
