"""Trouble on demand: outages, throttling, answers that get lost after the work was done."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class Faults:
    """What goes wrong, until when or how often."""

    outage_until: datetime | None = None
    throttle_until: datetime | None = None
    vanish_after_commit: int = 0
    drop_webhooks: bool = False
    duplicate_webhooks: int = 0

    def outage(self, now: datetime, seconds: int) -> None:
        self.outage_until = now + timedelta(seconds=seconds)

    def throttle(self, now: datetime, seconds: int) -> None:
        self.throttle_until = now + timedelta(seconds=seconds)

    def out(self, now: datetime) -> bool:
        return self.outage_until is not None and now < self.outage_until

    def throttling(self, now: datetime) -> bool:
        return self.throttle_until is not None and now < self.throttle_until

    def vanishes(self) -> bool:
        """Whether this committed write loses its answer; each time counts down."""
        if self.vanish_after_commit <= 0:
            return False
        self.vanish_after_commit -= 1
        return True
