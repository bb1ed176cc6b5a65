"""The tenant's returns: what its staff take back, and goods receipts by returns delivery."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sandbox.vendors.sap import crediting
from sandbox.vendors.sap.goods import posted
from sandbox.vendors.sap.query import Condition, wanted
from sandbox.vendors.sap.tenant import (
    ZERO,
    CreditDocument,
    CreditItem,
    Order,
    Place,
    ReturnsDelivery,
    ReturnsDeliveryItem,
    Row,
    Tenant,
)
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.sap.simulator import SapSimulator

STOCK_OF: Final[Mapping[str, str]] = {"653": "01", "655": "02", "651": "03", "657": "07"}
"""Stock type into which a goods movement puts what came; another one, such as scrap, into none."""


def make_return(
    sim: "SapSimulator", *, order: str, items: dict[str, int], invoice: str | None = None
) -> Json:
    """Staff take units of a sales order back, by item, at what was charged for them, and tell.

    With an `invoice` of the order they make it from that, and it refers to the invoice's items.
    """
    found = sim.tenant.orders.of(order)
    if not found:
        raise LookupError(f"no sales order {order}")
    rows = [_row(found[0], item, units) for item, units in items.items()]
    document = crediting.create(
        sim.tenant,
        crediting.RETURN,
        {
            "CustomerReturnType": "CBAR",
            **{n: found[0].header[n] for n in _ORGANISATION},
            "TransactionCurrency": found[0].currency,
            "ReferenceSDDocument": order,
            "to_Item": rows,
        },
        sim.now(),
    )
    if invoice is not None:
        _refer(sim.tenant, document, invoice)
    _tell(sim, document, "Created")
    return document.number


def _refer(tenant: Tenant, document: CreditDocument, invoice: str) -> None:
    [bill] = tenant.bills.of(invoice)
    places = {(b.document, b.item): str(i * 10) for i, b in enumerate(bill.items, start=1)}
    document.invoice = invoice
    for item in document.items:
        item.billed_item = places[document.order, item.order_item]


_ORGANISATION: Final = (
    "SalesOrganization",
    "DistributionChannel",
    "OrganizationDivision",
    "SoldToParty",
)


def _row(order: Order, item: str, units: int) -> dict[str, object]:
    known = next((one for one in order.items if one.item == item), None)
    if known is None:
        raise LookupError(f"sales order {order.number} has no item {item}")
    share = Decimal(units) / known.quantity
    parts = {"PMP0": known.net * share, "MWST": known.tax * share}
    return {
        "Material": known.material,
        "RequestedQuantity": str(units),
        "ReferenceSDDocument": order.number,
        "ReferenceSDDocumentItem": item.rjust(6, "0"),
        "to_PricingElement": [_element(order, kind, part, units) for kind, part in parts.items()],
    }


def _element(order: Order, kind: str, amount: Decimal, units: int) -> dict[str, object]:
    element: dict[str, object] = {
        "ConditionType": kind,
        "ConditionRateValue": str(amount.quantize(Decimal("0.01"))),
        "ConditionCurrency": order.currency,
    }
    return element | ({"ConditionQuantity": str(units)} if kind == "PMP0" else {})


def receive_return(
    sim: "SapSimulator",
    *,
    number: str,
    items: dict[str, int] | None = None,
    movement: str = "653",
) -> Json:
    """Receive units of a customer return (all that is left, by default) and post the receipt."""
    found = [d for d in sim.tenant.credits.of(number) if d.kind == crediting.RETURN.name]
    if not found:
        raise LookupError(f"no customer return {number}")
    document = found[0]
    chosen = items or {one.item: int(_left(sim.tenant, document, one)) for one in document.items}
    lines = [
        _received(sim, document, one, Decimal(chosen[one.item]), movement)
        for one in document.items
        if chosen.get(one.item, 0) > 0
    ]
    if not lines:
        raise LookupError(f"nothing is left to receive of customer return {number}")
    now = sim.now()
    delivery = ReturnsDelivery(sim.tenant.next("84", 8), now, lines)
    for place, line in enumerate(lines, start=1):
        line.item = str(place * 10)
    sim.tenant.returned.add(delivery.number, delivery)
    moves = [(line.material, _place(line), line.quantity) for line in lines]
    posted(sim, moves, movement)
    return delivery.number


def _left(tenant: Tenant, document: CreditDocument, item: CreditItem) -> Decimal:
    came = (
        line.quantity
        for delivery in tenant.returned.after(None)
        for line in delivery.items
        if (line.document, line.document_item.lstrip("0")) == (document.number, item.item)
    )
    return ZERO if item.rejected else item.quantity - sum(came, ZERO)


def _received(
    sim: "SapSimulator", document: CreditDocument, item: CreditItem, units: Decimal, movement: str
) -> ReturnsDeliveryItem:
    if units > _left(sim.tenant, document, item):
        raise LookupError(f"item {item.item} of {document.number} has not {units} to receive")
    places = sim.tenant.stock.get(item.material, {})
    plant, location, _ = max(places, key=lambda p: places[p], default=("1710", "171A", "01"))
    made = ReturnsDeliveryItem(
        item="",
        material=item.material,
        quantity=units,
        document=document.number,
        document_item=item.item.rjust(6, "0"),
        movement=movement,
        plant=plant,
        storage_location=location,
    )
    if movement in STOCK_OF:
        sim.tenant.move(item.material, _place(made), units)
    return made


def _place(line: ReturnsDeliveryItem) -> Place:
    return line.plant, line.storage_location, STOCK_OF.get(line.movement, "")


def reject_return(sim: "SapSimulator", *, number: str, reason: str = "00") -> Json:
    """Staff reject every item of a customer return, and tell."""
    document = sim.tenant.credits.of(number)[0]
    for item in document.items:
        item.rejected = reason
    document.changed_at = sim.now()
    _tell(sim, document, "Changed")
    return number


def _tell(sim: "SapSimulator", document: CreditDocument, what: str) -> None:
    kind = f"customerreturn.v1.CustomerReturn.{what}.v1"
    sim.events.emit(kind, {"CustomerReturn": document.number}, sim.now())


def headers(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    for delivery in _sought(tenant, condition):
        moved = delivery.moved_at.astimezone(UTC)
        yield {
            "DeliveryDocument": delivery.number,
            "OverallGoodsMovementStatus": "C",
            "ActualGoodsMovementDate": _midnight(moved),
            "ActualGoodsMovementTime": moved.strftime("PT%HH%MM%SS"),
            "LastChangeDate": _midnight(moved),
            "to_DeliveryDocumentItem": [_item(delivery, line) for line in delivery.items],
        }


def items(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    for delivery in _sought(tenant, condition):
        for line in delivery.items:
            yield _item(delivery, line)


def _sought(tenant: Tenant, condition: Condition | None) -> Iterator[ReturnsDelivery]:
    named = wanted(condition, "DeliveryDocument")
    if named is None:
        yield from tenant.returned.after(None)
    else:
        yield from tenant.returned.among(str(name) for name in named)


def _item(delivery: ReturnsDelivery, line: ReturnsDeliveryItem) -> Row:
    return {
        "DeliveryDocument": delivery.number,
        "DeliveryDocumentItem": line.item,
        "Material": line.material,
        "ActualDeliveryQuantity": line.quantity,
        "ReferenceSDDocument": line.document,
        "ReferenceSDDocumentItem": line.document_item,
        "GoodsMovementType": line.movement,
        "Plant": line.plant,
        "StorageLocation": line.storage_location,
    }


def _midnight(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


COMMANDS: Final[dict[str, Callable[..., Json]]] = {
    command.__name__: command for command in (make_return, receive_return, reject_return)
}
