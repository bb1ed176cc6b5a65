"""What an account of a vendor may be asked: one rate policy, and how many calls may be under way.

Vendors state their limits in different units. Each is kept here as the vendor states it, and
becomes a bucket of points whose numbers are whole: `points_per_second` refill `bucket`, and a call
of cost 1 takes `call` of them.
"""

from enum import StrEnum
from functools import cached_property
from typing import Final, Self

from pydantic import Field, model_validator

from shared.model.base import Canonical

HOUR_S: Final = 3600
SPARE: Final = 50  # one call in so many of a window may come at once, the others evenly
LATE: Final = 100  # a lease lasts for at most this part of a window
MILLI: Final = 1000
LEASED_MS: Final = 2500


class Pace(StrEnum):
    """In which words a vendor says how often it may be asked."""

    POINTS = "points"
    WINDOW = "window"
    HOURLY = "hourly"
    INTERVAL = "interval"
    UNKNOWN = "unknown"


class Limits(Canonical):
    """One of: points, a window, calls an hour, an interval, or nothing known.

    `adaptive` is for vendors that state nothing: the rate is found by asking, less after each
    refusal and slowly more again, and never above `calls_per_second_at_most`. `slots` bounds how
    many functions call at once; with `slots_are_counted` all functions of the connection share
    them, for vendors that refuse one call too many whoever makes it.
    """

    points_per_second: int = Field(
        default=0, gt=0, description="refill of the rate bucket, for vendors that count points"
    )
    bucket: int = Field(default=0, gt=0, description="points a full bucket holds")
    requests: int = Field(default=0, ge=0, description="calls allowed in any `window_seconds`")
    window_seconds: int = Field(default=0, ge=0, le=HOUR_S, description="length of that window")
    calls_per_hour: int = Field(default=0, ge=0, description="calls allowed in any hour")
    minimum_interval_ms: int = Field(
        default=0, ge=0, le=HOUR_S * MILLI, description="least time between two calls"
    )
    adaptive: bool = Field(
        default=False, description="the vendor states no rate: find it by what it refuses"
    )
    calls_per_second_at_most: int = Field(
        default=10, ge=1, le=1000, description="what an adaptive rate never exceeds"
    )
    slots: int = Field(default=2, ge=2, le=100, description="calls under way at once")
    slots_are_counted: bool = Field(
        default=False,
        description="the vendor counts calls under way, so that all functions share the slots",
    )

    @cached_property
    def pace(self) -> Pace:
        return next(pace for pace, given in self._given().items() if given)

    @property
    def call(self) -> int:
        """Points of a call whose cost is 1."""
        return self.bucket_of_points[0]

    @property
    def refill(self) -> int:
        """Points a second."""
        return self.bucket_of_points[1]

    @property
    def size(self) -> int:
        """Points a full bucket holds."""
        return self.bucket_of_points[2]

    @cached_property
    def lease_ms(self) -> int:
        """How long points may be kept before they are spent, without breaking the policy."""
        match self.pace:
            case Pace.INTERVAL:
                return 0
            case Pace.WINDOW | Pace.HOURLY:
                return min(2 * MILLI, self._window[1] * MILLI // LATE)
            case _:
                return LEASED_MS

    @property
    def _window(self) -> tuple[int, int]:
        """Calls, and the seconds they are allowed in."""
        hourly = self.pace is Pace.HOURLY
        return (self.calls_per_hour, HOUR_S) if hourly else (self.requests, self.window_seconds)

    @cached_property
    def bucket_of_points(self) -> tuple[int, int, int]:
        """A call, the refill of a second and a full bucket, all in points.

        Of a window some calls may come at once. The others are spread over the window and what a
        lease may add to it, so that no span of its length ever holds more than is allowed.
        """
        match self.pace:
            case Pace.WINDOW | Pace.HOURLY:
                calls, seconds = self._window
                burst = max(1, calls // SPARE)
                point = seconds * (LATE + 1)
                return point, max(1, (calls - burst) * LATE), burst * point
            case Pace.INTERVAL:
                return self.minimum_interval_ms, MILLI, self.minimum_interval_ms
            case Pace.UNKNOWN:
                most = self.calls_per_second_at_most * MILLI
                return MILLI, most, max(MILLI, most // 2)
            case _:
                return 1, self.points_per_second, self.bucket

    def _given(self) -> dict[Pace, bool]:
        return {
            Pace.POINTS: self.points_per_second > 0 or self.bucket > 0,
            Pace.WINDOW: self.requests > 0 or self.window_seconds > 0,
            Pace.HOURLY: self.calls_per_hour > 0,
            Pace.INTERVAL: self.minimum_interval_ms > 0,
            Pace.UNKNOWN: self.adaptive,
        }

    @model_validator(mode="after")
    def _one_policy(self) -> Self:
        given = [pace for pace, said in self._given().items() if said]
        if len(given) != 1:
            named = " and ".join(given) or "none"
            raise ValueError(
                f"exactly one rate policy is needed, {named} is given: points_per_second with "
                "bucket, requests with window_seconds, calls_per_hour, minimum_interval_ms, or "
                "adaptive = true"
            )
        if Pace.POINTS in given and not (self.points_per_second and self.bucket):
            raise ValueError("points_per_second and bucket belong together, both above 0")
        if Pace.WINDOW in given and not (self.requests and self.window_seconds):
            raise ValueError("requests and window_seconds belong together, both above 0")
        return self
