"""Planted bugs on the way of goods that a warehouse ships beside the ERP."""

from tests.simulation.sabotage import Mutant, mutant

CROSSING = "a warehouse ships beside the ERP"
REPORTED = "shared.flows.reported:ReportedShipments."

SHIPMENTS: tuple[Mutant, ...] = (
    mutant(
        "the ERP's word of the same goods counts beside the warehouse's",
        "A parcel the warehouse told of is told to the shop once more, as the ERP's delivery.",
        (CROSSING,),
        ("shared.model.retailer:Retailer.ships", "teller == believed if", "True if"),
    ),
    mutant(
        "what the warehouse ships is no longer held",
        "Units that have left are offered again until the ERP takes them off its stock.",
        (CROSSING,),
        ("shared.domain.orders:holds", " + unbooked[ordered.line_id]", ""),
    ),
)
