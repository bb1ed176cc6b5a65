"""Lambda: containers that stay warm, die in crashes and are stopped at their time limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.flows.heat import Heat
from tests.simulation.engine import CrashError, Engine, Task
from tests.simulation.faults import Kind

COLD_MS = 300
SKEW_MS = 2000

type Handler = Callable[[dict[str, Any], Any], Any]
type Ended = Callable[[object, BaseException | None], None]


class Container:
    """What a warm container keeps between invocations: its clients, its leases, its clock."""

    __slots__ = ("connectors", "environment", "forgotten", "heat", "pacers", "skew_ms")

    def __init__(self, environment: Mapping[str, Any], skew_ms: int) -> None:
        self.environment = environment
        self.skew_ms = skew_ms
        self.connectors: dict[str, Any] = {}
        self.pacers: dict[str, Any] = {}
        self.heat = Heat()
        self.forgotten: set[str] = set()


class Context(NamedTuple):
    """The part of Lambda's context that functions use."""

    engine: Engine
    deadline_ms: int

    def get_remaining_time_in_millis(self) -> int:
        return self.deadline_ms - self.engine.now_ms


@dataclass(slots=True)
class Function:
    name: str
    handler: Handler
    environment: Mapping[str, Any]
    timeout_ms: int
    engine: Engine
    cold_ms: int = COLD_MS
    idle: list[Container] = field(default_factory=list)
    invocations: int = 0
    failures: int = 0

    def invoke(self, event: dict[str, Any], ended: Ended) -> Task:
        """Run once; `ended` hears the answer, or the error that failed the invocation."""
        self.invocations += 1
        cold = not self.idle
        container = self.idle.pop() if self.idle else self._new()

        def body() -> object:
            engine = self.engine
            if cold:
                engine.pause(self.cold_ms)
            engine.note(f"begins {_about(event)}")
            task = engine.current
            assert task is not None
            assert task.deadline_ms is not None
            return self.handler(event, Context(engine, task.deadline_ms))

        def over(result: object, error: BaseException | None) -> None:
            if error is None or isinstance(error, Exception):
                self.idle.append(container)
            if error is not None:
                self.failures += 1
                self.engine.failed(error)
                self.engine.note(f"failed: {type(error).__name__} {error}")
            ended(result, error)

        return self.engine.spawn(
            self.name, body, container=container, limit_ms=self.timeout_ms, ended=over
        )

    def _new(self) -> Container:
        skew_ms = 0
        if self.engine.faults.hit(Kind.SKEW):
            rng = self.engine.rng(f"skew of {self.name} {self.invocations}")
            skew_ms = rng.randint(-SKEW_MS, SKEW_MS)
        return Container(self.environment, skew_ms)


def _about(event: Mapping[str, Any]) -> str:
    records = event.get("Records")
    if not records:
        return str(event.get("rawPath", "")) or "by the clock"
    first = records[0]
    what = first.get("body") or first.get("dynamodb", {}).get("Keys", {}).get("pk", {}).get("S")
    return f"{len(records)} records, first {what}"


@dataclass(frozen=True, slots=True)
class SimClock:
    """Every container has its own idea of the time; the world has the right one."""

    engine: Engine

    def now(self) -> datetime:
        task = self.engine.current
        container: Any = task.container if task is not None else None
        now = self.engine.now()
        if container is None or not container.skew_ms:
            return now
        return now + timedelta(milliseconds=container.skew_ms)


def crashed(error: BaseException | None) -> bool:
    return isinstance(error, CrashError)
