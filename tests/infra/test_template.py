"""What the template promises: isolation per connection, closed doors, nothing lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from functions.ingest import movements, prices
from functions.ops import api as ops_api
from functions.ops import approvals
from functions.orders import api as orders_api
from functions.orders import reservations, returns, shipments
from functions.read import api as read_api
from functions.read import lookup
from infra.alarms import ALARM_KINDS
from infra.data_stack import CLIENTS, INDEXED, SCOPES, TABLES
from infra.doors import EVERY_ROUTE, SCOPED
from infra.stage import ROOT
from shared.ports import Table
from tests.infra.template import PREFIX, Synthesized

pytestmark = [
    pytest.mark.xdist_group("synth"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
CONNECTIONS = ("erp", "shop")
QUEUES = {
    "erp-read",
    "erp-write",
    "shop-read",
    "shop-write",
    "wake",
    "import",
    "stream-failures",
}


def test_aws_solutions_finds_nothing_that_is_not_acknowledged(template: Synthesized) -> None:
    assert template.refused == ""


def test_cloudformation_s_own_schemas_accept_every_template(template: Synthesized) -> None:
    paths = sorted(str(path) for path in template.folder.glob("*.template.json"))
    lint = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "--"]
    found = subprocess.run([*lint, *paths], capture_output=True, text=True, check=False)  # noqa: S603
    assert found.stdout == ""
    assert len(paths) == 3


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
    stateful = (
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::GlobalTable",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    )
    assert template.stack("Data")["terminationProtection"] is True
    for resource in template.template("Data")["Resources"].values():
        if resource["Type"] in stateful:
            assert resource["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("way", ["read", "write"])
def test_each_connection_has_queues_of_its_own_with_dead_letters(
    template: Synthesized, connection: str, way: str
) -> None:
    queues = {q["QueueName"]: q for q in template.resources("AWS::SQS::Queue").values()}
    queue = queues[f"{PREFIX}{connection}-{way}"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 20
    assert f"{PREFIX}{connection}-{way}-dead" in queues


def test_a_message_stays_hidden_six_times_as_long_as_a_function_may_take(
    template: Synthesized,
) -> None:
    queues = {q["QueueName"]: q for q in template.resources("AWS::SQS::Queue").values()}
    for connection in CONNECTIONS:
        for way in ("read", "write"):
            queue = queues[f"{PREFIX}{connection}-{way}"]
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
    assert "importDead" in json.dumps([s["EventSourceArn"] for s in sources])


def test_every_stream_has_somewhere_to_put_what_it_cannot_handle(template: Synthesized) -> None:
    streams = [
        source
        for source in template.resources("AWS::Lambda::EventSourceMapping").values()
        if "StartingPosition" in source
    ]
    assert len(streams) == 5
    for source in streams:
        assert source["DestinationConfig"]["OnFailure"]["Destination"]
        assert source["BisectBatchOnFunctionError"] is True
        assert source["MaximumRetryAttempts"] == 20


def test_queues_report_what_failed_message_by_message(template: Synthesized) -> None:
    for source in template.resources("AWS::Lambda::EventSourceMapping").values():
        if "StartingPosition" not in source:
            assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_failed_minute_is_made_good_by_the_next_one(template: Synthesized) -> None:
    schedules = template.resources("AWS::Lambda::EventInvokeConfig").values()
    beating = {s["FunctionName"]["Ref"][:5] for s in schedules}
    assert beating == {"clock", "sweep", "books", "liste"}
    for schedule in schedules:
        assert schedule["MaximumRetryAttempts"] == 0
        assert schedule["MaximumEventAgeInSeconds"] == 60


def test_every_schedule_has_a_dead_letter_queue(template: Synthesized) -> None:
    rules = template.resources("AWS::Events::Rule").values()
    assert len(rules) == 4 + 8 + 2 + 1
    for rule in rules:
        assert all("DeadLetterConfig" in target for target in rule["Targets"])


def test_channels_and_stock_are_compared_as_often_as_the_file_says(
    template: Synthesized,
) -> None:
    queues = template.resources("AWS::SQS::Queue")
    told = {}
    for rule in template.resources("AWS::Events::Rule").values():
        if "-compare-" in rule["Name"]:
            (target,) = rule["Targets"]
            queue = queues[target["Arn"]["Fn::GetAtt"][0]]["QueueName"]
            said = json.loads(target["Input"])
            told[rule["Name"]] = (rule["ScheduleExpression"], queue, said)
    assert told == {
        f"{PREFIX}compare-shop-{facet}": (
            "rate(6 hours)",
            f"{PREFIX}shop-read",
            {"compare": facet, "channel": "shop"},
        )
        for facet in ("price", "stock")
    } | {
        f"{PREFIX}compare-erp-all-stock": (
            "rate(1 day)",
            f"{PREFIX}erp-read",
            {"compare": "all-stock"},
        )
    }


def test_what_is_dropped_is_told_to_one_queue_which_its_own_bucket_alone_may_use(
    template: Synthesized,
) -> None:
    (told,) = [
        bucket["NotificationConfiguration"]["QueueConfigurations"]
        for bucket in template.resources("AWS::S3::Bucket", "Data").values()
        if "NotificationConfiguration" in bucket
    ]
    (one,) = told
    queues = template.resources("AWS::SQS::Queue", "Data")
    queue = queues[one["Queue"]["Fn::GetAtt"][0]]
    assert queue["QueueName"] == f"{PREFIX}import"
    assert one["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "drop/"}]}}
    senders = [
        statement["Condition"]
        for policy in template.resources("AWS::SQS::QueuePolicy", "Data").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert len(senders) == 1
    assert "-files-" in json.dumps(senders[0]["ArnEquals"]["aws:SourceArn"])


def test_a_file_s_message_stays_hidden_longer_than_a_slice_of_it_may_take(
    template: Synthesized,
) -> None:
    queues = {q["QueueName"]: q for q in template.resources("AWS::SQS::Queue", "Data").values()}
    function = template.functions()["import-file"]
    assert queues[f"{PREFIX}import"]["VisibilityTimeout"] == 6 * function["Timeout"]
    assert queues[f"{PREFIX}import"]["RedrivePolicy"]["maxReceiveCount"] == 20


def test_only_webhooks_are_open_and_every_other_route_has_a_scope_of_its_own(
    template: Synthesized,
) -> None:
    routes = {r["RouteKey"]: r for r in template.resources("AWS::ApiGatewayV2::Route").values()}
    scopes = {k: r.get("AuthorizationScopes") for k, r in routes.items() if "/hooks/" not in k}
    wanted = {key: [f"shelfwire/{scope}"] for key, scope in EVERY_ROUTE.items()}
    assert scopes == wanted
    for key, route in routes.items():
        assert route["AuthorizationType"] == ("NONE" if "/hooks/" in key else "JWT")
    assert {scope for (scope,) in wanted.values()} <= {f"shelfwire/{name}" for name in SCOPES}


def test_every_route_is_one_its_function_answers() -> None:
    answered = {
        "Read": read_api,
        "Ops": ops_api,
        "Lookup": lookup,
        "Prices": prices,
        "Movements": movements,
        "Reservations": reservations,
        "Returns": returns,
        "Shipments": shipments,
        "Orders": orders_api,
        "Approvals": approvals,
    }
    assert {label: set(api.ROUTES) for label, api in answered.items()} == {
        label: set(routes) for label, routes in SCOPED.items()
    }


def test_the_runbook_names_every_function_whose_log_one_may_look_for(
    template: Synthesized,
) -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    logs = page.partition("## Logs")[2]
    own = ("erp-", "shop-")
    missing = {f for f in template.functions() if not f.startswith(own) and f"`{f}`" not in logs}
    assert not missing


def test_a_token_is_good_for_the_scopes_of_its_client_alone(template: Synthesized) -> None:
    clients = template.resources("AWS::Cognito::UserPoolClient", "Data").values()
    assert {c["ClientName"].removeprefix(PREFIX) for c in clients} == set(CLIENTS)
    for client in clients:
        assert client["AllowedOAuthFlows"] == ["client_credentials"]
        scopes = {scope["Fn::Join"][1][-1] for scope in client["AllowedOAuthScopes"]}
        wanted = CLIENTS[client["ClientName"].removeprefix(PREFIX)]
        assert scopes == {f"/{scope}" for scope in wanted}


def test_the_log_of_requests_holds_no_address_and_no_path(template: Synthesized) -> None:
    (stage,) = template.resources("AWS::ApiGatewayV2::Stage").values()
    logged = set(json.loads(stage["AccessLogSettings"]["Format"]).values())
    assert "$context.routeKey" in logged
    assert not {name for name in logged if "identity" in name or "path" in name.lower()}


def test_what_a_person_needs_after_a_deployment_is_among_the_outputs(
    template: Synthesized,
) -> None:
    needed = {
        "Data": {
            "ArchiveName",
            "FilesName",
            "BusName",
            "PoolId",
            "TokenUrl",
            "ClientOperator",
            "SecretErp",
        },
        "App": {"ApiId", "ApiUrl", "ApiStage", "QueueErpRead", "QueueStreamFailures"},
    }
    for stack, names in needed.items():
        assert names <= set(template.template(stack)["Outputs"])


def test_functions_run_on_arm_with_tracing_and_a_log_group_of_their_own(
    template: Synthesized,
) -> None:
    for function in template.functions().values():
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == "python3.13"
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert "LogGroup" in function["LoggingConfig"]


def test_every_queue_function_and_stream_has_its_alarms(template: Synthesized) -> None:
    about = {
        "api-errors": {"api"},
        "dead-letters": QUEUES,
        "differences-told": {"books"},
        "function-errors": set(template.functions()),
        "function-throttles": set(template.functions()),
        "oldest-message": QUEUES,
        "stream-behind": {"books", "derive", "derive-levels", "listen", "normalize"},
    }
    assert set(about) == set(ALARM_KINDS)
    wanted = {f"{PREFIX}{kind}-{name}": kind for kind, names in about.items() for name in names}
    alarms = template.resources("AWS::CloudWatch::Alarm", "Alarms").values()
    described = {alarm["AlarmName"]: alarm["AlarmDescription"] for alarm in alarms}
    assert described == {name: f"docs/runbook/{kind}.md" for name, kind in wanted.items()}
    assert all(alarm["AlarmActions"] for alarm in alarms)


def test_an_alarm_watches_what_is_deployed_under_that_name(template: Synthesized) -> None:
    queues = [
        queue["QueueName"]
        for stack in ("App", "Data")
        for queue in template.resources("AWS::SQS::Queue", stack).values()
    ]
    named = {*queues, *(f["FunctionName"] for f in template.functions().values())}
    alarms = template.resources("AWS::CloudWatch::Alarm", "Alarms").values()
    watched = {
        dimension["Value"]
        for alarm in alarms
        for dimension in alarm["Dimensions"]
        if dimension["Name"] in {"FunctionName", "QueueName"}
    }
    assert watched == named
