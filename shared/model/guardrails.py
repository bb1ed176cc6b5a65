"""What a channel's prices may do by themselves; what goes beyond waits for a person."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.model.base import Canonical
from shared.model.price_rules import Exact, Percent

Share = Annotated[Exact, Field(ge=0, le=100)]


class Rule(StrEnum):
    """What a price may break."""

    NOT_POSITIVE = "not_positive"
    CURRENCY = "currency"
    FLOOR = "floor"
    MAX_RISE = "max_rise"
    MAX_FALL = "max_fall"
    MAX_MARKDOWN = "max_markdown"
    MAX_SHARE = "max_share"
    ZEROED = "zeroed"  # stock: one of many articles that ran out


class Guardrails(Canonical):
    """Limits of one channel; one that is left out is not tested.

    Changes are measured against the last regular price shown or approved, so that a promotion is
    measured against what it is taken off.
    """

    max_rise: Percent | None = Field(
        default=None, description="percent a price may rise by itself, as text, like '40'"
    )
    max_fall: Share | None = Field(
        default=None, description="percent a price may fall by itself, as text, like '30'"
    )
    floor: Annotated[Exact, Field(ge=0, lt=100)] | None = Field(
        default=None, description="percent of the net price to be left over a known cost, as text"
    )
    max_markdown: Share | None = Field(
        default=None, description="percent a price may lie below the one struck through, as text"
    )
    max_share: Share | None = Field(
        default=None, description="percent of the channel's prices that may move within the window"
    )
    share_from: int = Field(
        default=10, ge=0, description="prices that may move within the window whatever their share"
    )
    moves_by: Percent = Field(
        default=Decimal(0),
        description="percent from which on a changed price counts as moved, as text",
    )
    window_minutes: int = Field(
        default=60, ge=1, le=1440, description="how long the window of `max_share` lasts"
    )
