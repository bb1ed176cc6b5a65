"""A made-up day holds together: what is sold exists, is priced, and lies there."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from sandbox.retailer.assortment import MOST_VARIANTS
from sandbox.retailer.day import Day, OrderKind, RefundPart, ShopLine, ShopOrder, to_json
from sandbox.retailer.generated import DAY, PROMOTION, generate

BIG = generate()


def sold(day: Day) -> list[tuple[ShopOrder, ShopLine]]:
    return [(order, line) for order in day.orders for line in order.lines]


def base_at(day: Day, sku: str, order: ShopOrder) -> int:
    points = [p.amount_minor for p in day.price_points if p.sku == sku and p.at <= order.placed_at]
    return points[-1] if points else day.opening_prices[sku]


def test_the_default_day_has_the_size_it_was_asked_for() -> None:
    assert len(BIG.articles) == 12_000
    assert len({article.product_id for article in BIG.articles}) == 2000
    assert len(BIG.opening_stock) == 36_000
    assert len(BIG.orders) == 600
    assert BIG.currency == "GBP"
    assert BIG.oddities == ()


@given(seed=st.integers(0, 10), products=st.integers(1, 30), data=st.data())
def test_variants_always_sum_to_the_skus_asked_for(
    seed: int, products: int, data: st.DataObject
) -> None:
    skus = data.draw(st.integers(products, products * MOST_VARIANTS))
    day = generate(seed=seed, products=products, skus=skus, orders=10)
    per_product = Counter(article.product_id for article in day.articles)
    assert (len(day.articles), len(per_product)) == (skus, products)
    assert max(per_product.values()) <= MOST_VARIANTS
    assert len({article.sku for article in day.articles}) == skus


def test_one_seed_is_one_day_and_another_is_another() -> None:
    small = {"products": 20, "skus": 80, "orders": 30}
    assert generate(seed=7, **small) == generate(seed=7, **small)
    assert generate(seed=7, **small) != generate(seed=8, **small)


@pytest.mark.parametrize(
    ("products", "skus", "locations", "orders"),
    [(0, 0, 3, 0), (10, 9, 3, 1), (10, 201, 3, 1), (1, 1, 0, 1), (1, 1, 1, -1)],
)
def test_an_impossible_day_is_refused(
    products: int, skus: int, locations: int, orders: int
) -> None:
    with pytest.raises(ValueError, match=r"cannot have|make no day"):
        generate(products=products, skus=skus, locations=locations, orders=orders)


def test_every_article_has_a_gtin_13_of_its_own() -> None:
    codes = [article.gtin or "" for article in BIG.articles]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 13 and ean.is_valid(code) for code in codes)


def test_variants_of_a_product_share_its_title_and_differ_in_their_option() -> None:
    by_product: dict[str, list[tuple[str, str, str]]] = {}
    for article in BIG.articles:
        facts = (article.title, article.group, article.option)
        by_product.setdefault(article.product_id, []).append(facts)
    for variants in by_product.values():
        assert len({(title, group) for title, group, _ in variants}) == 1
        assert len({option for _, _, option in variants}) == len(variants)
        assert (len(variants) == 1) == (variants[0][2] == "")
    assert len({variants[0][0] for variants in by_product.values()}) == 2000


def test_orders_follow_each_other_through_the_day_with_two_peaks() -> None:
    instants = [order.placed_at for order in BIG.orders]
    assert instants == sorted(instants)
    assert all(DAY <= at < DAY + timedelta(days=1) for at in instants)
    per_hour = Counter(at.hour for at in instants)
    assert per_hour[12] > per_hour[10] > per_hour[6]
    assert per_hour[20] > per_hour[16] > per_hour[23]


def test_orders_are_of_every_realistic_shape() -> None:
    sizes = {len(order.lines) for order in BIG.orders}
    assert min(sizes) == 1
    assert max(sizes) == 8
    assert any(order.customer is None for order in BIG.orders)
    assert max(Counter(order.customer for order in BIG.orders if order.customer).values()) > 1
    assert {order.country for order in BIG.orders} == {"GB", "IE", "FR", "DE"}
    assert {order.kind for order in BIG.orders} == {OrderKind.SALE}
    assert any(line.discount_minor for _, line in sold(BIG))
    assert all(0 <= line.discount_minor <= line.total_minor for _, line in sold(BIG))
    assert len({order.key for order in BIG.orders}) == 600


def test_five_orders_at_most_hold_a_sku_nobody_knows() -> None:
    known = set(BIG.opening_prices)
    unmapped = [order.key for order, line in sold(BIG) if line.sku not in known]
    assert len(unmapped) == 5
    few = generate(products=5, skus=10, orders=3)
    assert sum(line.sku not in few.opening_prices for _, line in sold(few)) == 1


def test_the_shop_charges_the_promotion_in_its_window_and_the_base_price_otherwise() -> None:
    promoted = {promotion.sku: promotion for promotion in BIG.promotions}
    within = 0
    for order, line in sold(BIG):
        if line.sku not in BIG.opening_prices:
            continue
        expected = base_at(BIG, line.sku, order)
        if line.sku in promoted and PROMOTION[0] <= order.placed_at < PROMOTION[1]:
            within += 1
            expected = promoted[line.sku].amount_minor
        assert line.unit_price_minor == expected
    assert within > 0


def test_a_promotion_is_cheaper_and_on_no_article_whose_base_price_moves() -> None:
    assert BIG.promotions
    assert not {p.sku for p in BIG.promotions} & {p.sku for p in BIG.price_points}
    for promotion in BIG.promotions:
        assert 0 < promotion.amount_minor < BIG.opening_prices[promotion.sku]
        assert (promotion.starts_at, promotion.ends_at) == PROMOTION


def test_base_prices_move_in_order_of_time_and_really_move() -> None:
    assert len(BIG.price_points) == 240
    instants = [point.at for point in BIG.price_points]
    assert instants == sorted(instants)
    for point in BIG.price_points:
        assert 0 < point.amount_minor != BIG.opening_prices[point.sku]


def test_the_first_location_alone_can_serve_the_day() -> None:
    first = BIG.opening_stock[0].location
    left = {place.sku: place.quantity for place in BIG.opening_stock if place.location == first}
    for correction in BIG.corrections:
        left[correction.sku] += min(0, correction.quantity)
    for _, line in sold(BIG):
        if line.sku in left:
            left[line.sku] -= line.quantity
    assert min(left.values()) == 0
    nearly_sold_out = sum(quantity <= 2 for quantity in left.values())
    assert 0 < nearly_sold_out < len(left) // 30


@pytest.mark.parametrize("count", [1, 3, 7])
def test_stock_lies_at_as_many_locations_as_asked_for(count: int) -> None:
    day = generate(products=3, skus=9, locations=count, orders=4)
    assert len({place.location for place in day.opening_stock}) == count
    assert len(day.opening_stock) == 9 * count


def test_a_refund_never_exceeds_what_was_paid_for_its_part() -> None:
    placed = {order.key: order for order in BIG.orders}
    assert len({refund.order_key for refund in BIG.refunds}) == len(BIG.refunds) > 10
    for refund in BIG.refunds:
        order = placed[refund.order_key]
        assert refund.at > order.placed_at
        assert refund.total_minor == sum(line.amount_minor for line in refund.lines)
        assert 0 < refund.total_minor <= order.total_minor
        for line in refund.lines:
            if line.part is RefundPart.LINE and line.index is not None:
                of_order = order.lines[line.index]
                assert line.sku == of_order.sku
                assert 0 < line.quantity <= of_order.quantity
                assert line.amount_minor <= of_order.total_minor


def test_refunds_are_of_lines_of_freight_and_of_money_alone() -> None:
    assert {line.part for refund in BIG.refunds for line in refund.lines} == set(RefundPart)


def test_corrections_go_both_ways_and_are_never_nothing() -> None:
    quantities = [correction.quantity for correction in BIG.corrections]
    assert len(quantities) == 60
    assert min(quantities) < 0 < max(quantities)
    assert 0 not in quantities


def test_a_day_goes_through_json() -> None:
    day = generate(products=5, skus=20, orders=25)
    text = json.dumps(to_json(day))
    again = json.loads(text)
    assert again["orders"][0]["placed_at"] == day.orders[0].placed_at.isoformat()
    assert again["orders"][0]["kind"] == "sale"
    assert again["opening_prices"] == day.opening_prices
    assert len(again["opening_stock"]) == 60
    assert again["articles"][0]["gtin"] == day.articles[0].gtin


def test_what_is_no_record_of_a_day_has_no_json() -> None:
    with pytest.raises(TypeError, match="object"):
        to_json(object())
