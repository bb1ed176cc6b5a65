"""`shelfwire simulate`: one history, many, and what cannot be asked for."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sandbox.cli import app

DAY = "promotion at midnight in London"
ONE_BUG = "companies pay by a price list"


def simulated(*options: str) -> tuple[Result, dict[str, Any]]:
    result = CliRunner().invoke(app, ["simulate", *options, "--json"])
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return result, found


def test_one_history_is_told_step_by_step() -> None:
    result, found = simulated("--scenario", DAY, "--seed", "3", "--given", "LOST 1", "--trace")
    assert (result.exit_code, found["ok"], found["struck"]) == (0, True, ["LOST 1"])
    assert "answer lost" in result.stderr
    assert "FAULTS END" in result.stderr


def test_many_histories_are_counted_and_every_check_with_them() -> None:
    result, found = simulated("--scenario", DAY, "--seeds", "4", "--jobs", "1")
    assert (result.exit_code, found["seeds"], found["violations"]) == (0, 4, 0)
    assert found["checks"]["I3 newest everywhere"] == found["checks"][DAY] == 4
    assert found["port_calls"] > 0
    assert "4 of 4 seeds" in result.stderr


def test_crash_points_are_enumerated_and_all_of_them_run() -> None:
    result, found = simulated("--scenario", DAY, "--crashes", "--pairs", "0.001", "--jobs", "1")
    singles, pairs = found["singles"], found["pairs"]
    assert result.exit_code == 0
    assert singles["run"] == singles["struck"] == singles["enumerated"] > 100
    assert pairs["run"] == pairs["chosen"] == round(pairs["there_are"] * 0.001) > 0
    assert singles["failed"] == pairs["failed"] == 0


def test_the_bugs_of_one_scenario_are_hunted_in_it_alone() -> None:
    result, found = simulated("--scenario", ONE_BUG, "--mutants", "--jobs", "1")
    assert (result.exit_code, found["mutants"], found["survive"]) == (0, 1, [])
    assert {one["scenario"] for one in found["detections"]} == {ONE_BUG}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--scenario", "a quiet day"], "no scenario is called 'a quiet day'"),
        (["--seed", "1", "--given", "CRASH 1"], "no fault is called 'CRASH'"),
        (["--jobs", "0"], "--jobs 0"),
        (["--trace"], "--trace and --given are about one history"),
        (["--given", "none"], "--trace and --given are about one history"),
        (["--crashes", "--pairs", "1.5"], "--pairs 1.5"),
        (
            ["--mutants", "--scenario", "one shop is dead"],
            "no bug is planted in 'one shop is dead'",
        ),
        (["--nightly", "1", "--scenario", DAY], "--determinism and --nightly play all scenarios"),
    ],
)
def test_what_cannot_be_simulated_is_said(options: list[str], problem: str) -> None:
    result, found = simulated(*options)
    assert result.exit_code == 2
    assert problem in found["error"]
    assert found["remedy"]
