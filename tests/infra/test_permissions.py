"""Every function may do exactly what the ledger says."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.infra.ledger import LEDGER, LOGS, SEND, TRACES, Actions
from tests.infra.template import PREFIX, Synthesized

pytestmark = pytest.mark.xdist_group("synth")

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
