"""Invoices and credit memos as the simulated tenant bills: by sales document, to the cent."""

from decimal import Decimal

import pytest

from shared.connectors.sap.billing import BillingRow, documents
from shared.connectors.sap.hints import readings
from shared.connectors.sap.settings import SapSettings
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.invoice import BillingDocument, BillingKind
from tests.connectors.sap.test_refunds import placed, refund, unit, wish
from tests.connectors.sap.world import DAY, GENERIC, Tenant, hat, stock
from tests.domain.world import NOW
from tests.flows.world import gbp


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(page_size=2)
    tenant.load(materials=[GENERIC, hat("M"), hat("S")], stock=[stock(), stock("HAT-S")])
    return tenant


def billed(tenant: Tenant) -> list[BillingDocument]:
    tenant.simulator.control("bill")
    found: list[BillingDocument] = []
    page: str | None = None
    while True:
        answer = tenant.client.billed_since(NOW - DAY, page=page)
        assert not answer.refused
        found += answer.items
        page = answer.next
        if page is None:
            return found


@pytest.mark.parametrize("included", [True, False], ids=["gross", "net"])
def test_invoices_of_parts_sum_to_the_order(tenant: Tenant, *, included: bool) -> None:
    made = placed(included=included)
    posted = tenant.client.post_order(made, "SHOP-77")
    tenant.simulator.control("deliver", order=posted.erp_order, items={"10": 1})
    assert [b.kind for b in billed(tenant)] == [BillingKind.INVOICE]
    tenant.simulator.control("deliver", order=posted.erp_order)
    bills = billed(tenant)
    assert [[(line.erp_item, line.quantity) for line in b.lines] for b in bills] == [
        [("10", 1)],
        [("10", 1), ("20", 1)],
    ]
    assert {b.bills for b in bills} == {posted.erp_order}
    assert sum(b.total.amount for b in bills) == made.total.amount


def test_a_credit_memo_names_the_document_of_its_refund(tenant: Tenant) -> None:
    made = placed()
    posted = tenant.client.post_order(made, "SHOP-77")
    wanted = wish(made, posted, refund(1999 + 480, unit(), freight=480), goods_back=True)
    credited = tenant.client.post_credit(wanted)
    (memo,) = billed(tenant)
    assert (memo.kind, memo.bills, memo.total) == (
        BillingKind.CREDIT_MEMO,
        credited.document,
        gbp(1999 + 480),
    )


def test_nothing_is_billed_twice_and_what_is_taken_back_is_told(tenant: Tenant) -> None:
    posted = tenant.client.post_order(placed(), "SHOP-77")
    tenant.simulator.control("deliver", order=posted.erp_order)
    (bill,) = billed(tenant)
    assert billed(tenant) == [bill]
    tenant.simulator.control("cancel_bill", number=bill.document)
    (again,) = tenant.client.read_billed(bill.document).items
    assert again == bill.model_copy(update={"cancelled": True})


def test_an_event_of_sap_leads_to_its_bill(tenant: Tenant) -> None:
    posted = tenant.client.post_order(placed(), "SHOP-77")
    tenant.simulator.control("deliver", order=posted.erp_order)
    (bill,) = billed(tenant)
    deliveries = tenant.simulator.due(tenant.clock.now())
    found = [r for d in deliveries for r in readings(dict(d.headers), d.body)]
    assert (Entity.INVOICE, bill.document) in [(r.entity, r.key) for r in found]


def row(**over: Json) -> BillingRow:
    item: Json = {
        "SalesDocument": "50000001",
        "SalesDocumentItem": "000010",
        "BillingQuantity": "2",
        "NetAmount": "39.98",
    }
    fields: dict[str, Json] = {
        "BillingDocument": "90000001",
        "SDDocumentCategory": "M",
        "BillingDocumentDate": "/Date(1764115200000)/",
        "TransactionCurrency": "GBP",
        "to_Item": {"results": [item]},
    }
    return BillingRow.model_validate(fields | over)


def test_one_bill_of_several_documents_is_told_apart() -> None:
    items: list[Json] = [
        {"SalesDocument": number, "SalesDocumentItem": "000010", "NetAmount": amount}
        for number, amount in (("50000001", "10.00"), ("50000002", "5.00"), ("50000001", "1.00"))
    ]
    found = documents(row(to_Item={"results": items}), SapSettings())
    assert [(b.bills, b.total) for b in found] == [("50000001", gbp(1100)), ("50000002", gbp(500))]


@pytest.mark.parametrize("categories", [("M",), ("5",)])
def test_which_documents_are_invoices_is_a_setting(categories: tuple[str, ...]) -> None:
    settings = SapSettings(invoice_categories=categories)
    assert len(documents(row(), settings)) == (categories == ("M",))


def test_half_a_unit_is_refused_by_name() -> None:
    half: Json = {
        "SalesDocument": "50000001",
        "SalesDocumentItem": "000010",
        "BillingQuantity": str(Decimal("0.5")),
        "NetAmount": "1.00",
    }
    with pytest.raises(ValueError, match="BillingQuantity"):
        documents(row(to_Item={"results": [half]}), SapSettings())
