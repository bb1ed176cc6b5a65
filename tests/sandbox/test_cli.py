"""The command line: one JSON object as the last line, and an exit code that says what happened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sandbox.cli import _told, app
from sandbox.failures import RefusedError
from sandbox.home import Home
from sandbox.processes import Tracked

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "retailers" / "example.toml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def last(result: Result) -> dict[str, object]:
    found = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "retailer.toml"
    file.write_text(EXAMPLE.read_text().replace("Europe/London", "Mars"), encoding="utf-8")
    return file


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELFWIRE_SANDBOX", str(tmp_path / "sandbox"))


def test_a_good_file_is_zero() -> None:
    result = run("check", EXAMPLE, "--json")
    assert result.exit_code == 0
    assert last(result) == {"ok": True, "file": str(EXAMPLE), "mistakes": []}


def test_a_file_with_mistakes_is_one(wrong: Path) -> None:
    result = run("check", wrong, "--json")
    assert result.exit_code == 1
    found = last(result)
    assert found["ok"] is False
    assert '"path": "channels.0.zone"' in json.dumps(found["mistakes"])


def test_a_person_reads_a_table_with_the_remedy(wrong: Path) -> None:
    result = run("check", wrong)
    assert result.exit_code == 1
    assert "no such time zone" in " ".join(result.stdout.split())
    assert " ".join(result.stdout.split()).endswith("1 mistake")


def test_a_file_that_is_not_there_is_two_without_a_traceback(tmp_path: Path) -> None:
    result = run("check", tmp_path / "absent.toml", "--json")
    assert result.exit_code == 2
    assert "cannot be read" in str(last(result)["error"])
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments", [("fly",), ("check",), ("trace", "sku"), ("up", "--port", "x")]
)
def test_a_command_line_that_makes_no_sense_is_two(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("up", "--port", "99999"), "less than or equal to 65535"),
        (("demo", "--port", "0"), "greater than or equal to 1"),
        (("simulate", "--seeds", "0"), "greater than or equal to 1"),
        (("simulate", "--nightly", "-1"), "greater than or equal to 0"),
        (("simulate", "--determinism", "-1"), "greater than or equal to 0"),
    ],
)
def test_a_number_out_of_its_range_is_named_with_the_range(
    arguments: tuple[str, ...], said: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    told = " ".join(result.output.replace("│", " ").split())  # a narrow terminal breaks it
    assert said in told
    assert f"'{arguments[1]}'" in told


@pytest.mark.parametrize("name", ["absent.toml", "retailer.toml"])
@pytest.mark.usefixtures("nothing_runs", "wrong")
def test_a_story_is_not_begun_with_a_file_that_is_not_right(tmp_path: Path, name: str) -> None:
    result = run("demo", "--retailer", tmp_path / name, "--json")
    assert result.exit_code == 2
    assert str(tmp_path / name) in str(last(result)["error"])
    assert last(result)["remedy"]


def test_what_the_api_refuses_is_one_and_told_to_machines_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    remedy = {"field": "state", "value": "wrong", "remedy": "open, solved or all"}
    with pytest.raises(typer.Exit) as ended, _told(as_json=True):
        raise RefusedError(400, {**remedy})
    said = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert json.loads(said.out) == {"ok": False, "status": 400, **remedy}
    assert said.err == "shelfwire: 400: state / wrong / open, solved or all\n"


def test_checking_a_file_needs_no_aws_and_no_pictures() -> None:
    program = (
        "import sys; from sandbox.cli import app;"
        f"app(['check', {str(EXAMPLE)!r}, '--json'], standalone_mode=False);"
        "print(sorted({'boto3', 'httpx', 'rich.console', 'graphql'} & set(sys.modules)))"
    )
    environment = {**os.environ, "COVERAGE_PROCESS_START": ""}
    said = subprocess.run(  # noqa: S603 - this interpreter, a program of this file
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert said.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "command",
    [
        ("trace", "sku", "S1"),
        ("trace", "order", "shop:1"),
        ("exceptions",),
        ("parity",),
        ("parity", "--shadow"),
        ("replay", "no_price#S1"),
        ("close", "no_price#S1", "--why", "no longer sold"),
        ("map", "shop", "X1", "S1"),
        ("send", str(EXAMPLE)),
    ],
)
@pytest.mark.usefixtures("nothing_runs")
def test_a_question_without_a_sandbox_is_two_and_says_how_to_begin(
    command: tuple[str, ...],
) -> None:
    result = run(*command, "--json")
    assert result.exit_code == 2
    assert last(result) == {
        "ok": False,
        "error": "no sandbox is running",
        "remedy": "begin with `shelfwire up`",
    }


@pytest.mark.usefixtures("nothing_runs")
def test_the_status_of_nothing_is_one() -> None:
    result = run("status", "--json")
    assert (result.exit_code, last(result)) == (1, {"ok": False, "running": {}})


@pytest.mark.usefixtures("nothing_runs")
def test_ending_nothing_is_done_at_once() -> None:
    result = run("down", "--json")
    assert (result.exit_code, last(result)) == (0, {"ok": True, "ended": []})


@pytest.mark.usefixtures("nothing_runs")
def test_the_status_names_the_part_that_has_ended() -> None:
    Home().track(Tracked("simulators", os.getpid(), "another boot/1"))
    result = run("status", "--json")
    assert (result.exit_code, last(result)["running"]) == (1, {"simulators": False})


@pytest.mark.parametrize(
    "command",
    [
        "check", "up", "down", "status", "demo", "send", "exceptions", "parity", "replay",
        "map",
    ],
)  # fmt: skip
def test_every_command_answers_machines_too(command: str) -> None:
    assert "--json" in run(command, "--help").output
