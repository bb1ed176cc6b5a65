"""Base prices behind the prices charged, and the few changes of them that an ERP would know."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from sandbox.retailer.day import PricePoint
from sandbox.retailer.rows import Code, Row

_LISTED_OF_CHANGED = 3


def charged(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows that charge a price for an article, by SKU, in order of time."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.at, row.line)):
        if row.code is Code.ARTICLE and row.price_minor > 0:
            found.setdefault(row.stock_code, []).append(row)
    return found


def opening_prices(sold: Mapping[str, list[Row]], back: Mapping[str, list[Row]]) -> dict[str, int]:
    """The price charged most often on an article's first day; of two, the one charged first.

    An article that only came back has the price it was taken back at.
    """
    return {sku: _first_day(rows) for sku, rows in sorted({**back, **sold}.items())}


def _first_day(rows: Sequence[Row]) -> int:
    day = rows[0].at.date()
    return _commonest(row.price_minor for row in rows if row.at.date() == day)


def _commonest(prices: Iterable[int]) -> int:
    return Counter(prices).most_common(1)[0][0]


def price_points(
    sold: Mapping[str, list[Row]], opening: Mapping[str, int]
) -> tuple[PricePoint, ...]:
    """The change most often charged of a third of the articles whose price moved between invoices.

    Most of those moves are quantity breaks, which no base price follows; so only the third with
    the most invoices at the later price is believed, one change each, from its first invoice on.
    """
    moved = [found for sku, rows in sold.items() for found in _moved(rows, opening[sku])]
    moved.sort(key=lambda found: (-found[0], found[1].sku))
    points = (point for _, point in moved[: len(moved) // _LISTED_OF_CHANGED])
    return tuple(sorted(points, key=lambda point: (point.at, point.sku)))


def _moved(rows: Sequence[Row], base: int) -> Iterator[tuple[int, PricePoint]]:
    first_of: dict[str, Row] = {}
    for row in rows:
        first_of.setdefault(row.invoice, row)
    later = [
        row
        for before, row in pairwise(first_of.values())
        if row.price_minor not in {before.price_minor, base}
    ]
    if later:
        price = _commonest(row.price_minor for row in later)
        first = next(row for row in later if row.price_minor == price)
        invoices = sum(row.price_minor == price for row in first_of.values() if row.at >= first.at)
        yield invoices, PricePoint(first.stock_code, first.at, price)
