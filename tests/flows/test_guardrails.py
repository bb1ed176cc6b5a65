"""Prices beyond a channel's limits: held, listed, approved, rejected, and never shown before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.model.channel_events import PriceApproved, PriceRejected
from shared.model.ids import Entity, Facet
from shared.model.price import PriceKind
from shared.model.steps import Decision
from shared.model.target import TargetState
from shared.settings import load_retailer
from tests.domain.world import NOW, RETAILER_TOML
from tests.flows.guarded_world import HOUR, LIMITS, PERSON, REFUSAL, Guarded, promotion, rules
from tests.flows.world import base_price, gbp, product, stock_card


@pytest.fixture
def shop() -> Guarded:
    return Guarded()


def test_a_fall_beyond_the_limit_waits_and_the_last_price_stays(shop: Guarded) -> None:
    shop.reprice(199)
    assert shop.shown() == 1999
    (one,) = shop.waiting()
    assert (one["sku"], rules(one)) == ("HAT-M", ["max_fall"])
    assert one["at_risk"] == {"amount": 1800 * 10, "currency": "GBP"}


def test_other_articles_flow_on(shop: Guarded) -> None:
    shop.price(199, "HAT-M")
    shop.reprice(1899, "HAT-S")
    assert (shop.shown("HAT-M"), shop.shown("HAT-S")) == (1999, 1899)


def test_what_is_within_the_limits_goes_out_by_itself(shop: Guarded) -> None:
    shop.reprice(1450)
    assert (shop.shown(), shop.waiting()) == (1450, [])


def test_an_approved_price_goes_out_and_is_told_of(shop: Guarded) -> None:
    shop.reprice(199)
    assert shop.rule(PERSON) == "approved"
    assert (shop.shown(), shop.waiting()) == (199, [])
    (event,) = [e for e in shop.bus.events if isinstance(e, PriceApproved)]
    assert (event.price, event.before) == (gbp(199), gbp(1999))
    assert (event.by, event.why) == ("anna", "clearance")
    guard = shop.target().guard
    assert guard is not None
    assert [(r.by, r.why, r.decision) for r in guard.rulings] == [
        ("anna", "clearance", Decision.APPROVED)
    ]


def test_approving_twice_is_approving_once(shop: Guarded) -> None:
    shop.reprice(199)
    name = shop.named()
    shop.approvals.rule(PERSON, [name])
    written = len(shop.store.written)
    (line,) = shop.approvals.rule(PERSON, [name])
    assert line["status"] == "approved"
    assert len(shop.store.written) == written
    shop.turn()
    (line,) = shop.approvals.rule(PERSON, [name])
    assert line["status"] == "approved"
    assert sum(isinstance(e, PriceApproved) for e in shop.bus.events) == 1


def test_an_approval_is_of_one_value_only(shop: Guarded) -> None:
    shop.reprice(199)
    name = shop.named()
    shop.later(timedelta(seconds=1))
    shop.price(99)
    shop.derive()
    (line,) = shop.approvals.rule(PERSON, [name])
    shop.turn()
    assert line["status"] == "changed"
    assert shop.shown() == 1999
    assert shop.named() != name


def test_an_approval_that_crosses_with_a_newer_price_does_not_approve_it(shop: Guarded) -> None:
    shop.reprice(199)
    shop.approvals.rule(PERSON, [shop.named()])
    shop.reprice(99)
    assert shop.shown() == 1999
    assert len(shop.waiting()) == 1


def test_a_proposal_that_is_corrected_flows_and_leaves_the_list(shop: Guarded) -> None:
    shop.reprice(199)
    shop.reprice(1899)
    assert (shop.shown(), shop.waiting()) == (1899, [])


def test_a_proposal_whose_price_is_gone_leaves_the_list(shop: Guarded) -> None:
    shop.reprice(199)
    shop.later(timedelta(seconds=1))
    shop.conditions()
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (1999, [])


def test_a_rejected_price_is_remembered_and_another_is_judged_anew(shop: Guarded) -> None:
    shop.reprice(199)
    assert shop.rule(REFUSAL) == "rejected"
    shop.stock(5)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (1999, [])
    assert any(isinstance(e, PriceRejected) for e in shop.bus.events)
    shop.reprice(99)
    assert shop.shown() == 1999
    assert len(shop.waiting()) == 1
    shop.reprice(1799)
    assert shop.shown() == 1799


def test_whoever_rejected_a_price_may_still_approve_it(shop: Guarded) -> None:
    shop.reprice(199)
    name = shop.named()
    shop.rule(REFUSAL)
    (line,) = shop.approvals.rule(PERSON, [name])
    shop.turn()
    assert (line["status"], shop.shown()) == ("approved", 199)


def test_what_went_out_approved_cannot_be_rejected(shop: Guarded) -> None:
    shop.reprice(199)
    name = shop.named()
    shop.rule(PERSON)
    (line,) = shop.approvals.rule(REFUSAL, [name])
    assert line["status"] == "approved"


def test_small_steps_that_were_never_shown_do_not_add_up(shop: Guarded) -> None:
    for amount in (1450, 1050):
        shop.later(timedelta(seconds=1))
        shop.price(amount)
        shop.derive()
    shop.publish()
    assert shop.shown() == 1450
    assert len(shop.waiting()) == 1


def test_an_approved_price_passes_once_more_while_it_is_asked_for(shop: Guarded) -> None:
    shop.reprice(199)
    shop.rule(PERSON)
    shop.stock(3)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (199, [])


def test_a_first_price_that_is_held_keeps_the_article_off_sale(shop: Guarded) -> None:
    reference = base_price(99_999, "CAP-M").model_copy(
        update={"condition_id": "REF", "kind": PriceKind.REFERENCE}
    )
    shop.apply(Entity.PRODUCT, shop.product_card(product("M", product_id="CAP")))
    shop.conditions(base_price(1000, "CAP-M"), reference, sku="CAP-M")
    shop.apply(Entity.STOCK, stock_card(5, "CAP-M"))
    shop.turn()
    assert (Facet.PRICE, "CAP-M") not in shop.channel.shows
    assert shop.target(Facet.PRICE, "CAP-M").state is TargetState.HELD
    stock = shop.channel.shows[Facet.STOCK, "CAP-M"]
    assert stock == {"levels": {"london": 0, "leeds": 0}}
    shop.rule(PERSON, "CAP-M")
    assert shop.shown("CAP-M") == 1000
    assert shop.channel.shows[Facet.STOCK, "CAP-M"] == {"levels": {"london": 5, "leeds": 0}}


# promotions


def test_a_promotion_within_the_limits_begins_and_ends_by_itself(shop: Guarded) -> None:
    shop.conditions(base_price(1999), promotion(1450, HOUR, 2 * HOUR))
    shop.turn()
    shop.later(HOUR)
    shop.turn()
    assert shop.shown() == 1450
    shop.later(HOUR)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (1999, [])


def test_a_promotion_beyond_the_limits_is_announced_before_it_begins(shop: Guarded) -> None:
    shop.conditions(base_price(1999), promotion(500, HOUR, 2 * HOUR))
    shop.turn()
    (one,) = shop.waiting()
    assert (rules(one), one["effective"]) == (["max_fall"], (NOW + HOUR).isoformat())
    assert shop.rule(PERSON) == "approved"
    assert shop.shown() == 1999
    shop.later(HOUR)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (500, [])
    shop.later(HOUR)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (1999, [])


def test_a_promotion_nobody_approved_does_not_begin(shop: Guarded) -> None:
    shop.conditions(base_price(1999), promotion(500, HOUR, 2 * HOUR))
    shop.turn()
    shop.later(HOUR)
    shop.turn()
    assert shop.shown() == 1999
    assert [one["effective"] for one in shop.waiting()] == [None]
    shop.later(HOUR)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (1999, [])


def test_the_way_back_is_measured_against_the_regular_price(shop: Guarded) -> None:
    """The base price changes meanwhile, more than any limit allows for the promotion's price."""
    shop.conditions(base_price(1999), promotion(1450, HOUR, 2 * HOUR))
    shop.turn()
    shop.later(HOUR)
    shop.turn()
    shop.conditions(base_price(2499), promotion(1450, HOUR, 2 * HOUR))
    shop.turn()
    shop.later(HOUR)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (2499, [])


def test_where_the_way_back_is_held_the_last_regular_price_is_shown(shop: Guarded) -> None:
    """A promotional price never stays because what follows it waits."""
    shop.conditions(base_price(1999), promotion(1450, HOUR, 2 * HOUR))
    shop.turn()
    shop.later(HOUR)
    shop.turn()
    shop.conditions(base_price(19_990), promotion(1450, HOUR, 2 * HOUR))
    shop.turn()
    assert [rules(one) for one in shop.waiting()] == [["max_markdown"], ["max_rise"]]
    shop.later(HOUR)
    shop.turn()
    assert shop.shown() == 1999
    assert [rules(one) for one in shop.waiting()] == [["max_rise"]]


def test_a_running_promotion_stays_while_its_correction_is_held(shop: Guarded) -> None:
    shop.conditions(base_price(1999), promotion(1450, HOUR, 2 * HOUR))
    shop.turn()
    shop.later(HOUR)
    shop.turn()
    shop.conditions(base_price(1999), promotion(145, HOUR, 3 * HOUR))
    shop.turn()
    assert shop.shown() == 1450
    shop.later(HOUR)
    shop.turn()
    assert shop.shown() == 1999


def test_limits_that_are_new_let_a_promotion_under_way_end() -> None:
    shop = Guarded("")
    shop.conditions(base_price(1999), promotion(500, HOUR, 2 * HOUR))
    shop.later(HOUR)
    shop.turn()
    assert (shop.shown(), shop.target().guard) == (500, None)
    shop.deriver = replace(shop.deriver, retailer=load_retailer(RETAILER_TOML + LIMITS))
    shop.stock(4)
    shop.turn()
    assert shop.target().guard is not None
    shop.later(HOUR)
    shop.turn()
    assert (shop.shown(), shop.waiting()) == (1999, [])


def test_a_limit_that_is_taken_away_lets_go_of_what_it_held(shop: Guarded) -> None:
    shop.reprice(199)
    shop.deriver = replace(shop.deriver, retailer=load_retailer(RETAILER_TOML))
    shop.stock(4)
    shop.turn()
    assert (shop.shown(), shop.waiting(), shop.target().guard) == (199, [], None)
