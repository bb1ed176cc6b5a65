"""Customers, codes and order files on the deployed template."""

import uuid
from typing import Any

import pytest

from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import NEWCOMER
from tests.e2e.story import LOOPBACK, UNCLOSED
from tests.e2e.test_orders_api import Shop, accepted

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
HEAD = "order_id,placed_at,currency,taxes_included,total,line_id,sku,title,quantity,unit_price\n"


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def newcomer(shop: Shop, email: str) -> dict[str, Json]:
    """An order whose customer the ERP is to have, with freight of its own tax code."""
    taxes: Json = [{"title": "VAT", "rate": "0.2", "amount": "0.83"}]
    address: Json = {"name": "Ada Hall", "lines": ["1 High St"], "city": "York", "country": "GB"}
    return shop.place(
        customer={"email": email},
        shipping=[{"title": "Post", "code": NEWCOMER, "price": "4.95", "taxes": taxes}],
        shipping_address=address,
    )


def partners(shop: Shop) -> dict[str, str]:
    found = shop.control("erp", "partners")
    return {k: str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def test_a_customer_is_created_with_his_first_order_and_once_though_the_answer_is_lost(
    shop: Shop,
) -> None:
    email, before = f"{uuid.uuid4().hex}@example.com", partners(shop)
    shop.control("erp", "timeout_after_commit", times=1)
    orders = [newcomer(shop, email) for _ in range(2)]
    for placed in orders:
        assert placed["holds"] == []
        found = shop.becomes(str(placed["order_id"]), accepted)
        assert found["erp_order"], found["timeline"]
        assert shop.stored(placed)["total"] == "40.95"
    (created,) = partners(shop).keys() - before.keys()
    assert partners(shop)[created].startswith("SW")
    assert email not in str(shop.rows("links"))


def test_an_address_the_erp_would_refuse_holds_the_order_and_is_not_told(shop: Shop) -> None:
    name = uuid.uuid4().hex[:12]
    long: Json = {"name": "Ada Hall", "city": "Y" * 41, "country": "GB"}
    placed = shop.place(
        order_id=name,
        shipping=[{"title": "Post", "code": NEWCOMER, "price": "4.95"}],
        shipping_address=long,
    )
    assert placed["holds"] == ["address"]
    (issue,) = [one for one in shop.issues("order_held") if name in str(one["subject"])]
    assert issue["value"] == "city of 41 characters, at most 40"
    assert "YYY" not in str(issue)


def test_an_unknown_code_is_held_with_candidates_and_released_by_its_mapping(shop: Shop) -> None:
    code = "hat.m"
    line: Json = {
        "line_id": "1",
        "sku": code,
        "title": "Hat",
        "quantity": 1,
        "unit_price": "19.99",
    }
    wish: dict[str, Any] = {"lines": [line], "shipping": [], "payments": [], "total": "19.99"}
    orders = [shop.place(**wish) for _ in range(2)]
    assert {str(placed["holds"]) for placed in orders} == {"['unmapped_sku']"}
    found = [one for one in shop.issues("unmapped_sku") if one["value"] == code]
    assert {one["candidates"][0]["sku"] for one in found} == {"HAT-M"}
    shop.world.api.map_code("shop", code, "HAT-M")
    for placed in orders:
        assert shop.becomes(str(placed["order_id"]), accepted)["erp_order"]


def test_orders_of_a_dropped_file_are_in_the_erp_once_however_often_it_comes(shop: Shop) -> None:
    name = uuid.uuid4().hex[:10]
    row = f"{name},2026-11-27T09:00:00Z,GBP,true,39.98,%s,HAT-M,Hat,1,19.99\n"
    bad = f"{name}-b,2026-11-27T09:00:00Z,GBP,true,20.00,1,HAT-M,Hat,1,19.99\n"
    s3, files = shop.world.deployed.aws.client("s3"), shop.world.deployed.files
    content = (HEAD + row % 1 + row % 2 + bad).encode()
    for part in ("morning", "again"):
        s3.put_object(Bucket=files, Key=f"drop/shop/order/{name}-{part}.csv", Body=content)
        shop.settle()
        found = shop.becomes(f"shop:{name}", accepted)
        assert len(found["lines"]) == 2
    stored = [one for one in shop._erp() if one["reference"] == f"SHOP-{name}".upper()]  # noqa: SLF001
    assert [one["total"] for one in stored] == ["39.98"]
    told = [one for one in shop.issues("bad_file") if name in str(one["subject"])]
    assert ["1 of 3 rows" in str(one["summary"]) for one in told] == [True, True]
