"""The wall clock, behind a port so that everything else can be given another."""

from datetime import UTC, datetime


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)
