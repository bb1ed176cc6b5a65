"""A shop in shadow through the handlers: its calls are counted by name, and all of them read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from functions.derive import targets
from functions.ingest import read_channel, read_erp
from functions.ops import sweep
from functions.orders import send
from functions.publish import channel
from functions.read import api as read_api
from tests.functions.test_parity import compare, standing, turn
from tests.functions.world import (
    Context,
    Deployment,
    deployment,
    forget,
    loaded,
    stocked,
    stream_event,
)

__all__ = ["deployment"]

READS = {"Prices", "Levels", "Product", "OrderRead", "OrdersChanged"}
LONDON = "gid://shopify/Location/1"
LIVE, SHADOW = 'secret = "shop"\n', 'secret = "shop"\nshadow = true\n'


@pytest.fixture
def shop(deployment: Deployment) -> Deployment:
    """Two hats that went live, and then the shop was put in shadow."""
    file = Path(os.environ["RETAILER_FILE"])
    text = file.read_text(encoding="utf-8").replace("settle_seconds = 60", "settle_seconds = 0")
    file.write_text(text, encoding="utf-8")
    forget()
    stocked(deployment)
    tell(deployment)
    published(deployment)
    switch(deployment, LIVE, SHADOW)
    return deployment


def switch(deployment: Deployment, old: str, new: str) -> None:
    """Deploy the other setting."""
    file = Path(os.environ["RETAILER_FILE"])
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    deployment.act_as("shop")
    deployment.shop.counts.clear()


def tell(deployment: Deployment, *skus: str) -> None:
    """The ERP is polled, and what it says is derived."""
    deployment.act_as("erp")
    for entity in ("product", "price", "stock"):
        turn(deployment, "erp-read", read_erp.handler, {"poll": entity})
    names = [(f"sku#{sku}", "item#erp") for sku in ("HAT-M", "HAT-S", *skus)]
    products = [(f"product#{name}", "p") for name in ("HAT", *skus)]
    deployment.invoke(targets.handler, stream_event(*names, *products))


def published(deployment: Deployment) -> None:
    """A minute passes, and the publisher hears what the sweep says."""
    deployment.act_as("shop")
    sweep.handler({}, Context())  # type: ignore[arg-type]
    turn(deployment, "shop-write", channel.handler)


def everything_changes(deployment: Deployment) -> str:
    """Price, stock, a new article, an order and its goods, an edit by staff, two comparisons.

    The order.
    """
    erp: Any = deployment.sap.control
    erp("set_price", sku="HAT-M", amount="25.00")
    erp("move_stock", sku="HAT-S", plant="1710", storage_location="171A", quantity="5")
    erp("load", materials=[{"product": "MUG", "title": "Mug"}], prices=[], stock=[])
    erp("set_price", sku="MUG", amount="5.00")
    tell(deployment, "MUG")
    deployment.act_as("shop")
    lines: Any = [{"sku": "HAT-M", "quantity": 2}]
    placed: Any = deployment.shop.control("place_order", lines=lines)
    turn(deployment, "shop-read", read_channel.handler, {"read": "order", "key": str(placed["id"])})
    deployment.act_as("erp")
    turn(deployment, "erp-write", send.handler)
    orders: Any = erp("orders")
    number = erp("deliver", order=orders[0]["number"], tracking="JJD1")
    turn(deployment, "erp-read", read_erp.handler, {"read": "shipment", "key": str(number)})
    published(deployment)
    deployment.shop.control("set_price", sku="HAT-S", price=1)
    for facet in ("price", "stock"):
        compare(deployment, facet)
        published(deployment)
    return f"shop:{placed['id']}"


def prices(deployment: Deployment) -> dict[str, int]:
    found: Any = deployment.shop.control("read_prices")
    return {sku: price["price"] for sku, price in found.items()}


def pending(deployment: Deployment) -> dict[tuple[str, str], Any]:
    event = loaded("read.api/pending")
    del event["queryStringParameters"]
    answer = deployment.invoke(read_api.handler, event)
    assert answer["statusCode"] == 200
    return {(one["facet"], one["key"]): one for one in json.loads(answer["body"])["pending"]}


def test_whatever_happens_not_one_call_to_the_shop_writes(shop: Deployment) -> None:
    order_id = everything_changes(shop)
    turn(shop, "shop-write", channel.handler, {"ship": order_id})
    called = {name for name in shop.shop.counts if name[0].isupper()}
    assert called
    assert called <= READS
    assert prices(shop) == {"HAT-M": 1999, "HAT-S": 1}
    orders: Any = shop.shop.control("orders")
    assert orders[0]["open"] == 2


def test_what_would_have_been_sent_is_answered_with_its_reasons(shop: Deployment) -> None:
    everything_changes(shop)
    found = pending(shop)
    assert found["price", "HAT-M"]["shown"]["price"]["amount"] == 1999
    assert found["price", "HAT-M"]["desired"]["price"]["amount"] == 2500
    assert found["price", "HAT-S"]["shown"]["price"]["amount"] == 1
    assert found["content", "MUG"]["desired"] == {"title": "Mug", "variants": ["MUG"]}
    assert found["price", "MUG"]["shown"] is None
    assert any("25.00" in step["detail"] for step in found["price", "HAT-M"]["why"])
    assert standing(shop)["price"]["shadow"] is True


def test_live_again_all_of_it_is_published_and_told(shop: Deployment) -> None:
    order_id = everything_changes(shop)
    switch(shop, SHADOW, LIVE)
    published(shop)
    turn(shop, "shop-write", channel.handler, {"ship": order_id})
    assert prices(shop) == {"HAT-M": 2500, "HAT-S": 1999, "MUG": 500}
    levels: Any = shop.shop.control("read_stock")
    assert levels["HAT-S"][LONDON]["available"] == 15
    orders: Any = shop.shop.control("orders")
    assert orders[0]["open"] == 0
    assert pending(shop) == {}


@pytest.mark.parametrize(
    ("where", "value", "status"),
    [("pathParameters", {"channel": "till"}, 404), ("queryStringParameters", {"after": "x"}, 400)],
)
def test_a_page_that_is_not_there_is_refused_with_what_to_send(
    shop: Deployment, where: str, value: dict[str, str], status: int
) -> None:
    event = loaded("read.api/pending") | {where: value}
    answer = shop.invoke(read_api.handler, event)
    assert answer["statusCode"] == status
    assert json.loads(answer["body"])["value"] in value.values()
