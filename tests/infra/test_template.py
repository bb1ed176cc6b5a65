"""What the template promises: isolation per connection, closed doors, nothing lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.data_stack import INDEXED, SCOPES, TABLES
from infra.doors import OPS_ROUTES, READ_ROUTES
from shared.ports import Table
from tests.infra.template import Synthesized

pytestmark = [
    pytest.mark.xdist_group("synth"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
CONNECTIONS = ("erp", "shop")


def test_aws_solutions_finds_nothing_that_is_not_acknowledged(template: Synthesized) -> None:
    assert template.refused == ""


def test_cloudformation_s_own_schemas_accept_both_templates(template: Synthesized) -> None:
    paths = sorted(str(path) for path in template.folder.glob("*.template.json"))
    lint = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "--"]
    found = subprocess.run([*lint, *paths], capture_output=True, text=True, check=False)  # noqa: S603
    assert found.stdout == ""
    assert len(paths) == 2


def test_every_table_of_the_ports_is_made_and_nothing_else(template: Synthesized) -> None:
    assert set(TABLES) == {table.value for table in Table}
    made = template.resources("AWS::DynamoDB::GlobalTable", "Data")
    assert {t["TableName"].rsplit("-", 1)[1] for t in made.values()} == set(TABLES)


def test_tables_can_be_restored_and_only_where_needed_have_an_index(template: Synthesized) -> None:
    for table in template.resources("AWS::DynamoDB::GlobalTable", "Data").values():
        name = table["TableName"].rsplit("-", 1)[1]
        assert ("GlobalSecondaryIndexes" in table) == (name in INDEXED)
        recovery = table["Replicas"][0]["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True


def test_what_must_survive_is_protected_from_deletion(template: Synthesized) -> None:
    stateful = ("AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::SecretsManager::Secret")
    for resource in template.template("Data")["Resources"].values():
        if resource["Type"] in stateful:
            assert resource["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("way", ["read", "write"])
def test_each_connection_has_queues_of_its_own_with_dead_letters(
    template: Synthesized, connection: str, way: str
) -> None:
    queues = {q["QueueName"]: q for q in template.resources("AWS::SQS::Queue").values()}
    queue = queues[f"shelfwire-northwind-dev-{connection}-{way}"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 20
    assert f"shelfwire-northwind-dev-{connection}-{way}-dead" in queues


def test_a_message_stays_hidden_six_times_as_long_as_a_function_may_take(
    template: Synthesized,
) -> None:
    queues = {q["QueueName"]: q for q in template.resources("AWS::SQS::Queue").values()}
    for connection in CONNECTIONS:
        for way in ("read", "write"):
            queue = queues[f"shelfwire-northwind-dev-{connection}-{way}"]
            assert queue["VisibilityTimeout"] == 6 * 60


def test_every_dead_letter_queue_is_turned_into_exceptions(template: Synthesized) -> None:
    dead = [
        name
        for name, queue in template.resources("AWS::SQS::Queue").items()
        if queue["QueueName"].endswith("-dead")
    ]
    sources = template.resources("AWS::Lambda::EventSourceMapping").values()
    consumed = {
        arn["Fn::GetAtt"][0]
        for arn in (s["EventSourceArn"] for s in sources)
        if isinstance(arn, dict) and "Fn::GetAtt" in arn
    }
    assert set(dead) <= consumed


def test_every_stream_has_somewhere_to_put_what_it_cannot_handle(template: Synthesized) -> None:
    streams = [
        source
        for source in template.resources("AWS::Lambda::EventSourceMapping").values()
        if "StartingPosition" in source
    ]
    assert len(streams) == 2
    for source in streams:
        assert source["DestinationConfig"]["OnFailure"]["Destination"]
        assert source["BisectBatchOnFunctionError"] is True
        assert source["MaximumRetryAttempts"] == 10


def test_queues_report_what_failed_message_by_message(template: Synthesized) -> None:
    for source in template.resources("AWS::Lambda::EventSourceMapping").values():
        if "StartingPosition" not in source:
            assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_schedule_has_a_dead_letter_queue(template: Synthesized) -> None:
    rules = template.resources("AWS::Events::Rule").values()
    assert len(rules) == 2 + 5
    for rule in rules:
        assert all("DeadLetterConfig" in target for target in rule["Targets"])


def test_only_webhooks_are_open_and_every_other_route_has_a_scope_of_its_own(
    template: Synthesized,
) -> None:
    routes = {r["RouteKey"]: r for r in template.resources("AWS::ApiGatewayV2::Route").values()}
    scopes = {k: r.get("AuthorizationScopes") for k, r in routes.items() if "/hooks/" not in k}
    wanted = {key: [f"shelfwire/{scope}"] for key, scope in (READ_ROUTES | OPS_ROUTES).items()}
    assert scopes == wanted
    for key, route in routes.items():
        assert route["AuthorizationType"] == ("NONE" if "/hooks/" in key else "JWT")
    assert {scope for (scope,) in wanted.values()} <= {f"shelfwire/{name}" for name in SCOPES}


def test_functions_run_on_arm_with_tracing_and_a_log_group_of_their_own(
    template: Synthesized,
) -> None:
    for function in template.functions().values():
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == "python3.13"
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert "LogGroup" in function["LoggingConfig"]


def test_every_queue_and_function_has_its_alarms(template: Synthesized) -> None:
    names = {a["AlarmName"] for a in template.resources("AWS::CloudWatch::Alarm").values()}
    prefix = "shelfwire-northwind-dev-"
    for function in template.functions():
        assert f"{prefix}function-errors-{function}" in names
        assert f"{prefix}function-throttles-{function}" in names
    for queue in ("erp-read", "erp-write", "shop-read", "shop-write", "stream-failures"):
        assert f"{prefix}dead-letters-{queue}" in names
        assert f"{prefix}oldest-message-{queue}" in names


def test_both_stacks_stay_far_below_five_hundred_resources(template: Synthesized) -> None:
    for stack in ("Data", "App"):
        assert len(template.template(stack)["Resources"]) < 250
