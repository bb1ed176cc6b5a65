"""`shelfwire bench`: one line a metric, and an exit code that says whether all bounds are met."""

import json
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sandbox.cli import app
from tests.bench.catalogue import BASE, RAISED, assortment
from tests.bench.limits import STANDARD, grouped_points, paced_s
from tests.bench.metric import EXACTLY, Line
from tests.simulation.engine import HOUR

FIELDS = ["metric", "value", "bound", "ratio", "unit", "ratio_at_most", "ok"]


def measured(*options: str) -> tuple[Result, list[dict[str, Any]]]:
    result = CliRunner().invoke(app, ["bench", "prices", *options])
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_each_metric_is_one_line_with_its_bound() -> None:
    result, lines = measured("--only", "noop", "--rows", "400")
    assert (result.exit_code, [list(line) for line in lines]) == (0, [FIELDS])
    assert lines[0] | {"ok": None} == {
        "metric": "prices.noop", "value": 20, "bound": 20, "ratio": 1, "unit": "pushes",
        "ratio_at_most": 1, "ok": None,
    }  # fmt: skip


def test_a_bound_that_is_missed_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.bench import prices  # noqa: PLC0415

    monkeypatch.setattr(prices, "ACTIVATION_S", Decimal("0.1"))
    result, lines = measured("--only", "activation")
    assert (result.exit_code, lines[0]["ok"]) == (1, False)


def test_the_peers_are_measured_in_the_same_run_and_fail_nothing() -> None:
    _, lines = measured("--only", "publishing", "--prices", "80")
    peers = [line for line in lines if line["metric"].startswith("prices.makespan.")]
    assert [line["metric"] for line in peers] == [
        "prices.makespan.naive_per_sku",
        "prices.makespan.read_all_then_batch",
    ]
    assert all(line["ok"] and line["ratio_at_most"] is None for line in peers)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--only", "weight"], "prices has no weight"),
        (["--rows", "0"], "a size below 1"),
    ],
)
def test_what_cannot_be_measured_is_said(options: list[str], problem: str) -> None:
    result, _ = measured(*options)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_an_area_that_is_not_measured_is_said() -> None:
    result = CliRunner().invoke(app, ["bench", "weather"])
    assert (result.exit_code, "nothing is measured of 'weather'" in result.stderr) == (2, True)


def test_the_assortment_is_at_rest_and_stays_so_when_it_is_derived_again() -> None:
    shop = assortment(200, STANDARD)
    with shop.world.playing():
        assert shop.reprice(shop.articles, BASE) == 0
        shop.world.engine.run(until_ms=HOUR)
    assert shop.counted.cost().points == 0
    assert shop.shown(BASE) == len(shop.articles)


def test_what_is_measured_is_what_the_shop_shows() -> None:
    shop = assortment(100, STANDARD)
    with shop.world.playing():
        assert shop.reprice(shop.articles[:3]) == 3
        shop.world.engine.run(until_ms=HOUR)
    assert shop.shown(RAISED) == 3


def test_bounds_follow_from_the_limits() -> None:
    points = grouped_points([10] * 1200)
    assert points == Decimal(14_400)
    assert paced_s(points, STANDARD) == Decimal(124)
    assert grouped_points([251]) == Decimal("70.2")


@pytest.mark.parametrize(
    ("value", "most", "ok"), [("105", "1.05", True), ("106", "1.05", False), ("106", None, True)]
)
def test_a_line_passes_within_its_bound(value: str, most: str | None, *, ok: bool) -> None:
    limit = None if most is None else Decimal(most)
    assert Line("m", Decimal(value), Decimal(100), "s", limit).ok is ok


def test_what_has_to_be_exact_may_not_be_less_either() -> None:
    assert Line("m", Decimal(100), Decimal(100), "pushes", exact=True).ok
    assert not Line("m", Decimal(99), Decimal(100), "pushes", exact=True).ok


def test_where_the_bound_is_zero_nothing_else_passes() -> None:
    assert Line("m", Decimal(0), Decimal(0), "answers", EXACTLY).ok
    assert not Line("m", Decimal(1), Decimal(0), "answers", EXACTLY).ok


def test_what_a_movement_costs_is_counted_beside_how_others_do_it() -> None:
    result = CliRunner().invoke(app, ["bench", "stock", "--only", "costs"])
    lines = {one["metric"]: one for one in map(json.loads, result.stdout.splitlines())}
    assert lines["stock.aws_calls"]["value"] == 0.13
    assert lines["stock.write_units"]["value"] == 3
    assert lines["stock.write_units.all_four"]["value"] == 9
    assert lines["stock.cost_per_million_usd"]["ok"]
    assert lines["stock.aws_calls.naive"]["value"] == 16
    assert lines["stock.write_units.naive"]["value"] == 10


def test_forty_movements_of_an_article_are_few_calls() -> None:
    result = CliRunner().invoke(app, ["bench", "stock", "--only", "conflation"])
    ours, naive = map(json.loads, result.stdout.splitlines())
    assert (ours["ok"], naive["value"] >= 40) == (True, True)
