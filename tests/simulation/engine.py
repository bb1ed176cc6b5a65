"""One thread and virtual time: tasks are greenlets that give way at every port call.

Time is whole milliseconds and advances only when every task waits. What happens at one instant is
ordered by a seeded tie-break, so a seed is a whole history.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from random import Random
from zlib import crc32

from greenlet import GreenletExit, getcurrent, greenlet

from tests.simulation.faults import Faults

START = datetime(2026, 11, 27, 9, tzinfo=UTC)
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def within(rng: Random, span: tuple[int, int]) -> int:
    """A whole number of a span, both ends included; several times as quick as `randint`."""
    return span[0] + int(rng.random() * (span[1] - span[0] + 1))


class CrashError(BaseException):
    """The container died; no `except Exception` of the code under test may eat it."""


class TimedOutError(BaseException):
    """Lambda stopped the invocation at its time limit."""


BUGS = (NameError, TypeError, AttributeError, LookupError, AssertionError)
"""What no fault of the world leads to, only a fault of the code."""


type Ended = Callable[[object, BaseException | None], None]


class Task:
    """One invocation or one actor of the scenario; `container` is None for actors."""

    __slots__ = ("body", "container", "deadline_ms", "done", "ended", "greenlet", "name", "token")

    def __init__(
        self,
        name: str,
        body: Callable[[], object],
        container: object,
        deadline_ms: int | None,
        ended: Ended | None,
    ) -> None:
        self.name = name
        self.body = body
        self.container = container
        self.deadline_ms = deadline_ms
        self.ended = ended
        self.token = 0
        self.done = False
        self.greenlet: greenlet | None = None


_IDLE: list[greenlet] = []
"""Greenlets that have come to the end of a task; a new one would have its stack to make first."""


def _works(engine: "Engine", task: Task) -> None:
    """Handle one task after the other, each handed over by the hub that it gives way to."""
    while engine.handled(task):
        hub = engine.hub
        del engine, task
        _IDLE.append(getcurrent())
        engine, task = hub.switch()


class Engine:
    def __init__(
        self, seed: int, faults: Faults, *, start: datetime = START, tracing: bool = False
    ) -> None:
        self.seed = seed
        self.faults = faults
        self.now_ms = 0
        self.current: Task | None = None
        self.calls = 0
        self._noted: list[str] = [str(seed)]
        self.story: list[str] | None = [] if tracing else None
        self.closed = False
        self.bugs: list[str] = []
        self.start = start
        self._now = 0, start
        self._order = self.rng("schedule")
        self._tie = self._order.getrandbits
        self._heap: list[tuple[int, int, int, Callable[[], object] | Task, int]] = []
        self._until_ms = 0
        self._count = 0
        self.hub = getcurrent()
        self._tasks: dict[Task, None] = {}

    @property
    def hash(self) -> int:
        """Of every step so far; equal histories have equal ones."""
        return crc32("".join(self._noted).encode())

    @property
    def resting(self) -> bool:
        """Whether no task is on its way."""
        return not self._tasks

    def rng(self, name: str) -> Random:
        """A stream of its own: drawing more from one changes no other."""
        return Random(f"{self.seed}/{name}")

    def now(self) -> datetime:
        at_ms, now = self._now
        if at_ms != self.now_ms:
            now = self.start + timedelta(0, 0, self.now_ms * 1000)
            self._now = self.now_ms, now
        return now

    def ms_at(self, instant: datetime) -> int:
        """When an instant comes, in milliseconds of this engine; negative if it is over."""
        return (instant - self.start) // timedelta(milliseconds=1)

    def at(self, delay_ms: int, act: Callable[[], object]) -> None:
        """Do something later, in no task."""
        self._count += 1
        heappush(self._heap, (self.now_ms + delay_ms, self._tie(16), self._count, act, 0))

    def spawn(
        self,
        name: str,
        body: Callable[[], object],
        *,
        container: object = None,
        limit_ms: int | None = None,
        ended: Ended | None = None,
    ) -> Task:
        """Start a task now; `ended` hears its result or what stopped it."""
        deadline = None if limit_ms is None else self.now_ms + limit_ms
        task = Task(name, body, container, deadline, ended)
        self._tasks[task] = None
        self._resume_at(0, task)
        if limit_ms is not None:
            self.at(limit_ms, partial(self._stop, task))
        return task

    def handled(self, task: Task) -> bool:
        """Run a task to its end; whether its greenlet may be given another one."""
        result: object = None
        error: BaseException | None = None
        try:
            result = task.body()
        except GreenletExit:
            return False
        except BaseException as raised:  # noqa: BLE001 - it is handed on, whatever it is
            error = raised
        task.done = True
        self._tasks.pop(task, None)
        if task.ended is not None:
            task.ended(result, error)
        elif error is not None:
            raise error
        return True

    def pause(self, ms: int) -> None:
        """Let the others run; come back after so many milliseconds."""
        if self.closed:
            raise GreenletExit
        task = self.current
        if task is None:  # the stage is being set: nobody else is there yet
            return
        back_ms = self.now_ms + ms
        if back_ms <= self._until_ms and (not self._heap or back_ms < self._heap[0][0]):
            self.now_ms = back_ms  # nobody else has anything to do before
            return
        self._resume_at(ms, task)
        self.hub.switch()

    def park(self) -> None:
        """Let the others run until somebody wakes this task."""
        if self.closed:
            raise GreenletExit
        self.hub.switch()

    def wake(self, task: Task) -> None:
        self._resume_at(0, task)

    def note(self, line: str) -> None:
        """One step of the history, kept for its hash, and for the story when it is asked for."""
        task = self.current
        name = task.name if task is not None else "-"
        self._noted.append(f"{self.now_ms} {name} {line}")
        if self.story is not None:
            self.story.append(f"{self.now_ms / SECOND:10.3f} s  {name:24} {line}")

    def failed(self, error: BaseException | None) -> None:
        """Hear of an error that a function raised or swallowed."""
        if isinstance(error, BUGS):
            self.bugs.append(f"{type(error).__name__} {error}")

    def run(self, *, until_ms: int, calm: Callable[[], bool] | None = None) -> bool:
        """Go on until an instant, or until no task is under way and `calm` holds; whether so."""
        self._until_ms = until_ms
        heap = self._heap
        while heap:
            if calm is not None and not self._tasks and calm():
                return True
            if heap[0][0] > until_ms:
                break
            self.now_ms, _, _, act, token = heappop(heap)
            if not isinstance(act, Task):
                act()
            elif act.token == token and not act.done:
                self._resume(act)
        self.now_ms = max(self.now_ms, until_ms)
        return calm is not None and calm()

    def close(self) -> None:
        """Nothing runs any more; tasks that still wait are dropped."""
        self.closed = True
        for task in list(self._tasks):
            if not task.done and task.greenlet is not None:
                task.greenlet.throw(GreenletExit)
        self._tasks.clear()
        self._heap.clear()

    def _resume_at(self, ms: int, task: Task) -> None:
        task.token += 1
        self._count += 1
        heappush(self._heap, (self.now_ms + ms, self._tie(16), self._count, task, task.token))

    def _resume(self, task: Task) -> None:
        self.current = task
        if task.greenlet is None:
            task.greenlet = _IDLE.pop() if _IDLE else greenlet(_works, self.hub)
            task.greenlet.switch(self, task)
        else:
            task.greenlet.switch()
        self.current = None

    def _stop(self, task: Task) -> None:
        if task.done:
            return
        task.token += 1
        self.current = task
        self.note("stopped at the time limit")
        if task.greenlet is not None:
            task.greenlet.throw(TimedOutError("time limit"))
        self.current = None
