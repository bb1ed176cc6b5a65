"""Customer returns and credit memo requests: checked like orders, and against the order they name.

Sources: API_CUSTOMER_RETURN_SRV (`$metadata` and the create schemas), API_CREDIT_MEMO_REQUEST_SRV.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sandbox.vendors.sap.entities import ORDER_PRICING, ORDER_REQUIRED
from sandbox.vendors.sap.ordering import DISCOUNT, FREIGHT, PRICE, checked, decimal, elements
from sandbox.vendors.sap.refusals import Refused
from sandbox.vendors.sap.tenant import ZERO, CreditDocument, CreditItem, Order, Tenant

# What may be posted: property -> longest value, 0 where length is no matter.
_HEADER = {
    "SalesOrganization": 4,
    "DistributionChannel": 2,
    "OrganizationDivision": 2,
    "SoldToParty": 10,
    "PurchaseOrderByCustomer": 35,
    "TransactionCurrency": 5,
    "SDDocumentReason": 3,
    "ReferenceSDDocument": 10,
    "HeaderBillingBlockReason": 2,
    "to_Item": 0,
    "to_PricingElement": 0,
}
_ITEM = {
    "Material": 40,
    "RequestedQuantity": 0,
    "RequestedQuantityUnit": 3,
    "ReferenceSDDocument": 10,
    "ReferenceSDDocumentItem": 6,
    "ProductTaxClassification1": 1,
    "to_PricingElement": 0,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two documents; `begins` is the first digit of its number range."""

    name: str
    begins: str
    event: str = ""
    only_item: dict[str, int] = field(default_factory=dict)

    @property
    def header(self) -> dict[str, int]:
        return {**_HEADER, f"{self.name}Type": 4}

    @property
    def item(self) -> dict[str, int]:
        return {**_ITEM, **self.only_item}


RETURN = Kind(
    "CustomerReturn",
    "6",
    "customerreturn.v1.CustomerReturn.Created.v1",
    {"ReturnReason": 3, "ProductionPlant": 4, "StorageLocation": 4},
)
REQUEST = Kind("CreditMemoRequest", "7", "", {})
KINDS = {"A_CustomerReturn": RETURN, "A_CreditMemoRequest": REQUEST}
ITEM_PRICING = ORDER_PRICING


def create(tenant: Tenant, kind: Kind, body: object, now: datetime) -> CreditDocument:
    """Take a document, or refuse it naming the property; nothing is kept of a refused one."""
    header = checked(body, kind.header, f"A_{kind.name}Type")
    for name in (f"{kind.name}Type", *ORDER_REQUIRED[1:]):
        if not header.get(name):
            raise Refused("V1/320", f"Enter a value for {name}", field=name)
    if header["SoldToParty"] not in tenant.customers:
        raise Refused(
            "VP/199", f"Customer {header['SoldToParty']} does not exist", field="SoldToParty"
        )
    order = _referenced(tenant, header)
    rows = header.get("to_Item")
    if not isinstance(rows, list) or not rows:
        raise Refused("V1/331", "The document has no items", field="to_Item")
    currency = str(header.get("TransactionCurrency") or "EUR")
    items = [_item(tenant, kind, i, row, currency) for i, row in enumerate(rows, start=1)]
    freight, tax = elements(header.get("to_PricingElement"), Decimal(1), currency, {FREIGHT})
    items[-1].tax += tax
    document = CreditDocument(
        kind=kind.name,
        number=tenant.next(kind.begins, 8),
        doc_type=str(header[f"{kind.name}Type"]),
        reference=str(header.get("PurchaseOrderByCustomer") or ""),
        order=order.number if order else "",
        sold_to=str(header["SoldToParty"]),
        currency=currency,
        net=sum((item.net for item in items), ZERO) + freight,
        items=items,
        changed_at=now,
        blocked=str(header.get("HeaderBillingBlockReason") or ""),
    )
    tenant.add_credit(document)
    return document


def _referenced(tenant: Tenant, header: Mapping[str, object]) -> Order | None:
    number = str(header.get("ReferenceSDDocument") or "")
    found = tenant.orders.of(number) if number else []
    if number and not found:
        raise Refused("V1/302", f"SD document {number} does not exist", field="ReferenceSDDocument")
    return found[0] if found else None


def _item(tenant: Tenant, kind: Kind, place: int, body: object, currency: str) -> CreditItem:
    row = checked(body, kind.item, f"A_{kind.name}ItemType")
    name = str(row.get("Material") or "")
    if tenant.material(name) is None:
        raise Refused("V1/382", f"Material {name} does not exist", field="Material")
    quantity = decimal(row.get("RequestedQuantity"), "RequestedQuantity")
    if quantity <= 0:
        raise Refused("V1/347", "Enter a quantity above zero", field="RequestedQuantity")
    order_item = _order_item(tenant, kind, row, quantity)
    net, tax = elements(row.get("to_PricingElement"), quantity, currency, {PRICE, DISCOUNT})
    made = CreditItem(str(place * 10), name, quantity, order_item, net, tax)
    made.tax_code = str(row.get("ProductTaxClassification1") or "")
    return made


def _order_item(tenant: Tenant, kind: Kind, row: Mapping[str, object], quantity: Decimal) -> str:
    """The item of the order it refers to; of one, no more comes back than was ordered."""
    order = _referenced(tenant, row)
    if order is None:
        return ""
    wanted = str(row.get("ReferenceSDDocumentItem") or "").lstrip("0")
    item = next((i for i in order.items if i.item == wanted), None)
    if item is None:
        raise Refused(
            "V1/303",
            f"Item {wanted} is not in document {order.number}",
            field="ReferenceSDDocumentItem",
        )
    if kind is RETURN:
        back = sum(
            (
                each.quantity
                for document in tenant.credits_of(order.number)
                if document.kind == RETURN.name
                for each in document.items
                if each.order_item == wanted and not each.rejected
            ),
            ZERO,
        )
        if back + quantity > item.quantity:
            raise Refused(
                "V1/492",
                f"Only {item.quantity - back} of item {wanted} can still be returned",
                field="RequestedQuantity",
            )
    return wanted


def row_of(document: CreditDocument) -> dict[str, object]:
    """The header in SAP's words, with its items."""
    kind = document.kind
    return {
        kind: document.number,
        f"{kind}Type": document.doc_type,
        "SoldToParty": document.sold_to,
        "PurchaseOrderByCustomer": document.reference,
        "ReferenceSDDocument": document.invoice or document.order,
        "ReferenceSDDocumentCategory": _category(document, document.order),
        "TransactionCurrency": document.currency,
        "TotalNetAmount": document.net,
        "LastChangeDateTime": document.changed_at,
        "to_Item": [
            {
                kind: document.number,
                f"{kind}Item": item.item,
                "Material": item.material,
                "RequestedQuantity": item.quantity,
                "NetAmount": item.net,
                **_reference(document, item),
                "SalesDocumentRjcnReason": item.rejected,
            }
            for item in document.items
        ],
    }


def _reference(document: CreditDocument, item: CreditItem) -> dict[str, object]:
    place = item.billed_item if document.invoice else item.order_item
    return {
        "ReferenceSDDocument": (document.invoice or document.order) if place else "",
        "ReferenceSDDocumentItem": place.rjust(6, "0") if place else "",
        "ReferenceSDDocumentCategory": _category(document, place),
    }


def _category(document: CreditDocument, referred: str) -> str:
    """M is an invoice, C a sales order."""
    return ("M" if document.invoice else "C") if referred else ""
