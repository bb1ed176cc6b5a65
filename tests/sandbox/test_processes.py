"""Processes: known again by more than their number, ended with all they started."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.failures import CannotRunError
from sandbox.home import Home
from sandbox.processes import Job, Tracked, born, claim, end, free_port, polite, port_is_free, start

SLEEPER = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(15, signal.SIG_IGN);print('on', flush=True); time.sleep(60)"
)
PARENT = (
    "import subprocess, sys, time;"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path, directory=tmp_path / ".sandbox")


def started(tmp_path: Path, program: str) -> Tracked:
    log = tmp_path / "log"
    process = start([sys.executable, "-c", program], log=log, cwd=tmp_path, env=os.environ)
    return Tracked.of("program", process.pid)


def said(path: Path) -> str:
    """The first line a program wrote, once it has."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if (text := path.read_text()).endswith("\n"):
            return text.strip()
        time.sleep(0.02)
    raise AssertionError("the program said nothing")


def test_a_started_process_leads_a_group_of_its_own(tmp_path: Path) -> None:
    process = started(tmp_path, SLEEPER)
    assert process.alive
    assert os.getpgid(process.pid) == process.pid != os.getpgid(0)
    assert end([process]) == [process]
    assert not process.alive


def test_ending_a_process_ends_what_it_started(tmp_path: Path) -> None:
    parent = started(tmp_path, PARENT)
    child = int(said(tmp_path / "log"))
    assert born(child)
    end([parent])
    until = time.monotonic() + 5
    while born(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert born(child) is None


def test_what_a_crashed_process_left_behind_is_ended_too(tmp_path: Path) -> None:
    parent = started(tmp_path, PARENT)
    child = int(said(tmp_path / "log"))
    os.kill(parent.pid, signal.SIGKILL)
    until = time.monotonic() + 5
    while parent.alive and time.monotonic() < until:
        time.sleep(0.02)
    assert not parent.alive
    assert born(child)
    assert end([parent]) == [parent]
    assert born(child) is None


def test_a_process_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    process = started(tmp_path, STUBBORN)
    assert said(tmp_path / "log") == "on"
    assert end([process], grace_s=0.2)
    assert not process.alive


def test_a_process_that_ended_is_not_alive_though_nobody_collected_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    tracked = Tracked.of("child", child.pid)
    until = time.monotonic() + 5
    while tracked.alive and time.monotonic() < until:
        time.sleep(0.02)
    assert not tracked.alive
    assert not end([tracked])
    child.wait()


def test_another_process_under_the_same_number_is_left_alone(tmp_path: Path) -> None:
    process = started(tmp_path, SLEEPER)
    stale = Tracked("cloud", process.pid, "another boot/1")
    assert not stale.alive
    assert not end([stale])
    assert process.alive
    end([process])


def test_what_was_tracked_is_found_and_ended_by_another_command(tmp_path: Path, home: Home) -> None:
    process = started(tmp_path, SLEEPER)
    home.track(process)
    later = Home(root=home.root, directory=home.directory)
    assert later.running() == [process]
    assert later.end_all() == ["program"]
    assert not process.alive
    assert later.tracked() == []


def test_a_stale_record_counts_as_nothing_running(home: Home) -> None:
    home.track(Tracked("cloud", os.getpid(), "another boot/1"))
    assert home.running() == []
    assert home.end_all() == []


def test_a_damaged_record_counts_as_none(home: Home) -> None:
    home.path("running.json").write_text("{", encoding="utf-8")
    assert home.tracked() == []


def test_two_commands_cannot_change_the_sandbox_at_once(home: Home) -> None:
    with home.alone(), pytest.raises(CannotRunError, match="another command"), home.alone():
        pass
    with home.alone():
        assert home.path("lock").exists()


def test_a_job_tells_its_code_and_its_output(tmp_path: Path) -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    command = [sys.executable, "-c", program]
    with Job("job", command, log=tmp_path / "log", cwd=tmp_path, env=dict(os.environ)) as job:
        code, seconds = job.wait()
    assert code == 3
    assert seconds > 0
    assert sorted(job.output().split()) == ["err", "out"]


def test_a_job_left_early_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT]
    with Job("job", command, log=tmp_path / "log", cwd=tmp_path, env=dict(os.environ)):
        child = int(said(tmp_path / "log"))
    until = time.monotonic() + 5
    while born(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert born(child) is None


def test_sigterm_runs_the_clean_up_on_its_way_out() -> None:
    cleaned = []

    def interrupted() -> None:
        with polite():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(5)
            finally:
                cleaned.append(True)

    with pytest.raises(SystemExit) as left:
        interrupted()
    assert left.value.code == 128 + signal.SIGTERM
    assert cleaned == [True]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.enable_socket
def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_is_free(port)
        with pytest.raises(CannotRunError) as refused:
            claim(port, "the embedded AWS")
    assert refused.value.problem == f"port {port} for the embedded AWS is taken"
    assert "give another one" in refused.value.remedy


@pytest.mark.enable_socket
def test_a_free_port_may_be_claimed_by_number_or_not() -> None:
    port = free_port()
    assert claim(port, "anything") == port
    assert port_is_free(claim(None, "anything"))
