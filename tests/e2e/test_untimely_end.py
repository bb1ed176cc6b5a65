"""An instance dies; by its name the last file, for the message it had stays hidden for minutes."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.world import World
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]


def test_a_function_killed_midway_makes_one_order(world: World) -> None:
    story = Story(world)
    story.control("erp", "linger", times=1, seconds=5)
    placed = story.order(("HAT-S", 1))
    name = str(placed["id"])
    _until(lambda: any(_is(row, name, "sending") for row in story.rows("orders")), within_s=30)
    assert _kill("erp-send", story.world)
    _until(lambda: story.trace(placed)["state"] == "accepted", within_s=180)
    assert len(story.in_erp(placed)) == 1


def _is(case: dict[str, Any], external_id: str, state: str) -> bool:
    order = case.get("order", {})
    return bool(order.get("external_id") == external_id and case["state"] == state)


def _until(holds: Callable[[], bool], *, within_s: int) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _kill(function: str, world: World) -> int:
    """Kill this sandbox's workers of a function, as an instance that dies; how many there were."""
    home = str(world.home.path("tmp")).encode()
    mark = f"AWS_LAMBDA_FUNCTION_NAME=shelfwire-northwind-sandbox-{function}".encode()
    killed = 0
    for entry in Path("/proc").iterdir():
        try:
            environment = (entry / "environ").read_bytes()
            ours = home in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if mark in environment and ours:
            os.kill(int(entry.name), signal.SIGKILL)
            killed += 1
    return killed
