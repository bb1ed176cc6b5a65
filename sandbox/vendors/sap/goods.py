"""Material documents: what the tenant posts of goods that moved."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.vendors.sap.tenant import Place

if TYPE_CHECKING:
    from sandbox.vendors.sap.simulator import SapSimulator


def posted(sim: "SapSimulator", moves: list[tuple[str, Place, Decimal]], movement: str) -> str:
    """Keep the material document of these moves, and tell; its number."""
    number, year = sim.tenant.next("49", 10), str(sim.now().year)
    for i, (sku, place, units) in enumerate(moves, start=1):
        sim.tenant.documents.add(
            number,
            {
                "MaterialDocument": number,
                "MaterialDocumentYear": year,
                "MaterialDocumentItem": str(i),
                "Material": sku,
                "Plant": place[0],
                "StorageLocation": place[1],
                "GoodsMovementType": movement,
                "QuantityInBaseUnit": abs(units),
                "MaterialBaseUnit": "PC",
            },
        )
    data = {"MaterialDocument": number, "MaterialDocumentYear": year}
    sim.events.emit("materialdocument.v1.MaterialDocument.Created.v1", data, sim.now())
    return number
