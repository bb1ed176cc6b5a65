"""The simulated table of functions and triggers is the one the template makes, row by row."""

import json
from typing import Any

import pytest

from infra.stage import ROOT
from shared.flows import keys
from shared.ports import Table
from shared.settings import load_retailer
from tests.infra.template import PREFIX, Synthesized, of_the_example
from tests.simulation.engine import SECOND
from tests.simulation.faults import Faults
from tests.simulation.wiring import FunctionRow, QueueFeed, QueueRow, StreamFeed, Wiring, wiring
from tests.simulation.world import World

pytestmark = [
    pytest.mark.xdist_group("synth"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
ASKED_FOR = "compare-"  # comparisons are not simulated
# Only called over HTTP or by who drops a file; nothing in the simulation calls or drops.
BY_REQUEST = {
    "api-read",
    "api-ops",
    "api-orders",
    "api-prices",
    "api-approvals",
    "api-lookup",
    "import-file",
}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return of_the_example(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def wired() -> Wiring:
    text = (ROOT / "retailers/example.toml").read_text(encoding="utf-8")
    return wiring(load_retailer(text))


def test_the_simulation_runs_every_function_that_runs_by_itself(
    template: Synthesized, wired: Wiring
) -> None:
    assert {row.name for row in wired.functions} == set(template.functions()) - BY_REQUEST


def test_every_function_has_its_handler_and_its_time_limit(
    template: Synthesized, wired: Wiring
) -> None:
    made = template.functions()
    assert {row.name: (row.handler, row.timeout_s) for row in wired.functions} == {
        row.name: (made[row.name]["Handler"], made[row.name]["Timeout"]) for row in wired.functions
    }


def test_every_function_may_send_to_the_queues_it_is_given(
    template: Synthesized, wired: Wiring
) -> None:
    made = template.functions()
    for row in wired.functions:
        assert set(row.sends or ()) == _sends(template, made[row.name]), row.name
        given = made[row.name]["Environment"]["Variables"].get("CONNECTION", "")
        assert row.connection == given


def test_every_queue_hides_and_gives_up_as_deployed(template: Synthesized, wired: Wiring) -> None:
    made = template.resources("AWS::SQS::Queue")
    rows = {
        QueueRow(
            _short(queue["QueueName"]),
            queue["VisibilityTimeout"],
            queue.get("RedrivePolicy", {}).get("maxReceiveCount"),
        )
        for queue in made.values()
    }
    assert rows == set(wired.queues)
    for queue in made.values():
        if "RedrivePolicy" in queue:
            target = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert made[target]["QueueName"] == queue["QueueName"] + "-dead"


def test_every_queue_feeds_its_function_in_batches_and_within_its_concurrency(
    template: Synthesized, wired: Wiring
) -> None:
    queues = template.resources("AWS::SQS::Queue")
    rows = [
        QueueFeed(
            _short(queues[source["EventSourceArn"]["Fn::GetAtt"][0]]["QueueName"]),
            _function(template, source),
            source["BatchSize"],
            source.get("ScalingConfig", {}).get("MaximumConcurrency"),
        )
        for source in _sources(template, streams=False)
    ]
    assert sorted(rows, key=repr) == sorted(wired.feeds, key=repr)
    for source in _sources(template, streams=False):
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert "MaximumBatchingWindowInSeconds" not in source


def test_every_stream_feeds_its_function_as_deployed(template: Synthesized, wired: Wiring) -> None:
    made = {
        (
            _function(template, source),
            _table(source),
            source["BatchSize"],
            source.get("MaximumBatchingWindowInSeconds", 0),
            source["MaximumRetryAttempts"],
        )
        for source in _sources(template, streams=True)
    }
    assert made == {
        (feed.function, feed.table.value, feed.batch, feed.window_s, feed.retries)
        for feed in wired.streams
    }


def test_a_failing_stream_batch_is_halved_and_then_handed_to_the_failures(
    template: Synthesized,
) -> None:
    queues = template.resources("AWS::SQS::Queue")
    for source in _sources(template, streams=True):
        assert source["BisectBatchOnFunctionError"] is True
        assert "ParallelizationFactor" not in source
        target = source["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        assert _short(queues[target]["QueueName"]) == "stream-failures"


def test_a_stream_hands_over_only_the_state_its_function_is_for(
    template: Synthesized, wired: Wiring
) -> None:
    made = {_function(template, s): _filters(s) for s in _sources(template, streams=True)}
    assert made == {feed.function: _wanted(feed) for feed in wired.streams}


def test_every_fact_is_handed_to_one_of_two_functions(wired: Wiring) -> None:
    """A shard of a stream is good for two readers; a row that both get is worked at twice."""
    made = (
        keys.item("S", "erp"), keys.price("S", "erp"), keys.stock("S", "erp"), keys.hold("S"),
        keys.wake("S"), keys.kit_links("S"), keys.kit_part("S", "C"), keys.product("P", "erp"),
    )  # fmt: skip
    facts = [feed for feed in wired.streams if feed.table is Table.FACTS]
    assert len(facts) == 2
    for key in made:
        assert sum(key.sk.startswith(feed.kinds) for feed in facts) == 1, key
    page = keys.hold_page("S", "1")  # what is derived follows from the card that names it
    assert not any(page.sk.startswith(feed.kinds) for feed in facts)


def test_every_schedule_has_its_period_and_what_it_sends(
    template: Synthesized, wired: Wiring
) -> None:
    made = {_short(r["Name"]): r for r in template.resources("AWS::Events::Rule").values()}
    rules = {name: rule for name, rule in made.items() if not name.startswith(ASKED_FOR)}
    assert set(rules) == {row.name for row in wired.schedules}
    for row in wired.schedules:
        rule = rules[row.name]
        unit = "minute" if row.minutes == 1 else "minutes"
        assert rule["ScheduleExpression"] == f"rate({row.minutes} {unit})"
        (target,) = rule["Targets"]
        assert _target(template, target["Arn"]) == row.to
        if row.poll is None:
            assert "Input" not in target
            assert "InputTransformer" not in target
        else:
            says = target["InputTransformer"]
            assert says["InputPathsMap"] == {"time": "$.time"}
            assert json.loads(says["InputTemplate"].replace("<time>", '"at"')) == {
                "poll": row.poll.value,
                "at": "at",
            }


def test_a_failed_minute_is_told_and_not_tried_again(template: Synthesized, wired: Wiring) -> None:
    made = {
        _function(template, config): (
            config["MaximumRetryAttempts"],
            _target(template, config["DestinationConfig"]["OnFailure"]["Destination"]),
        )
        for config in template.resources("AWS::Lambda::EventInvokeConfig").values()
    }
    minutes = {row.to for row in wired.schedules if row.poll is None}
    assert made == dict.fromkeys(minutes, (0, "stream-failures"))


def test_the_world_is_built_from_these_rows() -> None:
    world = World(0, Faults(0, on=()))
    rows = world.wiring
    assert {f.name: f.timeout_ms for f in world.functions.values()} == {
        row.name: row.timeout_s * SECOND for row in rows.functions
    }
    assert set(world.queues) == {
        row.name for row in rows.queues if row.tries and row.name != "stream-failures"
    }
    for row in rows.queues:
        queue = world.every_queue[row.name]
        assert queue.visibility_ms == row.hidden_s * SECOND
        assert queue.pump is not None
        if row.tries is not None:
            assert queue.tries == row.tries
            assert queue.dead is world.every_queue[f"{row.name}-dead"]
    assert [
        (s.table, s.batch, s.window_ms, s.tries, s.only_state, s.only_kinds) for s in world.streams
    ] == [
        (f.table, f.batch, f.window_s * SECOND, f.retries, f.state, f.kinds or ("",))
        for f in rows.streams
    ]


def test_a_function_that_is_given_no_queue_may_send_to_none() -> None:
    assert FunctionRow("clock", "functions.derive.clock.handler", 30).environment("x") == {
        "queues": {},
        "connection": "",
        "prefix": "x",
    }


def _short(name: str) -> str:
    return name.removeprefix(PREFIX)


def _sources(template: Synthesized, *, streams: bool) -> list[dict[str, Any]]:
    """Streams, or queues of this stack; the queue of dropped files stands in the other one."""
    found = template.resources("AWS::Lambda::EventSourceMapping").values()
    if streams:
        return [source for source in found if "StartingPosition" in source]
    return [source for source in found if "Fn::GetAtt" in source["EventSourceArn"]]


def _function(template: Synthesized, source: dict[str, Any]) -> str:
    return _target(template, {"Fn::GetAtt": [source["FunctionName"]["Ref"], "Arn"]})


def _target(template: Synthesized, arn: dict[str, Any]) -> str:
    properties = template.template("App")["Resources"][arn["Fn::GetAtt"][0]]["Properties"]
    return _short(properties.get("FunctionName") or properties["QueueName"])


def _table(source: dict[str, Any]) -> str:
    """The table in the name a stream is exported under: `...GetAttTableinbox249FF945Stream...`."""
    exported = source["EventSourceArn"]["Fn::ImportValue"]
    return str(exported.split("GetAttTable", 1)[1].split("StreamArn", 1)[0][:-8])


def _filters(source: dict[str, Any]) -> list[Any]:
    rows = source.get("FilterCriteria", {}).get("Filters", [])
    return [json.loads(row.get("Pattern", "{}")) for row in rows]


def _wanted(feed: StreamFeed) -> list[Any]:
    if feed.state:
        return [{"dynamodb": {"NewImage": {"state": {"S": [feed.state]}}}}]
    if feed.kinds:
        return [{"dynamodb": {"Keys": {"sk": {"S": [{"prefix": kind} for kind in feed.kinds]}}}}]
    return []


def _sends(template: Synthesized, function: dict[str, Any]) -> set[str]:
    variables = function["Environment"]["Variables"]
    return set(template.variable(function, "QUEUES")) if "QUEUES" in variables else set()
