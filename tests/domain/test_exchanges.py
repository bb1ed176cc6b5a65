"""Exchanges: what came back is credited whole, and the books end at what the customer has paid."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import exchanges
from shared.domain.credits import OverRefund, credits_of
from shared.model.case import Case
from shared.model.order import RefundLine
from shared.model.returns import Return, ReturnLine, ReturnStatus
from tests.factories import NOW, make_case, make_line, make_money, make_order, make_refund


def exchanged(old: int, new: int, refunds: list[int], *, excluded_tax: int = 0) -> Case:
    """One unit of `old` came back for one of `new`, and so much was refunded in steps."""
    gone = make_line(quantity=1, unit_price=make_money(old))
    out = make_line(line_id="2", quantity=1, unit_price=make_money(new))
    order = make_order(lines=(gone, out), taxes_included=not excluded_tax)
    one = Return(
        return_id="shop:31",
        origin="shop",
        status=ReturnStatus.OPEN,
        told_at=NOW,
        lines=(ReturnLine(line_id="1", quantity=1),),
        exchanged=("2",),
    )
    line = RefundLine(line_id="1", quantity=1, amount=make_money(old), tax=make_money(0))
    made = [
        make_refund(
            refund_id=str(number),
            return_id="shop:31",
            total=make_money(amount),
            lines=() if number else (line,),
        )
        for number, amount in enumerate(refunds)
    ]
    return make_case(order=order, refunds=tuple(made), returns=(one,))


def credited(case: Case) -> int:
    refunds = exchanges.whole(case)
    found = 0
    for number in range(len(refunds)):
        parts = credits_of(case.order, refunds[: number + 1])
        assert not isinstance(parts, OverRefund)
        found += sum(part.gross.amount for part in parts)
    return found


def test_a_cheaper_article_is_a_refund_of_the_difference() -> None:
    assert credited(exchanged(1999, 1500, [499])) == 1999


def test_a_dearer_article_is_no_refund_and_yet_a_credit() -> None:
    assert credited(exchanged(1999, 2500, [0])) == 1999


def test_a_refund_beside_an_exchange_keeps_its_fee() -> None:
    """Two pounds more are kept than the new article costs."""
    assert credited(exchanged(1999, 1500, [299])) == 1799


def test_a_refund_of_another_return_is_left_alone() -> None:
    case = exchanged(1999, 1500, [499])
    other = make_refund(refund_id="8", total=make_money(100), return_id="shop:99")
    assert exchanges.whole(case.model_copy(update={"refunds": (other,)})) == (other,)


@settings(max_examples=40)
@given(
    old=st.integers(1, 5000),
    new=st.integers(1, 5000),
    goodwill=st.lists(st.integers(1, 50), max_size=2),
)
def test_invoices_less_credits_are_what_was_paid(old: int, new: int, goodwill: list[int]) -> None:
    refunds = [max(0, old - new), *goodwill]
    if sum(goodwill) > new:
        return
    paid = old + max(0, new - old) - sum(refunds)
    case = exchanged(old, new, refunds)
    assert old + new - credited(case) == paid
