"""What the ERP billed stands on the case once, whichever is heard of first."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.model.erp_events import CreditMemoPosted, InvoicePosted
from shared.model.invoice import BilledLine, BillingDocument, BillingKind
from shared.model.order import Refund
from shared.ports import Message
from tests.domain.world import NOW
from tests.flows.order_world import case
from tests.flows.world import World, gbp, order


def bill(
    document: str = "90", bills: str = "5001", units: int = 2, **over: object
) -> BillingDocument:
    line = BilledLine(erp_item="10", quantity=units, net=gbp(1999 * units), tax=gbp(0))
    fields = {
        "document": document,
        "kind": BillingKind.INVOICE,
        "bills": bills,
        "reference": "SHOP-77",
        "issued_at": NOW,
        "total": gbp(1999 * units),
        "tax": gbp(0),
        "lines": (line,),
    }
    return BillingDocument.model_validate(fields | over)


@pytest.fixture
def world() -> World:
    world = World()
    world.know("M")
    world.capture.take(order(("HAT-M", 2)))
    world.queues.sent.clear()
    return world


def invoices(world: World) -> list[InvoicePosted]:
    return [e for e in world.bus.events if isinstance(e, InvoicePosted)]


def test_an_invoice_stands_on_its_case_and_is_told_once(world: World) -> None:
    world.sender.send("shop:77")
    for _ in range(5):
        world.bills.record(bill())
    assert [b.document for b in case(world).bills] == ["90"]
    assert case(world).counts.invoiced == {"1": 2}
    assert [(e.document, e.total) for e in invoices(world)] == [("90", gbp(3998))]


@pytest.mark.parametrize("order_of_news", [(0, 1), (1, 0)])
def test_invoices_of_parts_sum_up_whichever_came_first(
    world: World, order_of_news: Sequence[int]
) -> None:
    world.sender.send("shop:77")
    parts = [bill("90", units=1), bill("91", units=1)]
    for place in order_of_news:
        world.bills.record(parts[place])
    assert case(world).counts.invoiced == {"1": 2}


def test_an_invoice_taken_back_bills_nothing_any_more(world: World) -> None:
    world.sender.send("shop:77")
    world.bills.record(bill())
    world.bills.record(bill(cancelled=True))
    assert case(world).counts.invoiced == {}
    assert [e.cancelled for e in invoices(world)] == [False, True]


def test_an_invoice_that_overtakes_the_acceptance_is_read_again(world: World) -> None:
    world.bills.record(bill())
    assert case(world).bills == ()
    world.sender.send("shop:77")
    again = Message("erp-read", {"read": "invoice", "key": "90"}, 60)
    assert again in world.queues.sent
    world.bills.record(bill())
    assert len(case(world).bills) == 1


def test_what_the_erp_bills_for_others_leaves_no_trace(world: World) -> None:
    already = len(world.store.written)
    world.bills.record(bill(bills="4711", reference="PO-9"))
    assert world.store.written[already:] == []


def test_a_credit_memo_names_the_refund_it_is_for(world: World) -> None:
    world.sender.send("shop:77")
    goodwill = Refund(refund_id="9", created_at=NOW, total=gbp(500))
    world.capture.take(order(("HAT-M", 2), refunds=(goodwill,)))
    world.crediting.credit("shop:77")
    memo = bill("95", bills="6001", kind=BillingKind.CREDIT_MEMO, total=gbp(500))
    world.bills.record(memo)
    (event,) = [e for e in world.bus.events if isinstance(e, CreditMemoPosted)]
    assert (event.refund_id, event.document, event.order_id) == ("9", "95", "shop:77")
    assert case(world).counts.invoiced == {}


@pytest.mark.parametrize("heard", [(1, 2), (2, 1), (1, 2, 1), (2, 1, 2)])
def test_of_two_tellings_of_a_bill_the_newer_counts_whichever_is_heard_of_last(
    world: World, heard: Sequence[int]
) -> None:
    world.sender.send("shop:77")
    for units in heard:
        world.bills.record(bill(units=units, changed_at=NOW + timedelta(minutes=units)))
    assert case(world).counts.invoiced == {"1": 2}
    assert len(invoices(world)) == len(set(heard[: heard.index(2) + 1]))


def test_a_bill_that_says_the_same_later_is_no_news_and_counts_as_the_newer(world: World) -> None:
    world.sender.send("shop:77")
    first, third = NOW, NOW + timedelta(minutes=2)
    world.bills.record(bill(units=2, changed_at=first))
    hops = len(case(world).timeline)
    world.bills.record(bill(units=2, changed_at=third))
    world.bills.record(bill(units=1, changed_at=first + timedelta(minutes=1)))
    assert case(world).counts.invoiced == {"1": 2}
    assert (len(invoices(world)), len(case(world).timeline)) == (1, hops)


def test_a_bill_that_was_taken_back_stays_so_where_the_erp_tells_no_instant(world: World) -> None:
    world.sender.send("shop:77")
    world.bills.record(bill(cancelled=True))
    world.bills.record(bill())
    assert case(world).counts.invoiced == {}
