"""What came back of an order: the same in the end, whoever tells it first."""

from itertools import islice, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import lifecycle, returns
from shared.domain.lifecycle import Fulfilment
from shared.model.case import Case, CaseState, ErpLine, Intent, IntentKind, IntentState
from shared.model.order import RefundLine
from shared.model.returns import (
    Disposition,
    ErpReceipt,
    ErpReceiptLine,
    ErpReturn,
    ErpReturnLine,
    Receipt,
    ReceivedLine,
    Return,
    ReturnLine,
    ReturnState,
    ReturnStatus,
)
from tests.factories import NOW, make_case, make_money, make_order, make_refund, make_shipment


def sold(**over: object) -> Case:
    """Two hats that left as item 10 of the ERP's order 5001."""
    shipment = make_shipment()
    line = ErpLine(item="10", place=1, units=2)
    made = make_case(
        state=CaseState.ACCEPTED,
        erp_order="5001",
        erp_lines={"1": line},
        shipments=(shipment,),
        **over,
    )
    return lifecycle.settled(made, now=NOW)


def back(units: int = 1, disposition: Disposition = Disposition.RESTOCK) -> ReceivedLine:
    return ReceivedLine(line_id="1", quantity=units, disposition=disposition)


def receipt(name: str, *lines: ReceivedLine, by: str = "shop") -> Receipt:
    return Receipt(receipt_id=name, told_by=by, received_at=NOW, lines=lines or (back(),))


def granted(units: int = 1, *receipts: Receipt, **over: object) -> Return:
    fields = {
        "return_id": "shop:31",
        "origin": "shop",
        "status": ReturnStatus.OPEN,
        "told_at": NOW,
        "lines": (ReturnLine(line_id="1", quantity=units),),
        "receipts": receipts,
    }
    return Return.model_validate(fields | over)


def in_erp(units: int = 1, *, came: int = 0, **over: object) -> ErpReturn:
    lines = (ErpReceiptLine(item="10", quantity=came or 1, disposition=Disposition.RESTOCK),)
    received = (ErpReceipt(receipt_id="8401", received_at=NOW, lines=lines),)
    fields = {
        "document": "6001",
        "erp_order": "5001",
        "told_at": NOW,
        "worth": make_money(1999 * units),
        "lines": (ErpReturnLine(item="10", erp_item="10", quantity=units),),
        "receipts": received if came else (),
    }
    return ErpReturn.model_validate(fields | over)


def restocked(units: int = 1, **over: object) -> object:
    line = RefundLine(
        line_id="1",
        quantity=units,
        amount=make_money(1999 * units),
        tax=make_money(0),
        restock=True,
    )
    return make_refund(total=make_money(1999 * units), lines=(line,), **over)


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (granted(status=ReturnStatus.REQUESTED), ReturnState.REQUESTED),
        (granted(), ReturnState.AUTHORISED),
        (granted(status=ReturnStatus.DECLINED), ReturnState.DECLINED),
        (granted(status=ReturnStatus.CANCELLED), ReturnState.CANCELLED),
        (granted(2, receipt("1")), ReturnState.PARTLY_RECEIVED),
        (granted(2, receipt("1"), receipt("2")), ReturnState.RECEIVED),
        (granted(2, receipt("1"), status=ReturnStatus.CLOSED), ReturnState.CLOSED),
        (granted(1, receipt("1"), status=ReturnStatus.CLOSED), ReturnState.RECEIVED),
    ],
)
def test_a_return_stands_where_its_tellings_put_it(one: Return, state: ReturnState) -> None:
    assert returns.state_of(one) is state


def test_units_that_shop_and_erp_both_tell_of_came_once() -> None:
    one = granted(2, receipt("1", back(2)), receipt("8401", back(1), by="erp"))
    assert returns.received(one) == {"1": 2}


def test_an_order_is_returned_once_all_that_left_is_back() -> None:
    case = lifecycle.settled(returns.told(sold(), granted(2, receipt("1"))), now=NOW)
    assert (case.state, lifecycle.fulfilment(case)) == (
        CaseState.SHIPPED,
        Fulfilment.PARTLY_RETURNED,
    )
    case = returns.told(case, granted(2, receipt("1"), receipt("2")))
    case = lifecycle.settled(case, now=NOW)
    assert (case.state, case.counts.returned) == (CaseState.RETURNED, {"1": 2})


def test_a_refund_that_restocks_is_a_return_of_its_own() -> None:
    case = lifecycle.settled(sold(refunds=(restocked(2),)), now=NOW)
    assert [one.return_id for one in returns.whole(case)] == ["shop:R9"]
    assert case.state is CaseState.RETURNED


def test_a_refund_of_a_return_adds_no_units_to_it() -> None:
    case = sold(refunds=(restocked(return_id="shop:31"),))
    case = returns.told(case, granted(1, receipt("1")))
    assert returns.back(case) == {"1": 1}
    assert [one.return_id for one in returns.whole(case)] == ["shop:31"]


def test_a_refund_belongs_to_the_return_the_erp_made_of_the_same_units() -> None:
    case = sold(refunds=(restocked(),))
    made = returns.from_erp(case, in_erp(), source="erp")
    case = returns.told(case, made)
    assert returns.adopted(case, case.refunds[0]) == made
    assert returns.back(case) == {"1": 1}


def test_a_refund_of_other_units_is_not_the_return_the_erp_made() -> None:
    case = sold(refunds=(restocked(2),))
    case = returns.told(case, returns.from_erp(case, in_erp(), source="erp"))
    assert returns.adopted(case, case.refunds[0]) is None


def test_two_refunds_do_not_share_one_return_of_the_erp() -> None:
    case = sold(refunds=(restocked(), restocked(refund_id="10")))
    case = returns.told(case, returns.from_erp(case, in_erp(), source="erp"))
    assert returns.placed(case) == {"9": "erp:6001", "10": "shop:R10"}


def test_a_refund_that_has_a_document_of_its_own_keeps_it() -> None:
    posted = Intent(
        intent_id="credit#9",
        kind=IntentKind.CREDIT,
        connection="erp",
        reference="SHOP-R9",
        state=IntentState.APPLIED,
        result="6000",
    )
    case = sold(refunds=(restocked(),), intents=(posted,))
    case = returns.told(case, returns.from_erp(case, in_erp(), source="erp"))
    assert returns.adopted(case, case.refunds[0]) is None


@pytest.mark.parametrize("known", ["result", "reference"])
def test_what_we_posted_for_a_return_is_that_return(known: str) -> None:
    asked = Intent(
        intent_id="return#shop:31",
        kind=IntentKind.RETURN,
        connection="erp",
        reference="SHOP-V31",
        result="6001" if known == "result" else None,
    )
    case = returns.told(sold(intents=(asked,)), granted(1))
    said = in_erp(came=1, reference="SHOP-V31" if known == "reference" else "")
    one = returns.from_erp(case, said, source="erp")
    assert (one.return_id, one.document, one.worth) == ("shop:31", "6001", None)
    assert returns.received(one) == {"1": 1}


def test_a_return_that_sap_rejects_takes_nothing_back() -> None:
    gone = in_erp(lines=(ErpReturnLine(item="10", erp_item="10", quantity=1, rejected=True),))
    one = returns.from_erp(sold(), gone, source="erp")
    assert returns.state_of(one) is ReturnState.CANCELLED


def news() -> list[object]:
    """One unit returned in the ERP and refunded in the shop; the other by the shop's return."""
    return [
        restocked(),
        in_erp(),
        in_erp(came=1),
        granted(1),
        granted(1, receipt("1")),
        restocked(refund_id="10", return_id="shop:31"),
    ]


def heard(case: Case, one: object) -> Case:
    match one:
        case ErpReturn():
            case = returns.told(case, returns.from_erp(case, one, source="erp"))
        case Return():
            case = returns.told(case, one)
        case _:
            seen = {refund.refund_id: refund for refund in (*case.refunds, one)}  # type: ignore[attr-defined]
            refunds = tuple(seen[name] for name in sorted(seen))
            case = case.model_copy(update={"refunds": refunds})
    return lifecycle.settled(case, now=NOW)


def outcome(case: Case) -> object:
    whole = [(one.return_id, returns.state_of(one)) for one in returns.whole(case)]
    return case.state, case.counts, whole, returns.placed(case)


def test_all_orders_of_events_end_in_the_same_state() -> None:
    ends = set()
    for order in islice(permutations(range(6)), 0, None, 13):
        case = sold()
        for place in order:
            case = heard(case, news()[place])
        ends.add(repr(outcome(case)))
    assert len(ends) == 1
    assert "'1': 2" in ends.pop()


@settings(max_examples=20)
@given(st.lists(st.integers(0, 5), min_size=6, max_size=14))
def test_repeats_change_nothing(order: list[int]) -> None:
    once, often = sold(), sold()
    for place in range(6):
        once = heard(once, news()[place])
    for place in (*order, *range(6)):
        often = heard(often, news()[place])
    assert outcome(often) == outcome(once)


def test_no_more_came_than_any_one_has_told() -> None:
    case = sold(order=make_order())
    for name in ("1", "1", "1"):
        case = returns.told(case, granted(1, receipt(name)))
    assert returns.back(case) == {"1": 1}
