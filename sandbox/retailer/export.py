"""A retailer's day from its real order export."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.retailer.day import Accounted, Article, Day, Oddity, Use
from sandbox.retailer.prices import charged, opening_prices, price_points
from sandbox.retailer.returns import read_returns
from sandbox.retailer.rows import CURRENCY, Code, Row, parse
from sandbox.retailer.sales import read_sales
from sandbox.retailer.stock import demand, locations, opening

HISTORY_BEFORE = timedelta(weeks=1)
UNIT = "PC"
GROUP = "GENERAL"
_PRODUCT_DIGITS = 5
_LOCATIONS = 3
_NEVER = datetime.fromtimestamp(0, UTC)


def read(path: Path) -> Day:
    """Read an export in the columns of `sandbox.retailer.rows`.

    Raises CannotRunError if the file cannot be read or its header lacks a column. Lines that make
    no sense are in `oddities`; every line is in `ledger` exactly once.
    """
    rows, mistakes = parse(path)
    ordinary = [row for row in rows if not row.cancelled]
    cancelled = [row for row in rows if row.cancelled]
    sales = read_sales(ordinary)
    first = min((row.at for row in rows), default=_NEVER)
    returns = read_returns(cancelled, sales.orders, first - HISTORY_BEFORE)
    uses = sales.uses | returns.uses
    sold = charged(row for row in ordinary if uses[row.line] is Use.LINE)
    prices = opening_prices(sold, charged(r for r in cancelled if uses[r.line] is Use.REFUND))
    articles = _articles(rows)
    oddities = (*mistakes, *sales.oddities, *returns.oddities)
    leaving = demand(sales.orders, sales.corrections)
    return Day(
        articles=articles,
        opening_prices=prices,
        opening_stock=opening((a.sku for a in articles), leaving, locations(_LOCATIONS)),
        orders=(*returns.history, *sales.orders),
        refunds=returns.refunds,
        price_points=price_points(sold, prices),
        corrections=sales.corrections,
        oddities=tuple(sorted(oddities, key=lambda oddity: oddity.line)),
        currency=CURRENCY,
        ledger=_ledger(rows, mistakes, uses),
    )


def _ledger(
    rows: Iterable[Row], mistakes: Iterable[Oddity], uses: Mapping[int, Use]
) -> tuple[Accounted, ...]:
    unread = {oddity.line for oddity in mistakes if not oddity.kept}
    lines = [
        *(Accounted(number, Use.SET_ASIDE, 0) for number in unread),
        *(Accounted(row.line, uses[row.line], row.amount_minor) for row in rows),
    ]
    return tuple(sorted(lines, key=lambda accounted: accounted.line))


def _articles(rows: Iterable[Row]) -> tuple[Article, ...]:
    """Every article of the export, by SKU. Letters after the five digits tell variants apart.

    The five digits name the product if several variants share them, unless an article of its own
    has exactly that number: then what carries letters are other articles, not its variants.
    """
    titles = _titles(rows)
    variants = Counter(sku[:_PRODUCT_DIGITS] for sku in titles)
    return tuple(_article(sku, titles, variants) for sku in sorted(titles))


def _article(sku: str, titles: Mapping[str, str], variants: Mapping[str, int]) -> Article:
    number = sku[:_PRODUCT_DIGITS]
    shared = variants[number] > 1 and number not in titles
    return Article(
        product_id=number if shared else sku,
        sku=sku,
        title=titles[sku],
        option=sku.removeprefix(number) if shared else "",
        gtin=None,
        unit=UNIT,
        group=GROUP,
    )


def _titles(rows: Iterable[Row]) -> dict[str, str]:
    """The description most lines give each article, or its number if none gives any."""
    said: dict[str, Counter[str]] = {}
    for row in rows:
        if row.code is Code.ARTICLE:
            said.setdefault(row.stock_code, Counter())[row.description] += bool(row.description)
    return {sku: counts.most_common(1)[0][0] or sku for sku, counts in said.items()}
