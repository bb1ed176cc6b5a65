"""A made-up retailer's day: the same seed gives the same day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from sandbox.retailer.assortment import articles, base_prices
from sandbox.retailer.day import Article, Day, PricePoint, Promotion
from sandbox.retailer.stock import demand, locations, opening
from sandbox.retailer.trading import Pricing, corrections, orders, refunds

DAY = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday in winter: UTC is British local time."""
PROMOTION = (DAY + timedelta(hours=12), DAY + timedelta(hours=18))
_PROMOTED_OF_PRODUCTS = 10
_REPRICED_OF_SKUS = 50
_FIRST_CHANGE_HOUR, _LAST_CHANGE_HOUR = 7, 20


def generate(
    seed: int = 1,
    products: int = 2000,
    skus: int = 12_000,
    locations: int = 3,
    orders: int = 600,
) -> Day:
    """Make up a day in sterling.

    One product in ten is on promotion from 12 to 18 h, one SKU in fifty changes its base price;
    none does both.
    Raises ValueError unless every product can have 1 to 20 variants.
    """
    if locations < 1 or orders < 0:
        raise ValueError(f"{locations} locations and {orders} orders make no day")
    # Repeatable on purpose, and nothing secret comes of it.
    random = Random(seed)  # noqa: S311
    return _day(random, articles(random, products, skus), locations, orders)


def _day(random: Random, assortment: tuple[Article, ...], places: int, wanted: int) -> Day:
    prices = base_prices(random, assortment)
    changes = {point.sku: point for point in _changes(random, prices)}
    steady = [article for article in assortment if article.sku not in changes]
    pricing = Pricing(
        opening=prices,
        changes=changes,
        promotions={p.sku: p for p in _promotions(random, steady, prices)},
    )
    placed = orders(random, DAY, assortment, pricing.charge, wanted)
    corrected = corrections(random, DAY, assortment)
    return Day(
        articles=assortment,
        opening_prices=prices,
        opening_stock=opening(prices, demand(placed, corrected), locations(places)),
        orders=placed,
        refunds=refunds(random, placed, frozenset(prices)),
        price_points=tuple(pricing.changes.values()),
        corrections=corrected,
        oddities=(),
        currency="GBP",
        promotions=tuple(pricing.promotions.values()),
    )


def _changes(random: Random, prices: dict[str, int]) -> list[PricePoint]:
    points = [
        PricePoint(sku, _change_instant(random), _nudged(random, prices[sku]))
        for sku in random.sample(sorted(prices), len(prices) // _REPRICED_OF_SKUS)
    ]
    return sorted(points, key=lambda point: (point.at, point.sku))


def _change_instant(random: Random) -> datetime:
    minutes = random.randrange(_FIRST_CHANGE_HOUR * 60, _LAST_CHANGE_HOUR * 60, 5)
    return DAY + timedelta(minutes=minutes)


def _nudged(random: Random, price: int) -> int:
    return price + random.choice((-150, -100, -50, 50, 100, 200))


def _promotions(
    random: Random, assortment: Sequence[Article], prices: dict[str, int]
) -> list[Promotion]:
    products = list(dict.fromkeys(article.product_id for article in assortment))
    promoted = set(random.sample(products, len(products) // _PROMOTED_OF_PRODUCTS))
    return [
        Promotion(article.sku, *PROMOTION, amount_minor=prices[article.sku] * 8 // 10)
        for article in assortment
        if article.product_id in promoted
    ]
