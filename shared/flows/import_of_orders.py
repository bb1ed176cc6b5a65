"""Files that tell of orders, and of what was paid and shipped of them: how their rows are kept."""

from collections.abc import Mapping
from typing import Final

from shared.domain import order_rows, payouts, shipment_rows
from shared.domain.order_rows import OrderReader
from shared.domain.payouts import PayoutReader
from shared.domain.shipment_rows import ShipmentReader
from shared.flows.books import Books
from shared.flows.capture import Capture
from shared.flows.import_groups import Groups
from shared.flows.import_kinds import ORDER, PAYOUT, SHIPMENT, Line, Rows
from shared.flows.import_orders import OrderMaking
from shared.flows.import_payouts import PayoutRows
from shared.flows.import_run import Dropped
from shared.flows.import_shipments import ShipmentMaking
from shared.flows.issues import Issues
from shared.flows.reported import ReportedShipments
from shared.model.policies import BookRules
from shared.model.retailer import Retailer
from shared.ports import Store

LINES: Final[Mapping[str, Line]] = {
    ORDER: Line(order_rows.COLUMNS, order_rows.REQUIRED),
    PAYOUT: Line(payouts.COLUMNS, payouts.REQUIRED),
    SHIPMENT: Line(shipment_rows.COLUMNS, shipment_rows.REQUIRED),
}


def rows_of(
    dropped: Dropped,
    *,
    comma: bool,
    store: Store,
    issues: Issues,
    retailer: Retailer,
    capture: Capture,
) -> Rows:
    cases, clock, source = capture.cases, capture.clock, dropped.connection
    if dropped.entity == ORDER:
        return Groups(OrderMaking(OrderReader(retailer.channels_of(source), comma=comma), capture))
    if dropped.entity == SHIPMENT:
        queues, bus = capture.queues, capture.bus
        reported = ReportedShipments(store, queues, bus, issues, cases, clock, retailer)
        return Groups(ShipmentMaking(ShipmentReader(source), reported))
    names = [channel.name for channel in retailer.channels_of(source)]
    books = Books(store, cases, issues, clock, retailer, retailer.books or BookRules())
    return PayoutRows(PayoutReader(names, comma=comma), books)
