"""What shoppers and staff do: place orders, refund, cancel, hold. Amounts are computed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sandbox.vendors.shopify.baskets import (
    Basket,
    Customer,
    WishedDiscount,
    WishedLine,
    WishedShipping,
)
from sandbox.vendors.shopify.state import (
    Allocation,
    Freight,
    Level,
    Line,
    Order,
    PlacedLine,
    Placement,
    Refund,
    RefundedFreight,
    RefundLine,
    Shop,
    Tax,
)
from sandbox.vendors.shopify.tills import Tills
from shared.model.money import split


class SoldOut(Exception):  # noqa: N818 - an answer to a shopper, not an error of ours
    """The shop has not enough of an article."""

    def __init__(self, sku: str) -> None:
        super().__init__(sku)
        self.sku = sku


def _rounded(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_UP))


@dataclass(slots=True)
class Checkout:
    shop: Shop
    _placed: int = field(default=0)

    @property
    def tills(self) -> Tills:
        return Tills(self.shop)

    def place(self, basket: Basket, now: datetime) -> Order:
        """Sell: totals to the cent, stock committed where it lies, one fulfilment order a place."""
        if basket.currency not in {None, self.shop.currency}:
            raise ValueError(f"the shop sells in {self.shop.currency}")
        lines = [self._line(wish) for wish in basket.lines]
        self._divide(basket.discount, lines)
        freight = self._freight(basket.shipping)
        parts: list[Line | Freight] = [*lines, *freight]
        for part in parts:
            self._tax(part, Decimal(basket.tax_rate), included=basket.taxes_included)
        places = self._places(lines, oversell=basket.oversell)
        self._placed += 1
        order = Order(
            order_id=self.shop.next(),
            number=1000 + self._placed,
            created_at=basket.created_at or now,
            updated_at=now,
            taxes_included=basket.taxes_included,
            lines=lines,
            freight=freight,
            test=basket.test,
        )
        self._address(order, basket.customer)
        self._commit(order, places)
        order.risk, order.terms_days = basket.risk, basket.terms_days
        order.shown_in, order.rate = basket.shown_in or "", basket.rate
        if basket.gift_card is not None:
            self.tills.redeem(order, self.shop.minor(basket.gift_card))
        if basket.paid != "nothing":
            self.pay(order, basket.paid, now, basket.expires_at)
        self.shop.orders[order.order_id] = order
        return order

    def refund(
        self,
        order: Order,
        lines: Sequence[tuple[Line, int]],
        now: datetime,
        *,
        restock: bool,
        amount: int | None,
        freight: bool = False,
        postage: RefundedFreight | None = None,
        tenders: Mapping[str, int] | None = None,
    ) -> Refund:
        """Give money back for units, taking what was not sent off the fulfilment orders.

        With `freight` also all of what was paid for shipping, else `postage` of it. Never more
        than was paid.
        """
        rows = [self._refunded(order, line, quantity, restock) for line, quantity in lines]
        posts = [_post(part) for part in order.freight] if freight else []
        posts += [postage] if postage is not None else []
        return self.give(order, rows, posts, now, amount=amount, tenders=tenders)

    def give(
        self,
        order: Order,
        rows: list[RefundLine],
        posts: list[RefundedFreight],
        now: datetime,
        *,
        amount: int | None,
        return_id: int | None = None,
        tenders: Mapping[str, int] | None = None,
    ) -> Refund:
        """Give money back: so much, or what these parts are worth; never more than is left.

        `tenders` says by gateway how much of it; else the payments give back in their order.
        """
        tax = sum(row.tax for row in rows) + sum(post.tax for post in posts)
        worth = sum(row.subtotal for row in rows) + sum(post.subtotal for post in posts)
        due = worth + (0 if order.taxes_included else tax)
        total = self.tills.due(order, due) if amount is None else amount
        refund = Refund(self.shop.next(), now, total, rows, posts, return_id)
        self.tills.give(order, refund, tenders)
        order.refunds.append(refund)
        self.shop.refunds[refund.refund_id] = order.order_id
        order.updated_at = now
        return refund

    def pay(
        self, order: Order, kind: str, now: datetime, expires_at: datetime | None = None
    ) -> None:
        """What is not paid yet is authorised, captured or sold."""
        made = self.tills.take(order, kind.upper(), order.total - self.tills.taken(order), now)
        made.expires_at = expires_at if kind == "authorization" else None

    def pay_more(self, order: Order, amount: int, now: datetime) -> None:
        """Something is paid beside what the order came to at first."""
        if amount:
            self.tills.take(order, "SALE", amount, now)

    def edit(self, order: Order, line: Line, units: int, now: datetime) -> None:
        """Staff bring a line to so many units that are not sent or refunded yet."""
        current = line.quantity - line.removed - line.refunded
        unsent = sum(
            placed.remaining
            for placement in order.placements
            for placed in placement.lines
            if placed.line_id == line.line_id
        )
        if units < current - unsent:
            raise ValueError(f"line {line.line_id}: {current - unsent} units are fulfilled already")
        if units > current:
            line.quantity += units - current
            self._commit(order, [(order.placements[0].location_id, line, units - current)])
        self._remove(order, line, max(0, current - units))
        order.updated_at = now

    def reprice(self, order: Order, line: Line, off: WishedDiscount, now: datetime) -> None:
        """Staff give so much off a line instead of what was given."""
        line.discounts = [self._allocation(off)]
        order.updated_at = now

    def reship(self, order: Order, wish: WishedShipping | None, now: datetime) -> None:
        """Staff have the order sent for another price, or for none."""
        order.freight = self._freight(wish)
        order.updated_at = now

    def add(self, order: Order, wish: WishedLine, now: datetime) -> Line:
        """Staff add a line; it is sent from where the rest of the order is."""
        line = self._line(wish)
        order.lines.append(line)
        self._commit(order, [(order.placements[0].location_id, line, line.quantity)])
        order.updated_at = now
        return line

    def _remove(self, order: Order, line: Line, units: int) -> None:
        line.removed += units
        for placement in order.placements:
            for placed in placement.lines:
                taken = min(units, placed.remaining) if placed.line_id == line.line_id else 0
                if taken:
                    self._release(order, placement, placed, taken, restock=True)
                    units -= taken

    def cancel(self, order: Order, now: datetime) -> None:
        """Nothing more is sent; what was committed may be sold again."""
        for placement in order.placements:
            for placed in placement.lines:
                self._release(order, placement, placed, placed.remaining, restock=True)
            if placement.status != "CLOSED":
                placement.status = "CANCELLED"
        order.cancelled_at = order.updated_at = now

    def _line(self, wish: WishedLine) -> Line:
        if wish.quantity < 1:
            raise ValueError("a line needs a quantity of at least one")
        found = self.shop.skus.get(wish.sku) if wish.sku else None
        variant = self.shop.variants.get(found or 0)
        if variant is None and (wish.price is None or wish.title is None):
            raise ValueError(f"no article {wish.sku!r}; a custom line needs a title and a price")
        product = self.shop.products[variant.product_id] if variant else None
        line = Line(
            line_id=self.shop.next(),
            variant_id=variant.variant_id if variant else None,
            sku=wish.sku,
            title=wish.title or (product.title if product else ""),
            quantity=wish.quantity,
            unit_price=self.shop.minor(wish.price)
            if wish.price is not None
            else (variant.price if variant else 0),
        )
        if wish.discount is not None:
            line.discounts.append(self._allocation(wish.discount))
        return line

    def _allocation(self, wish: WishedDiscount, amount: int | None = None) -> Allocation:
        kind = "DiscountCodeApplication" if wish.code else "ManualDiscountApplication"
        off = self.shop.minor(wish.amount) if amount is None else amount
        return Allocation(kind, wish.code or wish.title or "discount", off)

    def _divide(self, wish: WishedDiscount | None, lines: Sequence[Line]) -> None:
        """An order's discount over its lines by their worth; the parts sum to the whole."""
        weights = [line.net for line in lines]
        if wish is None or not any(weights):
            return
        for line, part in zip(lines, split(self.shop.minor(wish.amount), weights), strict=True):
            line.discounts.append(self._allocation(wish, part))

    def _freight(self, wish: WishedShipping | None) -> list[Freight]:
        if wish is None:
            return []
        return [Freight(wish.title, wish.code, self.shop.minor(wish.price))]

    def _tax(self, part: Line | Freight, rate: Decimal, *, included: bool) -> None:
        if not rate:
            return
        net = part.net if isinstance(part, Line) else part.price
        amount = Decimal(net) - Decimal(net) / (1 + rate) if included else Decimal(net) * rate
        part.taxes.append(Tax("VAT", str(rate), _rounded(amount)))

    def _address(self, order: Order, customer: Customer | None) -> None:
        if customer is None:
            return
        order.customer_id = self.shop.next()
        order.email = customer.email
        order.address = {
            "name": customer.name,
            "address1": customer.address1,
            "city": customer.city,
            "zip": customer.zip,
            "countryCodeV2": customer.country,
            "phone": customer.phone,
        }

    def _places(self, lines: Sequence[Line], *, oversell: bool) -> list[tuple[int, Line, int]]:
        """(place, line, units): one place for everything if any can, else line by line."""
        wanted = _by_variant(lines)
        primary = next(iter(self.shop.locations))
        for place in self.shop.locations:
            if all(self._at(variant, place) >= units for variant, units in wanted.items()):
                return [(place, line, line.quantity) for line in lines]
        left = {v: {p: self._at(v, p) for p in self.shop.locations} for v in wanted}
        found: list[tuple[int, Line, int]] = []
        for line in lines:
            parts = _spread(line, left.get(line.variant_id or 0, {primary: line.quantity}))
            short = line.quantity - sum(units for _, units in parts)
            if short and not oversell:
                raise SoldOut(line.sku)
            found += [(place, line, units) for place, units in parts]
            found += [(primary, line, short)] if short else []
        return found

    def _at(self, variant_id: int, place: int) -> int:
        variant = self.shop.variants[variant_id]
        if not variant.tracked:
            return 1_000_000
        level = variant.levels.get(place)
        return level.available if level else 0

    def _commit(self, order: Order, places: Sequence[tuple[int, Line, int]]) -> None:
        by_place: dict[int, Placement] = {}
        for place, line, units in places:
            placement = by_place.get(place)
            if placement is None:
                placement = by_place[place] = Placement(self.shop.next(), place)
                self.shop.placements[placement.placement_id] = order.order_id
                order.placements.append(placement)
            placed = PlacedLine(self.shop.next(), line.line_id, units, units)
            placement.lines.append(placed)
            level = self._level(line, place)
            if level is not None:
                level.available -= units
                level.committed += units

    def _level(self, line: Line, place: int) -> Level | None:
        variant = self.shop.variants.get(line.variant_id or 0)
        if variant is None or not variant.tracked:
            return None
        return variant.levels.setdefault(place, Level())

    def _refunded(self, order: Order, line: Line, quantity: int, restock: bool) -> RefundLine:  # noqa: FBT001
        subtotal, taxed = self.worth(line, quantity)
        rest = quantity
        place = None
        for placement in order.placements:
            for placed in placement.lines:
                if placed.line_id == line.line_id and placed.remaining and rest:
                    taken = min(rest, placed.remaining)
                    self._release(order, placement, placed, taken, restock=restock)
                    rest, place = rest - taken, placement.location_id
        if rest and restock:
            place = order.placements[0].location_id
            level = self._level(line, place)
            if level is not None:
                level.available += rest
        kind = "NO_RESTOCK" if not restock else "RETURN" if rest else "CANCEL"
        return RefundLine(line.line_id, quantity, subtotal, taxed, kind, place)

    def worth(self, line: Line, quantity: int) -> tuple[int, int]:
        """(amount, tax) of the next so many units of a line that money goes back for."""
        if not 0 < quantity <= line.quantity - line.removed - line.refunded:
            raise ValueError(f"line {line.line_id} has not {quantity} units to refund")
        units = [1] * (line.quantity - line.removed)
        given = slice(line.refunded, line.refunded + quantity)
        line.refunded += quantity
        return sum(split(line.net, units)[given]), sum(split(line.tax, units)[given])

    def _release(
        self, order: Order, placement: Placement, placed: PlacedLine, units: int, *, restock: bool
    ) -> None:
        """Units that will not be sent: free again, or written off."""
        placed.remaining -= units
        level = self._level(order.line(placed.line_id), placement.location_id)
        if level is not None:
            level.committed -= units
            level.available += units if restock else 0
        if not any(line.remaining for line in placement.lines):
            placement.status = "CLOSED"


def _post(part: Freight) -> RefundedFreight:
    return RefundedFreight(part.price, sum(tax.amount for tax in part.taxes))


def _spread(line: Line, left: dict[int, int]) -> list[tuple[int, int]]:
    """(place, units) of a line, taken off what is left there; may fall short."""
    rest, found = line.quantity, []
    for place, units in left.items():
        taken = min(rest, max(units, 0))
        if taken:
            found.append((place, taken))
            left[place] -= taken
            rest -= taken
    return found


def _by_variant(lines: Sequence[Line]) -> Mapping[int, int]:
    wanted: dict[int, int] = {}
    for line in lines:
        if line.variant_id is not None:
            wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
    return wanted
