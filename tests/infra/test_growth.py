"""A retailer with thirteen connections fits into what AWS allows, with nothing but its file."""

import json
import tomllib
from typing import Any

import aws_cdk as cdk
import pytest

from infra.stage import ROOT, Stage
from shared.model.retailer import Retailer
from tests.infra.template import Synthesized, synthesized

pytestmark = pytest.mark.xdist_group("synth")

MARKETS = 11
AMAZON = {
    "system": "amazon",
    "base_url": "https://sellingpartnerapi-eu.amazon.com",
    "settings": {"seller_id": "A3SELLER", "marketplace_id": "A1F83G8C2ARO7P"},
}
EXAMPLE = ROOT / "retailers" / "example.toml"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
RESOURCES_MAX = 500
TEMPLATE_MAX_BYTES = 1_000_000
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ENVIRONMENT_MAX_BYTES = 4096
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_POLICIES_MAX = 10_240
UNKNOWN = 120  # characters of an ARN of ours that is known only when deployed
QUEUE_URL = len("https://sqs.ap-southeast-1.amazonaws.com/123456789012/")


def grown() -> Retailer:
    raw = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    shop, channel = raw["connections"][1], raw["channels"][0]
    for name in (f"market{i}" for i in range(MARKETS)):
        system = AMAZON if name == "market0" else {}
        raw["connections"].append(shop | system | {"name": name, "secret": name})
        raw["channels"].append(channel | {"name": name, "connection": name})
    return Retailer.model_validate(raw | {"stage": "sandbox"})


def length(value: object, queues: dict[str, Any]) -> int:
    """How long a value may become once it is deployed."""
    match value:
        case str():
            return len(value)
        case {"Fn::Join": ["", list(parts)]}:
            return sum(length(part, queues) for part in parts)
        case {"Ref": str(name)} if name in queues:
            return QUEUE_URL + len(queues[name]["QueueName"])
        case _:
            return UNKNOWN


def policy_length(value: Any) -> int:
    """Of a policy document without white space."""
    match value:
        case {"Fn::Join": _} | {"Fn::GetAtt": _} | {"Ref": _} | {"Fn::ImportValue": _}:
            return length(value, {}) + 2
        case dict():
            return 1 + sum(len(json.dumps(k)) + 2 + policy_length(v) for k, v in value.items())
        case list():
            return 1 + sum(1 + policy_length(v) for v in value)
        case _:
            return len(json.dumps(value))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    stage = Stage(grown(), EXAMPLE, "host", cdk.Environment())
    return synthesized(tmp_path_factory.mktemp("large"), stage)


@pytest.mark.parametrize("stack", ["Data", "App", "Alarms"])
def test_each_stack_is_one_cloudformation_takes(large: Synthesized, stack: str) -> None:
    template = large.template(stack)
    assert large.refused == ""
    assert len(template["Resources"]) <= RESOURCES_MAX
    assert len(json.dumps(template, indent=1)) <= TEMPLATE_MAX_BYTES


def test_every_environment_is_one_lambda_takes(large: Synthesized) -> None:
    queues = large.resources("AWS::SQS::Queue")
    for function in large.resources("AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        given = sum(len(k) + length(v, queues) for k, v in variables.items())
        assert given <= ENVIRONMENT_MAX_BYTES, function["FunctionName"]


def test_every_policy_is_one_a_role_takes(large: Synthesized) -> None:
    for policy in large.resources("AWS::IAM::Policy").values():
        assert policy_length(policy["PolicyDocument"]) <= ROLE_POLICIES_MAX


def test_every_connection_is_alike_but_for_its_name(large: Synthesized) -> None:
    names = {f["FunctionName"] for f in large.resources("AWS::Lambda::Function").values()}
    for market in range(MARKETS):
        for way in ("read", "publish"):
            assert f"shelfwire-northwind-sandbox-market{market}-{way}" in names


def test_the_sandbox_polls_and_compares_when_its_stories_do_and_keeps_nothing(
    large: Synthesized,
) -> None:
    for rule in large.resources("AWS::Events::Rule").values():
        told = "-poll-" in rule["Name"] or "-compare-" in rule["Name"]
        assert rule["State"] == ("DISABLED" if told else "ENABLED")
    assert large.stack("Data")["terminationProtection"] is False
    for resource in large.template("Data")["Resources"].values():
        assert resource.get("DeletionPolicy", "Delete") == "Delete"
