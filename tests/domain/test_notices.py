"""What a case gives rise to, and texts that cannot name what there is not."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from shared.domain import notices
from shared.model.case import Case, CaseState
from shared.model.money import Money
from shared.model.notices import PLACEHOLDERS, PLAIN, NoticeKind, NoticeRules
from shared.model.order import Customer, Shipment, ShipmentLine, Tracking
from tests.factories import NOW, SKU, make_case, make_money, make_order, make_refund, make_shipment

SAID = {
    "sender": "shop@northwind.example",
    "since": NOW,
    "channels": {"shop": tuple(NoticeKind)},
}


def rules(**over: object) -> NoticeRules:
    return NoticeRules.model_validate(SAID | over)


def case(**over: object) -> Case:
    customer = Customer(email=" jo@example.com ")
    return make_case(order=make_order(customer=customer), **over)


def parcel(**over: object) -> Shipment:
    return make_shipment(tracking=(Tracking(carrier="DHL", number="JJD1"),), **over)


def test_every_parcel_and_every_refund_is_a_notice_of_its_own() -> None:
    shipments = (parcel(), parcel(shipment_id="81"))
    refunds = (make_refund(), make_refund(refund_id="10"))
    found = notices.arising(case(shipments=shipments, refunds=refunds), rules())
    marks = {"received", "shipped/80", "shipped/81", "refunded/9", "refunded/10"}
    assert ({one.mark for one in found}, len(found)) == (marks, 5)
    assert {one.to for one in found} == {"jo@example.com"}


def test_a_refund_of_nothing_is_no_news() -> None:
    free = make_refund(total=make_money(0))
    assert [n.mark for n in notices.arising(case(refunds=(free,)), rules())] == ["received"]


def test_what_is_old_gives_rise_to_a_notice_that_is_not_due() -> None:
    late = NOW + timedelta(hours=48, seconds=1)
    shipped = case(shipments=(parcel(shipped_at=late),))
    assert len(notices.arising(shipped, rules())) == 2
    assert [n.mark for n in notices.due(shipped, rules(), late)] == ["shipped/80"]


def test_a_later_day_is_told_of_while_something_of_it_has_not_left() -> None:
    days = {"1": date(2026, 12, 4), "of another order": date(2027, 1, 1)}
    waits = case(backorders=days, promised_at=NOW + timedelta(minutes=5))
    received, delayed = notices.arising(waits, rules())
    assert (received.mark, delayed.mark) == ("received", "delayed/2026-12-04")
    assert (delayed.at, "on 2026-12-04" in delayed.body) == (waits.promised_at, True)
    sent = ShipmentLine(erp_item="10", line_id="1", sku=SKU, quantity=2)
    left = waits.model_copy(update={"shipments": (parcel(lines=(sent,)),)})
    assert [n.kind for n in notices.arising(left, rules())] == ["received", "shipped"]


def test_another_day_is_other_news_and_no_day_is_none() -> None:
    later = case(backorders={"1": date(2026, 12, 9)}, promised_at=NOW)
    assert [n.mark for n in notices.arising(later, rules())] == ["delayed/2026-12-09", "received"]
    there = case(backorders={}, promised_at=NOW)
    assert [n.mark for n in notices.arising(there, rules())] == ["received"]
    gone = later.model_copy(update={"state": CaseState.CANCELLED})
    assert [n.mark for n in notices.arising(gone, rules())] == ["cancelled"]


def test_a_parcel_is_told_of_once_its_tracking_number_is_known() -> None:
    shipped = case(shipments=(make_shipment(),))
    assert [n.mark for n in notices.arising(shipped, rules())] == ["received"]
    found = notices.arising(shipped, rules(untracked=True))
    assert [n.mark for n in found] == ["received", "shipped/80"]
    assert notices.UNTOLD in found[1].body


def test_parcels_are_named_by_carrier_and_number_each_once() -> None:
    one, other = Tracking(carrier="DHL", number="JJD1"), Tracking(number="JJD2")
    assert notices.parcels(make_shipment(tracking=(one, one, other))) == "DHL JJD1, JJD2"
    assert notices.parcels(make_shipment()) == notices.UNTOLD


def test_a_subject_is_one_line_and_braces_of_others_stay_as_they_are() -> None:
    order = make_order(number="#7\r\nBcc: {amount}", customer=Customer(email="jo@example.com"))
    (found,) = notices.arising(make_case(order=order), rules())
    assert found.subject == "We have your order #7 Bcc: {amount}"


def test_the_retailer_s_own_words_are_taken() -> None:
    texts = {"cancelled": {"subject": "Sorry, {order}", "body": "{{gone}}: {order}"}}
    (found,) = notices.arising(case(state=CaseState.CANCELLED), rules(texts=texts))
    assert (found.subject, found.body) == ("Sorry, #77", "{gone}: #77")


def test_plain_texts_name_nothing_there_is_not() -> None:
    said = {kind.value: text.model_dump() for kind, text in PLAIN.items()}
    assert rules(texts=said).text(NoticeKind.SHIPPED) == PLAIN[NoticeKind.SHIPPED]
    assert PLACEHOLDERS.keys() == PLAIN.keys() == set(NoticeKind)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("shipped", "{amount}"),
        ("cancelled", "{tracking}"),
        ("received", "{order.customer}"),
        ("received", "{order!r}"),
        ("received", "{order:>9}"),
        ("received", "{}"),
        ("received", "{order"),
    ],
)
def test_a_text_that_names_what_there_is_not_is_refused_by_its_place(kind: str, text: str) -> None:
    with pytest.raises(ValidationError, match=rf"{kind}\.body"):
        rules(texts={kind: {"subject": "s", "body": text}})


@pytest.mark.parametrize(
    "over",
    [
        {"sender": "shop"},
        {"sender": "a@b.example, c@d.example"},
        {"identity": "other.example"},
        {"opted_out": ["jo@example.com"]},
        {"since": "2026-11-27T09:00:00"},
        {"texts": {"shipped": {"subject": "a\nb", "body": "b"}}},
    ],
)
def test_rules_that_ses_would_refuse_are_refused(over: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rules(**over)


def test_the_identity_is_the_sender_s_domain_or_the_sender() -> None:
    assert rules().verified == "northwind.example"
    assert rules(identity=SAID["sender"]).verified == SAID["sender"]


def test_a_shopper_is_told_amounts_as_they_were_shown() -> None:
    shown = make_refund(shopper=Money(amount=1170, currency="EUR"))
    found = notices.arising(case(refunds=(shown,)), rules())
    assert "11.70 EUR" in next(one.body for one in found if one.kind is NoticeKind.REFUNDED)
