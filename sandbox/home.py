"""Where a sandbox keeps what it runs and writes: `.sandbox/` beside the code."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox.failures import CannotRunError
from sandbox.processes import Tracked, end
from shared.model.base import Json

ROOT = Path(__file__).resolve().parent.parent


def _directory() -> Path:
    return Path(os.environ.get("SHELFWIRE_SANDBOX", ROOT / ".sandbox")).absolute()


@dataclass(frozen=True, slots=True)
class Home:
    """`root` is the repository; everything written lies in `directory`.

    SHELFWIRE_SANDBOX names another directory, and so another sandbox beside the first.
    """

    root: Path = ROOT
    directory: Path = field(default_factory=_directory)

    def path(self, name: str) -> Path:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.directory / name

    def shown(self, name: str) -> str:
        """A path as a person in the repository would type it."""
        path = self.directory / name
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def record(self, **changes: Json) -> None:
        """Remember something about what runs, all or nothing."""
        temporary = self.path("running.json.new")
        temporary.write_text(json.dumps(self.recorded() | changes), encoding="utf-8")
        temporary.replace(self.path("running.json"))

    def recorded(self) -> dict[str, Json]:
        try:
            said = json.loads(self.path("running.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    def track(self, process: Tracked) -> None:
        kept = [asdict(known) for known in self.tracked()]
        self.record(processes=[*kept, asdict(process)])

    def tracked(self) -> list[Tracked]:
        """What was started and not ended, alive or not."""
        known = self.recorded().get("processes")
        return [
            Tracked(str(one["name"]), int(str(one["pid"])), str(one["born"]))
            for one in (known if isinstance(known, list) else [])
            if isinstance(one, dict)
        ]

    def running(self) -> list[Tracked]:
        return [process for process in self.tracked() if process.alive]

    def end_all(self) -> list[str]:
        """End everything started here, the names of what still ran."""
        ended = end(self.tracked())
        self.path("running.json").unlink(missing_ok=True)
        shutil.rmtree(self.path("tmp"), ignore_errors=True)
        return [process.name for process in ended]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the sandbox for one command; another that wants to start or stop it is refused."""
        with self.path("lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CannotRunError(
                    "another command is starting or stopping the sandbox", "wait for it to end"
                ) from error
            yield


@dataclass(slots=True)
class Steps:
    """What is done and how many seconds it took, told as it happens."""

    say: Callable[[str], None] = lambda _: None
    seconds: dict[str, float] = field(default_factory=dict)

    def begins(self, step: str) -> None:
        """Said at once: a step may be silent for minutes."""
        self.say(f"{step} ...")

    def took(self, step: str, seconds: float) -> None:
        self.seconds[step] = round(seconds, 2)
        self.say(f"{step} ({seconds:.1f} s)")

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        self.begins(step)
        began = time.monotonic()
        yield
        self.took(step, time.monotonic() - began)
