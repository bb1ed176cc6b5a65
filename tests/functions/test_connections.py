"""How connections fare, as people ask for it."""

import json
from datetime import timedelta
from typing import Any

from functions import bootstrap
from functions.read import api as read_api
from shared.flows import keys
from shared.flows.breaker import Circuit
from shared.ports import Put
from tests.functions.test_handlers import publish_everything
from tests.functions.world import Deployment, deployment, loaded

__all__ = ["deployment"]


def asked(deployment: Deployment) -> dict[str, dict[str, Any]]:
    answer = deployment.invoke(read_api.handler, loaded("read.api/connections"))
    assert answer["statusCode"] == 200
    return {one["connection"]: one for one in json.loads(answer["body"])["connections"]}


def test_every_connection_says_how_it_fares(deployment: Deployment) -> None:
    publish_everything(deployment)
    found = asked(deployment)
    assert list(found) == ["erp", "shop"]
    assert [one["circuit"] for one in found.values()] == ["closed", "closed"]
    assert 0 < found["shop"]["calls_left"] <= 2000
    assert (found["shop"]["pace"], found["shop"]["slots"]) == ("points", 2)


def test_a_vendor_that_fails_is_shown_with_its_last_failure(deployment: Deployment) -> None:
    deployment.act_as("shop")
    now = bootstrap.clock.now()
    circuit = Circuit(5, 1, now + timedelta(seconds=15), now, "502")
    bootstrap.store().commit([Put(keys.breaker("shop"), circuit.body(), 0)])
    shop = asked(deployment)["shop"]
    assert (shop["circuit"], shop["last_failure"], shop["failures"]) == ("open", "502", 5)
    assert shop["next_try"] > shop["since"]
    circuit = Circuit(5, 1, now - timedelta(seconds=1), now, "502")
    bootstrap.store().commit([Put(keys.breaker("shop"), circuit.body(), 1)])
    assert asked(deployment)["shop"]["circuit"] == "half-open"
