"""Stock positions: what the owner of stock says lies where, and in what state."""

from decimal import Decimal

from shared.model.base import Canonical
from shared.model.ids import Name
from shared.model.product import UnitCode


class StockPosition(Canonical):
    """Quantities in the article's base unit; `on_hand` is everything that physically lies there.

    Of it, `reserved` is promised elsewhere, `quarantine` waits for quality inspection and `blocked`
    is damaged or returned. Negative on hand is real in an ERP and is kept as it was said.
    """

    location: Name
    unit: UnitCode
    on_hand: Decimal
    reserved: Decimal = Decimal(0)
    quarantine: Decimal = Decimal(0)
    blocked: Decimal = Decimal(0)
