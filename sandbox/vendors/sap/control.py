"""What only the tenant's owner or a tester can do, by name, with plain JSON in and out."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sandbox.vendors import faults
from sandbox.vendors.sap import billing, confirming, landing, partners, returning
from sandbox.vendors.sap.entities import CONDITION_KEYS
from sandbox.vendors.sap.goods import posted
from sandbox.vendors.sap.tenant import (
    FOREVER,
    Condition,
    Delivery,
    DeliveryItem,
    Material,
    Order,
    OrderItem,
    Place,
)
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.sap.simulator import SapSimulator

UNRESTRICTED = "01"


def load(
    sim: "SapSimulator",
    *,
    materials: list[dict[str, Json]] | None = None,
    prices: list[dict[str, Json]] | None = None,
    stock: list[dict[str, Json]] | None = None,
) -> Json:
    """Fill the tenant without a word on the event channel.

    Materials: fields of `tenant.Material`. Prices: `sku`, `kind`, `amount` (decimal text),
    `currency`, and optionally `start`, `end` (ISO days), `per`, `unit`, `keys` (property -> value),
    `scale` (`[[quantity, amount], ...]`) and what else `tenant.Condition` has. Stock: `sku`,
    `plant`, `storage_location`, `quantity`, and optionally `type`.
    """
    for row in materials or []:
        fields = {name: value for name, value in row.items() if name != "changed_at"}
        sim.tenant.put_material(Material(**fields, changed_at=sim.now()))  # type: ignore[arg-type]
    for row in prices or []:
        _price(sim, row)
    for row in stock or []:
        sim.tenant.move(str(row["sku"]), _place(row), Decimal(str(row["quantity"])))
    return sum(len(rows or []) for rows in (materials, prices, stock))


def change_material(sim: "SapSimulator", *, sku: str, **fields: Json) -> Json:
    """Change fields of a material, and tell."""
    material = sim.tenant.material(sku)
    if material is None:
        raise LookupError(f"no material {sku}")
    for name, value in fields.items():
        setattr(material, name, value)
    material.changed_at = sim.now()
    sim.events.emit("product.v1.Product.Changed.v1", {"Product": sku}, sim.now())
    return sku


def add_material(sim: "SapSimulator", **fields: Json) -> Json:
    """Create one material, and tell; LookupError if there is one of this number."""
    name = str(fields["product"])
    if sim.tenant.material(name) is not None:
        raise LookupError(f"there is a material {name} already")
    load(sim, materials=[fields])
    sim.events.emit("product.v1.Product.Created.v1", {"Product": name}, sim.now())
    return name


def set_price(
    sim: "SapSimulator", *, sku: str, amount: str, kind: str = "PR00", tell: bool = True
) -> Json:
    """Change the open-ended condition of a kind, or make one."""
    for condition in sim.tenant.conditions.of(sku):
        if condition.kind == kind and condition.end == FOREVER and not condition.deleted:
            condition.rate = Decimal(amount)
            break
    else:
        row: dict[str, Json] = {"sku": sku, "kind": kind, "amount": amount, "currency": "GBP"}
        condition = _price(sim, row)
    if tell:
        data = {"ConditionRecord": condition.record, "ConditionType": kind}
        name = "salespricingconditionrecord.v1.SalesPricingConditionRecord.Changed.v1"
        sim.events.emit(name, data, sim.now())
    return condition.record


def set_prices(sim: "SapSimulator", *, prices: dict[str, Json], tell: bool = False) -> Json:
    """Change many base prices (SKU -> decimal text), as a price run does: the next poll says so."""
    for sku, amount in prices.items():
        set_price(sim, sku=sku, amount=str(amount), tell=tell)
    return len(prices)


def delete_price(
    sim: "SapSimulator", *, record: str, archive: bool = False, tell: bool = True
) -> Json:
    """Mark a condition record as deleted, or take it away for good, and tell."""
    condition = sim.tenant.records[record]
    condition.deleted = True
    if archive:
        sim.tenant.drop_condition(record)
    if tell:
        data = {"ConditionRecord": record, "ConditionType": condition.kind}
        name = "salespricingconditionrecord.v1.SalesPricingConditionRecord.Deleted.v1"
        sim.events.emit(name, data, sim.now())
    return condition.material


def move_stock(
    sim: "SapSimulator",
    *,
    sku: str,
    plant: str,
    storage_location: str,
    quantity: str,
    type: str = UNRESTRICTED,  # noqa: A002 - SAP's word
    movement: str = "561",
) -> Json:
    """Post a goods movement, and tell by its material document."""
    units = Decimal(quantity)
    place = (plant, storage_location, type)
    sim.tenant.move(sku, place, units)
    return posted(sim, [(sku, place, units)], movement)


def archive_stock(sim: "SapSimulator", *, sku: str, emptied: bool = False) -> Json:
    """Take an article's positions away for good, without a word: no service lists it any more.

    `emptied` keeps the article itself among those the material stock lists, with nothing in it.
    """
    return sim.tenant.forget_stock(sku, listed=emptied)


def deliver(
    sim: "SapSimulator", *, order: str, items: dict[str, int] | None = None, tracking: str = ""
) -> Json:
    """Deliver items of a sales order (all that is left, by default) and post the goods issue."""
    found = sim.tenant.orders.of(order)
    if not found:
        raise LookupError(f"no sales order {order}")
    if block := found[0].header.get("DeliveryBlockReason"):
        raise LookupError(f"sales order {order} is blocked for delivery: {block}")
    chosen = [
        (item, Decimal(units))
        for item in found[0].items
        if (units := _left(item) if items is None else items.get(item.item, 0)) > 0
        and sim.tenant.carried(item.material)
    ]
    now = sim.now()
    if not chosen:
        raise LookupError(f"nothing is left to deliver of sales order {order}")
    lines, moves = _picked(sim, found[0], chosen)
    delivery = Delivery(sim.tenant.next("8", 8), now, tracking, lines)
    sim.tenant.deliveries.add(delivery.number, delivery)
    posted(sim, moves, "601")
    data = {"OutboundDelivery": delivery.number, "OverallGoodsMovementStatus": "C"}
    sim.events.emit("outbounddelivery.v1.OutboundDelivery.GIStatusChanged.v1", data, now)
    return delivery.number


def track(sim: "SapSimulator", *, delivery: str, tracking: str) -> Json:
    """The carrier's number is entered after the goods have left; no event tells of it."""
    found = sim.tenant.deliveries.of(delivery)
    if not found:
        raise LookupError(f"no delivery {delivery}")
    found[0].tracking, found[0].changed_at = tracking, sim.now()
    return delivery


def _left(item: OrderItem) -> int:
    return 0 if item.rejected else int(item.quantity - item.delivered)


def _picked(
    sim: "SapSimulator", order: Order, chosen: list[tuple[OrderItem, Decimal]]
) -> tuple[list[DeliveryItem], list[tuple[str, Place, Decimal]]]:
    lines, moves = [], []
    for number, (item, units) in enumerate(chosen, start=1):
        places = sim.tenant.stock.get(item.material, {})
        usable = [place for place in places if place[2] == UNRESTRICTED]
        place = max(usable, key=lambda p: places[p], default=("1710", "171A", UNRESTRICTED))
        item.delivered += units
        sim.tenant.move(item.material, place, -units)
        moves.append((item.material, place, -units))
        lines.append(
            DeliveryItem(
                item=str(number * 10),
                material=item.material,
                quantity=units,
                order=order.number,
                order_item=item.item.rjust(6, "0"),
                plant=place[0],
                storage_location=place[1],
            )
        )
    return lines, moves


def orders(sim: "SapSimulator") -> Json:
    """Every sales order: `number`, `reference`, `total` (decimal text), `items` and deliveries.

    `block` is its delivery block, if any; `changed_at` is when it was written last.
    """
    return [
        {
            "number": order.number,
            "reference": order.header.get("PurchaseOrderByCustomer", ""),
            "total": str(order.gross),
            "currency": order.currency,
            "block": order.header.get("DeliveryBlockReason", ""),
            "changed_at": order.changed_at.isoformat(),
            "items": [
                {
                    "item": item.item,
                    "material": item.material,
                    "quantity": str(item.quantity),
                    "delivered": str(item.delivered),
                    "rejected": bool(item.rejected),
                    "tax_code": item.tax_code,
                    "net": str(item.net),
                }
                for item in order.items
            ],
        }
        for order in sim.tenant.orders.after(None)
    ]


def credits(sim: "SapSimulator") -> Json:  # noqa: A001 - what accountants call them
    """Every return and credit memo request: its order, `reference`, and gross total as text."""
    return [
        {
            "number": document.number,
            "kind": document.kind,
            "reference": document.reference,
            "order": document.order,
            "total": str(document.gross),
            "currency": document.currency,
            "items": [
                {
                    "material": item.material,
                    "quantity": str(item.quantity),
                    "tax_code": item.tax_code,
                }
                for item in document.items
            ],
        }
        for document in sim.tenant.credits.after(None)
    ]


def bill(sim: "SapSimulator") -> Json:
    """Run billing: invoice what was delivered, credit what was taken back, and tell."""
    made = billing.run(sim.tenant, sim.now())
    for one in made:
        data = {"BillingDocument": one.number, "SDDocumentCategory": one.category}
        sim.events.emit("billingdocument.v1.BillingDocument.Created.v1", data, sim.now())
    return [one.number for one in made]


def cancel_bill(sim: "SapSimulator", *, number: str) -> Json:
    """Take a billing document back, and tell; what it billed may be billed again."""
    found = sim.tenant.bills.of(number)
    if not found or found[0].cancelled:
        raise LookupError(f"no billing document {number} that is not cancelled")
    bill = found[0]
    bill.cancelled, bill.changed_at = True, sim.now()
    for item in bill.items:
        key = (item.document, item.item if bill.category == billing.INVOICE else "")
        sim.tenant.billed[key] -= item.quantity if key[1] else sim.tenant.billed[key]
    data = {"BillingDocument": number, "SDDocumentCategory": bill.category}
    sim.events.emit("billingdocument.v1.BillingDocument.Canceled.v1", data, sim.now())
    return number


def stock(sim: "SapSimulator") -> Json:
    """SKU -> `plant/storage location` -> unrestricted units, as text."""
    return {
        sku: {f"{p}/{s}": str(units) for (p, s, kind), units in places.items() if kind == "01"}
        for sku, places in sim.tenant.stock.items()
    }


def linger(sim: "SapSimulator", *, times: int, seconds: int) -> Json:
    """Keep the callers of the next so many orders waiting, after storing them."""
    sim.lingers, sim.linger_s = times, seconds
    return times


def tell(sim: "SapSimulator", *, on: bool) -> Json:
    """Whether changes are told as events."""
    sim.events.on = on
    return on


def counts(sim: "SapSimulator") -> Json:
    """`calls`, `orders`, `throttled`, and events still `waiting` to be taken."""
    return {**dict(sim.counts), "waiting": sim.events.outgoing.waiting}


def _price(sim: "SapSimulator", row: Mapping[str, Json]) -> Condition:
    start, end = row.get("start"), row.get("end")
    condition = Condition(
        record=sim.tenant.next("00", 10),
        kind=str(row.get("kind", "PR00")),
        material=str(row["sku"]),
        rate=Decimal(str(row["amount"])),
        currency=str(row["currency"]),
        start=_day(start) if start else date(2000, 1, 1),
        end=_day(end) if end else FOREVER,
        per=Decimal(str(row.get("per", "1"))),
        unit=str(row.get("unit", "PC")),
        **_further(row),
    )
    sim.tenant.put_condition(condition)
    return condition


def _further(row: Mapping[str, Json]) -> dict[str, Any]:
    """What only some conditions have: further keys, a scale, how it is calculated, a status."""
    texts = ("calculation", "released", "scale_type", "scale_basis")
    found: dict[str, Any] = {name: str(row[name]) for name in texts if name in row}
    keys, scale = row.get("keys"), row.get("scale")
    if isinstance(keys, dict):
        found["keys"] = _keys(keys)
    if isinstance(scale, list):
        pairs = [line for line in scale if isinstance(line, list)]
        found["scale"] = [(Decimal(str(q)), Decimal(str(rate))) for q, rate in pairs]
    return found


def _keys(keys: Mapping[str, Json]) -> dict[str, str]:
    strange = keys.keys() - set(CONDITION_KEYS.split())
    if strange:
        raise LookupError(f"no condition table has {', '.join(sorted(strange))}")
    return {name: str(value) for name, value in keys.items()}


def _day(text: Json) -> date:
    return datetime.fromisoformat(str(text)).date()


def _place(row: Mapping[str, Json]) -> Place:
    kind = str(row.get("type", UNRESTRICTED))
    return str(row["plant"]), str(row["storage_location"]), kind


COMMANDS: Final[dict[str, Callable[..., Json]]] = (
    {
        command.__name__: command
        for command in (
            add_material,
            partners.add_partner,
            partners.partners,
            bill,
            cancel_bill,
            change_material,
            counts,
            credits,
            delete_price,
            deliver,
            track,
            linger,
            load,
            move_stock,
            archive_stock,
            orders,
            set_price,
            set_prices,
            stock,
            tell,
        )
    }
    | faults.COMMANDS
    | returning.COMMANDS
    | confirming.COMMANDS
    | landing.COMMANDS
)
