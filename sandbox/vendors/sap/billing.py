"""The tenant's billing run: invoices of what was delivered, credit memos of what was taken back.

Amounts of a part are the part's share of the item, so that all bills of an item sum to it; what an
order charges beside its items is billed with the first of them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from sandbox.vendors.sap.tenant import (
    ZERO,
    Bill,
    BilledItem,
    CreditDocument,
    Order,
    OrderItem,
    Row,
    Tenant,
)

INVOICE, CREDIT_MEMO = "M", "O"


def run(tenant: Tenant, now: datetime) -> list[Bill]:
    """Bill whatever is to be billed by now; each document once."""
    bills = [*_invoices(tenant, now), *_memos(tenant, now)]
    for bill in bills:
        tenant.bills.add(bill.number, bill)
    return bills


def _invoices(tenant: Tenant, now: datetime) -> Iterator[Bill]:
    for order in tenant.orders.after(None):
        items = [billed for item in order.items if (billed := _delivered(tenant, order, item))]
        if items:
            if all(tenant.billed[order.number, item.item] == 0 for item in order.items):
                items[0].net += order.freight
                items[0].tax += order.charged
            for billed in items:
                tenant.billed[order.number, billed.item] += billed.quantity
            reference = order.header.get("PurchaseOrderByCustomer", "")
            sold_to = order.header.get("SoldToParty", "")
            number = tenant.next("9", 8)
            yield _bill(number, INVOICE, "F2", reference, sold_to, order.currency, items, now)


def _delivered(tenant: Tenant, order: Order, item: OrderItem) -> BilledItem | None:
    """What of an item left since its last bill; of a service all of it, with the first goods."""
    start = tenant.billed[order.number, item.item]
    begun = any(each.delivered for each in order.items)
    end = item.delivered if tenant.carried(item.material) or not begun else item.quantity
    if end <= start:
        return None
    net, tax = (_share(amount, item.quantity, start, end) for amount in (item.net, item.tax))
    units = end - start
    return BilledItem(order.number, item.item, item.material, units, net, tax)


def _share(amount: Decimal, of: Decimal, start: Decimal, end: Decimal) -> Decimal:
    """The part of an amount that falls to units `start` to `end`, in whole hundredths."""
    cent = Decimal("0.01")
    return (amount * end / of).quantize(cent) - (amount * start / of).quantize(cent)


def _memos(tenant: Tenant, now: datetime) -> Iterator[Bill]:
    for document in tenant.credits.after(None):
        if document.blocked or tenant.billed[document.number, ""]:
            continue
        tenant.billed[document.number, ""] = Decimal(1)
        items = [
            BilledItem(document.number, i.item, i.material, i.quantity, i.net, i.tax)
            for i in document.items
        ]
        items[0].net += _header(document)
        yield _bill(
            tenant.next("9", 8),
            CREDIT_MEMO,
            "G2" if document.kind == "CreditMemoRequest" else "CBRE",
            document.reference,
            document.sold_to,
            document.currency,
            items,
            now,
        )


def _header(document: CreditDocument) -> Decimal:
    return document.net - sum((item.net for item in document.items), ZERO)


def _bill(
    number: str,
    category: str,
    doc_type: str,
    reference: str,
    sold_to: str,
    currency: str,
    items: list[BilledItem],
    now: datetime,
) -> Bill:
    today = now.astimezone(UTC).date()
    return Bill(number, category, doc_type, reference, sold_to, currency, today, now, items)


def row_of(bill: Bill) -> Row:
    """The document in SAP's words, with its items."""
    net = sum((item.net for item in bill.items), ZERO)
    tax = sum((item.tax for item in bill.items), ZERO)
    return {
        "BillingDocument": bill.number,
        "BillingDocumentType": bill.doc_type,
        "SDDocumentCategory": bill.category,
        "BillingDocumentDate": datetime.combine(bill.issued_on, datetime.min.time(), UTC),
        "BillingDocumentIsCancelled": bill.cancelled,
        "SoldToParty": bill.sold_to,
        "PurchaseOrderByCustomer": bill.reference,
        "TransactionCurrency": bill.currency,
        "TotalNetAmount": net,
        "TaxAmount": tax,
        "TotalGrossAmount": net + tax,
        "LastChangeDateTime": bill.changed_at,
        "to_Item": [
            {
                "BillingDocument": bill.number,
                "BillingDocumentItem": str(place * 10),
                "Material": item.material,
                "BillingQuantity": item.quantity,
                "NetAmount": item.net,
                "TaxAmount": item.tax,
                "GrossAmount": item.net + item.tax,
                "SalesDocument": item.document,
                "SalesDocumentItem": item.item.rjust(6, "0"),
            }
            for place, item in enumerate(bill.items, start=1)
        ],
    }
