"""The ledger: what each function may do, so that a reviewer sees a change in the diff."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.infra.template import Synthesized

pytestmark = pytest.mark.xdist_group("synth")

TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
READS = {"dynamodb:BatchGetItem", "dynamodb:Query"}
WRITES = {
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
}
ROWS = READS | WRITES
STREAM = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
CONSUME = {
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
}
SECRET = {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
NEWS = {"events:PutEvents"}
SEND = {"sqs:SendMessage"}
FAIL = {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"}  # failure destination

LEDGER: dict[str, set[str]] = {
    "webhook": {"dynamodb:PutItem", "s3:PutObject"} | SECRET,
    "normalize": ROWS | STREAM | NEWS | SEND | FAIL | {"s3:GetObject", "s3:PutObject"},
    "derive": ROWS | STREAM | NEWS | SEND | FAIL,
    "clock": ROWS,
    "sweep": READS | SEND,
    "dead-letters": ROWS | CONSUME | NEWS,
    "api-read": READS,
    "api-ops": ROWS | NEWS | SEND,
    "erp-read": ROWS | CONSUME | NEWS | SEND | SECRET,
    "erp-send": ROWS | CONSUME | NEWS | SEND | SECRET,
    "shop-read": ROWS | CONSUME | NEWS | SEND | SECRET,
    "shop-publish": ROWS | CONSUME | NEWS | SEND | SECRET,
}


def statements(template: Synthesized) -> Iterable[tuple[str, dict[str, Any]]]:
    """(function, statement), found through the role both name."""
    roles = {f["Role"]["Fn::GetAtt"][0]: name for name, f in template.functions().items()}
    for policy in template.resources("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield roles[role["Ref"]], statement


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_may_do_exactly_what_the_ledger_says(template: Synthesized) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for function, statement in statements(template):
        assert statement["Effect"] == "Allow"
        found[function] |= set(listed(statement["Action"]))
    assert {name: actions - TRACES - LOGS for name, actions in found.items()} == LEDGER


def test_no_function_has_a_managed_policy(template: Synthesized) -> None:
    for role in template.resources("AWS::IAM::Role").values():
        assert not role.get("ManagedPolicyArns")


def test_only_traces_may_go_to_any_resource(template: Synthesized) -> None:
    for _, statement in statements(template):
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= TRACES


def test_a_connection_s_functions_reach_only_its_own_secret(template: Synthesized) -> None:
    for function, statement in statements(template):
        if "secretsmanager:GetSecretValue" in listed(statement["Action"]):
            reached = str(statement["Resource"])
            connection = function.split("-", 1)[0]
            others = {"erp", "shop"} - {connection}
            if connection in {"erp", "shop"}:
                assert f"Secret{connection}" in reached
                assert not any(f"Secret{other}" in reached for other in others)
