"""What a call is answered that is refused: by us, or by the gateway before us."""

from typing import NotRequired, TypedDict

from pydantic import JsonValue

from shared.model.answers.orders import ShortLine
from shared.model.ids import Name


class Refused(TypedDict):
    """What is wrong: which field, which value, and what to do."""

    field: str
    value: JsonValue
    remedy: str


class MissingSku(Refused):
    """An article of which `channel` shows nothing."""

    channel: NotRequired[Name]


class ReservationRefused(Refused):
    """`short` are the lines of which there is too little."""

    short: NotRequired[tuple[ShortLine, ...]]


class GatewayRefused(TypedDict):
    """What the gateway answers by itself: no token or scope, no such path, no function free."""

    message: str | None
