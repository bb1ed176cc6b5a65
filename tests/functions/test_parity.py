"""Comparisons through the handlers: the shop's own prices and levels, read, judged, repaired."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from functions.derive import targets
from functions.ingest import read_channel, read_erp
from functions.publish import channel
from functions.read import api as read_api
from shared.ports import Table
from tests.functions.world import (
    Deployment,
    deployment,
    forget,
    loaded,
    sqs_event,
    stocked,
    stream_event,
)

__all__ = ["deployment"]

LONDON = "gid://shopify/Location/1"
OVERWRITE = 'parity = { price = "overwrite", stock = "overwrite" }\n'


@pytest.fixture
def shop(deployment: Deployment) -> Deployment:
    """Two hats on a shop whose writes land at once, and which is written over."""
    file = Path(os.environ["RETAILER_FILE"])
    text = file.read_text(encoding="utf-8").replace("settle_seconds = 60", "settle_seconds = 0")
    file.write_text(text + OVERWRITE, encoding="utf-8")
    forget()
    stocked(deployment)
    for entity in ("product", "price", "stock"):
        turn(deployment, "erp-read", read_erp.handler, {"poll": entity})
    deployment.invoke(
        targets.handler,
        stream_event(("product#HAT", "p"), ("sku#HAT-M", "item#erp"), ("sku#HAT-S", "item#erp")),
    )
    deployment.act_as("shop")
    turn(deployment, "shop-write", channel.handler)
    return deployment


def turn(deployment: Deployment, queue: str, handler: Any, *first: dict[str, str]) -> None:
    """Let a function handle these messages and all it sends to itself, also what it puts off."""
    bodies = [*first, *deployment.messages(queue)]
    while bodies:
        answer = deployment.invoke(handler, sqs_event(queue, *bodies))
        assert answer == {"batchItemFailures": []}
        bodies = deployment.messages(queue)


def compare(deployment: Deployment, facet: str) -> None:
    turn(deployment, "shop-read", read_channel.handler, {"poll": "order"})
    deployment.invoke(read_channel.handler, sqs_event("shop-read", {"compare": facet}))
    turn(deployment, "shop-read", read_channel.handler)


def standing(deployment: Deployment) -> dict[str, dict[str, Any]]:
    answer = deployment.invoke(read_api.handler, loaded("read.api/parity"))
    assert answer["statusCode"] == 200
    return {one["facet"]: one for one in json.loads(answer["body"])["parity"]}


def written(deployment: Deployment) -> tuple[int, int]:
    counters: Any = deployment.shop.control("counters")
    return counters.get("PricesSet", 0), counters.get("StockSet", 0)


def measured(said: str) -> dict[str, dict[str, Any]]:
    """What was put out as metrics, by facet."""
    found = [json.loads(line) for line in said.splitlines() if line.startswith('{"_aws"')]
    return {one["facet"]: one for one in found}


def test_an_edited_price_is_found_measured_and_overwritten(
    shop: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.shop.control("set_price", sku="HAT-M", price=1)
    shop.invoke(read_channel.handler, loaded("ingest.read_channel/compare"))
    turn(shop, "shop-read", read_channel.handler)
    metrics = measured(capsys.readouterr().out)["price"]
    assert metrics["channel"] == "shop"
    assert (metrics["ParityCompared"], metrics["ParityEqual"]) == ([2], [1])
    assert metrics["ParityDifferingEdited"] == [1]
    assert standing(shop)["price"]["differing"] == {"edited": 1}
    turn(shop, "shop-write", channel.handler)
    prices: Any = shop.shop.control("read_prices")
    assert prices["HAT-M"]["price"] == 1999
    before = written(shop)
    compare(shop, "price")
    turn(shop, "shop-write", channel.handler)
    assert standing(shop)["price"]["equal"] == 2
    assert written(shop) == before
    assert shop.rows(Table.ISSUES) == []


def test_an_edited_level_is_found_and_overwritten_by_compare_and_set(shop: Deployment) -> None:
    shop.shop.control("set_stock", sku="HAT-M", location=LONDON, available=99)
    shop.invoke(read_channel.handler, sqs_event("shop-read", {"compare": "stock"}))
    (run,) = shop.messages("shop-read")
    turn(shop, "shop-read", read_channel.handler, run)  # puts itself off until orders are taken in
    assert standing(shop)["stock"]["running"]
    turn(shop, "shop-read", read_channel.handler, run)
    assert standing(shop)["stock"]["differing"] == {"edited": 1}
    (example,) = standing(shop)["stock"]["examples"]
    assert (example["shown"]["levels"]["london"], example["desired"]["levels"]["london"]) == (
        99,
        10,
    )
    turn(shop, "shop-write", channel.handler)
    levels: Any = shop.shop.control("read_stock")
    assert levels["HAT-M"][LONDON]["available"] == 10


def test_a_variant_deleted_in_the_shop_is_missing_and_asked_about(shop: Deployment) -> None:
    variants = shop.shop.shop.variants
    del variants[shop.shop.shop.skus["HAT-S"]]
    compare(shop, "price")
    assert standing(shop)["price"]["differing"] == {"missing": 1}
    assert [row["kind"] for row in shop.rows(Table.ISSUES)] == ["missing_on_channel"]


def test_what_was_never_compared_says_so(shop: Deployment) -> None:
    assert standing(shop)["stock"] == {
        "channel": "shop",
        "facet": "stock",
        "policy": "overwrite",
        "shadow": False,
        "running": False,
        "finished": None,
    }
