"""What shoppers and the seller do with orders: place, pay, cancel. Amounts are computed here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from sandbox.vendors.amazon.order_views import order_view
from sandbox.vendors.amazon.state import Item, Listing, Order, Seller
from shared.model.base import Json

CATEGORIES = ("SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER")


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WishedLine(Wish):
    """`price` of one unit as a decimal text; the listing's own without it. Amounts are per line."""

    sku: str
    quantity: int = 1
    price: str | None = None
    amounts: Mapping[Literal["SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER"], str] = {}
    discounts: Mapping[Literal["ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE"], str] = {}


class Basket(Wish):
    """A `pending` order tells no prices. `oversell` places it whatever is available.

    Its goods are to leave within `ship_hours`.
    """

    lines: tuple[WishedLine, ...]
    tax_rate: str = "0"
    tip: str = "0"
    pending: bool = False
    oversell: bool = False
    fulfilled_by: Literal["MERCHANT", "AMAZON"] = "MERCHANT"
    created_at: AwareDatetime | None = None
    buyer: str = "Test Buyer"
    ship_hours: int = 48


class SoldOut(Exception):  # noqa: N818 - an answer to a shopper, not an error of ours
    """Amazon offers fewer of an article."""

    def __init__(self, sku: str) -> None:
        super().__init__(sku)
        self.sku = sku


@dataclass(slots=True)
class Checkout:
    """`tax` is how amounts are stated: without it, with it, or without what Amazon withholds."""

    seller: Seller
    now: Callable[[], datetime]
    tax: Literal["excluded", "included", "withheld"]
    discount_sign: int
    cancelled_units: Literal["kept", "zero"]

    def place(self, basket: Basket) -> Order:
        now = self.now()
        listings = [(self._listing(line.sku), line) for line in basket.lines]
        for listing, line in listings:
            if not basket.oversell and (listing.quantity(now) or 0) < line.quantity:
                raise SoldOut(line.sku)
        number = self.seller.next()
        order = Order(
            order_id=f"303-{number // 10**7:07}-{number % 10**7:07}",
            created_at=basket.created_at or now,
            updated_at=now,
            status="PENDING" if basket.pending else "UNSHIPPED",
            fulfilled_by=basket.fulfilled_by,
            items=[self._item(listing, line, basket) for listing, line in listings],
            tip=self.seller.minor(basket.tip),
            buyer=basket.buyer,
            ship_hours=basket.ship_hours,
        )
        for listing, line in listings:
            left = (listing.quantity(now) or 0) - line.quantity
            stock = listing.stocks.at(now) or {"fulfillment_channel_code": "DEFAULT"}
            listing.stocks.set(now, {**stock, "quantity": max(left, 0)})
        self.seller.orders[order.order_id] = order
        self.told(order)
        return order

    def pay(self, order: Order) -> None:
        if order.status != "PENDING":
            raise ValueError(f"order {order.order_id} is not pending")
        order.status = "UNSHIPPED"
        self.changed(order)

    def cancel(self, order: Order, by: str) -> None:
        for item in order.items:
            self.cancel_item(order, item, by)
        order.status = "CANCELLED"
        self.changed(order)

    def cancel_item(self, order: Order, item: Item, by: str) -> None:
        """Take what was not shipped of one item out of the order, and its amounts with it."""
        item.cancelled += item.open
        item.cancelled_by = by
        item.amounts = dict.fromkeys(item.amounts, 0)
        item.discounts, item.tax = {}, {}
        self.changed(order)

    def changed(self, order: Order) -> None:
        order.updated_at = self.now()
        self.told(order)

    def told(self, order: Order) -> None:
        view = order_view(self.seller, order, self)
        order.told.set(self.now(), view)

    def grand_total(self, order: Order) -> int:
        parts = sum(sum(i.amounts.values()) - sum(i.discounts.values()) for i in order.items)
        tax = sum(sum(item.tax.values()) for item in order.items)
        return parts + order.tip + (tax if self.tax == "excluded" else 0)

    def _listing(self, sku: str) -> Listing:
        listing = self.seller.listings.get(sku)
        if listing is None:
            raise ValueError(f"no listing {sku!r}")
        return listing

    def _item(self, listing: Listing, line: WishedLine, basket: Basket) -> Item:
        if line.quantity < 1:
            raise ValueError("a line needs a quantity of at least one")
        unit = line.price
        if unit is None:
            price = listing.price(self.now())
            if price is None:
                raise ValueError(f"{line.sku} has no price")
            unit = f"{price:f}"
        minor = self.seller.minor
        amounts = {"ITEM": minor(unit) * line.quantity}
        amounts |= {kind: minor(text) for kind, text in line.amounts.items()}
        discounts: dict[str, int] = {kind: minor(text) for kind, text in line.discounts.items()}
        rate = Decimal(basket.tax_rate)
        tax = {
            kind: self._tax(amount - discounts.get(kind, 0), rate)
            for kind, amount in amounts.items()
        }
        return Item(
            item_id=f"{70_000_000_000_000 + self.seller.next()}",
            sku=line.sku,
            title=listing.title,
            quantity=line.quantity,
            amounts=amounts,
            discounts=discounts,
            tax={kind: amount for kind, amount in tax.items() if amount},
        )

    def _tax(self, net: int, rate: Decimal) -> int:
        amount = Decimal(net)
        share = amount - amount / (1 + rate) if self.tax == "included" else amount * rate
        return int(share.to_integral_value(ROUND_HALF_UP))


def described(checkout: Checkout, order: Order) -> dict[str, Json]:
    """Ids and totals, in minor units, and what became of the order."""
    return {
        "id": order.order_id,
        "status": order.status,
        "total": checkout.grand_total(order),
        "tax": sum(sum(item.tax.values()) for item in order.items),
        "currency": checkout.seller.currency,
        "lines": [
            {"id": i.item_id, "sku": i.sku, "quantity": i.quantity, "open": i.open}
            for i in order.items
        ],
        "packages": [
            {
                "reference": p.reference,
                "number": p.tracking_number,
                "carrier": p.carrier,
                "items": dict[str, Json](p.items),
            }
            for p in order.packages
        ],
    }
