"""Which order is to go first, where more wait than can go at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.domain.enrichment import about
from shared.model.order import Order
from shared.model.order_rules import OrderRule

USUAL: Final = timedelta(hours=72)
_SECOND: Final = timedelta(seconds=1)
_AGES: Final = 1_000_000


def ship_by(order: Order, rules: Sequence[OrderRule]) -> datetime:
    """When its goods are to leave, at the latest: as the channel promised, else as the rules say.

    `ship_within_hours` of the first rule that is about the order and says it counts from when the
    order was placed; where none does, three days.
    """
    if order.ship_by is not None:
        return order.ship_by
    said = (rule.ship_within_hours for rule in rules if about(rule, order))
    hours = next((one for one in said if one is not None), None)
    return order.placed_at + (USUAL if hours is None else timedelta(hours=hours))


def urgency(order: Order, rules: Sequence[OrderRule]) -> datetime:
    """An instant by which orders sort: by the second they are to leave by, the older one first.

    The age stands in the microseconds, so that one sort key of a lane says both; what is older
    than eleven days by then counts as equally old.
    """
    leaves = ship_by(order, rules).replace(microsecond=0)
    age = max(0, (leaves - order.placed_at) // _SECOND)
    return leaves.replace(microsecond=max(0, _AGES - 1 - age))
