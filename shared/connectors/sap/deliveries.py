"""Outbound deliveries whose goods have left, as shipments of orders.

Source: API_OUTBOUND_DELIVERY_SRV (A_OutbDeliveryHeader). Pages go by key, so that what is written
meanwhile shifts nothing.
"""

from datetime import datetime
from typing import Final

from shared.connectors.sap import mapping, values
from shared.connectors.sap.facts import topped
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.reading_schema import DeliveryRow
from shared.connectors.sap.rows import parsed, single
from shared.connectors.sap.settings import SapSettings
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.order import Shipment
from shared.model.retailer import Retailer
from shared.ports import Page

DELIVERIES: Final = "API_OUTBOUND_DELIVERY_SRV;v=0002"


@frozen
class Deliveries:
    """`name` is the connection's, by which the retailer's file knows its locations."""

    gateway: Gateway
    settings: SapSettings
    retailer: Retailer
    name: str

    def since(self, since: datetime | None, *, page: str | None) -> Page[Shipment]:
        """Deliveries changed since the day of `since`: the service keeps no time of day."""
        filters = ["OverallGoodsMovementStatus eq 'C'"]
        if since is not None:
            day = values.day_in(self.settings.zone, since)
            filters.append(f"LastChangeDate ge {values.datetime_literal(day)}")
        if page:
            filters.append(f"DeliveryDocument gt {values.quoted(page)}")
        rows = self._deliveries(" and ".join(filters), bounded=True)
        good, refused = parsed(rows, DeliveryRow, subject="DeliveryDocument")
        full = len(rows) == self.settings.page_size
        last = str(rows[-1]["DeliveryDocument"]) if full else None
        return Page([s for row in good for s in self._shipments(row)], last, refused)

    def read(self, shipment_id: str) -> list[Shipment]:
        number = shipment_id.split("/", 1)[0]
        condition = f"DeliveryDocument eq {values.quoted(number)}"
        rows = self._deliveries(condition, bounded=False)
        return [s for row in rows for s in self._shipments(single(row, DeliveryRow))]

    def _deliveries(self, condition: str, *, bounded: bool) -> list[dict[str, Json]]:
        query = {
            "$filter": condition,
            "$expand": "to_DeliveryDocumentItem",
            "$orderby": "DeliveryDocument",
        }
        return self.gateway.rows(
            DELIVERIES, "A_OutbDeliveryHeader", topped(query, self.settings, bounded=bounded)
        )

    def _shipments(self, row: DeliveryRow) -> list[Shipment]:
        return mapping.shipments(
            row, connection=self.name, retailer=self.retailer, settings=self.settings
        )
