"""Invoices and credit memos, read from API_BILLING_DOCUMENT_SRV.

SAP bills several sales documents together, or one in parts: each of its items names the document
it bills, and becomes part of what is said of that one. Amounts of an item are with and without tax.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from pydantic import Field

from shared.connectors.sap import values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.rows import parsed
from shared.connectors.sap.schema import ListOf
from shared.connectors.sap.settings import SapSettings
from shared.frozen import frozen
from shared.model.base import Foreign, Json
from shared.model.invoice import BilledLine, BillingDocument, BillingKind
from shared.model.money import Money, total
from shared.ports import Page, Refusal
from shared.return_ports import BILLS_OF

SERVICE, ENTITY = "API_BILLING_DOCUMENT_SRV", "A_BillingDocument"


class BillingItem(Foreign):
    """A_BillingDocumentItem."""

    sales_document: str = Field(default="", alias="SalesDocument")
    sales_item: str = Field(default="", alias="SalesDocumentItem")
    quantity: Decimal = Field(default=Decimal(0), alias="BillingQuantity")
    net: Decimal = Field(alias="NetAmount")
    tax: Decimal = Field(default=Decimal(0), alias="TaxAmount")


class BillingRow(Foreign):
    """A_BillingDocument, with its items."""

    number: str = Field(alias="BillingDocument", min_length=1)
    category: str = Field(alias="SDDocumentCategory")
    issued_on: str = Field(alias="BillingDocumentDate")
    cancelled: bool = Field(default=False, alias="BillingDocumentIsCancelled")
    reference: str = Field(default="", alias="PurchaseOrderByCustomer")
    currency: str = Field(alias="TransactionCurrency")
    changed: str | None = Field(default=None, alias="LastChangeDateTime")
    items: ListOf[BillingItem] = Field(default=(), alias="to_Item")


@frozen
class Billing:
    """The billing documents of one tenant."""

    gateway: Gateway
    settings: SapSettings

    def since(self, since: datetime | None, page: str | None) -> Page[BillingDocument]:
        """Documents changed since an instant; pages go by number."""
        filters = []
        if since is not None:
            filters.append(f"LastChangeDateTime ge {values.offset_literal(since)}")
        if page:
            filters.append(f"BillingDocument gt {values.quoted(page)}")
        rows = self._rows(filters, top=self.settings.page_size)
        last = str(rows[-1]["BillingDocument"]) if len(rows) == self.settings.page_size else None
        return self._page(rows, last)

    def read(self, number: str) -> Page[BillingDocument]:
        """One by its number, or all that bill the sales document named after `BILLS_OF`."""
        numbers = [number]
        if number.startswith(BILLS_OF):
            billed = f"SalesDocument eq {values.quoted(number.removeprefix(BILLS_OF))}"
            query = {"$filter": billed, "$select": "BillingDocument"}
            rows = self.gateway.rows(SERVICE, f"{ENTITY}Item", query)
            numbers = sorted({str(row["BillingDocument"]) for row in rows})
        found = [row for one in numbers for row in self._rows([_named(one)])]
        return self._page(found, None)

    def _rows(self, filters: list[str], *, top: int | None = None) -> list[dict[str, Json]]:
        query = {"$expand": "to_Item", "$orderby": "BillingDocument"}
        if filters:
            query["$filter"] = " and ".join(filters)
        if top is not None:
            query["$top"] = str(top)
        return self.gateway.rows(SERVICE, ENTITY, query)

    def _page(self, rows: list[dict[str, Json]], following: str | None) -> Page[BillingDocument]:
        good, refused = parsed(rows, BillingRow, subject="BillingDocument")
        found: list[BillingDocument] = []
        doubts: list[Refusal] = []
        for row in good:
            try:
                found += documents(row, self.settings)
            except ValueError as error:
                doubts.append(_unreadable(row, error))
        return Page(found, following, (*refused, *doubts))


def _named(number: str) -> str:
    return f"BillingDocument eq {values.quoted(number)}"


def documents(row: BillingRow, settings: SapSettings) -> list[BillingDocument]:
    """One for each sales document it bills; none of a kind that is neither charged nor given back.

    Raises ValueError for an amount that is not a whole number of minor units.
    """
    kind = _kinds(settings).get(row.category)
    if kind is None:
        return []
    by_document: dict[str, list[BillingItem]] = {}
    for item in row.items:
        if item.sales_document:
            by_document.setdefault(item.sales_document, []).append(item)
    return [_document(row, kind, bills, items) for bills, items in by_document.items()]


def _kinds(settings: SapSettings) -> Mapping[str, BillingKind]:
    return dict.fromkeys(settings.invoice_categories, BillingKind.INVOICE) | dict.fromkeys(
        settings.credit_memo_categories, BillingKind.CREDIT_MEMO
    )


def _document(
    row: BillingRow, kind: BillingKind, bills: str, items: list[BillingItem]
) -> BillingDocument:
    lines = tuple(
        BilledLine(
            erp_item=item.sales_item.lstrip("0"),
            quantity=_units(item.quantity),
            net=Money.parse(item.net, row.currency),
            tax=Money.parse(item.tax, row.currency),
        )
        for item in items
    )
    tax = total(row.currency, (line.tax for line in lines))
    return BillingDocument(
        document=row.number,
        kind=kind,
        bills=bills,
        reference=row.reference,
        issued_at=values.instant(row.issued_on),
        total=total(row.currency, (line.net for line in lines)) + tax,
        tax=tax,
        cancelled=row.cancelled,
        changed_at=values.instant(row.changed) if row.changed else None,
        lines=lines,
    )


def _units(quantity: Decimal) -> int:
    if quantity != int(quantity):
        raise ValueError(f"BillingQuantity {quantity} is no whole number")
    return int(quantity)


def _unreadable(row: BillingRow, error: ValueError) -> Refusal:
    return Refusal(
        subject=row.number,
        field="to_Item",
        value=row.currency,
        message=f"billing document {row.number} cannot be read: {error}",
        remedy="correct the document in SAP",
    )
