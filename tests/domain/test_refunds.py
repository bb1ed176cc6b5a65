"""A refund that was first told in part is completed by whoever tells more of it."""

from itertools import permutations

import pytest

from shared.domain.refunds import completed
from shared.model.order import Refund, RefundedFreight, RefundLine
from tests.domain.world import NOW
from tests.flows.world import gbp

LINE = RefundLine(line_id="1", quantity=1, amount=gbp(1999), tax=gbp(0), restock=True)
FREIGHT = RefundedFreight(amount=gbp(300), tax=gbp(0))
BARE = Refund(refund_id="9", created_at=NOW, total=gbp(0))
WHOLE = Refund(
    refund_id="9",
    created_at=NOW,
    total=gbp(2299),
    lines=(LINE,),
    freight=FREIGHT,
    return_id="shop:31",
    payments=("t1", "t2"),
    shopper=gbp(2299),
)
GOODS = {"lines": (), "freight": None, "return_id": None}


def test_what_was_missing_is_filled_in() -> None:
    assert completed(BARE, WHOLE, sent=False) == WHOLE


def test_what_is_known_is_not_taken_back_by_one_that_tells_less() -> None:
    assert completed(WHOLE, BARE, sent=False) == WHOLE


def test_of_what_the_erp_may_have_been_told_goods_stay_as_they_were() -> None:
    found = completed(BARE, WHOLE, sent=True)
    assert found == WHOLE.model_copy(update=GOODS)


@pytest.mark.parametrize("total", [100, 5000])
def test_another_amount_is_not_a_fuller_one(total: int) -> None:
    other = WHOLE.model_copy(update={"total": gbp(total), "shopper": gbp(total)})
    assert completed(WHOLE, other, sent=False) == WHOLE


def test_parts_told_by_several_are_one_refund_in_whichever_order() -> None:
    parts = [
        WHOLE.model_copy(update={"payments": ("t1",), "freight": None}),
        WHOLE.model_copy(update={"payments": ("t2",), "lines": ()}),
        WHOLE.model_copy(update={"return_id": None, "shopper": None}),
    ]
    for one, other, third in permutations(parts):
        assert completed(completed(one, other, sent=False), third, sent=False) == WHOLE
