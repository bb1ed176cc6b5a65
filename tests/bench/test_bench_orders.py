"""`shelfwire bench orders`: every metric is one line, measured on the deployed functions."""

import json
from decimal import Decimal
from typing import Any

from typer.testing import CliRunner

from sandbox.cli import app
from tests.bench import cold, door
from tests.bench.erp import SLOTS, storm, trickle
from tests.bench.metric import Line


def measured(*options: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["bench", "orders", *options])
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_what_orders_do_under_load_is_one_line_a_metric() -> None:
    lines = measured("--only", "load", "--prices", "60")
    assert [line["metric"] for line in lines] == [
        "orders.slot_use", "orders.slot_use.over", "orders.per_hour", "orders.cpu",
    ]  # fmt: skip
    assert lines[0]["ratio_at_least"] == 0.97
    assert lines[1]["ok"]


def test_an_erp_is_never_called_more_often_at_once_than_it_has_slots() -> None:
    traffic = storm(60)
    assert traffic.most == SLOTS
    assert len(traffic.accepted) == 60


def test_latency_leaves_out_the_call_that_creates_the_order_and_nothing_else() -> None:
    traffic = trickle(3)
    posts = [call for call in traffic.calls if call.reference]
    whole = sum(traffic.accepted[order] - traffic.knocked[order] for order in traffic.accepted)
    own = sum(call.ended - call.begun for call in posts)
    assert (len(posts), sum(traffic.latencies)) == (3, whole - own)


def test_the_door_is_measured_on_the_row_it_writes() -> None:
    ours, bare = door.cpu(b'{"id":450789469}')
    assert bare / 2 < ours < 2 * bare


def test_a_ratio_below_its_least_does_not_pass() -> None:
    line = Line("m", Decimal(96), Decimal(100), "slots", least=Decimal("0.97"))
    assert not line.ok
    assert line.to_json()["ratio_at_least"] == 0.97


def test_every_worker_is_weighed_with_every_connector_it_may_have() -> None:
    names = cold.workers()
    assert "functions.orders.send with sap-s4hana" in names
    assert "functions.ingest.read_channel with shopify" in names
    assert "functions.orders.send with shopify" not in names


def test_a_cold_start_sees_only_what_is_deployed() -> None:
    took = cold.seconds({"ours": "import functions.ingest.webhook"}, rounds=1)
    assert took["ours"] > 0


def test_what_an_outage_leaves_behind_is_sent_as_fast_as_the_slots_take_it() -> None:
    lines = measured("--only", "drain", "--prices", "150")
    assert [line["metric"] for line in lines] == [
        "orders.drain_per_hour",
        "orders.drain_per_hour.over",
    ]
    assert [line["ok"] for line in lines] == [True, True]
