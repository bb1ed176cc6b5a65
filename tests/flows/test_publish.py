from datetime import timedelta

import pytest

from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    ThrottledError,
    UnreachableError,
)
from shared.flows import keys
from shared.flows.leases import Released
from shared.flows.rechecks import reconsider
from shared.flows.recovery import Sweep
from shared.model.ids import Entity, Facet
from shared.model.target import TargetState, Verdict
from tests.domain.world import NOW
from tests.flows.world import World, product


@pytest.fixture
def world() -> World:
    """One hat, listed, priced and stocked on the shop."""
    world = World()
    world.know("M")
    world.settle()
    world.channel.calls.clear()
    world.queues.sent.clear()
    return world


def shows(world: World, facet: Facet = Facet.PRICE) -> object:
    return world.channel.shows[facet, "HAT-M"]


def pounds(amount: int) -> dict[str, object]:
    return {"price": {"amount": amount, "currency": "GBP"}, "compare_at": None}


def test_an_article_is_listed_before_it_is_priced_and_stocked() -> None:
    world = World()
    world.know("S", "M")
    world.settle()
    assert [facet for facet, _ in world.channel.calls] == [
        Facet.CONTENT,
        Facet.PRICE,
        Facet.STOCK,
    ]


def test_nothing_goes_on_sale_before_it_has_a_price() -> None:
    world = World()
    world.apply(Entity.PRODUCT, world.product_card(product("M")))
    world.stock(10)
    world.settle()
    assert shows(world, Facet.STOCK) == {"levels": {"london": 0, "leeds": 0}}
    world.clock.advance(seconds=10)
    world.price(1999)
    world.settle()
    assert [facet for facet, _ in world.channel.calls][-2:] == [Facet.PRICE, Facet.STOCK]
    assert shows(world, Facet.STOCK) == {"levels": {"london": 10, "leeds": 0}}


def test_an_article_whose_last_price_ended_is_no_longer_sold(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(0)
    world.settle()
    assert shows(world, Facet.STOCK) == {"levels": {"london": 0, "leeds": 0}}
    assert "no_price" in world.kinds()


def test_an_article_that_has_a_price_again_is_no_exception_any_more(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(0)
    world.settle()
    assert "no_price" in world.kinds()
    world.clock.advance(seconds=1)
    world.price(1999)
    world.settle()
    assert "no_price" not in world.kinds()


def test_a_price_known_before_the_listing_waits_for_it() -> None:
    world = World()
    world.know("M")
    world.channel.answers = [Verdict.RETRY]
    world.settle()
    assert (Facet.PRICE, "HAT-M") not in world.channel.shows
    world.clock.advance(seconds=10)
    world.publish()
    assert shows(world) == pounds(1999)


def test_what_the_channel_shows_already_costs_no_call(world: World) -> None:
    world.clock.advance(minutes=5)
    world.price(1999)
    world.settle()
    assert world.channel.calls == []


def test_a_thousand_changes_cost_one_call(world: World) -> None:
    for amount in range(1000, 1050):
        world.clock.advance(seconds=1)
        world.price(amount)
        world.derive()
    world.publish()
    assert world.channel.calls == [(Facet.PRICE, ["HAT-M"])]
    assert shows(world) == pounds(1049)


def test_a_change_hints_the_publisher_of_the_channel(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.derive()
    assert [message.queue for message in world.queues.sent] == ["shop-write"]


def test_stock_that_ran_out_goes_before_prices(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.stock(0)
    world.settle()
    assert [facet for facet, _ in world.channel.calls] == [Facet.STOCK, Facet.PRICE]


def test_a_lost_answer_is_read_back_before_anything_is_sent_again(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.swallowed = True
    world.channel.errors = [InDoubtError("the answer was lost")]
    run = world.settle()
    assert world.target().state is TargetState.IN_DOUBT
    assert run.again == world.clock.now() + timedelta(seconds=60)
    world.clock.advance(seconds=61)
    world.publish()
    assert world.target().state is TargetState.APPLIED
    assert len(world.channel.calls) == 1


def test_a_request_that_never_arrived_is_sent_again_after_the_read_back(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.errors = [InDoubtError("the answer was lost")]
    world.settle()
    world.clock.advance(seconds=61)
    world.publish()
    assert shows(world) == pounds(1500)
    assert len(world.channel.calls) == 2


def test_a_crash_between_the_mark_and_the_record_leaves_a_doubt_not_a_loss(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.errors = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        world.settle()
    assert world.target().state is TargetState.IN_DOUBT
    world.clock.advance(seconds=120)
    world.publish()
    assert shows(world) == pounds(1500)


def test_a_stale_compare_and_set_is_read_back_and_decided_again(world: World) -> None:
    world.clock.advance(seconds=1)
    world.stock(6)
    world.channel.answers = [Verdict.STALE]
    world.channel.shows[Facet.STOCK, "HAT-M"] = {"levels": {"london": 8, "leeds": 0}}
    world.settle()
    assert shows(world, Facet.STOCK) == {"levels": {"london": 6, "leeds": 0}}


def test_throttling_keeps_every_line_and_says_when_to_come_back(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.errors = [ThrottledError("slow down", after=timedelta(seconds=7))]
    run = world.settle()
    assert run.again is not None
    assert run.again <= world.clock.now() + timedelta(seconds=7)
    assert world.open() == []
    world.clock.advance(seconds=8)
    world.publish()
    assert shows(world) == pounds(1500)


def test_a_refused_line_becomes_one_exception_and_waits_for_another_value(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.answers = [Verdict.REJECTED]
    world.settle()
    assert world.target().state is TargetState.REJECTED
    assert world.kinds() == ["line_rejected"]
    assert world.publish().again is None
    world.clock.advance(seconds=1)
    world.price(1600)
    world.settle()
    assert shows(world) == pounds(1600)


def test_a_refused_line_is_sent_again_when_an_operator_says_so(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.errors = [RejectedError("no such variant", code="gone")]
    world.settle()
    issue = world.open()[0]
    assert issue.replay is not None
    reconsider(issue.replay["target"], store=world.store, settle=timedelta(seconds=60))
    world.publish()
    assert shows(world) == pounds(1500)


def test_when_time_is_up_what_was_not_sent_yet_stays_to_be_sent_and_is_in_no_doubt() -> None:
    world = World()
    world.know("S", "M", "L")
    world.settle()
    for sku in ("HAT-S", "HAT-M", "HAT-L"):
        world.price(999, sku)
    world.derive()
    world.channel.calls.clear()
    together = world.channel.batches
    world.channel.batches = lambda facet, lines: [  # type: ignore[method-assign, assignment]
        [line] for batch in together(facet, lines) for line in batch
    ]
    published = world.publisher.run(out_of_time=lambda: bool(world.channel.calls))
    assert len(world.channel.calls) == 1
    states = [world.target(Facet.PRICE, sku).state for sku in ("HAT-S", "HAT-M", "HAT-L")]
    assert sorted(states) == [TargetState.APPLIED, TargetState.DIRTY, TargetState.DIRTY]
    assert published.again == world.clock.now()
    world.publish()
    assert len(world.channel.calls) == 3


def test_a_channel_that_locks_us_out_loses_nothing(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.errors = [AccessError("401")]
    world.settle()
    assert world.kinds() == ["access"]
    world.clock.advance(minutes=2)
    world.publish()
    assert shows(world) == pounds(1500)


def test_a_wish_that_changes_during_the_call_is_not_overwritten_by_the_answer(
    world: World,
) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.derive()
    push = world.channel.push

    def interrupted(facet: Facet, batch: object) -> object:
        if not world.channel.calls:
            world.clock.advance(seconds=1)
            world.price(1700)
            world.derive()
        return push(facet, batch)  # type: ignore[arg-type]

    world.channel.push = interrupted  # type: ignore[method-assign,assignment]
    world.publish()
    assert shows(world) == pounds(1700)
    assert world.target().published == pounds(1700)


def test_of_many_hints_to_a_vendor_out_of_reach_one_comes_back(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.derive()
    away = timedelta(seconds=30)
    world.channel.errors = [UnreachableError("away", after=away) for _ in range(3)]
    assert world.publish().again == NOW + timedelta(seconds=1) + away
    assert world.publish().again is None
    world.clock.advance(seconds=31)
    assert world.publish().again == NOW + timedelta(seconds=32) + away


def test_only_one_publisher_drains_and_the_other_leaves_word(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.derive()
    lease = world.publisher.leases.acquire("publish#shop")
    assert lease is not None
    assert world.publish().applied == 0
    assert world.publisher.leases.release(lease)[0] is Released.WANTED
    assert world.publish().applied == 1


def test_a_crashed_owner_is_succeeded_when_its_lease_ends(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.derive()
    assert world.publisher.leases.acquire("publish#shop") is not None
    world.clock.advance(seconds=91)
    assert world.publish().applied == 1


def test_an_owner_that_fails_keeps_nobody_waiting(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.derive()
    world.channel.errors = [ZeroDivisionError("a fault of ours")]
    with pytest.raises(ZeroDivisionError):
        world.publish()
    world.clock.advance(seconds=1)
    world.stock(3)
    world.derive()
    world.publish()
    assert shows(world, Facet.STOCK) == {"levels": {"london": 3, "leeds": 0}}


def test_a_fenced_owner_learns_that_it_lost_the_lease(world: World) -> None:
    old = world.publisher.leases.acquire("publish#shop")
    assert old is not None
    world.clock.advance(seconds=91)
    assert world.publisher.leases.acquire("publish#shop") is not None
    assert world.publisher.leases.renew(old) is None


def test_a_lost_hint_is_found_by_the_sweep(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.derive()
    world.queues.sent.clear()
    assert Sweep(world.store, world.queues, world.clock, world.retailer).run() == 1
    assert [m.queue for m in world.queues.sent] == [keys.write_queue("shop")]


def test_an_article_without_a_price_to_show_is_an_exception() -> None:
    world = World()
    world.know("M", price=0)
    world.settle()
    assert "no_price" in world.kinds()


def test_a_retryable_error_is_not_poison(world: World) -> None:
    world.clock.advance(seconds=1)
    world.price(1500)
    world.channel.errors = [RetryableError("502")]
    run = world.settle()
    assert run.again is not None
    assert world.target().state is TargetState.DIRTY
    assert world.open() == []
