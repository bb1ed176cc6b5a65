"""Cancellations: refunds of the orders they undo, or of sales from before the export begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.retailer.day import (
    Freight,
    Oddity,
    OrderKind,
    RefundLine,
    RefundPart,
    ShopLine,
    ShopOrder,
    ShopRefund,
    Use,
)
from sandbox.retailer.rows import Code, Row
from sandbox.retailer.sales import freight, invoices, line, placed_at

EARLIER = "Earlier sale"


@dataclass(frozen=True, slots=True)
class Returns:
    history: tuple[ShopOrder, ...]
    refunds: tuple[ShopRefund, ...]
    oddities: tuple[Oddity, ...]
    uses: dict[int, Use]


@dataclass(slots=True)
class _Left:
    """What of an order's line has not come back yet, in units and in money."""

    order: ShopOrder
    index: int
    quantity: int
    amount_minor: int

    def units(self, price_minor: int) -> int:
        if price_minor == 0:
            return self.quantity
        return min(self.quantity, self.amount_minor // price_minor)

    def take(self, quantity: int, price_minor: int) -> RefundLine:
        self.quantity -= quantity
        self.amount_minor -= quantity * price_minor
        sku = self.order.lines[self.index].sku
        return RefundLine(RefundPart.LINE, self.index, sku, quantity, quantity * price_minor)


class _Sold:
    """Which lines a customer may bring something back from, by order, the latest order first."""

    def __init__(self, orders: Iterable[ShopOrder]) -> None:
        self._left: dict[tuple[str, str], dict[str, list[_Left]]] = {}
        for order in sorted(orders, key=lambda order: order.placed_at, reverse=True):
            for index, item in enumerate(order.lines):
                if order.customer and item.sku:
                    by_order = self._left.setdefault((order.customer, item.sku), {})
                    left = _Left(order, index, item.quantity, item.total_minor)
                    by_order.setdefault(order.key, []).append(left)

    def take(self, row: Row) -> tuple[str, list[RefundLine]] | None:
        """Find the order that has all of it; None if no single one has."""
        wanted = -row.quantity
        for key, lines in self._left.get((row.customer or "", row.stock_code), {}).items():
            units = [left.units(row.price_minor) for left in lines]
            if lines[0].order.placed_at < row.at and sum(units) >= wanted:
                return key, list(_spread(lines, units, wanted, row.price_minor))
        return None


def _spread(
    lines: Sequence[_Left], units: Sequence[int], wanted: int, price_minor: int
) -> Iterable[RefundLine]:
    for left, most in zip(lines, units, strict=True):
        quantity = min(most, wanted)
        if quantity:
            wanted -= quantity
            yield left.take(quantity, price_minor)


@dataclass(slots=True)
class _Earlier:
    """The sale a cancellation speaks of, made up from the cancellation itself.

    Freight alone becomes a custom line, as it does in a sale.
    """

    lines: list[ShopLine] = field(default_factory=list)
    freight: list[Freight] = field(default_factory=list)
    refunded: list[RefundLine] = field(default_factory=list)

    def add(self, row: Row, *, as_freight: bool) -> None:
        amount, quantity = -row.amount_minor, -row.quantity
        if as_freight:
            part = RefundLine(RefundPart.FREIGHT, len(self.freight), None, 0, amount)
            self.freight.append(freight(row))
        elif row.code is Code.DISCOUNT:
            part = RefundLine(RefundPart.AMOUNT, None, None, 0, amount)
            self.lines.append(ShopLine(None, EARLIER, quantity, row.price_minor))
        else:
            sold = line(row)
            part = RefundLine(RefundPart.LINE, len(self.lines), sold.sku, quantity, amount)
            self.lines.append(sold)
        self.refunded.append(part)

    def order(self, invoice: Sequence[Row], at: datetime) -> ShopOrder:
        return ShopOrder(
            key=f"{invoice[0].invoice}-H",
            placed_at=at,
            customer=invoice[0].customer,
            country=invoice[0].country,
            lines=tuple(self.lines),
            freight=tuple(self.freight),
            kind=OrderKind.HISTORY,
        )


def read_returns(rows: Iterable[Row], orders: Iterable[ShopOrder], before: datetime) -> Returns:
    """Refund each cancellation, in order of time.

    An article goes back to the customer's latest earlier order that still has all of it, at no more
    than was paid; one cancellation may so become several refunds. What finds no order, and every
    manual line, postage or discount, is refunded to an order of kind history placed at `before`.
    """
    sold = _Sold(orders)
    history: list[ShopOrder] = []
    refunds: list[ShopRefund] = []
    oddities: list[Oddity] = []
    uses: dict[int, Use] = {}
    for invoice in invoices(rows):
        returned = [row for row in invoice if row.quantity < 0]
        uses |= {row.line: Use.REFUND if row.quantity < 0 else Use.SET_ASIDE for row in invoice}
        oddities += [_forward(row) for row in invoice if row.quantity > 0]
        parts, unfound = _parts(returned, sold)
        if unfound:
            order, refunded = _earlier(unfound, before)
            history.append(order)
            parts[order.key] = refunded
        refunds += _refunds(invoice, parts)
    return Returns(tuple(history), tuple(refunds), tuple(oddities), uses)


def _parts(rows: Iterable[Row], sold: _Sold) -> tuple[dict[str, list[RefundLine]], list[Row]]:
    """What goes back to which order, and the rows that find none."""
    parts: dict[str, list[RefundLine]] = {}
    unfound: list[Row] = []
    for row in rows:
        found = sold.take(row) if row.code in {Code.ARTICLE, Code.OTHER} else None
        if found:
            key, lines = found
            parts.setdefault(key, []).extend(lines)
        else:
            unfound.append(row)
    return parts, unfound


def _earlier(rows: Sequence[Row], at: datetime) -> tuple[ShopOrder, list[RefundLine]]:
    earlier = _Earlier()
    freight_alone = all(row.code is Code.FREIGHT for row in rows)
    for row in rows:
        earlier.add(row, as_freight=row.code is Code.FREIGHT and not freight_alone)
    return earlier.order(rows, at), earlier.refunded


def _refunds(invoice: Sequence[Row], parts: dict[str, list[RefundLine]]) -> Iterable[ShopRefund]:
    for number, (order_key, lines) in enumerate(parts.items(), start=1):
        name = invoice[0].invoice
        yield ShopRefund(
            key=f"{name}-{number}" if len(parts) > 1 else name,
            order_key=order_key,
            at=placed_at(invoice),
            lines=tuple(lines),
            total_minor=sum(item.amount_minor for item in lines),
        )


def _forward(row: Row) -> Oddity:
    why = "a cancellation that brings nothing back"
    return Oddity(row.line, "Quantity", str(row.quantity), why, kept=False)
