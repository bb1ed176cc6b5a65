"""Prices beyond a channel's limits: held, listed, approved, rejected, and never shown before."""

from dataclasses import replace
from datetime import timedelta
from itertools import batched

import pytest

from shared.errors import RejectedError
from shared.flows.approvals import Approvals, Named, Said
from shared.flows.waiting import WaitingTold
from shared.model.base import Json
from shared.model.events import PriceApproved, PriceRejected
from shared.model.facts import PriceCard
from shared.model.ids import Entity, Facet
from shared.model.money import Money
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind
from shared.model.target import Decision, TargetState
from shared.settings import load_retailer
from tests.domain.world import NOW, RETAILER_TOML
from tests.flows.world import World, base_price, gbp, product, stock_card

HOUR = timedelta(hours=1)
LIMITS = 'guardrails = { max_rise = "40", max_fall = "30", max_markdown = "80" }'
PERSON = Said(Decision.APPROVED, by="anna", why="clearance")
REFUSAL = Said(Decision.REJECTED, by="ben", why="a typing error")


class Guarded(World):
    """A shop with limits, where HAT-M and HAT-S cost 19.99 and are shown."""

    def __init__(self, limits: str = LIMITS) -> None:
        super().__init__(load_retailer(RETAILER_TOML + limits))
        self.approvals = Approvals(self.store, self.clock, self.retailer)
        self.know("M", "S")
        self.turn()
        self.turn()

    def turn(self) -> None:
        """Derive and publish; a listing goes before its price, and that before its stock."""
        for _ in range(3):
            self.settle()

    def conditions(self, *conditions: PriceCondition, sku: str = "HAT-M") -> None:
        now = self.clock.now()
        card = PriceCard(source="erp", as_of=now, sku=sku, conditions=conditions)
        self.apply(Entity.PRICE, card)

    def reprice(self, amount: int, sku: str = "HAT-M") -> None:
        self.later(timedelta(seconds=1))
        self.price(amount, sku)
        self.turn()

    def later(self, by: timedelta) -> None:
        self.clock.at += by

    def shown(self, sku: str = "HAT-M") -> int:
        value = self.channel.shows[Facet.PRICE, sku]
        assert isinstance(value, dict)
        price = value["price"]
        assert isinstance(price, dict)
        return int(str(price["amount"]))

    def waiting(self) -> list[dict[str, Json]]:
        listed = self.approvals.page(None)["waiting"]
        assert isinstance(listed, list)
        return [one for one in listed if isinstance(one, dict)]

    def named(self, sku: str = "HAT-M") -> Named:
        (one,) = [one for one in self.waiting() if one["sku"] == sku]
        return Named("shop", sku, str(one["proposal"]))

    def rule(self, said: Said, sku: str = "HAT-M") -> str:
        (line,) = self.approvals.rule(said, [self.named(sku)])
        self.turn()
        return str(line["status"])

    def tell(self) -> None:
        WaitingTold(self.store, self.issues, self.retailer).run()


@pytest.fixture
def shop() -> Guarded:
    return Guarded()


def promotion(amount: int, start: timedelta, end: timedelta, sku: str = "HAT-M") -> PriceCondition:
    return base_price(amount, sku).model_copy(
        update={
            "condition_id": f"VKA0-{sku}",
            "kind": PriceKind.PROMOTIONAL,
            "window": EffectiveWindow(start=NOW + start, end=NOW + end),
        }
    )


def rules(one: dict[str, Json]) -> list[str]:
    reasons = one["reasons"]
    assert isinstance(reasons, list)
    return [str(reason["rule"]) for reason in reasons if isinstance(reason, dict)]


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


# told


def test_what_waits_is_one_exception_per_rule_until_nothing_does(shop: Guarded) -> None:
    shop.price(199, "HAT-S")
    shop.reprice(99)
    shop.tell()
    (issue,) = shop.open()
    assert issue.issue_id == "price_held#shop/max_fall"
    assert issue.at_risk == Money(amount=(1800 + 1900) * 10, currency="GBP")
    shop.tell()
    (issue,) = shop.open()
    assert issue.count == 1
    for sku in ("HAT-M", "HAT-S"):
        shop.rule(REFUSAL, sku)
    shop.tell()
    assert shop.open() == []


def test_all_of_a_channel_are_approved_only_if_they_are_as_many_as_expected(shop: Guarded) -> None:
    shop.price(199, "HAT-S")
    shop.reprice(99)
    with pytest.raises(RejectedError, match="2 changes wait there, not 1"):
        shop.approvals.rule_all(PERSON, "shop", rule="max_fall", expected=1)
    assert shop.approvals.rule_all(PERSON, "shop", rule="max_rise", expected=0)["ruled"] == 0
    said = shop.approvals.rule_all(PERSON, "shop", rule="max_fall", expected=2)
    shop.turn()
    assert said == {"ruled": 2, "remaining": 0}
    assert (shop.shown("HAT-M"), shop.shown("HAT-S")) == (99, 199)


# the share of the catalogue

SHARE = 'guardrails = { max_share = "30", share_from = 2, window_minutes = 60 }'
SIZES = tuple(f"{number:02}" for number in range(20))


class Catalogue(Guarded):
    """A shop that shows twenty hats at 19.99."""

    def __init__(self, limits: str = SHARE) -> None:
        super().__init__(limits)
        self.know(*SIZES)
        self.turn()

    def moved(self, count: int, amount: int = 1899, *, at_once: int = 100) -> None:
        """So many hats cost something else; their changes come in batches of a stream."""
        self.later(timedelta(seconds=1))
        skus = [f"HAT-{size}" for size in SIZES[:count]]
        for sku in skus:
            self.price(amount, sku)
        for some in batched(skus, at_once, strict=False):
            self.deriver.derive(f"sku#{sku}" for sku in some)
        self.publish()

    def at(self, amount: int) -> int:
        return sum(self.shown(f"HAT-{size}") == amount for size in SIZES)


def test_a_few_prices_may_move_whatever_their_share() -> None:
    shop = Catalogue()
    shop.moved(2)
    assert (shop.at(1899), shop.waiting()) == (2, [])


def test_a_change_of_the_catalogue_at_large_is_held_whole_if_it_comes_at_once() -> None:
    shop = Catalogue()
    shop.moved(12)
    assert shop.at(1899) == 0
    assert {tuple(rules(one)) for one in shop.waiting()} == {("max_share",)}
    assert len(shop.waiting()) == 12


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 7])
def test_never_more_than_the_share_moves_however_the_changes_are_cut(at_once: int) -> None:
    """Twenty-two prices are shown, of which 30 % are six."""
    shop = Catalogue()
    shop.moved(20, at_once=at_once)
    assert 0 < shop.at(1899) <= 6
    assert shop.at(1899) + len(shop.waiting()) == 20


def test_what_the_share_held_waits_also_when_the_window_is_over() -> None:
    shop = Catalogue()
    shop.moved(12)
    shop.later(timedelta(hours=2))
    for size in SIZES:
        shop.stock(9, f"HAT-{size}")
    shop.turn()
    assert (shop.at(1899), len(shop.waiting())) == (0, 12)


def test_another_window_lets_others_move() -> None:
    shop = Catalogue()
    shop.moved(6)
    shop.moved(6, 1799)
    assert (shop.at(1899), shop.at(1799)) == (6, 0)
    shop.later(timedelta(hours=1))
    shop.moved(6, 1699)
    assert (shop.at(1699), shop.waiting()) == (6, [])


def test_all_that_the_share_held_is_approved_at_once_and_counts_no_more() -> None:
    shop = Catalogue()
    shop.moved(12)
    said = shop.approvals.rule_all(PERSON, "shop", rule="max_share", expected=12)
    shop.turn()
    assert (said["ruled"], shop.at(1899), shop.waiting()) == (12, 12, [])


def test_a_promotion_of_many_articles_is_counted_when_it_becomes_known() -> None:
    """Held or let through ahead, so that nothing is held at its start or at its end."""
    shop = Catalogue()
    skus = [f"HAT-{size}" for size in SIZES[:6]]
    for sku in skus:
        shop.conditions(base_price(1999, sku), promotion(1500, HOUR, 2 * HOUR, sku), sku=sku)
    shop.turn()
    assert shop.waiting() == []
    shop.later(HOUR)
    shop.turn()
    assert (shop.at(1500), shop.waiting()) == (6, [])
    shop.later(HOUR)
    shop.turn()
    assert (shop.at(1999), shop.waiting()) == (20, [])


def test_a_promotion_of_too_many_articles_waits_before_it_begins() -> None:
    shop = Catalogue()
    for sku in (f"HAT-{size}" for size in SIZES):
        shop.conditions(base_price(1999, sku), promotion(1500, HOUR, 2 * HOUR, sku), sku=sku)
    shop.turn()
    assert len(shop.waiting()) == 20
    shop.later(HOUR)
    shop.turn()
    assert shop.at(1999) == 20


def test_a_catalogue_that_is_loaded_for_the_first_time_moves_nothing() -> None:
    shop = Guarded(SHARE)
    shop.apply(Entity.PRODUCT, shop.product_card(product(*SIZES)))
    for sku in (f"HAT-{size}" for size in SIZES):
        shop.conditions(base_price(1999, sku), promotion(1500, HOUR, 2 * HOUR, sku), sku=sku)
    shop.turn()
    assert shop.waiting() == []
    shop.later(HOUR)
    shop.turn()
    assert shop.waiting() == []
