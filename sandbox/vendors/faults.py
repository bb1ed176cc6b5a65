"""Trouble on demand: outages, throttling, answers that get lost after the work was done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from shared.model.base import Json


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


class Troubled(Protocol):
    """A simulator to which all of this can happen."""

    @property
    def faults(self) -> Faults: ...

    def now(self) -> datetime: ...


def outage(sim: Troubled, *, seconds: int) -> Json:
    sim.faults.outage(sim.now(), seconds)
    return seconds


def throttle(sim: Troubled, *, seconds: int) -> Json:
    sim.faults.throttle(sim.now(), seconds)
    return seconds


def timeout_after_commit(sim: Troubled, *, times: int = 1) -> Json:
    """Lose the answers of the next so many writes after doing them."""
    sim.faults.vanish_after_commit = times
    return times


COMMANDS: Final[dict[str, Callable[..., Json]]] = {
    command.__name__: command for command in (outage, throttle, timeout_after_commit)
}
