"""The door: Shopify's signature over the raw body, and what a delivery is about."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.connectors.shopify import hints, webhook
from shared.errors import RejectedError
from shared.model.ids import Entity
from shared.ports import Reading
from tests.connectors.shopify.world import shopify_specs
from tests.specs import needs_specs

SECRET = "hush"
BODY = b'{"id": 450789469}'


def headers(**more: str) -> dict[str, str]:
    said = {"x-shopify-topic": "orders/create", "x-shopify-webhook-id": "w-1"}
    return said | {name.replace("_", "-"): value for name, value in more.items()}


def signed(body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    return headers(x_shopify_hmac_sha256=webhook.sign(body, secret))


def fixture(name: str) -> list[dict[str, object]]:
    read = json.loads((shopify_specs() / "fixtures" / name).read_text(encoding="utf-8"))
    assert isinstance(read, list)
    return read


@needs_specs
def test_published_signatures_are_accepted() -> None:
    path = shopify_specs() / "fixtures" / "hmac_vectors.json"
    vectors = json.loads(path.read_text(encoding="utf-8"))["webhook"]
    assert vectors
    for vector in vectors:
        said = {"x-shopify-hmac-sha256": vector["expected"]}
        assert webhook.verify(said, vector["body"].encode(), [vector["secret"]])
        assert not webhook.verify(said, vector["body"].encode() + b" ", [vector["secret"]])


def test_any_of_several_secrets_may_have_signed() -> None:
    assert webhook.verify(signed(), BODY, ["new", SECRET])


@pytest.mark.parametrize("secrets", [[], [""], ["other"], ["", "other"]])
def test_without_the_right_secret_nobody_enters(secrets: list[str]) -> None:
    assert not webhook.verify(signed(secret=""), BODY, secrets)
    assert not webhook.verify(signed(), BODY, secrets)


def test_a_new_assessment_of_its_risk_has_the_order_read() -> None:
    said = headers(x_shopify_topic="orders/risk_assessment_changed")
    body = b'{"order_id": 450789469, "risk_level": "high", "provider_id": null}'
    assert hints.readings(said, body) == [Reading(Entity.ORDER, "450789469")]


def test_a_missing_signature_is_a_wrong_one() -> None:
    assert not webhook.verify(headers(), BODY, [SECRET])


@pytest.mark.parametrize("said", ["é", "\udcff", "=", "a" * 10_000])
def test_a_strange_signature_is_a_wrong_one(said: str) -> None:
    assert not webhook.verify(headers(x_shopify_hmac_sha256=said), BODY, [SECRET])


@given(body=st.binary(max_size=200), position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_changed_in_the_body_is_noticed(body: bytes, position: int, bit: int) -> None:
    said = {"x-shopify-hmac-sha256": webhook.sign(body, SECRET)}
    assert webhook.verify(said, body, [SECRET])
    if body:
        changed = bytearray(body)
        changed[position % len(body)] ^= 1 << bit
        assert not webhook.verify(said, bytes(changed), [SECRET])


def test_the_signature_is_the_whole_base64_text() -> None:
    digest = webhook.sign(BODY, SECRET)
    assert len(base64.b64decode(digest)) == 32
    cut = headers(x_shopify_hmac_sha256=digest[:-4])
    assert not webhook.verify(cut, BODY, [SECRET])


def test_a_retry_is_the_same_delivery_and_another_topic_is_not() -> None:
    assert webhook.delivery_id(headers(), BODY) == "orders/create:w-1"
    other = headers(x_shopify_topic="orders/updated")
    assert webhook.delivery_id(other, BODY) == "orders/updated:w-1"


def test_a_delivery_without_an_id_is_named_by_its_body() -> None:
    said = {"x-shopify-topic": "orders/create"}
    assert webhook.delivery_id(said, BODY) == webhook.delivery_id(said, bytes(BODY))
    assert webhook.delivery_id(said, BODY) != webhook.delivery_id(said, b"{}")


@pytest.mark.parametrize(
    ("domain", "matches"),
    [
        ("sandbox.myshopify.com", True),
        ("Sandbox.MyShopify.com", True),
        ("other.myshopify.com", False),
        ("", False),
    ],
)
def test_a_delivery_must_name_the_shop_of_its_connection(domain: str, matches: bool) -> None:  # noqa: FBT001
    said = headers(x_shopify_shop_domain=domain)
    assert webhook.shop_domain_matches(said, "https://sandbox.myshopify.com") is matches


def test_a_simulated_shop_may_have_any_name_but_must_have_one() -> None:
    said = headers(x_shopify_shop_domain="sandbox.myshopify.com")
    assert webhook.shop_domain_matches(said, "http://127.0.0.1:9002")
    assert not webhook.shop_domain_matches(headers(), "http://127.0.0.1:9002")


def test_the_door_loads_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, shared.connectors.shopify.webhook;"
        "print([m for m in ('pydantic', 'httpx', 'boto3', 'shared.ports') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("topic", ["orders/create", "orders/updated", "orders/cancelled"])
def test_an_order_topic_is_a_reason_to_read_that_order(topic: str) -> None:
    found = hints.readings(headers(x_shopify_topic=topic), BODY)
    assert found == [Reading(Entity.ORDER, "450789469")]


def test_a_refund_is_a_reason_to_read_its_order() -> None:
    said = headers(x_shopify_topic="refunds/create")
    body = b'{"id": 509562969, "order_id": 450789469}'
    assert hints.readings(said, body) == [Reading(Entity.ORDER, "450789469")]


@needs_specs
def test_recorded_orders_give_readings() -> None:
    recorded = fixture("rest_2026-07/order.json")
    orders = [order for order in recorded if "admin_graphql_api_id" in order]
    assert orders
    for order in orders:
        [reading] = hints.readings(headers(), json.dumps(order).encode())
        assert reading == Reading(Entity.ORDER, str(order["id"]))


@needs_specs
def test_recorded_refunds_give_readings() -> None:
    said = headers(x_shopify_topic="refunds/create")
    recorded = [r for row in fixture("rest_2026-07/refund.json") for r in _refunds(row)]
    assert recorded
    for refund in recorded:
        [reading] = hints.readings(said, json.dumps(refund).encode())
        assert reading == Reading(Entity.ORDER, str(refund["order_id"]))


def _refunds(row: dict[str, object]) -> list[dict[str, object]]:
    found = row.get("refunds")
    rows = found if isinstance(found, list) else [row]
    return [r for r in rows if isinstance(r, dict) and "order_id" in r]


@pytest.mark.parametrize(
    ("topic", "body", "field"),
    [
        ("orders/create", b"", "body"),
        ("orders/create", b"{", "body"),
        ("orders/create", b"[1]", "body"),
        ("orders/create", b"\xff", "body"),
        ("orders/create", b"{}", "id"),
        ("orders/create", b'{"id": null}', "id"),
        ("orders/create", b'{"id": "450789469"}', "id"),
        ("orders/create", b'{"id": true}', "id"),
        ("orders/create", b'{"id": -1}', "id"),
        ("orders/create", b'{"id": 1.5}', "id"),
        ("refunds/create", b'{"id": 1}', "order_id"),
        ("carts/update", b'{"id": 1}', "x-shopify-topic"),
        ("", b'{"id": 1}', "x-shopify-topic"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(topic: str, body: bytes, field: str) -> None:
    with pytest.raises(RejectedError) as caught:
        hints.readings(headers(x_shopify_topic=topic), body)
    assert caught.value.field == field
    assert caught.value.remedy


@pytest.mark.parametrize("topic", sorted(hints.NO_USE))
def test_what_tells_of_a_level_or_a_price_may_be_our_own_write_and_leads_to_nothing(
    topic: str,
) -> None:
    body = b'{"inventory_item_id": 7, "location_id": 1, "available": 3}'
    assert hints.readings({webhook.TOPIC: topic}, body) == []
