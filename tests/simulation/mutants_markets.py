"""Planted bugs between us and a marketplace, which takes things in and shows them later."""

from tests.simulation.sabotage import Mutant, mutant

STOCK = ("the last units are sold in the shop and at Amazon",)
ORDERS = ("Amazon's orders are sent and confirmed",)
AMAZON = "shared.connectors.amazon."

MARKETS: tuple[Mutant, ...] = (
    mutant(
        "what Amazon accepts counts as shown",
        "A level that Amazon took in and dropped is never sent again.",
        STOCK,
        (AMAZON + "mapping:submitted", "Verdict.ACCEPTED", "Verdict.APPLIED"),
    ),
    mutant(
        "Amazon is offered what lies at one place",
        "What can be sold from elsewhere is not offered.",
        STOCK,
        (AMAZON + "mapping:stock_patch", "units(value)", "max(value.levels.values())"),
    ),
    mutant(
        "a refusal by Amazon's plan is forgotten",
        "Who was told that an operation is used up asks for it again at once.",
        (*STOCK, *ORDERS),
        (
            AMAZON + "api:SellingPartnerApi._observe",
            "self._bucket(operation).observe(available=0, rate=None, spent=0)",
            "pass",
        ),
    ),
    mutant(
        "an order that is not paid is sent",
        "The ERP gets orders of Amazon's that have no prices yet.",
        ORDERS,
        (
            AMAZON + "orders:to_order",
            "pending=theirs.fulfillment.fulfillment_status in PENDING",
            "pending=False",
        ),
    ),
    mutant(
        "a shipment is confirmed without being looked for",
        "A parcel whose confirmation was lost is told once more.",
        ORDERS,
        (
            AMAZON + "fulfilment:Shipments.ship",
            "divided(shipment, wanted, _packed(theirs), split=self._split)",
            "divided(shipment, wanted, {}, split=self._split)",
        ),
    ),
    mutant(
        "what Amazon cancels is still sent",
        "The ERP goes on with an order that its buyer has given up.",
        ORDERS,
        (
            AMAZON + "orders:to_order",
            "theirs.last_updated_time if _cancelled(theirs) else None",
            "None",
        ),
    ),
)
