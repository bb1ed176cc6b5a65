"""Carts as shoppers fill them, posted as orders: sums right to the cent, by Hypothesis."""

from decimal import Decimal

from hypothesis import strategies as st

from shared.model.base import Json
from shared.model.money import Money, split

CURRENCIES = ("GBP", "EUR")


@st.composite
def carts(draw: st.DrawFn) -> dict[str, Json]:
    """The body of POST /v1/orders for a cart: discounts, tax either way, shipping, tips, tenders.

    Prices, discounts and taxes are what a shop may charge, not what any rate times any price is.
    """
    currency = draw(st.sampled_from(CURRENCIES))
    included = draw(st.booleans())
    lines = [draw(_line(str(i))) for i in range(1, draw(st.integers(1, 6)) + 1)]
    if draw(st.booleans()):
        tip = draw(st.integers(1, 2000))
        lines.append(_part("tip", sku="HAT-M", title="Tip", quantity=1, unit_price=tip))
    shipping = [draw(_shipping()) for _ in range(draw(st.integers(0, 2)))]
    _divide(draw, lines)
    parts = [*lines, *shipping]
    total = sum(part["net"] for part in parts)  # type: ignore[misc]
    taxes = sum(part["tax"] for part in parts)  # type: ignore[misc]
    due = total if included else total + taxes

    def text(amount: object) -> str:
        return Money(amount=int(str(amount)), currency=currency).text()

    return {
        "channel": "shop",
        "order_id": "W-1",
        "placed_at": "2026-11-27T09:00:00Z",
        "currency": currency,
        "taxes_included": included,
        "lines": [_said_line(part, text) for part in lines],
        "shipping": [_said_shipping(part, text) for part in shipping],
        "payments": draw(_tenders(due, text)),
        "total": text(due),
        "total_tax": text(taxes),
    }


def _part(line_id: str, **fields: object) -> dict[str, object]:
    part = {"line_id": line_id, "off": [], "tax": 0, **fields}
    part["net"] = int(str(part["unit_price"])) * int(str(part.get("quantity", 1)))
    return part


@st.composite
def _line(draw: st.DrawFn, line_id: str) -> dict[str, object]:
    part = _part(
        line_id,
        sku=draw(st.sampled_from(["HAT-M", "HAT-S"])),
        title="Hat",
        quantity=draw(st.integers(1, 40)),
        unit_price=draw(st.integers(0, 50_000)),
    )
    return _reduced(draw, part)


@st.composite
def _shipping(draw: st.DrawFn) -> dict[str, object]:
    part = _part("post", title="Post", quantity=1, unit_price=draw(st.integers(0, 3000)))
    return _reduced(draw, part)


def _reduced(draw: st.DrawFn, part: dict[str, object]) -> dict[str, object]:
    net = int(str(part["net"]))
    off = draw(st.integers(0, net)) if draw(st.booleans()) else 0
    part["off"] = [off] if off else []
    part["net"] = net - off
    if draw(st.booleans()):
        part["tax"] = draw(st.integers(0, (net - off) // 4))
    return part


def _divide(draw: st.DrawFn, lines: list[dict[str, object]]) -> None:
    """An order's discount over its lines by their worth; the parts sum to the whole."""
    worth = [int(str(line["net"])) for line in lines]
    if not any(worth) or not draw(st.booleans()):
        return
    whole = draw(st.integers(0, sum(worth) // 2))
    for line, off in zip(lines, split(whole, worth), strict=True):
        if off:
            line["off"] = [*line["off"], off]  # type: ignore[misc]
            line["net"] = int(str(line["net"])) - off


def _said_line(part: dict[str, object], text: object) -> Json:
    said = _said_shipping(part, text)
    assert isinstance(said, dict)
    said["unit_price"] = said.pop("price")
    return {
        **said,
        "line_id": str(part["line_id"]),
        "sku": str(part["sku"]),
        "quantity": int(str(part["quantity"])),
    }


def _said_shipping(part: dict[str, object], text: object) -> Json:
    tax = int(str(part["tax"]))
    return {
        "title": str(part["title"]),
        "price": text(part["unit_price"]),  # type: ignore[operator]
        "discounts": [{"title": "off", "amount": text(off)} for off in part["off"]],  # type: ignore[operator, attr-defined]
        "taxes": [{"title": "VAT", "rate": "0.2", "amount": text(tax)}] if tax else [],  # type: ignore[operator]
    }


@st.composite
def _tenders(draw: st.DrawFn, due: int, text: object) -> list[Json]:
    """Card and gift card, together what is due."""
    gift = draw(st.integers(0, due)) if draw(st.booleans()) else 0
    tenders = [("card", due - gift), ("gift_card", gift)]
    return [
        {"reference": f"T{i}", "gateway": name, "kind": "capture", "amount": text(amount)}  # type: ignore[operator]
        for i, (name, amount) in enumerate(tenders)
        if amount
    ]


def decimal(amount: Json) -> Decimal:
    return Decimal(str(amount))
