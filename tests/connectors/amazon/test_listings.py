"""Listings: found, patched, refused line by line, and read back before anything counts."""

import httpx
import pytest

from sandbox.vendors.amazon.simulator import Doubts
from shared.errors import RetryableError, ThrottledError
from shared.model.ids import Facet
from shared.model.target import Outcome, PriceValue, StockValue, Verdict
from tests.connectors.amazon.world import gbp, world


def said(outcomes: list[Outcome]) -> list[tuple[str, str, str]]:
    return [(o.key, o.verdict.value, o.code) for o in outcomes]


def test_a_product_is_linked_when_each_of_its_articles_is_listed() -> None:
    there = world()
    there.listed("HAT-S", "HAT-M")
    [outcome] = there.push(Facet.CONTENT, there.content("HAT-S", "HAT-M"))
    assert outcome.verdict is Verdict.APPLIED
    assert outcome.links["HAT-S"]["product_type"] == "LUGGAGE"
    push = there.content("HAT-S", "HAT-M")
    assert there.shown(Facet.CONTENT, push) == {"HAT": push.desired}


def test_an_article_without_a_listing_is_named_and_the_others_are_linked() -> None:
    there = world()
    there.listed("HAT-S")
    push = there.content("HAT-S", "HAT-M")
    [outcome] = there.push(Facet.CONTENT, push)
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "not_listed")
    assert "HAT-M" in outcome.message
    assert "HAT-S" not in outcome.message
    assert set(outcome.links) == {"HAT-S"}
    assert there.shown(Facet.CONTENT, push) == {}


def test_articles_with_a_listing_are_linked_without_a_write() -> None:
    there = world()
    there.listed("HAT-S")
    found = there.market.listed([there.content("HAT-S", "HAT-M")])
    assert found["HAT-S"]["product_type"] == "LUGGAGE"
    assert set(found) == {"HAT-S"}


def test_twenty_articles_are_found_in_one_call() -> None:
    there = world()
    skus = [f"HAT-{i}" for i in range(20)]
    there.listed(*skus)
    there.push(Facet.CONTENT, there.content(*skus))
    assert there.counter("searchListingsItems") == 1


def test_a_price_is_accepted_and_not_shown_before_amazon_applied_it() -> None:
    there = world()
    there.listed("HAT-M")
    push = there.price("HAT-M", 1999)
    assert said(there.push(Facet.PRICE, push)) == [("HAT-M", "accepted", "")]
    assert there.shown(Facet.PRICE, push) != {"HAT-M": push.desired}
    there.clock.advance(seconds=30)
    assert there.shown(Facet.PRICE, push) == {"HAT-M": push.desired}
    assert there.prices() == {"HAT-M": 1999}


def test_the_units_of_all_places_are_one_quantity() -> None:
    there = world()
    there.listed("HAT-M")
    push = there.stock("HAT-M", london=3, leeds=4)
    assert said(there.push(Facet.STOCK, push)) == [("HAT-M", "accepted", "")]
    there.clock.advance(seconds=30)
    assert there.quantities() == {"HAT-M": 7}
    assert there.shown(Facet.STOCK, push) == {"HAT-M": push.desired}
    moved = there.stock("HAT-M", london=7, leeds=0)
    assert there.shown(Facet.STOCK, moved) == {"HAT-M": moved.desired}
    other = StockValue(levels={"london": 0, "leeds": 7}).model_dump(mode="json")
    assert there.shown(Facet.STOCK, there.stock("HAT-M", london=1, leeds=1)) == {"HAT-M": other}


@pytest.mark.parametrize(("op", "kept"), [("merge", 3), ("replace", None)])
def test_the_handling_time_is_kept_only_by_merging(op: str, kept: int | None) -> None:
    there = world(stock_op=op)
    there.listed("HAT-M")
    stocks = there.simulator.seller.listings["HAT-M"].stocks
    stocks.set(
        there.clock.now(),
        {
            "fulfillment_channel_code": "DEFAULT",
            "quantity": 1,
            "lead_time_to_ship_max_days": 3,
        },
    )
    there.push(Facet.STOCK, there.stock("HAT-M", london=3))
    there.clock.advance(seconds=30)
    held = stocks.at(there.clock.now())
    assert held is not None
    assert (held["quantity"], held.get("lead_time_to_ship_max_days")) == (3, kept)


@pytest.mark.parametrize(("op", "paid"), [("replace", 1999), ("merge", 899)])
def test_a_sale_price_somebody_set_ends_only_by_replacing_the_offer(op: str, paid: int) -> None:
    there = world(price_op=op)
    there.listed("HAT-M")
    there.control("set_price", sku="HAT-M", price="9.99", sale="8.99")
    push = there.price("HAT-M", 1999)
    there.push(Facet.PRICE, push)
    there.clock.advance(seconds=30)
    assert there.prices() == {"HAT-M": paid}
    assert (there.shown(Facet.PRICE, push) == {"HAT-M": push.desired}) is (op == "replace")


@pytest.mark.parametrize("where", ["offers", "attributes"])
@pytest.mark.parametrize("how", ["search", "get"])
def test_a_price_can_be_read_back_in_every_way(where: str, how: str) -> None:
    there = world(price_shown_in=where, read_back=how)
    there.listed("HAT-M", price="19.90")
    push = there.price("HAT-M", 1990)
    assert there.shown(Facet.PRICE, push, there.price("NO-SUCH", 1)) == {"HAT-M": push.desired}


def test_a_price_struck_through_is_not_told_and_not_missed() -> None:
    there = world()
    there.listed("HAT-M", price="15.00")
    value = PriceValue(price=gbp(1500), compare_at=gbp(2000)).model_dump(mode="json")
    assert there.shown(Facet.PRICE, there.line("HAT-M", value)) == {"HAT-M": value}


def test_names_that_need_escaping_are_patched_and_found() -> None:
    names = ("A/B 1%", "ÄÖ+&?", "a,b")
    there = world()
    there.listed(*names)
    pushes = [there.price(name, 1234) for name in names]
    assert {o.verdict for o in there.push(Facet.PRICE, *pushes)} == {Verdict.ACCEPTED}
    there.clock.advance(seconds=30)
    assert set(there.shown(Facet.PRICE, *pushes)) == set(names)
    assert set(there.prices().values()) == {1234}


def test_one_refused_line_does_not_hold_up_the_others() -> None:
    there = world()
    there.listed("HAT-S", "HAT-M", "HAT-L")
    there.control("refuse_sku", sku="HAT-M", code="8541", message="price is too high")
    lines = [there.price(sku, 1999) for sku in ("HAT-S", "HAT-M", "HAT-L")]
    outcomes = there.push(Facet.PRICE, *lines)
    assert said(outcomes) == [
        ("HAT-S", "accepted", ""),
        ("HAT-M", "rejected", "8541"),
        ("HAT-L", "accepted", ""),
    ]
    assert outcomes[1].message == "price is too high"


@pytest.mark.parametrize(("unknown", "code"), [("invalid", "13013"), ("refused", "InvalidInput")])
def test_a_listing_that_is_gone_is_refused(unknown: str, code: str) -> None:
    there = world(doubts=Doubts(unknown_sku=unknown))  # type: ignore[arg-type]
    there.listed("HAT-M")
    del there.simulator.seller.listings["HAT-M"]
    assert said(there.push(Facet.PRICE, there.price("HAT-M", 1))) == [("HAT-M", "rejected", code)]


def test_a_line_nobody_listed_is_refused_without_a_call() -> None:
    there = world()
    assert said(there.push(Facet.PRICE, there.price("HAT-M", 1))) == [
        ("HAT-M", "rejected", "not_listed")
    ]
    assert there.wire.paths() == []


def test_a_price_in_another_currency_is_refused_without_a_call() -> None:
    there = world()
    there.listed("HAT-M")
    value = {"price": {"amount": 100, "currency": "EUR"}, "compare_at": None}
    assert said(there.push(Facet.PRICE, there.line("HAT-M", value))) == [  # type: ignore[arg-type]
        ("HAT-M", "rejected", "currency")
    ]


def test_a_lost_answer_is_unknown_and_the_next_line_goes_out() -> None:
    there = world()
    there.listed("HAT-S", "HAT-M")
    there.control("timeout_after_commit")
    lines = [there.price("HAT-S", 1999), there.price("HAT-M", 1999)]
    assert [o.verdict for o in there.push(Facet.PRICE, *lines)] == [
        Verdict.UNKNOWN,
        Verdict.ACCEPTED,
    ]
    there.clock.advance(seconds=30)
    assert there.prices() == {"HAT-S": 1999, "HAT-M": 1999}


def test_throttled_at_the_first_line_nothing_was_sent() -> None:
    there = world()
    there.listed("HAT-S", "HAT-M")
    there.control("throttle", seconds=10)
    with pytest.raises(ThrottledError):
        there.push(Facet.PRICE, there.price("HAT-S", 1), there.price("HAT-M", 1))


def test_interrupted_later_the_rest_goes_again() -> None:
    there = world()
    there.listed("HAT-S", "HAT-M", "HAT-L")
    there.wire.next = [None, httpx.ConnectError("gone")]
    lines = [there.price(sku, 1999) for sku in ("HAT-S", "HAT-M", "HAT-L")]
    assert [o.verdict for o in there.push(Facet.PRICE, *lines)] == [
        Verdict.ACCEPTED,
        Verdict.RETRY,
        Verdict.RETRY,
    ]


def test_a_read_back_while_amazon_is_down_is_tried_again() -> None:
    there = world()
    there.listed("HAT-M")
    there.control("outage", seconds=60)
    with pytest.raises(RetryableError):
        there.shown(Facet.PRICE, there.price("HAT-M", 1))


def test_what_a_read_shows_late_is_not_taken_for_what_is_shown() -> None:
    there = world()
    there.listed("HAT-M")
    there.clock.advance(hours=1)
    there.control("stale_reads", seconds=600)
    push = there.price("HAT-M", 1999)
    there.push(Facet.PRICE, push)
    there.clock.advance(minutes=5)
    assert there.prices() == {"HAT-M": 1999}
    assert there.shown(Facet.PRICE, push) != {"HAT-M": push.desired}
    there.clock.advance(minutes=6)
    assert there.shown(Facet.PRICE, push) == {"HAT-M": push.desired}
