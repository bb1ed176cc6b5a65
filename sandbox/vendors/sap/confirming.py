"""What of an order the tenant confirms, and for which day, and what its staff reject."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sandbox.vendors.sap.tenant import Order, ScheduleLine
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.sap.simulator import SapSimulator


def confirm(
    sim: "SapSimulator", *, order: str, item: str, lines: list[list[Json]], asked_for: str
) -> Json:
    """Confirm an item anew: `[units, day]` each, without a day for what nothing is confirmed of."""
    found = sim.tenant.orders.of(order)
    if not found:
        raise LookupError(f"no sales order {order}")
    row = next((one for one in found[0].items if one.item == item), None)
    if row is None:
        raise LookupError(f"sales order {order} has no item {item}")
    wanted = date.fromisoformat(asked_for)
    row.schedule = [
        ScheduleLine(wanted, date.fromisoformat(str(day)) if day else None, Decimal(str(units)))
        for units, day in lines
    ]
    _changed(sim, found[0])
    return len(lines)


def reject(sim: "SapSimulator", *, order: str, item: str | None = None, reason: str = "00") -> Json:
    """Staff reject the items of a sales order that are not delivered; no `reason` undoes it."""
    found = sim.tenant.orders.of(order)
    if not found:
        raise LookupError(f"no sales order {order}")
    open_ = [one for one in found[0].items if one.delivery != "C" and item in {None, one.item}]
    for one in open_:
        one.rejected = reason
    _changed(sim, found[0])
    return len(open_)


def _changed(sim: "SapSimulator", order: Order) -> None:
    order.touch(sim.now())
    data = {"SalesOrder": order.number}
    sim.events.emit("salesorder.v1.SalesOrder.Changed.v1", data, sim.now())


COMMANDS: Final[dict[str, Callable[..., Json]]] = {"confirm": confirm, "reject": reject}
