"""Returns: what SAP keeps of any, with the goods receipts posted.

Sources: API_CUSTOMER_RETURN_SRV (A_CustomerReturn with to_Item, to_PricingElement) and
API_CUSTOMER_RETURNS_DELIVERY_SRV;v=0002 (A_ReturnsDeliveryHeader with to_DeliveryDocumentItem).
The day is all a delivery keeps of a change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import Field

from shared.connectors.sap import values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.rows import parsed
from shared.connectors.sap.schema import ListOf
from shared.connectors.sap.settings import SapSettings
from shared.errors import RetryableError
from shared.frozen import frozen
from shared.model.base import Foreign, Json
from shared.model.money import Money
from shared.model.retailer import Retailer
from shared.model.returns import (
    Disposition,
    ErpReceipt,
    ErpReceiptLine,
    ErpReturn,
    ErpReturnLine,
)
from shared.ports import Page, Refusal

SERVICE, ENTITY = "API_CUSTOMER_RETURN_SRV", "A_CustomerReturn"
DELIVERIES, DELIVERY = "API_CUSTOMER_RETURNS_DELIVERY_SRV;v=0002", "A_ReturnsDeliveryHeader"
BILLS, BILLED_ITEM = "API_BILLING_DOCUMENT_SRV", "A_BillingDocumentItem"
_BILLED = {"$select": "BillingDocument,BillingDocumentItem,SalesDocument,SalesDocumentItem"}
type _Place = tuple[str, str]
_BY_DELIVERY = "delivery:"


class ReturnItem(Foreign):
    """A_CustomerReturnItem: `order` and its item are an invoice's where `category` says so."""

    item: str = Field(alias="CustomerReturnItem")
    quantity: Decimal = Field(alias="RequestedQuantity")
    order: str = Field(default="", alias="ReferenceSDDocument")
    order_item: str = Field(default="", alias="ReferenceSDDocumentItem")
    category: str = Field(default="", alias="ReferenceSDDocumentCategory")
    rejected: str = Field(default="", alias="SalesDocumentRjcnReason")


class ReturnRow(Foreign):
    """A_CustomerReturn, with its items."""

    number: str = Field(alias="CustomerReturn", min_length=1)
    reference: str = Field(default="", alias="PurchaseOrderByCustomer")
    order: str = Field(default="", alias="ReferenceSDDocument")
    category: str = Field(default="", alias="ReferenceSDDocumentCategory")
    currency: str = Field(alias="TransactionCurrency")
    net: str = Field(alias="TotalNetAmount")
    changed: str = Field(alias="LastChangeDateTime")
    items: ListOf[ReturnItem] = Field(default=(), alias="to_Item")


class BilledRow(Foreign):
    """A_BillingDocumentItem: which item of a sales document one of an invoice bills."""

    number: str = Field(alias="BillingDocument")
    item: str = Field(alias="BillingDocumentItem")
    order: str = Field(alias="SalesDocument")
    order_item: str = Field(alias="SalesDocumentItem")


class DeliveredItem(Foreign):
    """A_ReturnsDeliveryItem: `document` and its item are the customer return's."""

    item: str = Field(alias="DeliveryDocumentItem")
    quantity: Decimal = Field(alias="ActualDeliveryQuantity")
    document: str = Field(default="", alias="ReferenceSDDocument")
    document_item: str = Field(default="", alias="ReferenceSDDocumentItem")
    movement: str = Field(default="", alias="GoodsMovementType")
    plant: str = Field(default="", alias="Plant")
    storage_location: str = Field(default="", alias="StorageLocation")


class DeliveryRow(Foreign):
    """A_ReturnsDeliveryHeader, with its items."""

    number: str = Field(alias="DeliveryDocument", min_length=1)
    moved_on: str | None = Field(default=None, alias="ActualGoodsMovementDate")
    moved_time: str = Field(default="", alias="ActualGoodsMovementTime")
    items: ListOf[DeliveredItem] = Field(default=(), alias="to_DeliveryDocumentItem")


@frozen
class Returns:
    """The customer returns of one tenant; `name` is the connection's."""

    gateway: Gateway
    settings: SapSettings
    retailer: Retailer
    name: str

    # first the returns that changed, then those of deliveries whose goods came since

    def since(self, since: datetime | None, page: str | None) -> Page[ErpReturn]:
        if page is not None and page.startswith(_BY_DELIVERY):
            return self._received_since(since, page.removeprefix(_BY_DELIVERY))
        filters = []
        if since is not None:
            filters.append(f"LastChangeDateTime ge {values.offset_literal(since)}")
        if page:
            filters.append(f"CustomerReturn gt {values.quoted(page)}")
        rows = self._rows(filters, top=self.settings.page_size)
        full = len(rows) == self.settings.page_size
        found = self._whole(rows)
        following = str(rows[-1]["CustomerReturn"]) if full else _BY_DELIVERY
        return Page(found.items, following, found.refused)

    def _received_since(self, since: datetime | None, after: str) -> Page[ErpReturn]:
        filters = ["OverallGoodsMovementStatus eq 'C'"]
        if since is not None:
            day = values.day_in(self.settings.zone, since)
            filters.append(f"LastChangeDate ge {values.datetime_literal(day)}")
        if after:
            filters.append(f"DeliveryDocument gt {values.quoted(after)}")
        rows = self._deliveries(filters, top=self.settings.page_size)
        good, refused = parsed(rows, DeliveryRow, subject="DeliveryDocument")
        named = dict.fromkeys(i.document for row in good for i in row.items if i.document)
        found = self._whole(self._named(list(named)))
        full = len(rows) == self.settings.page_size
        following = _BY_DELIVERY + str(rows[-1]["DeliveryDocument"]) if full else None
        return Page(found.items, following, (*refused, *found.refused))

    def read(self, document: str) -> Page[ErpReturn]:
        return self._whole(self._named([document]))

    def of_order(self, erp_order: str) -> list[ErpReturn]:
        """Those that refer to the order, or to an invoice of it.

        RetryableError where one cannot be read: what it gives back may be what is to be given back.
        """
        billed = {"$filter": f"SalesDocument eq {values.quoted(erp_order)}", **_BILLED}
        rows = self.gateway.rows(BILLS, BILLED_ITEM, billed)
        numbers = [erp_order, *sorted({str(row.get("BillingDocument", "")) for row in rows} - {""})]
        found = self._whole(self._rows([_any("ReferenceSDDocument", numbers)]))
        for refusal in found.refused:
            raise RetryableError(f"{refusal.message}; {refusal.remedy}")
        return [one for one in found.items if one.erp_order == erp_order]

    def _named(self, numbers: Sequence[str]) -> list[dict[str, Json]]:
        rows: list[dict[str, Json]] = []
        for start in range(0, len(numbers), self.settings.filter_chunk):
            chunk = numbers[start : start + self.settings.filter_chunk]
            rows += self._rows([_any("CustomerReturn", chunk)])
        return rows

    def _rows(self, filters: Sequence[str], *, top: int | None = None) -> list[dict[str, Json]]:
        return self.gateway.rows(SERVICE, ENTITY, _query(filters, "to_Item", "CustomerReturn", top))

    def _deliveries(
        self, filters: Sequence[str], *, top: int | None = None
    ) -> list[dict[str, Json]]:
        query = _query(filters, "to_DeliveryDocumentItem", "DeliveryDocument", top)
        return self.gateway.rows(DELIVERIES, DELIVERY, query)

    def _whole(self, rows: list[dict[str, Json]]) -> Page[ErpReturn]:
        """These returns, each with all goods receipts there are of it."""
        good, refused = parsed(rows, ReturnRow, subject="CustomerReturn")
        came, doubts = self._received([row.number for row in good])
        billed = self._billed(good)
        found: list[ErpReturn] = []
        for row in good:
            try:
                found.append(self._return(row, came, billed))
            except ValueError as error:
                doubts.append(_unreadable(row.number, "to_Item", error))
        return Page(found, None, (*refused, *doubts))

    def _received(self, numbers: Sequence[str]) -> tuple[list[DeliveryRow], list[Refusal]]:
        """Deliveries received of these returns, found by their items."""
        wanted = set[str]()
        for start in range(0, len(numbers), self.settings.filter_chunk):
            chunk = numbers[start : start + self.settings.filter_chunk]
            query = {"$filter": _any("ReferenceSDDocument", chunk), "$select": "DeliveryDocument"}
            rows = self.gateway.rows(DELIVERIES, "A_ReturnsDeliveryItem", query)
            wanted |= {str(row["DeliveryDocument"]) for row in rows}
        found: list[DeliveryRow] = []
        doubts: list[Refusal] = []
        names = sorted(wanted)
        for start in range(0, len(names), self.settings.filter_chunk):
            chunk = names[start : start + self.settings.filter_chunk]
            received = "OverallGoodsMovementStatus eq 'C'"
            rows = self._deliveries([f"({_any('DeliveryDocument', chunk)})", received])
            good, refused = parsed(rows, DeliveryRow, subject="DeliveryDocument")
            found += good
            doubts += refused
        return found, doubts

    def _billed(self, rows: Iterable[ReturnRow]) -> Mapping[_Place, _Place]:
        """By item of an invoice that returns refer to, the item of the sales order it bills.

        One that cannot be read is left out, and so refused with the return that needs it.
        """
        items = (item for row in rows for item in row.items)
        invoices = self.settings.invoice_categories
        numbers = list(dict.fromkeys(i.order for i in items if i.category in invoices))
        found: dict[_Place, _Place] = {}
        for start in range(0, len(numbers), self.settings.filter_chunk):
            chunk = numbers[start : start + self.settings.filter_chunk]
            query = {"$filter": _any("BillingDocument", chunk), **_BILLED}
            good, _ = parsed(self.gateway.rows(BILLS, BILLED_ITEM, query), BilledRow, subject="")
            for row in good:
                found[row.number, row.item.lstrip("0")] = row.order, row.order_item.lstrip("0")
        return found

    def _return(
        self, row: ReturnRow, came: Iterable[DeliveryRow], billed: Mapping[_Place, _Place]
    ) -> ErpReturn:
        items = row.items
        places = [self._ordered(item, billed) for item in items]
        direct = "" if row.category in self.settings.invoice_categories else row.order
        order = direct or next((number for number, _ in places if number), "")
        if any(number not in {"", order} for number, _ in places):
            raise ValueError("takes units of several orders back, of which each needs its own")
        return ErpReturn(
            document=row.number,
            erp_order=order,
            reference=row.reference,
            told_at=values.instant(row.changed),
            worth=Money.parse(row.net, row.currency),
            lines=tuple(
                ErpReturnLine(
                    item=item.item.lstrip("0"),
                    erp_item=place,
                    quantity=_units(item.quantity),
                    rejected=bool(item.rejected),
                )
                for item, (_, place) in zip(items, places, strict=True)
            ),
            receipts=tuple(one for each in came for one in self._receipts(each, row.number)),
        )

    def _ordered(self, item: ReturnItem, billed: Mapping[_Place, _Place]) -> _Place:
        """The item of the sales order; ValueError where it is an invoice's nobody can read."""
        place = item.order, item.order_item.lstrip("0")
        if item.category not in self.settings.invoice_categories:
            return place
        if place not in billed:
            raise ValueError(f"item {place[1]} of invoice {place[0]} cannot be read")
        return billed[place]

    def _receipts(self, row: DeliveryRow, document: str) -> Iterator[ErpReceipt]:
        """One for each place units came to: the first by item has the delivery's own number."""
        items = [i for i in row.items if i.document == document and i.quantity]
        if row.moved_on is None:
            return
        came = values.at_time(values.day(row.moved_on), row.moved_time, self.settings.zone)
        places: dict[str, list[DeliveredItem]] = {}
        for item in sorted(items, key=lambda one: one.item.rjust(6, "0")):
            places.setdefault(f"{item.plant}/{item.storage_location}", []).append(item)
        for at, place in enumerate(places):
            name = f"{row.number}/{place}" if at else row.number
            yield self._receipt(name, came, place, places[place])

    def _receipt(
        self, name: str, came: datetime, place: str, items: Iterable[DeliveredItem]
    ) -> ErpReceipt:
        return ErpReceipt(
            receipt_id=name,
            received_at=came,
            location=self.retailer.location_at(self.name, place),
            lines=tuple(
                ErpReceiptLine(
                    item=item.document_item.lstrip("0"),
                    quantity=_units(item.quantity),
                    disposition=self._disposition(item),
                )
                for item in items
            ),
        )

    def _disposition(self, item: DeliveredItem) -> Disposition:
        """By the goods movement; one nobody has named is not for sale until somebody looks."""
        return Disposition(self.settings.return_movements.get(item.movement, "quarantine"))


def _query(filters: Sequence[str], expand: str, order: str, top: int | None) -> Mapping[str, str]:
    query = {"$expand": expand, "$orderby": order}
    if filters:
        query["$filter"] = " and ".join(filters)
    if top is not None:
        query["$top"] = str(top)
    return query


def _any(name: str, numbers: Sequence[str]) -> str:
    return " or ".join(f"{name} eq {values.quoted(number)}" for number in numbers)


def _units(quantity: Decimal) -> int:
    if quantity != int(quantity):
        raise ValueError(f"quantity {quantity} is no whole number")
    return int(quantity)


def _unreadable(number: str, field: str, error: ValueError) -> Refusal:
    return Refusal(
        subject=number,
        field=field,
        value=number,
        message=f"customer return {number} cannot be read: {error}",
        remedy="correct the document in SAP",
    )
