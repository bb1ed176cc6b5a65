"""The day as it happens: orders, refunds, price changes, movements, deliveries, trouble."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.controls import Controls
from sandbox.play.loading import external, price_text
from sandbox.retailer.day import (
    Correction,
    Day,
    OrderKind,
    RefundPart,
    ShopLine,
    ShopOrder,
    ShopRefund,
)
from shared.model.base import Json
from shared.model.retailer import Retailer

TAX_RATE = "0.2"


@dataclass(slots=True)
class Trading:
    """Plays onto the simulators, and remembers which shop order each order became."""

    controls: Controls
    shop: str
    erp: str
    retailer: Retailer
    placed: dict[str, dict[str, Json]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    refunded: set[str] = field(default_factory=set)

    def order(self, order: ShopOrder) -> None:
        freight = sum(f.price_minor for f in order.freight)
        wish: dict[str, Json] = {
            "lines": [_line(line) for line in order.lines],
            "created_at": order.placed_at.isoformat(),
            "taxes_included": True,
            "tax_rate": TAX_RATE,
            "oversell": True,
        }
        if order.customer is not None:
            wish["customer"] = {
                "name": f"Customer {order.customer}",
                "email": f"{order.customer}@customers.example",
                "country": order.country,
            }
        if order.freight:
            first = order.freight[0]
            wish["shipping"] = {
                "price": price_text(freight),
                "title": first.title,
                "code": first.code,
            }
        placed = self.controls.control(self.shop, "place_order", **wish)
        if isinstance(placed, dict) and "id" in placed:
            self.placed[order.key] = placed
        else:
            self.refused.append(order.key)

    def refund(self, refund: ShopRefund) -> None:
        placed = self.placed[refund.order_key]
        self.refunded.add(str(placed["id"]))
        lines = placed["lines"]
        if not isinstance(lines, list):
            raise TypeError("an order without lines")
        chosen: dict[str, int] = {}
        for line in refund.lines:
            if line.part is RefundPart.LINE and line.index is not None and line.quantity:
                row = lines[line.index]
                name = str(row["id"]) if isinstance(row, dict) else ""
                chosen[name] = chosen.get(name, 0) + line.quantity
        rows: list[Json] = [{"line": name, "quantity": units} for name, units in chosen.items()]
        self.controls.control(
            self.shop,
            "refund",
            order=placed["id"],
            lines=rows,
            restock=False,
            freight=any(line.part is RefundPart.FREIGHT for line in refund.lines),
            amount=price_text(refund.total_minor),
        )

    def correction(self, correction: Correction) -> None:
        plant, storage_location = external(self.retailer, self.erp, self.retailer.locations[0].name)
        self.controls.control(
            self.erp,
            "move_stock",
            sku=correction.sku,
            plant=plant,
            storage_location=storage_location,
            quantity=str(correction.quantity),
        )

    def prices(self, changes: Iterable[tuple[str, int]], *, tell: bool) -> int:
        """Change base prices in the ERP; untold ones wait for the next poll."""
        count = 0
        for sku, minor in changes:
            self.controls.control(
                self.erp, "set_price", sku=sku, amount=price_text(minor), tell=tell
            )
            count += 1
        return count

    def deliver_all(self, *, share: int) -> int:
        """Ship `share` of a hundred orders whole, none of those refunded; how many left."""
        orders = self.controls.control(self.erp, "orders")
        count = 0
        for number, order in enumerate(orders if isinstance(orders, list) else []):
            if not isinstance(order, dict) or number % 100 >= share or _delivered(order):
                continue
            if str(order["reference"]).rsplit("-", 1)[-1] not in self.refunded:
                tracking = f"JJD{order['number']}"
                name = str(order["number"])
                self.controls.control(self.erp, "deliver", order=name, tracking=tracking)
                count += 1
        return count


def _delivered(order: dict[str, Json]) -> bool:
    items = order["items"]
    if not isinstance(items, list):
        return False
    return any(isinstance(item, dict) and item["delivered"] != "0" for item in items)


def _line(line: ShopLine) -> dict[str, Json]:
    wish: dict[str, Json] = {
        "quantity": line.quantity,
        "sku": line.sku or "",
        "title": line.title or line.sku or "Item",
        "price": price_text(line.unit_price_minor),
    }
    if line.discount_minor:
        wish["discount"] = {"amount": price_text(line.discount_minor), "title": "Discount"}
    return wish


def history(day: Day) -> Iterator[ShopOrder]:
    """What the shop sold before it was connected: its stock has been counted since."""
    yield from (o for o in day.orders if o.kind is OrderKind.HISTORY)


def in_time_order(day: Day) -> Iterator[ShopOrder | ShopRefund | Correction]:
    """Sales, refunds and corrections of the day as they came."""
    events: list[tuple[datetime, int, ShopOrder | ShopRefund | Correction]] = [
        *((o.placed_at, 0, o) for o in day.orders if o.kind is OrderKind.SALE),
        *((c.at, 1, c) for c in day.corrections),
        *((r.at, 2, r) for r in day.refunds),
    ]
    yield from (event for _, _, event in sorted(events, key=lambda e: e[:2]))


def third(day: Day) -> Sequence[tuple[str, int]]:
    """New prices for a third of the catalogue: the day's own changes first."""
    changes = {p.sku: p.amount_minor for p in day.price_points}
    wanted = len(day.opening_prices) // 3
    for number, (sku, minor) in enumerate(sorted(day.opening_prices.items())):
        if len(changes) >= wanted:
            break
        if number % 3 == 0 and sku not in changes:
            changes[sku] = minor + 10 + number % 50
    return list(changes.items())
