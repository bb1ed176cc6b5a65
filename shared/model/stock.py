"""Stock positions: what the owner of stock says lies where, and in what state."""

import operator
from decimal import Decimal

from pydantic import Field

from shared.model.base import Canonical
from shared.model.ids import Name
from shared.model.product import UnitCode


class StockPosition(Canonical):
    """Quantities in the article's base unit, by status.

    `on_hand` is everything that physically lies there. Of it, `reserved` is promised elsewhere,
    `quality_inspection` waits to be inspected, `quarantine` is set aside until it is cleared,
    `damaged` is broken, and `blocked` is not to be used for another reason, such as a return. No
    unit is in two of these. `in_transit` is on its way here and not on hand yet. Negative on hand
    is real in an ERP and is kept as it was said.

    The last three are not written when they are 0: a position without them is as it always was.
    """

    location: Name
    unit: UnitCode
    on_hand: Decimal
    reserved: Decimal = Decimal(0)
    quarantine: Decimal = Decimal(0)
    blocked: Decimal = Decimal(0)
    quality_inspection: Decimal = Field(default=Decimal(0), exclude_if=operator.not_)
    damaged: Decimal = Field(default=Decimal(0), exclude_if=operator.not_)
    in_transit: Decimal = Field(default=Decimal(0), exclude_if=operator.not_)
