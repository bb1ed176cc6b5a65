"""Refunds by payment and by part, in both currencies: whatever the steps, the cents add up."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.credits import OverRefund
from shared.domain.tenders import parted, tendered
from shared.model.money import Money, split
from shared.model.order import Order, Payment, PaymentKind, Refund
from shared.model.refund_shares import PartShare, TenderShare
from tests.domain.test_credits import back, refund, stories, taxed
from tests.domain.test_orders import gbp, line, order


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def paid(
    reference: str,
    amount: int,
    gateway: str = "card",
    kind: PaymentKind = PaymentKind.CAPTURE,
    *,
    parent: str | None = None,
    shopper: int | None = None,
) -> Payment:
    return Payment(
        reference=reference,
        gateway=gateway,
        kind=kind,
        succeeded=True,
        amount=gbp(amount),
        parent=parent,
        shopper=None if shopper is None else eur(shopper),
    )


def by(told: Refund, *names: str, shopper: int | None = None) -> Refund:
    money = None if shopper is None else eur(shopper)
    return told.model_copy(update={"payments": names, "shopper": money})


BACK = PaymentKind.REFUND
CART = order(line("1", quantity=1, price=1000), total=1000)
GIFT, CARD = paid("G", 400, "gift_card"), paid("C", 600)


def given_back(*refunds: Refund, payments: Sequence[Payment] = (GIFT, CARD)) -> dict[str, int]:
    found = tendered(CART, payments, refunds)
    assert not isinstance(found, OverRefund)
    return {one.payment: one.amount.amount for one in found}


def test_a_refund_goes_back_to_the_payment_its_channel_names() -> None:
    told = paid("R", 300, kind=BACK, parent="C")
    assert given_back(by(refund(300), "R"), payments=[GIFT, CARD, told]) == {"C": 300}


def test_without_its_parent_a_refund_goes_back_to_its_gateway() -> None:
    told = paid("R", 300, "gift_card", BACK)
    assert given_back(by(refund(300), "R"), payments=[GIFT, CARD, told]) == {"G": 300}


def test_store_credit_is_taken_off_every_payment_by_what_is_left_of_it() -> None:
    told = paid("R", 500, "store_credit", BACK)
    assert given_back(by(refund(500), "R"), payments=[GIFT, CARD, told]) == {"G": 200, "C": 300}


def test_what_no_payment_is_named_for_is_divided_over_what_is_left() -> None:
    told = paid("R", 400, "gift_card", BACK, parent="G")
    payments = [GIFT, CARD, told]
    assert given_back(refund(101)) == {"G": 40, "C": 61}
    assert given_back(by(refund(400), "R"), refund(100), payments=payments) == {"C": 100}


def test_a_payment_that_failed_gives_nothing_back() -> None:
    failed = paid("R", 300, kind=BACK, parent="C").model_copy(update={"succeeded": False})
    assert given_back(by(refund(100), "R"), payments=[GIFT, CARD, failed]) == {"G": 40, "C": 60}


def test_more_than_a_payment_took_is_refused_by_its_gateway() -> None:
    told = paid("R", 500, "gift_card", BACK, parent="G")
    found = tendered(CART, [GIFT, CARD, told], [by(refund(500), "R")])
    assert found == OverRefund(gbp(500), gbp(400), "gift_card")


def test_more_than_was_captured_is_refused_in_the_shoppers_currency_too() -> None:
    card = paid("C", 1000, shopper=1170)
    found = tendered(CART, [card], [by(refund(900), shopper=1171)])
    assert found == OverRefund(eur(1171), eur(1170))
    whole = CART.model_copy(update={"shopper_total": eur(1170)})
    assert parted(whole, [by(refund(900), shopper=1171)]) == OverRefund(eur(1171), eur(1170))


def test_a_payment_told_in_one_currency_alone_is_never_counted_as_the_other() -> None:
    card, told = paid("C", 1000, shopper=1170), paid("R", 300, kind=BACK, parent="C")
    fewer = paid("C", 1000, shopper=117)
    only = TenderShare(payment="C", gateway="card", amount=gbp(300))
    assert tendered(CART, [card, told], [by(refund(300), "R", shopper=351)]) == (only,)
    assert tendered(CART, [fewer, told], [by(refund(300), "R", shopper=35)]) == (only,)


def test_an_order_whose_payments_nobody_tells_has_no_shares() -> None:
    assert tendered(CART, (), [refund(100)]) == ()


def test_parts_go_back_in_the_currency_of_the_shopper() -> None:
    cart = order(line("1", quantity=2, taxes=(taxed(334),)), line("2", quantity=1), total=3000)
    cart = cart.model_copy(update={"shopper_total": eur(3510)})
    found = parted(cart, [by(refund(1000, back("1", 1, 1000, 167)), shopper=1170)])
    assert not isinstance(found, OverRefund)
    assert [(p.line_id, p.tax, p.amount, p.shopper) for p in found] == [
        ("1", None, gbp(833), eur(975)),
        ("1", "VAT", gbp(167), eur(195)),
    ]


def test_a_line_that_was_edited_away_gives_nothing_back_of_its_own() -> None:
    found = parted(CART, [refund(100, back("9", 1, 100))])
    assert not isinstance(found, OverRefund)
    assert [(p.line_id, p.amount) for p in found] == [("1", gbp(100))]


@st.composite
def tendered_stories(draw: st.DrawFn) -> tuple[Order, list[Payment], list[Refund]]:
    """A cart paid by up to three payments in another currency, and refunds until all is back.

    Of each refund the channel tells all payments, some of them, or none.
    """
    placed, refunds = draw(stories())
    whole = placed.total.amount
    rate = draw(st.integers(50, 250))
    foreign = whole * rate // 100
    cuts = sorted(draw(st.lists(st.integers(0, whole), max_size=2)))
    amounts = [b - a for a, b in zip([0, *cuts], [*cuts, whole], strict=True)]
    shoppers = split(foreign, amounts) if whole else [0] * len(amounts)
    payments = [
        paid(f"P{i}", amount, draw(st.sampled_from(("card", "gift_card"))), shopper=shopper)
        for i, (amount, shopper) in enumerate(zip(amounts, shoppers, strict=True))
    ]
    left = list(zip(amounts, shoppers, strict=True))
    gone, told, backs = 0, [], list[Payment]()
    for number, one in enumerate(refunds):
        due = _foreign(gone + one.total.amount, whole, foreign) - _foreign(gone, whole, foreign)
        gone += one.total.amount
        names = []
        rest, other = one.total.amount, due
        for i, (shop, shopper) in enumerate(left):
            if draw(st.booleans()):
                name = f"B{number}.{i}"
                taken = (
                    draw(st.integers(0, min(rest, shop))),
                    draw(st.integers(0, min(other, shopper))),
                )
                backs.append(paid(name, taken[0], "card", BACK, parent=f"P{i}", shopper=taken[1]))
                names.append(name)
                rest, other = rest - taken[0], other - taken[1]
        told.append(by(one, *names, shopper=due))
        left = _left(placed, [*payments, *backs], told, amounts, shoppers)
    return placed.model_copy(update={"shopper_total": eur(foreign)}), [*payments, *backs], told


def _foreign(amount: int, whole: int, foreign: int) -> int:
    return amount * foreign // whole if whole else 0


def _left(
    placed: Order, payments: list[Payment], told: list[Refund], shop: list[int], other: list[int]
) -> list[tuple[int, int]]:
    gone, shoppers = Counter[str](), Counter[str]()
    for n in range(len(told)):
        found = tendered(placed, payments, told[: n + 1])
        assert not isinstance(found, OverRefund)
        for share in found:
            gone[share.payment] += share.amount.amount
            shoppers[share.payment] += share.shopper.amount if share.shopper else 0
    return [
        (a - gone[f"P{i}"], b - shoppers[f"P{i}"])
        for i, (a, b) in enumerate(zip(shop, other, strict=True))
    ]


@given(tendered_stories())
def test_each_refund_sums_by_payment_and_by_part_and_none_gives_back_more_than_it_took(
    story: tuple[Order, list[Payment], list[Refund]],
) -> None:
    placed, payments, refunds = story
    captures = {p.reference: p for p in payments if p.kind is PaymentKind.CAPTURE}
    gone, shoppers = Counter[str](), Counter[str]()
    cells, foreign = Counter[object](), Counter[object]()
    for n, told in enumerate(refunds):
        tenders, parts = (
            tendered(placed, payments, refunds[: n + 1]),
            parted(placed, refunds[: n + 1]),
        )
        assert not isinstance(tenders, OverRefund)
        assert not isinstance(parts, OverRefund)
        assert _sums(tenders) == _sums(parts) == _stated(told)
        for share in tenders:
            gone[share.payment] += share.amount.amount
            shoppers[share.payment] += share.shopper.amount if share.shopper else 0
        for part in parts:
            assert part.amount.amount >= 0
            assert part.shopper is not None
            assert part.shopper.amount >= 0
            cells[part.line_id, part.tax] += part.amount.amount
            foreign[part.line_id, part.tax] += part.shopper.amount
    assert gone == Counter({name: p.amount.amount for name, p in captures.items()})
    assert shoppers == Counter({n: p.shopper.amount for n, p in captures.items() if p.shopper})
    assert sum(foreign.values()) == (placed.shopper_total or eur(0)).amount
    assert sum(cells.values()) == placed.total.amount


def _sums(shares: Sequence[TenderShare] | Sequence[PartShare]) -> tuple[int, int]:
    return sum(s.amount.amount for s in shares), sum(s.shopper.amount for s in shares if s.shopper)


def _stated(told: Refund) -> tuple[int, int]:
    return told.total.amount, (told.shopper or eur(0)).amount


@given(tendered_stories(), st.integers(1, 1000))
def test_nothing_goes_back_beyond_what_was_captured(
    story: tuple[Order, list[Payment], list[Refund]], more: int
) -> None:
    placed, payments, refunds = story
    over = tendered(placed, payments, [*refunds, by(refund(0), shopper=more)])
    assert over == OverRefund(eur(more), eur(0))
