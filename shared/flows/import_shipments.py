"""Shipments of a dropped file: kept and put on their orders as those that are posted."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from shared.domain.order_rows import Fault, Numbered
from shared.domain.shipment_rows import ShipmentReader, shipment_id
from shared.flows.reported import ReportedShipments
from shared.frozen import frozen
from shared.model.shipment_call import ShipmentCall


@frozen
class ShipmentMaking:
    column: ClassVar[str] = "shipment_id"
    what: ClassVar[str] = "shipment"
    reader: ShipmentReader
    reported: ReportedShipments

    def name(self, row: Mapping[str, object]) -> str:
        return shipment_id(row)

    def made(self, rows: Sequence[Numbered]) -> ShipmentCall | list[Fault]:
        return self.reader.shipment(rows)

    def take(self, made: ShipmentCall) -> bool:
        known = self.reported.knows(made)
        self.reported.take(made)
        return not known
