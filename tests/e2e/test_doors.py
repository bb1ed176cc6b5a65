"""Closed by default: every route without a token, with the wrong scope, with a tampered token."""

import base64
import hashlib
import hmac
import json
import re

import httpx
import pytest

from infra.doors import EVERY_ROUTE
from sandbox.api import Api
from sandbox.failures import RefusedError
from sandbox.world import World
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]


def url(world: World, route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    return method, world.deployed.api_url + re.sub(r"{\w+}", "nothing", path)


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_a_route_without_a_token_stays_shut(world: World, route: str) -> None:
    method, address = url(world, route)
    assert httpx.request(method, address, timeout=30).status_code == 401


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_a_route_with_a_tampered_token_stays_shut(world: World, route: str) -> None:
    token = Api(world.deployed).token()
    head, body, signature = token.split(".")
    forged = ".".join((head, body, signature[:-6] + "AAAAAA"))
    method, address = url(world, route)
    headers = {"authorization": f"Bearer {forged}"}
    assert httpx.request(method, address, headers=headers, timeout=30).status_code == 401


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_a_route_with_another_scope_stays_shut(world: World, route: str) -> None:
    other = EVERY_ROUTE[route] == "orders.write"
    client, scope = ("pricing", "prices.write") if other else ("shopfront", "orders.write")
    token = Api(world.deployed, client=client, scopes=[scope]).token()
    method, address = url(world, route)
    headers = {"authorization": f"Bearer {token}"}
    assert httpx.request(method, address, headers=headers, timeout=30).status_code == 403


def test_whoever_has_the_scope_is_told_what_is_not_known(world: World) -> None:
    with pytest.raises(RefusedError) as refused:
        world.api.trace_sku("NOTHING")
    assert refused.value.status == 404
    assert refused.value.body["field"] == "sku"


def test_a_webhook_that_is_not_signed_stays_outside(world: World) -> None:
    story = Story(world)
    assert story.post(b'{"id":1}', signature="Zm9yZ2Vk").status_code == 401
    assert story.post(b'{"id":1}', signature="").status_code == 401


def test_a_webhook_for_nobody_is_told_so(world: World) -> None:
    answer = Story(world).post(b'{"id":1}', connection="nobody")
    assert answer.status_code == 404


def test_a_body_over_the_limit_is_refused(world: World) -> None:
    assert Story(world).post(b"x" * (1024 * 1024 + 1)).status_code == 413


def test_a_signature_is_over_the_raw_bytes(world: World) -> None:
    story = Story(world)
    body = json.dumps({"id": 99}).encode()
    secret = story.secret.encode()
    over_other = base64.b64encode(hmac.new(secret, body + b" ", hashlib.sha256).digest())
    assert story.post(body, signature=over_other.decode()).status_code == 401
