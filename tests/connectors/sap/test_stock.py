"""What SAP leaves empty is told of as such, and not as nothing."""

from decimal import Decimal

from shared.connectors.sap import mapping
from shared.connectors.sap.reading_schema import StockRow
from tests.domain.world import NOW, RETAILER


def row(plant: str, storage: str, quantity: str | None, kind: str = "01") -> StockRow:
    return StockRow.model_validate(
        {
            "Material": "HAT-M",
            "Plant": plant,
            "StorageLocation": storage,
            "InventoryStockType": kind,
            "MaterialBaseUnit": "PC",
            "MatlWrhsStkQtyInMatlBaseUnit": quantity,
        }
    )


def test_a_place_whose_quantity_is_empty_is_untold_and_the_others_are_told() -> None:
    rows = [row("1710", "171A", None), row("1710", "171A", "3", "02"), row("1720", "172A", "4")]
    cards, strange = mapping.stock(rows, ["HAT-M"], source="erp", as_of=NOW, retailer=RETAILER)
    (card,) = cards
    assert strange == []
    assert card.untold == ("london",)
    assert [(p.location, p.on_hand) for p in card.positions] == [("leeds", Decimal(4))]
