"""A reason to hold an order, as a person is told of it."""

from shared.frozen import frozen
from shared.model.case import HoldReason


@frozen
class Held:
    """One reason, with the field that shows it, its value, and what ends it."""

    reason: HoldReason
    field: str
    value: str
    remedy: str
