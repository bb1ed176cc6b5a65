"""A request of which nobody waits any more for an answer takes effect all the same."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.vendors.sap.tenant import ZERO
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.sap.simulator import SapSimulator


def land_again(sim: "SapSimulator", *, order: str) -> Json:
    """Create a sales order once more as it was asked for; the number of the second one."""
    found = sim.tenant.orders.of(order)
    if not found:
        raise LookupError(f"no sales order {order}")
    first = found[0]
    second = replace(
        first,
        number=sim.tenant.next("5", 8),
        header=dict(first.header),
        elements=deepcopy(first.elements),
        items=[replace(deepcopy(one), delivered=ZERO, rejected="") for one in first.items],
        addresses=deepcopy(first.addresses),
        changed_at=sim.now(),
    )
    sim.tenant.add_order(second)
    data = {"SalesOrder": second.number}
    sim.events.emit("salesorder.v1.SalesOrder.Created.v1", data, sim.now())
    return second.number


COMMANDS: Final[dict[str, Callable[..., Json]]] = {"land_again": land_again}
