"""A port call as the simulated world sees it: where others may run and faults may strike."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from shared.errors import RetryableError, ThrottledError
from tests.simulation.engine import CrashError, Engine, within
from tests.simulation.faults import Kind

COME_BACK = timedelta(seconds=5)
AWS_MS = (2, 9)  # before the effect, and now and then after it
SLOW_ANSWERS = 0.4  # somebody else may run between an effect and its answer; turns are dear


class Wire:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._latency: Random = engine.rng("aws latency")

    def aws[T](
        self, label: str, effect: Callable[[], T], *, part: Callable[[], object] | None = None
    ) -> T:
        """One call of an AWS service. `part` does a share of what a batch asked for.

        Raises as the adapters do: RetryableError, also when the answer was lost after the effect.
        """
        engine = self.engine
        faults = engine.faults
        if engine.current is None or engine.current.container is None:
            return effect()
        engine.calls += 1
        engine.pause(within(self._latency, AWS_MS))
        engine.note(label)
        if faults.healed:
            return effect()
        self.crash(Kind.CRASH_BEFORE)
        if faults.hit(Kind.AWS_THROTTLED):
            engine.note("  throttled")
            raise ThrottledError(f"{label}: ThrottlingException", after=COME_BACK)
        if faults.hit(Kind.AWS_ERROR):
            engine.note("  failed")
            raise RetryableError(f"{label}: InternalServerError")
        if part is not None and faults.hit(Kind.AWS_PARTIAL):
            part()
            engine.note("  did a part and failed")
            raise RetryableError(f"{label}: a part failed")
        result = effect()
        self.crash(Kind.CRASH_EFFECT)
        if self._latency.random() < SLOW_ANSWERS:
            engine.pause(within(self._latency, AWS_MS))
        if faults.hit(Kind.AWS_LOST):
            engine.note(f"  answer of {label} lost")
            raise RetryableError(f"{label}: answer lost")
        self.crash(Kind.CRASH_ANSWER)
        return result

    def crash(self, kind: Kind) -> None:
        if self.engine.faults.hit(kind):
            self.engine.note(f"  {kind}")
            raise CrashError(kind)
