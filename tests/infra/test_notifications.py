"""What is deployed where a vendor delivers to a queue of ours, and only there."""

import json
import tomllib
from collections import defaultdict
from typing import Any

import aws_cdk as cdk
import pytest

from infra.stage import ROOT, Stage
from shared.connectors.catalog import CATALOG
from shared.flows import keys
from shared.model.retailer import Retailer
from tests.infra import test_environment, test_permissions, test_template
from tests.infra.ledger import LOGS, NOTIFIED, TRACES, Actions
from tests.infra.template import PREFIX, Synthesized, synthesized
from tests.simulation import test_wiring
from tests.simulation.wiring import wiring

pytestmark = [
    pytest.mark.xdist_group("synth"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
FILE = ROOT / "retailers" / "flash-sale.toml"
QUEUE = f"{PREFIX}market{keys.NOTIFIED}"


@pytest.fixture(scope="module")
def selling(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    retailer = Retailer.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
    stage = Stage(retailer, FILE, "arm64", cdk.Environment())
    return synthesized(tmp_path_factory.mktemp("selling"), stage)


def queue(selling: Synthesized) -> tuple[str, dict[str, Any]]:
    """Its logical id, and what is said of it."""
    made = selling.resources("AWS::SQS::Queue").items()
    (found,) = [(name, said) for name, said in made if said["QueueName"] == QUEUE]
    return found


def test_nothing_of_it_is_there_unless_a_vendor_delivers_so(template: Synthesized) -> None:
    assert "notified" not in template.functions()
    assert CATALOG["amazon"].sender not in json.dumps(template.template("App"))


def test_it_passes_what_aws_advises(selling: Synthesized) -> None:
    assert selling.refused == ""


def test_the_vendor_s_account_alone_is_let_in_and_only_to_send(selling: Synthesized) -> None:
    name, _ = queue(selling)
    statements = [
        statement
        for policy in selling.resources("AWS::SQS::QueuePolicy").values()
        if policy["Queues"] == [{"Ref": name}]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    (let,) = [one for one in statements if one["Effect"] == "Allow"]
    principal = json.dumps(let["Principal"])
    assert f":iam::{CATALOG['amazon'].sender}:root" in principal
    assert list(let["Principal"]) == ["AWS"]
    assert set(let["Action"]) == {"sqs:GetQueueAttributes", "sqs:SendMessage"}
    assert let["Resource"] == {"Fn::GetAtt": [name, "Arn"]}
    (denied,) = [one for one in statements if one["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_other_queue_lets_in_another_account(selling: Synthesized) -> None:
    sender = CATALOG["amazon"].sender
    policies = selling.resources("AWS::SQS::QueuePolicy").values()
    name, _ = queue(selling)
    assert [p["Queues"] for p in policies if sender in json.dumps(p)] == [[{"Ref": name}]]


def test_it_is_a_standard_queue_encrypted_with_keys_amazon_needs_no_leave_for(
    selling: Synthesized,
) -> None:
    _, said = queue(selling)
    assert said["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in said
    assert "FifoQueue" not in said


def test_it_has_dead_letters_and_is_hidden_six_times_as_long_as_its_function_may_take(
    selling: Synthesized,
) -> None:
    _, said = queue(selling)
    dead = said["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert selling.resources("AWS::SQS::Queue")[dead]["QueueName"] == f"{QUEUE}-dead"
    assert said["RedrivePolicy"]["maxReceiveCount"] == 20
    assert said["VisibilityTimeout"] == 6 * selling.functions()["notified"]["Timeout"]


def test_it_feeds_one_function_message_by_message(selling: Synthesized) -> None:
    name, _ = queue(selling)
    (source,) = [
        source
        for source in selling.resources("AWS::Lambda::EventSourceMapping").values()
        if source["EventSourceArn"] == {"Fn::GetAtt": [name, "Arn"]}
    ]
    assert source["FunctionName"]["Ref"].startswith("notified")
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 10
    assert source["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_its_function_keeps_what_it_is_told_and_may_do_nothing_else(selling: Synthesized) -> None:
    found: dict[str, dict[str, Actions]] = defaultdict(lambda: defaultdict(frozenset))
    for function, statement in test_permissions.statements(selling):
        actions = frozenset(test_permissions.listed(statement["Action"]))
        for resource in test_permissions.listed(statement["Resource"]):
            if actions not in {LOGS, TRACES}:
                found[function][test_permissions.place(resource, selling)] |= actions
    assert {name: dict(found[name]) for name in NOTIFIED} == NOTIFIED


def test_no_hook_is_open_for_who_delivers_to_a_queue(selling: Synthesized) -> None:
    functions = selling.functions()
    assert set(selling.variable(functions["webhook"], "DOORS")) == {"erp", "shop"}
    assert selling.variable(functions["notified"], "DOORS") == {"market": CATALOG["amazon"].door}


def test_every_dead_letter_becomes_an_exception_and_every_name_has_its_alarm(
    selling: Synthesized,
) -> None:
    test_template.test_every_dead_letter_queue_is_turned_into_exceptions(selling)
    test_template.test_an_alarm_watches_what_is_deployed_under_that_name(selling)
    alarms = selling.resources("AWS::CloudWatch::Alarm", "Alarms").values()
    told = {alarm["AlarmName"].removeprefix(PREFIX) for alarm in alarms}
    assert {"dead-letters-market-notifications", "oldest-message-market-notifications"} <= told
    assert {"function-errors-notified", "function-throttles-notified"} <= told


def test_it_is_given_what_it_declares(selling: Synthesized) -> None:
    test_environment.test_every_function_is_given_what_it_declares_and_nothing_else(selling)


def test_the_simulation_takes_in_what_is_deployed(selling: Synthesized) -> None:
    rows = wiring(Retailer.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8"))))
    test_wiring.test_every_function_has_its_handler_and_its_time_limit(selling, rows)
    test_wiring.test_every_queue_hides_and_gives_up_as_deployed(selling, rows)
    test_wiring.test_every_queue_feeds_its_function_in_batches_and_within_its_concurrency(
        selling, rows
    )
