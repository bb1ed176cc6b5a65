"""A port call as the simulated world sees it: where others may run and faults may strike."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import NoReturn

from shared.errors import RetryableError, ThrottledError
from tests.simulation.engine import CrashError, Engine
from tests.simulation.faults import Kind

COME_BACK = timedelta(seconds=5)
AWS_MS = (2, 9)  # before the effect, and now and then after it
AWS_SPAN = AWS_MS[1] - AWS_MS[0] + 1
SLOW_ANSWERS = 0.4  # somebody else may run between an effect and its answer; turns are dear

BEFORE = (Kind.CRASH_BEFORE, Kind.AWS_THROTTLED, Kind.AWS_ERROR)
BEFORE_A_BATCH = (*BEFORE, Kind.AWS_PARTIAL)
AFTER = (Kind.AWS_LOST, Kind.CRASH_ANSWER)
"""What may strike a call of AWS, in this order."""


class Wire:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._latency: Random = engine.rng("aws latency")
        self._drawn = self._latency.random
        self._crash = engine.faults.stream(Kind.CRASH_EFFECT)

    def aws[T](
        self, label: str, effect: Callable[[], T], *, part: Callable[[], object] | None = None
    ) -> T:
        """One call of an AWS service. `part` does a share of what a batch asked for.

        Raises as the adapters do: RetryableError, also when the answer was lost after the effect.
        """
        engine = self.engine
        faults = engine.faults
        task = engine.current
        if task is None or task.container is None:
            return effect()
        engine.calls += 1
        engine.pause(AWS_MS[0] + int(self._drawn() * AWS_SPAN))
        engine.note(label)
        if faults.healed:
            return effect()
        before = faults.first(BEFORE if part is None else BEFORE_A_BATCH)
        if before is not None:
            self._struck(before, label, part)
        result = effect()
        crash = self._crash
        crash.count += 1
        if crash.count >= crash.next:
            faults.strike(Kind.CRASH_EFFECT)
            self.die(Kind.CRASH_EFFECT)
        if self._drawn() < SLOW_ANSWERS:
            engine.pause(AWS_MS[0] + int(self._drawn() * AWS_SPAN))
        after = faults.first(AFTER)
        if after is not None:
            self._struck(after, label, part)
        return result

    def _struck(self, kind: Kind, label: str, part: Callable[[], object] | None) -> NoReturn:
        """What the caller sees of a fault before or after the effect."""
        note = self.engine.note
        match kind:
            case Kind.AWS_THROTTLED:
                note("  throttled")
                raise ThrottledError(f"{label}: ThrottlingException", after=COME_BACK)
            case Kind.AWS_ERROR:
                note("  failed")
                raise RetryableError(f"{label}: InternalServerError")
            case Kind.AWS_PARTIAL if part is not None:
                part()
                note("  did a part and failed")
                raise RetryableError(f"{label}: a part failed")
            case Kind.AWS_LOST:
                note(f"  answer of {label} lost")
                raise RetryableError(f"{label}: answer lost")
            case _:
                self.die(kind)

    def crash(self, kind: Kind) -> None:
        if self.engine.faults.hit(kind):
            self.die(kind)

    def die(self, kind: Kind) -> NoReturn:
        """The container dies here."""
        self.engine.note(f"  {kind}")
        raise CrashError(kind)
