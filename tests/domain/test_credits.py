"""Refunds part by part: whatever is refunded in whatever steps, the cents add up."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.credits import Credit, OverRefund, credits_of
from shared.model.money import Money, split
from shared.model.order import (
    Discount,
    Order,
    OrderLine,
    Refund,
    RefundedFreight,
    RefundLine,
    ShippingLine,
    TaxLine,
)
from tests.domain.test_orders import gbp, line, order
from tests.domain.world import NOW

VAT = TaxLine(title="VAT", rate=Decimal("0.2"), amount=gbp(0))


def taxed(amount: int, title: str = "VAT") -> TaxLine:
    return TaxLine(title=title, rate=Decimal("0.2"), amount=gbp(amount))


def refund(total: int, *lines: RefundLine, freight: tuple[int, int] | None = None) -> Refund:
    back = RefundedFreight(amount=gbp(freight[0]), tax=gbp(freight[1])) if freight else None
    return Refund(refund_id=str(total), created_at=NOW, total=gbp(total), lines=lines, freight=back)


def back(line_id: str, quantity: int, amount: int, tax: int = 0, **over: bool) -> RefundLine:
    return RefundLine(line_id=line_id, quantity=quantity, amount=gbp(amount), tax=gbp(tax), **over)


def credited(placed: Order, *refunds: Refund) -> tuple[Credit, ...]:
    found = credits_of(placed, refunds)
    assert not isinstance(found, OverRefund)
    return found


def test_a_returned_unit_goes_back_at_what_was_paid_for_it() -> None:
    placed = order(line("1", quantity=2, taxes=(taxed(334),)), total=2000)
    (one,) = credited(placed, refund(1000, back("1", 1, 1000, 167, restock=True)))
    assert (one.line_id, one.quantity, one.restock) == ("1", 1, True)
    assert (one.net, one.taxes) == (gbp(833), {"VAT": gbp(167)})


def test_goodwill_without_a_line_is_divided_over_what_is_left() -> None:
    placed = order(line("1", quantity=1, price=900), line("2", quantity=1, price=300), total=1200)
    found = credited(placed, refund(101))
    assert {c.line_id: c.gross.amount for c in found} == {"1": 76, "2": 25}
    assert {c.quantity for c in found} == {0}


def test_a_fee_kept_back_lowers_what_the_named_lines_give_back() -> None:
    placed = order(line("1", quantity=1, price=900), total=900)
    (one,) = credited(placed, refund(850, back("1", 1, 900)))
    assert (one.quantity, one.gross) == (1, gbp(850))


def test_refunded_freight_is_told_apart_from_goods() -> None:
    shipping = ShippingLine(title="Post", code="P", price=gbp(480), taxes=(taxed(80),))
    placed = order(line("1", quantity=1, price=900), shipping=(shipping,), total=1380)
    (one,) = credited(placed, refund(480, freight=(480, 80)))
    assert (one.line_id, one.net, one.tax) == (None, gbp(400), gbp(80))


def test_more_than_was_paid_is_refused_with_what_is_left() -> None:
    placed = order(line("1", quantity=1, price=900), total=900)
    refunds = [refund(800, back("1", 1, 800)), refund(200)]
    assert credits_of(placed, refunds) == OverRefund(stated=gbp(200), left=gbp(100))


def test_a_line_that_was_edited_away_goes_back_as_goodwill() -> None:
    placed = order(line("1", quantity=1, price=900), total=900)
    found = credited(placed, refund(100, back("9", 0, 100)))
    assert [(c.line_id, c.gross) for c in found] == [("1", gbp(100))]


TITLES = ("VAT", "state", "county")


@st.composite
def parts(draw: st.DrawFn, amount: int, *, included: bool) -> tuple[TaxLine, ...]:
    titles = draw(st.lists(st.sampled_from(TITLES), unique=True, max_size=3))
    most = amount // 5 if included else amount
    return tuple(taxed(draw(st.integers(0, max(most // 3, 0))), title) for title in titles)


@st.composite
def carts(draw: st.DrawFn) -> Order:
    included = draw(st.booleans())
    lines: list[OrderLine] = []
    for number in range(draw(st.integers(1, 4))):
        quantity = draw(st.integers(1, 7))
        price = draw(st.integers(0, 20_000))
        off = draw(st.integers(0, quantity * price))
        lines.append(
            line(
                str(number),
                quantity=quantity,
                price=price,
                discounts=(Discount(title="off", amount=gbp(off)),) if off else (),
                taxes=draw(parts(quantity * price - off, included=included)),
            )
        )
    freight: tuple[ShippingLine, ...] = ()
    if draw(st.booleans()):
        price = draw(st.integers(0, 2_000))
        taxes = draw(parts(price, included=included))
        freight = (ShippingLine(title="Post", code="P", price=gbp(price), taxes=taxes),)
    made = order(*lines, shipping=freight, taxes_included=included)
    due = made.goods() - made.discounts() + made.freight()
    return made.model_copy(update={"total": due if included else due + made.taxes()})


@st.composite
def stories(draw: st.DrawFn) -> tuple[Order, list[Refund]]:
    """An order, refunds of units as a shop works them out, goodwill and fees; then all the rest."""
    placed = draw(carts())
    left = placed.total.amount
    gone: Counter[str] = Counter()
    refunds: list[Refund] = []
    for _ in range(draw(st.integers(0, 5))):
        lines = [
            _units(each, gone, draw(st.integers(0, each.quantity - gone[each.line_id])))
            for each in placed.lines
        ]
        lines = [each for each in lines if each.quantity]
        due = sum(
            each.amount.amount + (0 if placed.taxes_included else each.tax.amount) for each in lines
        )
        total = min(left, max(0, due + draw(st.integers(-300, 300))))
        refunds.append(refund(total, *lines))
        left -= total
    refunds.append(refund(left))
    return placed, refunds


def _units(each: OrderLine, gone: Counter[str], quantity: int) -> RefundLine:
    units = [1] * each.quantity
    start = gone[each.line_id]
    gone[each.line_id] += quantity
    worth = each.unit_price.amount * each.quantity - sum(d.amount.amount for d in each.discounts)
    tax = sum(t.amount.amount for t in each.taxes)
    return back(
        each.line_id,
        quantity,
        sum(split(worth, units)[start : start + quantity]),
        sum(split(tax, units)[start : start + quantity]),
    )


@given(stories())
def test_each_refund_is_credited_to_the_cent_and_all_of_them_are_what_was_paid(
    story: tuple[Order, list[Refund]],
) -> None:
    placed, refunds = story
    every = [credited(placed, *refunds[: n + 1]) for n in range(len(refunds))]
    for told, found in zip(refunds, every, strict=True):
        assert sum(c.gross.amount for c in found) == told.total.amount
    assert _by_tax(every) == _paid_taxes(placed)
    assert _by_line(every) == _paid_lines(placed)


def _by_tax(every: Sequence[Sequence[Credit]]) -> Counter[tuple[str | None, str]]:
    found: Counter[tuple[str | None, str]] = Counter()
    for credit in (c for given_ in every for c in given_):
        for title, amount in credit.taxes.items():
            assert amount.amount >= 0
            found[credit.line_id, title] += amount.amount
    return +found


def _paid_taxes(placed: Order) -> Counter[tuple[str | None, str]]:
    found: Counter[tuple[str | None, str]] = Counter()
    for each in placed.lines:
        for tax in each.taxes:
            found[each.line_id, tax.title] += tax.amount.amount
    for post in placed.shipping:
        for tax in post.taxes:
            found[None, tax.title] += tax.amount.amount
    return +found


def _by_line(every: Sequence[Sequence[Credit]]) -> Counter[str | None]:
    found: Counter[str | None] = Counter()
    for credit in (c for given_ in every for c in given_):
        assert credit.net.amount >= 0
        found[credit.line_id] += credit.gross.amount
    return +found


def _paid_lines(placed: Order) -> Counter[str | None]:
    found: Counter[str | None] = Counter()
    for each in placed.lines:
        paid = each.unit_price * each.quantity
        found[each.line_id] += paid.amount - sum(d.amount.amount for d in each.discounts)
        if not placed.taxes_included:
            found[each.line_id] += sum(t.amount.amount for t in each.taxes)
    found[None] += placed.total.amount - sum(found.values())
    return +found


@given(stories(), st.integers(1, 10_000))
def test_nothing_is_credited_beyond_what_was_paid(
    story: tuple[Order, list[Refund]], more: int
) -> None:
    placed, refunds = story
    over = credits_of(placed, [*refunds, refund(more)])
    assert over == OverRefund(stated=gbp(more), left=Money(amount=0, currency="GBP"))
