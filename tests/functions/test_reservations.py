"""/v1/reservations through its handler: on moto, by the payload of `events/`."""

import json
from typing import Any

import pytest

from functions.ops import sweep
from functions.orders import reservations
from shared.ports import Table
from tests.functions.test_handlers import publish_everything
from tests.functions.world import Deployment, deployment, loaded

__all__ = ["deployment"]


def take(deployment: Deployment, key: str = "basket-1", **over: Any) -> tuple[int, dict[str, Any]]:
    event = loaded("orders.reservations/take")
    event["headers"]["idempotency-key"] = key
    event["body"] = json.dumps(json.loads(event["body"]) | over)
    return said(deployment, event)


def ask(deployment: Deployment, route: str, **names: str) -> tuple[int, dict[str, Any]]:
    event = loaded("orders.reservations/take") | {"routeKey": route, "pathParameters": names}
    return said(deployment, event)


def said(deployment: Deployment, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = deployment.invoke(reservations.handler, event)
    return answer["statusCode"], json.loads(answer["body"])


def holds(deployment: Deployment) -> dict[str, int]:
    cards = [row for row in deployment.rows(Table.FACTS) if row.get("kind") == "holds"]
    return {c["sku"]: sum(h["quantity"] for h in c["holds"].values()) for c in cards}


@pytest.fixture
def stocked(deployment: Deployment) -> Deployment:
    publish_everything(deployment)
    return deployment


def test_units_are_reserved_for_a_basket_and_given_back(stocked: Deployment) -> None:
    status, made = take(stocked)
    assert (status, made["state"]) == (201, "held")
    assert [(x["sku"], x["location"], x["quantity"]) for x in made["lines"]] == [
        ("HAT-M", "london", 2),
        ("HAT-S", "london", 1),
    ]
    assert holds(stocked) == {"HAT-M": 2, "HAT-S": 1}
    assert take(stocked) == (201, made)
    one = "/v1/reservations/{reservation}"
    assert ask(stocked, f"GET {one}", reservation=made["reservation"]) == (200, made)
    status, ended = ask(stocked, f"DELETE {one}", reservation=made["reservation"])
    assert (status, ended["state"]) == (200, "released")
    assert holds(stocked) == {"HAT-M": 0, "HAT-S": 0}


def test_a_reservation_is_kept_for_its_order(stocked: Deployment) -> None:
    _, made = take(stocked)
    route = "PUT /v1/reservations/{reservation}/order/{order}"
    status, bound = ask(stocked, route, reservation=made["reservation"], order="1001")
    assert (status, bound["order"]) == (200, "shop:1001")
    status, refused = ask(stocked, route, reservation=made["reservation"], order="1002")
    assert (status, refused["field"]) == (409, "reservation")


def test_a_line_that_is_short_is_named_and_nothing_is_held(stocked: Deployment) -> None:
    lines = [{"sku": "HAT-M", "quantity": 1}, {"sku": "HAT-S", "quantity": 11}]
    status, refused = take(stocked, lines=lines)
    assert (status, refused["field"], refused["value"]) == (409, "lines.1.quantity", 11)
    assert refused["short"] == [
        {"line": 2, "sku": "HAT-S", "location": None, "asked": 11, "available": 10}
    ]
    assert holds(stocked) == {}


def test_time_that_is_up_gives_the_units_back(stocked: Deployment) -> None:
    _, made = take(stocked)
    items = [row for row in stocked.rows(Table.ORDERS) if row.get("reservation_id")]
    assert [row["expires_at"] for row in items] == [made["expires_at"].replace("+00:00", "Z")]
    stocked.invoke(sweep.handler, loaded("schedule/minute"))
    assert holds(stocked) == {"HAT-M": 2, "HAT-S": 1}


@pytest.mark.parametrize(
    ("over", "status", "field"),
    [
        ({"channel": "till"}, 404, "channel"),
        ({"lines": []}, 400, "lines"),
        ({"lines": [{"sku": "HAT-M", "quantity": 0}]}, 400, "lines.0.quantity"),
        ({"lines": [{"sku": "HAT-M", "quantity": 1, "location": "paris"}]}, 400, None),
        ({"expires_in_s": 5}, 400, "expires_in_s"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_a_call_that_cannot_be_taken_says_what_is_wrong_with_it(
    stocked: Deployment, over: dict[str, Any], status: int, field: str | None
) -> None:
    found, refused = take(stocked, **over)
    assert (found, refused["field"]) == (status, field or "lines.0.location")
    assert refused["remedy"]
    assert holds(stocked) == {}


def test_a_call_needs_a_key_a_body_and_a_reservation_that_is_known(stocked: Deployment) -> None:
    assert take(stocked, key="")[1]["field"] == "Idempotency-Key"
    event = loaded("orders.reservations/take") | {"body": "//8=", "isBase64Encoded": True}
    assert said(stocked, event)[0] == 400
    one = "/v1/reservations/{reservation}"
    for route in (f"GET {one}", f"DELETE {one}", f"PUT {one}/order/{{order}}"):
        assert ask(stocked, route, reservation="none", order="1")[0] == 404
    assert ask(stocked, f"PUT {one}/order/{{order}}", reservation="none", order="x" * 200)[0] == 400


def test_a_key_with_another_body_is_refused(stocked: Deployment) -> None:
    take(stocked)
    status, refused = take(stocked, expires_in_s=60)
    assert (status, refused["field"]) == (409, "Idempotency-Key")
