"""Processes that must not outlive their purpose: each in a group of its own, found again, ended."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn, Self

from sandbox.failures import CannotRunError

LOOPBACK = "127.0.0.1"
GRACE_S = 2.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")

_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Tracked:
    """A process as it is remembered between two commands.

    `born` tells it from a later process that was given the same number.
    """

    name: str
    pid: int
    born: str

    @classmethod
    def of(cls, name: str, pid: int) -> Self:
        return cls(name, pid, born(pid) or "")

    @property
    def alive(self) -> bool:
        return bool(self.born) and born(self.pid) == self.born

    @property
    def left_others(self) -> bool:
        """Whether it is gone and some of what it started is not: its number is not reused then."""
        return born(self.pid) is None and _same_boot(self.born) and _signal(self.pid, 0)


def born(pid: int) -> str | None:
    """When a process began, in words that only it has; None when it is gone or only a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if not _BOOT.exists():
        return _born_elsewhere(pid)
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return None
    # proc(5): after the name come the state and, 19 fields later, the start in clock ticks.
    return None if fields[0] == "Z" else f"{_BOOT.read_text().strip()}/{fields[19]}"


def _same_boot(stamp: str) -> bool:
    return _BOOT.exists() and stamp.startswith(f"{_BOOT.read_text().strip()}/")


def _born_elsewhere(pid: int) -> str | None:
    """The same without /proc, as on macOS."""
    said = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return None if not said or said.startswith("Z") else said.split(maxsplit=1)[1]


def start(
    command: Sequence[str | Path], *, log: Path, cwd: Path, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process as the leader of a new session, its output in a file."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[process.pid] = process
    return process


def end(processes: Iterable[Tracked], *, grace_s: float = GRACE_S) -> list[Tracked]:
    """End processes and all they started, side by side; politely, then not. Those it ended."""
    ending = [process for process in processes if process.alive or process.left_others]
    for process in ending:
        _signal(process.pid, signal.SIGTERM)
    for process in ending:
        if not _gone_after(process.pid, signal.SIGTERM, grace_s):
            _gone_after(process.pid, signal.SIGKILL, grace_s)
    return ending


def _gone_after(pid: int, number: int, grace_s: float) -> bool:
    """Whether a signal has emptied a group within the grace."""
    until = time.monotonic() + grace_s
    _signal(pid, number)
    while time.monotonic() < until:
        _reap(pid)
        if not _signal(pid, 0):
            return True
        time.sleep(0.02)
    return False


def _signal(group: int, number: int) -> bool:
    """Send a signal to a group; False when nobody is left in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS: the group holds nothing but a zombie
        return False
    return True


def _reap(pid: int) -> None:
    """Collect a child of ours that has ended, or it stays in its group as a zombie."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]


class Job:
    """A command that runs to its end while others do; killed when its block is left early."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, log: Path, cwd: Path, env: dict[str, str]
    ) -> None:
        self._log = log
        log.write_bytes(b"")
        self.began = time.monotonic()
        self._process = start(command, log=log, cwd=cwd, env=env)
        self._tracked = Tracked.of(name, self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def wait(self) -> tuple[int, float]:
        """Its exit code and how many seconds it took."""
        return self._process.wait(), time.monotonic() - self.began

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        if self._process.poll() is None:
            end([self._tracked])
            self._process.wait()


def port_is_free(port: int) -> bool:
    """Whether a server could listen here now; a port left in TIME_WAIT counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def claim(port: int | None, what: str) -> int:
    """The port asked for, if it is free; any free one when none was."""
    if port is None:
        return free_port()
    if not port_is_free(port):
        raise CannotRunError(
            f"port {port} for {what} is taken",
            "give another one, or end the program that listens there",
        )
    return port


@contextmanager
def polite() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exit that runs every `finally` on its way."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    wanted = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, leave) for number in wanted]
    try:
        yield
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)
