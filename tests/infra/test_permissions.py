"""The ledger: what each function may do to what, so that a reviewer sees a change in the diff."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.infra.template import PREFIX, Synthesized

pytestmark = pytest.mark.xdist_group("synth")

type Actions = frozenset[str]

PUT = frozenset({"dynamodb:PutItem"})
LOOK = frozenset({"dynamodb:Query"})
READ = LOOK | {"dynamodb:BatchGetItem"}
WRITE = READ | PUT | {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"}
DRAW = WRITE | {"dynamodb:UpdateItem"}
DELETE = WRITE | {"dynamodb:DeleteItem"}
FOLLOW = frozenset(
    {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }
)
CONSUME = frozenset(
    {
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    }
)
SEND = frozenset({"sqs:SendMessage"})
FAIL = SEND | {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}  # failure destination of a stream
NEWS = frozenset({"events:PutEvents"})
UNLOCK = frozenset({"secretsmanager:GetSecretValue"})
KEEP = frozenset({"s3:PutObject"})
FETCH = frozenset({"s3:GetObject"})

LOGS = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})
TRACES = frozenset({"xray:PutTelemetryRecords", "xray:PutTraceSegments"})

LEDGER: dict[str, dict[str, Actions]] = {
    "webhook": {
        "inbox": PUT,
        "raw": KEEP,
        "secret of erp": UNLOCK,
        "secret of shop": UNLOCK,
    },
    "normalize": {
        "inbox": WRITE,
        "inbox stream": FOLLOW,
        "issues": WRITE,
        "raw": KEEP | FETCH,
        "erp-read": SEND,
        "shop-read": SEND,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "derive": {
        "facts": WRITE,
        "facts stream": FOLLOW,
        "targets": WRITE,
        "orders": READ,
        "issues": WRITE,
        "control": DELETE,
        "shop-read": SEND,
        "shop-write": SEND,
        "wake": SEND,
        "stream-failures": FAIL,
        "bus": NEWS,
    },
    "clock": {
        "facts": WRITE,
        "facts lanes": LOOK,
        "shop-write": SEND,
        "wake": CONSUME | SEND,
        "stream-failures": FAIL,
    },
    "sweep": {
        "control": DRAW,
        "facts": WRITE,
        "facts lanes": LOOK,
        "issues": WRITE,
        "bus": NEWS,
        "stream-failures": FAIL,
        "orders": WRITE,
        "targets lanes": LOOK,
        "orders lanes": LOOK,
        "erp-write": SEND,
        "shop-write": SEND,
    },
    "dead-letters": {
        "issues": WRITE,
        "erp-read-dead": CONSUME,
        "erp-write-dead": CONSUME,
        "shop-read-dead": CONSUME,
        "shop-write-dead": CONSUME,
        "wake-dead": CONSUME,
        "import-dead": CONSUME,
        "stream-failures": CONSUME,
        "stream-failures-dead": CONSUME,
        "bus": NEWS,
    },
    "api-read": {
        "facts": READ,
        "targets": READ,
        "orders": READ,
        "links": READ,
        "control": READ,
        "issues lanes": LOOK,
        "targets lanes": LOOK,
        "archive": frozenset({"s3:ListBucket"}),
        "ledger": FETCH,
    },
    "api-ops": {
        "issues": WRITE,
        "inbox": WRITE,
        "links": WRITE,
        "orders": READ,
        "facts": READ,
        "erp-read": SEND,
        "erp-write": SEND,
        "shop-read": SEND,
        "shop-write": SEND,
        "import": SEND,
        "bus": NEWS,
    },
    "import-file": {
        "facts": WRITE,
        "issues": WRITE,
        "control": DELETE,
        "files": frozenset({"s3:ListBucket"}),
        "drop": FETCH,
        "ledger": KEEP,
        "report": FETCH | KEEP,
        "import": CONSUME | SEND,
        "bus": NEWS,
    },
    "api-approvals": {
        "facts": WRITE,
        "targets": WRITE,
        "issues": WRITE,
        "control": DELETE,
        "import": SEND,
        "bus": NEWS,
    },
    "api-prices": {"facts": WRITE, "control": WRITE, "drop": KEEP},
    "api-movements": {
        "facts": WRITE,
        "links": READ,
        "issues": WRITE,
        "control": WRITE,
        "ledger": KEEP,
        "erp-read": SEND,
        "bus": NEWS,
    },
    "api-lookup": {"targets": READ},
    "api-orders": {
        "facts": WRITE,
        "orders": DELETE,
        "links": READ,
        "issues": WRITE,
        "control": WRITE,
        "erp-write": SEND,
        "shop-write": SEND,
        "bus": NEWS,
    },
    "api-reservations": {"facts": WRITE, "orders": WRITE, "control": DRAW},
    "erp-read": {
        "facts": WRITE,
        "orders": WRITE,
        "links": WRITE,
        "issues": WRITE,
        "control": WRITE,
        "erp-read": CONSUME | SEND,
        "erp-write": SEND,
        "shop-write": SEND,
        "secret of erp": UNLOCK,
        "bus": NEWS,
    },
    "erp-send": {
        "orders": WRITE,
        "links": WRITE,
        "issues": WRITE,
        "control": WRITE,
        "erp-read": SEND,
        "erp-write": CONSUME | SEND,
        "secret of erp": UNLOCK,
        "bus": NEWS,
    },
    "shop-read": {
        "facts": WRITE,
        "targets": WRITE,
        "orders": DELETE,
        "links": READ,
        "issues": WRITE,
        "control": WRITE,
        "shop-read": CONSUME | SEND,
        "erp-write": SEND,
        "shop-write": SEND,
        "secret of shop": UNLOCK,
        "bus": NEWS,
    },
    "shop-publish": {
        "targets": WRITE,
        "targets lanes": LOOK,
        "links": WRITE,
        "orders": WRITE,
        "issues": WRITE,
        "control": WRITE,
        "shop-write": CONSUME | SEND,
        "secret of shop": UNLOCK,
        "bus": NEWS,
    },
}
PLACES = (
    (r"Table([a-z]+)[0-9A-F]{8}Arn\w*\"}, \"/index/due\"", r"\1 lanes"),
    (r"Table([a-z]+)[0-9A-F]{8}StreamArn", r"\1 stream"),
    (r"Table([a-z]+)[0-9A-F]{8}Arn", r"\1"),
    (r"RefSecret(erp|shop)", r"secret of \1"),
    (r"AttBus[0-9A-F]{8}Arn", "bus"),
    (r"-files-\", {\"Ref\": \"AWS::AccountId\"}, \"/(drop|report)/\*\"", r"\1"),
    (r"-(files|archive)-\", {\"Ref\": \"AWS::AccountId\"}\]", r"\1"),
    (r"Attimport(?:Work)[0-9A-F]{8}Arn", "import"),
    (r"Attimport(?:Dead)[0-9A-F]{8}Arn", "import-dead"),
    (r"-archive-\", {\"Ref\": \"AWS::AccountId\"}, \"/(raw|ledger)/\*\"", r"\1"),
)


def statements(template: Synthesized) -> Iterable[tuple[str, dict[str, Any]]]:
    """(function, statement), found through the role both name."""
    roles = {f["Role"]["Fn::GetAtt"][0]: name for name, f in template.functions().items()}
    for policy in template.resources("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield roles[role["Ref"]], statement


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def place(resource: dict[str, Any], template: Synthesized) -> str:
    """What a statement is about, by our name of it; its own text where we have none."""
    match resource:
        case {"Fn::GetAtt": [str(made), "Arn"]}:
            queue = template.resources("AWS::SQS::Queue").get(made)
            return queue["QueueName"].removeprefix(PREFIX) if queue else made
    text = json.dumps(resource)
    for pattern, name in PLACES:
        if found := re.search(pattern, text):
            return found.expand(name)
    return text


def test_every_function_may_do_exactly_what_the_ledger_says(template: Synthesized) -> None:
    found: dict[str, dict[str, Actions]] = defaultdict(lambda: defaultdict(frozenset))
    for function, statement in statements(template):
        assert statement["Effect"] == "Allow"
        actions = frozenset(listed(statement["Action"]))
        if actions in {LOGS, TRACES}:
            continue
        for resource in listed(statement["Resource"]):
            found[function][place(resource, template)] |= actions
    assert {name: dict(may) for name, may in found.items()} == LEDGER


def test_every_function_writes_to_its_own_log_alone(template: Synthesized) -> None:
    groups = template.resources("AWS::Logs::LogGroup")
    logged = {}
    for function, statement in statements(template):
        if frozenset(listed(statement["Action"])) == LOGS:
            made, _ = statement["Resource"]["Fn::GetAtt"]
            logged[function] = groups[made]["LogGroupName"]
    assert logged == {name: f"/aws/lambda/{PREFIX}{name}" for name in LEDGER}


def test_only_traces_may_go_to_any_resource(template: Synthesized) -> None:
    for _, statement in statements(template):
        if "*" in listed(statement["Resource"]):
            assert frozenset(listed(statement["Action"])) == TRACES


def test_no_function_has_a_managed_policy(template: Synthesized) -> None:
    for role in template.resources("AWS::IAM::Role").values():
        assert not role.get("ManagedPolicyArns")


def test_every_table_a_function_is_told_of_is_one_it_may_use(template: Synthesized) -> None:
    for name, function in template.functions().items():
        told = set(template.variable(function, "TABLES"))
        may = {where.split()[0] for where in LEDGER[name]}
        assert told <= may


def test_every_queue_a_function_is_told_of_is_one_it_may_send_to(template: Synthesized) -> None:
    for name, function in template.functions().items():
        if "QUEUES" in function["Environment"]["Variables"]:
            may = {where for where, actions in LEDGER[name].items() if actions >= SEND}
            assert set(template.variable(function, "QUEUES")) == may - {"stream-failures"}
