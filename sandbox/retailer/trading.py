"""What customers do in a made-up day: orders with their peaks, refunds, stock corrections."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.retailer.day import (
    Article,
    Correction,
    Freight,
    PricePoint,
    Promotion,
    RefundLine,
    RefundPart,
    ShopLine,
    ShopOrder,
    ShopRefund,
)
from shared.model.money import split

type Charge = Callable[[str, datetime], int]
"""The price of a SKU at an instant, in minor units."""

MOST_UNMAPPED = 5
# Orders per hour of the day, from 6 to 23: lunch and the evening are the peaks.
_HOURS = range(6, 24)
_PER_HOUR = (1, 2, 4, 5, 5, 6, 9, 8, 5, 5, 5, 6, 8, 11, 12, 9, 4, 1)
_LINES = (38, 24, 14, 9, 6, 4, 3, 2)  # orders of 1 to 8 lines, out of 100
_QUANTITIES = (76, 16, 5, 3)  # lines of 1 to 4 units, out of 100
_COUNTRIES, _PER_COUNTRY = ("GB", "IE", "FR", "DE"), (92, 4, 2, 2)
_FREE_FREIGHT_FROM = 10_000
_FREIGHTS = (Freight("Standard delivery", "STANDARD", 395), Freight("Next day", "EXPRESS", 695))
_FREE_FREIGHT = Freight("Free delivery", "FREE", 0)
_GUESTS_PERCENT = 25
_DISCOUNTED_PERCENT = 12
_REFUNDED_PERCENT = 4


@dataclass(frozen=True, slots=True)
class Pricing:
    """The price a shop charges: the promotion if it runs, else the base price of the instant."""

    opening: Mapping[str, int]
    changes: Mapping[str, PricePoint]
    promotions: Mapping[str, Promotion]

    def charge(self, sku: str, at: datetime) -> int:
        promotion = self.promotions.get(sku)
        if promotion and promotion.starts_at <= at < promotion.ends_at:
            return promotion.amount_minor
        change = self.changes.get(sku)
        return change.amount_minor if change and change.at <= at else self.opening[sku]


def orders(
    random: Random, day: datetime, assortment: Sequence[Article], charge: Charge, wanted: int
) -> tuple[ShopOrder, ...]:
    """`wanted` orders in order of time; one in fifty, five at most, holds a SKU nobody knows."""
    popular = random.sample(assortment, len(assortment))
    instants = sorted(_instant(random, day) for _ in range(wanted))
    placed = [
        _order(random, str(1001 + number), at, popular, charge, wanted)
        for number, at in enumerate(instants)
    ]
    unmapped = random.sample(range(wanted), min(MOST_UNMAPPED, -(-wanted // 50)))
    for number, position in enumerate(sorted(unmapped), start=1):
        placed[position] = _with_unknown_sku(placed[position], f"OLD-{number:04d}")
    return tuple(placed)


def _instant(random: Random, day: datetime) -> datetime:
    (hour,) = random.choices(_HOURS, _PER_HOUR)
    return day + timedelta(hours=hour, seconds=random.randrange(3600))


def _order(
    random: Random,
    key: str,
    at: datetime,
    popular: Sequence[Article],
    charge: Charge,
    wanted: int,
) -> ShopOrder:
    (size,) = random.choices(range(1, len(_LINES) + 1), _LINES)
    lines = [_line(random, article, at, charge) for article in _basket(random, popular, size)]
    goods = sum(line.total_minor for line in lines)
    if random.randrange(100) < _DISCOUNTED_PERCENT:
        shares = split(goods // 10, [line.total_minor for line in lines])
        lines = [
            replace(line, discount_minor=share) for line, share in zip(lines, shares, strict=True)
        ]
    guest = random.randrange(100) < _GUESTS_PERCENT
    customer = None if guest else str(20_001 + random.randrange(wanted))
    (country,) = random.choices(_COUNTRIES, _PER_COUNTRY)
    freight = random.choice(_FREIGHTS) if goods < _FREE_FREIGHT_FROM else _FREE_FREIGHT
    return ShopOrder(key, at, customer, country, tuple(lines), (freight,))


def _basket(random: Random, popular: Sequence[Article], size: int) -> list[Article]:
    # The lower of two draws: what stands first in the list sells most.
    drawn = (
        min(random.randrange(len(popular)), random.randrange(len(popular))) for _ in range(size)
    )
    return [popular[position] for position in dict.fromkeys(drawn)]


def _line(random: Random, article: Article, at: datetime, charge: Charge) -> ShopLine:
    (quantity,) = random.choices(range(1, len(_QUANTITIES) + 1), _QUANTITIES)
    title = f"{article.title} - {article.option}" if article.option else article.title
    return ShopLine(article.sku, title, quantity, charge(article.sku, at))


def _with_unknown_sku(order: ShopOrder, sku: str) -> ShopOrder:
    *others, last = order.lines
    return replace(order, lines=(*others, replace(last, sku=sku)))


def refunds(
    random: Random, placed: Sequence[ShopOrder], known: frozenset[str]
) -> tuple[ShopRefund, ...]:
    """Refund one order in 25, an hour or more later: a line, the whole order, or some money.

    Orders holding a SKU that is not `known` are left alone.
    """
    chosen = [
        order
        for order in placed
        if random.randrange(100) < _REFUNDED_PERCENT
        and all(line.sku in known for line in order.lines)
    ]
    found = [_refund(random, order) for order in chosen]
    return tuple(sorted(found, key=lambda refund: (refund.at, refund.key)))


def _refund(random: Random, order: ShopOrder) -> ShopRefund:
    (kind,) = random.choices((_one_line, _everything, _goodwill), (6, 2, 2))
    lines = kind(random, order)
    return ShopRefund(
        key=f"R{order.key}",
        order_key=order.key,
        at=order.placed_at + timedelta(minutes=random.randrange(60, 360)),
        lines=lines,
        total_minor=sum(line.amount_minor for line in lines),
    )


def _one_line(random: Random, order: ShopOrder) -> tuple[RefundLine, ...]:
    index = random.randrange(len(order.lines))
    return (_back(order, index, random.randrange(order.lines[index].quantity) + 1),)


def _everything(_random: Random, order: ShopOrder) -> tuple[RefundLine, ...]:
    goods = (_back(order, index, line.quantity) for index, line in enumerate(order.lines))
    freight = (
        RefundLine(RefundPart.FREIGHT, index, None, 0, item.price_minor)
        for index, item in enumerate(order.freight)
        if item.price_minor
    )
    return (*goods, *freight)


def _goodwill(_random: Random, order: ShopOrder) -> tuple[RefundLine, ...]:
    goods = sum(line.total_minor for line in order.lines)
    return (RefundLine(RefundPart.AMOUNT, None, None, 0, goods // 10),)


def _back(order: ShopOrder, index: int, quantity: int) -> RefundLine:
    line = order.lines[index]
    amount, _ = split(line.total_minor, [quantity, line.quantity - quantity])
    return RefundLine(RefundPart.LINE, index, line.sku, quantity, amount)


def corrections(
    random: Random, day: datetime, assortment: Sequence[Article]
) -> tuple[Correction, ...]:
    """One article in two hundred is counted anew, up to six units more or fewer."""
    chosen = random.sample(assortment, len(assortment) // 200)
    found = [
        Correction(
            article.sku,
            random.choice((-1, 1)) * random.randrange(1, 7),
            day + timedelta(hours=5, minutes=random.randrange(16 * 60)),
        )
        for article in chosen
    ]
    return tuple(sorted(found, key=lambda correction: (correction.at, correction.sku)))
