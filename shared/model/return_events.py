"""What customers send back."""

from typing import Literal

from shared.model.event import Event
from shared.model.ids import Name


class ReturnAuthorised(Event):
    """A customer may send these units back, by line."""

    type: Literal["ReturnAuthorised"] = "ReturnAuthorised"
    order_id: str
    channel: Name
    return_id: str
    lines: dict[str, int]


class ReturnReceived(Event):
    """Units of a return came, by line; `complete` once all that was announced has."""

    type: Literal["ReturnReceived"] = "ReturnReceived"
    order_id: str
    channel: Name
    return_id: str
    told_by: str
    lines: dict[str, int]
    complete: bool
