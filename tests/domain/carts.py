"""Carts as shoppers fill them, posted as orders: right to the cent, by Hypothesis or by seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from hypothesis import strategies as st

from shared.model.base import Json
from shared.model.money import Money, split

CURRENCIES = ("GBP", "EUR")


class Choices(Protocol):
    """Who fills the cart: Hypothesis, or a seeded generator where there are many."""

    def between(self, least: int, most: int) -> int: ...

    def whether(self) -> bool: ...

    def one_of(self, names: Sequence[str]) -> str: ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """What Hypothesis draws, so that it can make a cart smaller."""

    draw: st.DrawFn

    def between(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def whether(self) -> bool:
        return self.draw(st.booleans())

    def one_of(self, names: Sequence[str]) -> str:
        return self.draw(st.sampled_from(names))


@dataclass(frozen=True, slots=True)
class Seeded:
    """The carts of one seed, the same every time."""

    random: Random

    def between(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def whether(self) -> bool:
        return self.random.random() < 0.5

    def one_of(self, names: Sequence[str]) -> str:
        return self.random.choice(names)


@dataclass(slots=True)
class Part:
    """One line, or one way of shipping, in minor units."""

    line_id: str
    title: str
    unit_price: int
    sku: str = ""
    quantity: int = 1
    off: list[int] = field(default_factory=list)
    tax: int = 0

    @property
    def net(self) -> int:
        return self.unit_price * self.quantity - sum(self.off)


@st.composite
def carts(draw: st.DrawFn) -> dict[str, Json]:
    return cart(Drawn(draw))


def cart(choose: Choices) -> dict[str, Json]:
    """The body of POST /v1/orders for a cart: discounts, tax either way, shipping, tips, tenders.

    Prices, discounts and taxes are what a shop may charge, not what any rate times any price is.
    """
    currency = choose.one_of(CURRENCIES)
    included = choose.whether()
    lines = [_line(choose, str(i)) for i in range(1, choose.between(1, 6) + 1)]
    if choose.whether():
        lines.append(Part("tip", "Tip", choose.between(1, 2000), sku="HAT-M"))
    shipping = [_shipping(choose) for _ in range(choose.between(0, 2))]
    _divide(choose, lines)
    parts = [*lines, *shipping]
    taxes = sum(part.tax for part in parts)
    due = sum(part.net for part in parts) + (0 if included else taxes)

    def text(amount: int) -> str:
        return Money(amount=amount, currency=currency).text()

    return {
        "channel": "shop",
        "order_id": "W-1",
        "placed_at": "2026-11-27T09:00:00Z",
        "currency": currency,
        "taxes_included": included,
        "lines": [_said_line(part, text) for part in lines],
        "shipping": [{**_said(part, text), "price": text(part.unit_price)} for part in shipping],
        "payments": _tenders(choose, due, text),
        "total": text(due),
        "total_tax": text(taxes),
    }


def _line(choose: Choices, line_id: str) -> Part:
    sku = choose.one_of(["HAT-M", "HAT-S"])
    units, price = choose.between(1, 40), choose.between(0, 50_000)
    return _reduced(choose, Part(line_id, "Hat", price, sku=sku, quantity=units))


def _shipping(choose: Choices) -> Part:
    return _reduced(choose, Part("post", "Post", choose.between(0, 3000)))


def _reduced(choose: Choices, part: Part) -> Part:
    off = choose.between(0, part.net) if choose.whether() else 0
    part.off += [off] if off else []
    if choose.whether():
        part.tax = choose.between(0, part.net // 4)
    return part


def _divide(choose: Choices, lines: list[Part]) -> None:
    """An order's discount over its lines by their worth; the parts sum to the whole."""
    worth = [line.net for line in lines]
    if not any(worth) or not choose.whether():
        return
    whole = choose.between(0, sum(worth) // 2)
    for line, off in zip(lines, split(whole, worth), strict=True):
        line.off += [off] if off else []


def _said_line(part: Part, text: Callable[[int], str]) -> Json:
    return {
        **_said(part, text),
        "unit_price": text(part.unit_price),
        "line_id": part.line_id,
        "sku": part.sku,
        "quantity": part.quantity,
    }


def _said(part: Part, text: Callable[[int], str]) -> dict[str, Json]:
    tax: list[Json] = [{"title": "VAT", "rate": "0.2", "amount": text(part.tax)}]
    return {
        "title": part.title,
        "discounts": [{"title": "off", "amount": text(off)} for off in part.off],
        "taxes": tax if part.tax else [],
    }


def _tenders(choose: Choices, due: int, text: Callable[[int], str]) -> list[Json]:
    """Card and gift card, together what is due."""
    gift = choose.between(0, due) if choose.whether() else 0
    tenders = [("card", due - gift), ("gift_card", gift)]
    return [
        {"reference": f"T{i}", "gateway": name, "kind": "capture", "amount": text(amount)}
        for i, (name, amount) in enumerate(tenders)
        if amount
    ]
