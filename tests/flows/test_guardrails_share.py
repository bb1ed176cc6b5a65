"""How many prices of a channel may move within a window, however the changes are cut."""

import pytest

from shared.model.ids import Entity
from tests.flows.guarded_world import (
    HOUR,
    PERSON,
    SHARE,
    SIZES,
    Catalogue,
    Guarded,
    promotion,
    rules,
)
from tests.flows.world import base_price, product


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
    shop.later(2 * HOUR)
    for size in SIZES:
        shop.stock(9, f"HAT-{size}")
    shop.turn()
    assert (shop.at(1899), len(shop.waiting())) == (0, 12)


def test_another_window_lets_others_move() -> None:
    shop = Catalogue()
    shop.moved(6)
    shop.moved(6, 1799)
    assert (shop.at(1899), shop.at(1799)) == (6, 0)
    shop.later(HOUR)
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
