"""One sandbox at a time: refused while it runs, swept when its owner is gone, cleaned up."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from sandbox.failures import CannotRunError
from sandbox.home import Home
from sandbox.processes import Tracked, start
from sandbox.world import World, bring_up, take_down

pytestmark = pytest.mark.enable_socket

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path, directory=tmp_path / ".sandbox")


@pytest.fixture
def running(home: Home) -> Iterator[Tracked]:
    process = start(SLEEPER, log=home.path("log"), cwd=home.root, env=os.environ)
    tracked = Tracked.of("cloud", process.pid)
    home.track(tracked)
    yield tracked
    home.end_all()


def test_a_second_sandbox_is_refused(home: Home, running: Tracked) -> None:
    with pytest.raises(CannotRunError, match="already running; end it with `shelfwire down`"):
        bring_up(home)
    assert running.alive


def test_what_a_vanished_owner_left_is_swept_away_before_a_new_start(
    home: Home, running: Tracked
) -> None:
    home.record(owner=asdict(Tracked("owner", os.getpid(), "another boot/1")))
    with pytest.raises(CannotRunError, match="make setup"):  # nothing is installed in tmp_path
        bring_up(home)
    assert not running.alive


def test_what_a_living_owner_runs_is_not_touched(home: Home, running: Tracked) -> None:
    home.record(owner=asdict(Tracked.of("owner", os.getpid())))
    with pytest.raises(CannotRunError, match="already running"):
        bring_up(home)
    assert running.alive


def test_a_start_that_fails_leaves_nothing(home: Home) -> None:
    with pytest.raises(CannotRunError, match="make setup"):
        bring_up(home)
    assert home.recorded() == {}


def test_taking_down_names_what_still_ran(home: Home, running: Tracked) -> None:
    assert take_down(home) == ["cloud"]
    assert not running.alive
    assert take_down(home) == []


def test_a_sandbox_that_lost_a_part_says_which(home: Home, running: Tracked) -> None:
    home.track(Tracked("simulators", os.getpid(), "another boot/1"))
    home.record(deployed={})
    with pytest.raises(CannotRunError, match="a part of the sandbox has ended: simulators"):
        World.attached(home)
    assert running.alive


def test_a_sandbox_still_starting_is_not_running_yet(home: Home, running: Tracked) -> None:
    with pytest.raises(CannotRunError, match="no sandbox is running"):
        World.attached(home)
    assert running.alive
