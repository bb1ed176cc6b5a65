"""Thousands of prices at once: accepted, decided later, line by line."""

from datetime import timedelta

import httpx
import pytest

from sandbox.vendors.amazon.simulator import Doubts, Pace
from shared.connectors.amazon.client import AmazonSeller
from shared.connectors.amazon.plans import LINES_MAX
from shared.errors import InDoubtError
from shared.flows.pacing import LeasedPacer
from shared.model.ids import Facet
from shared.model.target import Outcome, Push, Verdict
from tests.connectors.amazon.world import NOW, World, retailer, world
from tests.fakes import MemoryStore, SetClock

LATENCY = timedelta(minutes=15)
COUNT = 301


def fed(**how: object) -> tuple[World, list[Push]]:
    """So many listings that a feed of one minute is faster than patches."""
    there = world(feed_latency_seconds=60, **how)  # type: ignore[arg-type]
    skus = [f"S{i:04}" for i in range(COUNT)]
    there.listed(*skus)
    return there, [there.price(sku, 1999) for sku in skus]


def sent(there: World, pushes: list[Push]) -> list[Outcome]:
    [batch] = there.market.batches(Facet.PRICE, pushes)
    return list(there.market.push(Facet.PRICE, batch))


def receipts(pushes: list[Push], outcomes: list[Outcome]) -> list[Push]:
    """What a publisher asks about: the lines with the receipts it kept."""
    return [
        push.model_copy(update={"receipt": outcome.receipt})
        for push, outcome in zip(pushes, outcomes, strict=True)
    ]


def taken(market: AmazonSeller, facet: Facet, waiting: int) -> int:
    return len(market.window(facet, ["g"] * waiting))


def test_half_an_hour_of_feed_is_worth_nine_thousand_patches() -> None:
    market = world().market
    assert taken(market, Facet.PRICE, 9_000) == 100
    assert taken(market, Facet.PRICE, 9_001) == 9_001
    assert taken(market, Facet.PRICE, 50_000) == LINES_MAX
    assert taken(market, Facet.STOCK, 50_000) == 100
    assert taken(world(feed_facets=["stock"]).market, Facet.STOCK, 50_000) == LINES_MAX


def test_a_feed_is_accepted_with_a_receipt_and_nothing_is_shown_yet() -> None:
    there, pushes = fed()
    outcomes = sent(there, pushes)
    assert {o.verdict for o in outcomes} == {Verdict.ACCEPTED}
    assert {o.look_at for o in outcomes} == {NOW + timedelta(seconds=60)}
    assert len({o.receipt for o in outcomes}) == 1
    assert set(there.prices().values()) == {999}
    assert there.counter("patchListingsItem") == 0


def test_a_feed_under_way_is_asked_about_later() -> None:
    there, pushes = fed()
    asked = receipts(pushes, sent(there, pushes))
    there.clock.advance(minutes=10)
    decided = there.market.decided(Facet.PRICE, asked)
    assert {(o.verdict, o.receipt) for o in decided} == {(Verdict.ACCEPTED, asked[0].receipt)}
    assert all(o.look_at and o.look_at > there.clock.now() for o in decided)
    assert there.counter("getFeed") == 1


def test_lines_of_a_finished_feed_are_read_back_once_amazon_had_time_to_show_them() -> None:
    there, pushes = fed()
    asked = receipts(pushes, sent(there, pushes))
    there.clock.at += LATENCY
    [at] = {o.look_at for o in there.market.decided(Facet.PRICE, asked)}
    assert at == NOW + LATENCY + timedelta(seconds=60)
    there.clock.at = at
    assert there.market.decided(Facet.PRICE, asked) == []
    some = asked[:20]
    assert there.shown(Facet.PRICE, *some) == {push.key: push.desired for push in some}
    assert set(there.prices().values()) == {1999}


def test_a_line_the_report_refuses_is_named_and_the_others_are_through() -> None:
    there, pushes = fed()
    there.control("refuse_sku", sku="S0007", code="8541", message="price is too high")
    asked = receipts(pushes, sent(there, pushes))
    there.clock.at += LATENCY + timedelta(minutes=1)
    [refused] = there.market.decided(Facet.PRICE, asked)
    assert (refused.key, refused.verdict, refused.code) == ("S0007", Verdict.REJECTED, "8541")
    prices = there.prices()
    assert prices.pop("S0007") == 999
    assert set(prices.values()) == {1999}


def test_a_report_is_fetched_once_however_many_lines_ask() -> None:
    there, pushes = fed()
    asked = receipts(pushes, sent(there, pushes))
    there.clock.at += LATENCY + timedelta(minutes=1)
    for i in range(0, COUNT, 100):
        there.market.decided(Facet.PRICE, asked[i : i + 100])
    assert there.counter("getFeedDocument") == 1


@pytest.mark.parametrize("status", ["FATAL", "CANCELLED"])
def test_of_a_feed_that_failed_half_way_reading_back_tells(status: str) -> None:
    there, pushes = fed()
    there.control("fail_feed", status=status, through=10)
    asked = receipts(pushes, sent(there, pushes))
    there.clock.at += LATENCY + timedelta(minutes=1)
    assert there.market.decided(Facet.PRICE, asked) == []
    some = asked[:20]
    shown = there.shown(Facet.PRICE, *some)
    assert sum(shown[push.key] == push.desired for push in some) == 10


def test_a_feed_nobody_knows_any_more_is_read_back() -> None:
    there, pushes = fed()
    asked = receipts(pushes, sent(there, pushes))
    there.simulator.seller.feeds.clear()
    assert there.market.decided(Facet.PRICE, asked) == []


def test_a_feed_whose_answer_was_lost_is_found_and_not_sent_again() -> None:
    there, pushes = fed()
    there.control("timeout_after_commit")
    outcomes = sent(there, pushes)
    [feed] = there.simulator.seller.feeds
    assert {o.receipt for o in outcomes} == {feed}


def test_a_feed_that_cannot_be_told_from_another_is_in_doubt() -> None:
    there, pushes = fed()
    there.wire.next = [None, None, httpx.ReadTimeout("lost")]
    with pytest.raises(InDoubtError):
        sent(there, pushes)


def test_a_feed_begun_before_is_not_taken_for_the_lost_one() -> None:
    there, pushes = fed()
    first = sent(there, pushes)[0].receipt
    there.control("timeout_after_commit")
    second = sent(there, pushes)[0].receipt
    assert [first, second] == list(there.simulator.seller.feeds)


@pytest.mark.parametrize("repeated", ["refused", "processed"])
def test_a_document_submitted_twice_sets_the_same_prices(repeated: str) -> None:
    there, pushes = fed(doubts=Doubts(repeated_document=repeated))  # type: ignore[arg-type]
    sent(there, pushes)
    [create] = [r for r in there.wire.sent if r.url.path.endswith("/feeds")]
    again = there.simulator.handle(create)
    assert again.status_code == (400 if repeated == "refused" else 202)
    there.clock.advance(hours=1)
    assert set(there.prices().values()) == {1999}


def test_a_line_that_makes_no_message_is_refused_by_itself() -> None:
    there, pushes = fed()
    pushes[3] = pushes[3].model_copy(update={"links": {}})
    outcomes = sent(there, pushes)
    assert (outcomes[3].verdict, outcomes[3].code) == (Verdict.REJECTED, "not_listed")
    assert {o.verdict for i, o in enumerate(outcomes) if i != 3} == {Verdict.ACCEPTED}


def test_a_feed_amazon_cannot_read_refuses_every_line() -> None:
    there, pushes = fed()
    object.__setattr__(there.simulator.seller, "seller_id", "SOMEBODY-ELSE")
    asked = receipts(pushes, sent(there, pushes))
    there.clock.at += LATENCY + timedelta(minutes=1)
    decided = there.market.decided(Facet.PRICE, asked)
    assert {(o.verdict, o.code) for o in decided} == {(Verdict.REJECTED, "4000003")}
    assert len(decided) == COUNT


def paced() -> tuple[World, SetClock]:
    clock = SetClock(NOW)
    ours = retailer(feed_latency_seconds=60)
    pacer = LeasedPacer(ours.connection("market"), MemoryStore(), clock)
    return world(clock=clock, pacer=pacer, ours=ours), clock


def test_without_leave_to_begin_a_feed_lines_are_patched() -> None:
    there, _ = paced()
    skus = [f"S{i:04}" for i in range(COUNT)]
    there.listed(*skus)
    pushes = [there.price(sku, 1999) for sku in skus]
    feeds = 0
    while taken(there.market, Facet.PRICE, COUNT) == COUNT:
        sent(there, pushes)
        feeds += 1
    assert feeds == 15
    assert there.counter("throttled") == 0
    assert {len(b) for b in there.market.batches(Facet.PRICE, pushes)} == {5}


def test_asking_about_feeds_too_often_puts_the_question_off() -> None:
    there, clock = paced()
    there.listed("S1")
    pushes = [there.price("S1", 1, receipt=f"no-{i}") for i in range(16)]
    decided = [o for push in pushes for o in there.market.decided(Facet.PRICE, [push])]
    assert [o.verdict for o in decided] == [Verdict.ACCEPTED]
    assert decided[0].look_at is not None
    assert decided[0].look_at > clock.now()


def test_feeds_of_a_seller_are_processed_one_after_another() -> None:
    there, pushes = fed(pace=Pace(feed_takes=timedelta(minutes=10)))
    sent(there, pushes)
    sent(there, [there.price(push.key, 2999) for push in pushes])
    there.clock.advance(minutes=11)
    assert set(there.prices().values()) == {1999}
    there.clock.advance(minutes=10)
    assert set(there.prices().values()) == {2999}
