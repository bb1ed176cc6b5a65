"""What is deployed where the retailer's file asks for notices, and only there."""

import json
import tomllib
from collections import defaultdict
from typing import Any

import aws_cdk as cdk
import pytest

from infra.stage import ROOT, Stage
from shared.flows import keys
from shared.model.retailer import Retailer
from tests.infra import test_environment, test_permissions
from tests.infra.ledger import LEDGER, LOGS, NOTICES, TRACES, Actions
from tests.infra.template import Synthesized, synthesized
from tests.simulation import test_wiring
from tests.simulation.wiring import wiring

pytestmark = [
    pytest.mark.xdist_group("synth"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
EXAMPLE = ROOT / "retailers" / "example.toml"
RULES: dict[str, Any] = {
    "sender": "orders@northwind.example",
    "configuration_set": "orders",
    "since": "2026-11-01T00:00:00Z",
    "channels": {"shop": ["shipped"]},
}


@pytest.fixture(scope="module")
def retailer() -> Retailer:
    raw = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    return Retailer.model_validate(raw | {"notices": RULES})


@pytest.fixture(scope="module")
def mailing(retailer: Retailer, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    stage = Stage(retailer, EXAMPLE, "arm64", cdk.Environment())
    return synthesized(tmp_path_factory.mktemp("mailing"), stage)


def test_nothing_of_it_is_there_unless_it_is_asked_for(template: Synthesized) -> None:
    assert "notices" not in template.functions()
    assert "ses:" not in json.dumps(template.template("App"))


def test_it_passes_what_aws_advises(mailing: Synthesized) -> None:
    assert mailing.refused == ""


def test_each_function_may_do_exactly_what_the_ledger_says(mailing: Synthesized) -> None:
    found: dict[str, dict[str, Actions]] = defaultdict(lambda: defaultdict(frozenset))
    for function, statement in test_permissions.statements(mailing):
        actions = frozenset(test_permissions.listed(statement["Action"]))
        for resource in test_permissions.listed(statement["Resource"]):
            if actions not in {LOGS, TRACES}:
                place = test_permissions.place(resource, mailing)
                found[function][_mails(place)] |= actions
    assert {name: dict(may) for name, may in found.items()} == LEDGER | NOTICES


def test_mails_go_out_as_one_sender_from_one_identity(mailing: Synthesized) -> None:
    (found,) = [
        (function, statement)
        for function, statement in test_permissions.statements(mailing)
        if statement["Action"] == "ses:SendEmail"
    ]
    function, statement = found
    assert function == "notices"
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": RULES["sender"]}}
    ends = {arn["Fn::Join"][1][-1] for arn in statement["Resource"]}
    assert ends == {":identity/northwind.example", ":configuration-set/orders"}


def test_it_is_given_what_it_declares(mailing: Synthesized) -> None:
    test_environment.test_every_function_is_given_what_it_declares_and_nothing_else(mailing)


def test_the_simulation_wires_it_as_deployed(mailing: Synthesized, retailer: Retailer) -> None:
    wired = wiring(retailer)
    assert keys.MAIL_QUEUE in {row.name for row in wired.queues}
    for compared in (
        test_wiring.test_the_simulation_runs_every_function_that_runs_by_itself,
        test_wiring.test_every_function_has_its_handler_and_its_time_limit,
        test_wiring.test_every_function_may_send_to_the_queues_it_is_given,
        test_wiring.test_every_queue_hides_and_gives_up_as_deployed,
        test_wiring.test_every_queue_feeds_its_function_in_batches_and_within_its_concurrency,
        test_wiring.test_every_stream_feeds_its_function_as_deployed,
        test_wiring.test_every_schedule_has_its_period_and_what_it_sends,
        test_wiring.test_a_failed_minute_is_told_and_not_tried_again,
    ):
        compared(mailing, wired)


def _mails(place: str) -> str:
    """The identity, and the configuration set beside it, are one place."""
    return "identity" if ":ses:" in place else place
