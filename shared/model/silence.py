"""How often orders usually come over a channel, and when it is quiet for too long."""

from pydantic import Field

from shared.model.base import Canonical, Instant


class SilenceRules(Canonical):
    """Told of when `times` the longest of the last gaps is over, and `at_least_minutes` are."""

    times: int = Field(default=2, ge=1, le=100, description="how many of the longest gap")
    at_least_minutes: int = Field(
        default=60, ge=1, le=10_080, description="what is never too long a silence"
    )
    after_orders: int = Field(
        default=50, ge=3, le=500, description="how many orders must be known before it is judged"
    )


class Rhythm(Canonical):
    """Of one channel: when its last order was placed, and seconds between the last ones."""

    last: Instant
    gaps: tuple[int, ...] = ()
