"""Ordinary invoices: the orders they were, and the stock corrections booked among them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.retailer.day import Correction, Freight, Oddity, ShopLine, ShopOrder, Use
from sandbox.retailer.rows import Code, Row
from shared.model.money import split

MANUAL = "Manual"


@dataclass(frozen=True, slots=True)
class Sales:
    """Orders by time, then invoice number; `uses` says by line number what became of each."""

    orders: tuple[ShopOrder, ...]
    corrections: tuple[Correction, ...]
    oddities: tuple[Oddity, ...]
    uses: dict[int, Use]


def invoices(rows: Iterable[Row]) -> list[tuple[Row, ...]]:
    """The rows of each invoice as the file has them; invoices by first instant, then number."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.invoice, []).append(row)
    return sorted((tuple(lines) for lines in found.values()), key=_order_of_invoices)


def _order_of_invoices(rows: Sequence[Row]) -> tuple[datetime, int]:
    return placed_at(rows), int(rows[0].invoice.removeprefix("C"))


def placed_at(rows: Sequence[Row]) -> datetime:
    """An invoice written across a full minute carries two instants: the first counts."""
    return min(row.at for row in rows)


def title(row: Row) -> str:
    if row.code is Code.MANUAL:
        return MANUAL
    return row.description or row.stock_code


def freight(row: Row) -> Freight:
    return Freight(title(row), row.stock_code, abs(row.amount_minor))


def line(row: Row) -> ShopLine:
    """One row is one line. What costs nothing and is no article is no SKU to look for either."""
    has_sku = row.code is Code.ARTICLE or (row.code is Code.OTHER and row.price_minor > 0)
    sku = row.stock_code if has_sku else None
    return ShopLine(sku, title(row), abs(row.quantity), row.price_minor)


def read_sales(rows: Iterable[Row]) -> Sales:
    """Turn the rows of ordinary invoices into orders and corrections.

    Quantities below zero are discounts if they have a price and the code `D`, and corrections if
    an article has no price; any other is set aside. An invoice of freight alone is an order of
    custom lines: a shop's order has at least one line.
    """
    orders: list[ShopOrder] = []
    corrections: list[Correction] = []
    oddities: list[Oddity] = []
    uses: dict[int, Use] = {}
    for invoice in invoices(rows):
        of_invoice = _uses(invoice)
        uses |= of_invoice
        oddities += _remarks(invoice, of_invoice)
        corrections += [
            Correction(row.stock_code, row.quantity, row.at)
            for row in invoice
            if of_invoice[row.line] is Use.CORRECTION
        ]
        if Use.LINE in of_invoice.values():
            orders.append(_order(invoice, of_invoice))
    corrections.sort(key=lambda correction: correction.at)
    return Sales(tuple(orders), tuple(corrections), tuple(oddities), uses)


def _use(row: Row) -> Use:
    if row.quantity > 0:
        return Use.FREIGHT if row.code is Code.FREIGHT else Use.LINE
    if row.price_minor == 0 and row.code is Code.ARTICLE:
        return Use.CORRECTION
    if row.price_minor > 0 and row.code is Code.DISCOUNT:
        return Use.DISCOUNT
    return Use.SET_ASIDE


def _uses(invoice: Sequence[Row]) -> dict[int, Use]:
    uses = {row.line: _use(row) for row in invoice}
    if Use.LINE not in uses.values():
        uses = {number: Use.LINE if use is Use.FREIGHT else use for number, use in uses.items()}
    left = sum(row.amount_minor for row in invoice if uses[row.line] is Use.LINE)
    for row in invoice:
        if uses[row.line] is Use.DISCOUNT:
            if left + row.amount_minor < 0:
                uses[row.line] = Use.SET_ASIDE
            else:
                left += row.amount_minor
    return uses


def _order(invoice: Sequence[Row], uses: dict[int, Use]) -> ShopOrder:
    def those(use: Use) -> list[Row]:
        return [row for row in invoice if uses[row.line] is use]

    lines = [line(row) for row in those(Use.LINE)]
    discount = -sum(row.amount_minor for row in those(Use.DISCOUNT))
    if discount:
        shares = split(discount, [item.total_minor for item in lines])
        lines = [
            replace(item, discount_minor=share) for item, share in zip(lines, shares, strict=True)
        ]
    return ShopOrder(
        key=invoice[0].invoice,
        placed_at=placed_at(invoice),
        customer=invoice[0].customer,
        country=invoice[0].country,
        lines=tuple(lines),
        freight=tuple(freight(row) for row in those(Use.FREIGHT)),
    )


def _remarks(invoice: Sequence[Row], uses: dict[int, Use]) -> Iterable[Oddity]:
    first = invoice[0]
    for row in invoice:
        if row.customer != first.customer:
            said = row.customer or ""
            yield Oddity(row.line, "CustomerID", said, "another customer than above", kept=True)
        if uses[row.line] is Use.CORRECTION:
            why = "a negative quantity without a price: taken as a stock correction"
            yield Oddity(row.line, "Quantity", str(row.quantity), why, kept=True)
        if uses[row.line] is Use.LINE and row.price_minor == 0 and row.customer is None:
            why = "free of charge to a guest: taken as an order, may be a stock correction"
            yield Oddity(row.line, "UnitPrice", "0", why, kept=True)
        if uses[row.line] is Use.SET_ASIDE:
            yield Oddity(row.line, "Quantity", str(row.quantity), _why(row), kept=False)


def _why(row: Row) -> str:
    if row.code is Code.DISCOUNT:
        return "a discount beyond what the invoice sells"
    return "a negative quantity on an invoice that is no cancellation"
