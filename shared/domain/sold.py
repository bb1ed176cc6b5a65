"""What a sale leaves of a level."""

from shared.domain.level_values import levels
from shared.model.retailer import Retailer
from shared.model.target import Target, TargetState

_SENDS_OR_RESTS = frozenset({TargetState.APPLIED, TargetState.DIRTY})


def stays_when_sold(retailer: Retailer) -> bool:
    """Whether a level may stay what it was although the channel sold of it, and took it off."""
    return bool(retailer.allocations or retailer.kits) or any(
        rule.cap is not None or rule.buffer_percent is not None for rule in retailer.stock_rules
    )


def sold_beneath(old: Target, new: Target) -> bool:
    """Whether more was sold at a place whose level stays: what came in took its place.

    The channel took the sale off and shows less than it was sent, so what it shows is to be read.
    """
    if old.state is not TargetState.APPLIED or new.state not in _SENDS_OR_RESTS:
        return False
    if old.basis is None or new.basis is None or old.basis.promised == new.basis.promised:
        return False
    was, stays = old.basis.promised, levels(old.desired).items() & levels(new.desired).items()
    return any(new.basis.promised.get(place, 0) > was.get(place, 0) for place, _ in stays)
