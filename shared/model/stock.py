"""Stock positions: what the owner of stock says lies where, and in what state."""

import operator
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from shared.model.base import Canonical
from shared.model.ids import Name
from shared.model.product import UnitCode

Status = Annotated[Decimal, Field(exclude_if=operator.not_)]
NONE: Final = Decimal(0)


class StockPosition(Canonical):
    """Quantities in the article's base unit, by status.

    `on_hand` is everything that physically lies there. Of it, `reserved` is promised elsewhere,
    `quality_inspection` waits to be inspected, `quarantine` is set aside until it is cleared,
    `damaged` is broken, and `blocked` is not to be used for another reason, such as a return. No
    unit is in two of these. `in_transit` is on its way here and not on hand yet. Negative on hand
    is real in an ERP and is kept as it was said.

    What is 0 is not written, but for on hand: it is most of a card, and read with every movement.
    """

    location: Name
    unit: UnitCode
    on_hand: Decimal
    reserved: Status = NONE
    quarantine: Status = NONE
    blocked: Status = NONE
    quality_inspection: Status = NONE
    damaged: Status = NONE
    in_transit: Status = NONE

    @property
    def empty(self) -> bool:
        """Whether nothing lies there, in whatever state, and nothing is on its way."""
        return not any(value for value in dict(self).values() if isinstance(value, Decimal))
