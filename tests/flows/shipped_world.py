"""A retailer beside whose ERP a warehouse tells what leaves; who is believed differs by place."""

from typing import Any

from shared.flows.despatches import Despatches
from shared.flows.reported import ReportedShipments
from shared.flows.shipment_calls import ShipmentCalls
from shared.model.case import Case
from shared.model.order import Shipment
from shared.model.retailer import Retailer
from shared.settings import load_retailer
from tests.domain.world import RETAILER_TOML
from tests.flows.order_world import case
from tests.flows.world import World, order, shipment

SHIPPED_TOML = (
    RETAILER_TOML.replace(
        'external = { erp = "1710/171A", shop',
        'shipped_by = "wms"\nexternal = { erp = "1710/171A", wms = "W1", shop',
    )
    + '\n[[sources]]\nname = "wms"\n\n[shipments]\ndiffer_after_minutes = 60\n'
)
BELIEVED = load_retailer(SHIPPED_TOML)
COMPARED = load_retailer(SHIPPED_TOML.replace('shipped_by = "wms"', 'shipped_by = "erp"'))
BY_WAREHOUSE = load_retailer(SHIPPED_TOML.replace('stock = "erp" }', 'stock = "wms" }'))


class ShippedWorld(World):
    """Two hats are ordered and in the ERP; its figure lacks them once it has delivered them."""

    def __init__(self, retailer: Retailer = BELIEVED) -> None:
        super().__init__(retailer)
        ports = (self.store, self.queues, self.bus, self.issues, self.cases, self.clock)
        self.reported = ReportedShipments(*ports, self.retailer)
        self.calls = ShipmentCalls(self.reported)
        self.despatches = Despatches(self.store, self.issues, self.cases, self.clock, self.retailer)
        self.know("M", "S")
        self.settle()
        self.erp.stock = {"HAT-M": 10}

    def order(self, *lines: tuple[str, int]) -> None:
        self.capture.take(order(*lines))
        self.sender.send("shop:77")
        self.queues.sent.clear()

    def tell(self, units: int = 2, *, key: str = "", **over: Any) -> dict[str, Any]:
        """The warehouse says that so many hats have left."""
        said = {
            "source": "wms",
            "shipment_id": "P1",
            "order_id": "shop:77",
            "location": "W1",
            "shipped_at": "2026-11-27T09:00:00Z",
            "lines": [{"line_id": "1", "quantity": units}],
            "parcels": [{"carrier": "DHL", "number": "JJD1"}],
        } | over
        said = {name: value for name, value in said.items() if value is not None}
        return self.calls.take(said, caller="warehouse", key=key)

    def deliver(self, units: int = 2, name: str = "80", place: str | None = "london") -> None:
        """The ERP's delivery of so many hats is read, and its figure lacks them."""
        self.erp.stock["HAT-M"] = 10 - units
        self.shipments.record(self.delivery(units, name, place), source=self.erp)

    def delivery(self, units: int, name: str = "80", place: str | None = "london") -> Shipment:
        return shipment(units, name).model_copy(update={"location": place})

    def tell_channel(self) -> list[str]:
        self.teller.tell("shop:77")
        return self.channel.shipped

    def later(self, minutes: int) -> None:
        """So much later the sweep has run."""
        self.clock.advance(minutes=minutes)
        self.reported.run(lambda: False)
        self.despatches.run(lambda: False)

    @property
    def case(self) -> Case:
        return case(self)
