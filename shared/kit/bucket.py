"""A leaky bucket as pure arithmetic, in thousandths of a point so that nothing is rounded away."""

from datetime import datetime, timedelta
from typing import NamedTuple

MILLI = 1000
_MS = timedelta(milliseconds=1)


class Bucket(NamedTuple):
    """`level` milli-points were available at `at`; it refills at `rate` points a second."""

    level: int
    at: datetime
    rate: int
    size: int

    def refilled(self, now: datetime) -> "Bucket":
        """Time never runs backwards here: an older `now` mints nothing."""
        if now <= self.at:
            return self
        earned = (now - self.at) // _MS * self.rate
        return Bucket(min(self.level + earned, self.size * MILLI), now, self.rate, self.size)

    def spent(self, points: int) -> "Bucket":
        return Bucket(self.level - points * MILLI, self.at, self.rate, self.size)

    def capped(self, available: int) -> "Bucket":
        """Believe the vendor when it says that less is left than we thought."""
        return Bucket(min(self.level, available * MILLI), self.at, self.rate, self.size)

    def wait(self, points: int) -> timedelta:
        """How long until this many points are there; zero when they are."""
        missing = points * MILLI - self.level
        if missing <= 0:
            return timedelta()
        return timedelta(milliseconds=-(-missing // self.rate))
