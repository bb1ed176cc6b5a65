"""One sandbox for all files of a worker: the deployed template, both simulators, a few articles."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.home import ROOT, Home
from sandbox.play.quiet import settle
from sandbox.toml_text import written
from sandbox.world import DEFAULT_RETAILER, World
from sandbox.world import sandbox as begun
from shared.model.base import Json

ARTICLES = ("HAT-S", "HAT-M", "MUG")
TRADE, TRADE_LIST = "ZTRD", "gid://shopify/PriceList/1"
NEWCOMER = "NEWCOMER"  # shipping code of orders whose customers the ERP is to have
ORDER_RULES = [
    {
        "shipping_codes": [NEWCOMER],
        "customer": "create",
        "shipping_condition": "02",
        "payment_terms": "0001",
        "ship_from": "london",
        "send_address": True,
        "tax_codes": [{"percent": "20", "code": "1"}, {"percent": "0", "code": "0"}],
        "freight_sku": "POST",
    }
]
NOTICES = {
    "sender": "orders@northwind.example",
    "since": "2026-01-01T00:00:00Z",
    "channels": {"shop": ["received", "delayed", "shipped", "cancelled", "refunded"]},
}
FEEDS = {"max_changed": "50"}  # of files with 20 rows and more
HOOKS_URL = "https://api.northwind.example/hooks/shop"
ECHO = "inventory_levels/update"  # tells of our own writes too
BLOCK = "Z1"  # a delivery block the simulated tenant knows
BULK_FROM = 6  # prices that wait together go by bulk operation from here on


def article(sku: str) -> dict[str, Json]:
    generic = "HAT" if sku.startswith("HAT-") else ""
    return {"product": sku, "title": f"Article {sku}", "generic": generic, "size": sku[-1]}


def _retailer(folder: Path) -> Path:
    import tomllib  # noqa: PLC0415

    raw = tomllib.loads((ROOT / DEFAULT_RETAILER).read_text(encoding="utf-8"))
    for connection in raw["connections"]:
        connection["settle_seconds"] = 3
        if connection["system"] == "sap-s4hana":
            connection["settings"] = {"delivery_block": BLOCK}
        if connection["system"] == "shopify":
            connection["settings"] = {
                "bulk": "always",
                "bulk_from": BULK_FROM,
                "bulk_seconds": 20,
                "hooks_url": HOOKS_URL,
                "payouts": True,
                "open_returns": True,  # of returns the ERP's staff make
            }
    raw["books"]["payout_days"] = 5
    trade = {"name": "trade", "currency": "GBP", "tax_basis": "gross", "segment": "trade"}
    raw["price_lists"].append(trade | {"conditions": {TRADE: "base"}})
    raw["segments"] = [{"name": "trade", "external": {"shop": TRADE_LIST}}]
    for channel in raw["channels"]:
        channel["price_lists"].append("trade")
        channel["segments"] = ["trade"]
        channel["parity"] = {"price": "overwrite", "stock": "overwrite"}
    raw["sources"] = [{"name": "wms"}]
    glasgow = next(one for one in raw["locations"] if one["name"] == "glasgow")
    glasgow["source"] = "wms"
    depot = {"name": "depot", "external": {"wms": "D1"}, "source": "wms", "shipped_by": "wms"}
    raw["locations"].append(depot)
    raw["order_rules"] = ORDER_RULES
    raw["notices"] = NOTICES
    raw["feeds"] = FEEDS
    path = folder / "retailer.toml"
    path.write_text(written(raw), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("sandbox")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    home = Home(ROOT, folder)
    with begun(home, retailer=_retailer(folder)) as up:
        _stocked(up)
        yield up


def _stocked(world: World) -> None:
    materials: list[Json] = [
        {"product": "HAT", "title": "Hat", "product_type": "GENR"},
        {"product": "MISC", "title": "Miscellaneous"},
        {"product": "POST", "title": "Post", "product_type": "SERV"},
        *(article(sku) for sku in ARTICLES),
    ]
    prices: list[Json] = [{"sku": sku, "amount": "19.99", "currency": "GBP"} for sku in ARTICLES]
    stock: list[Json] = [
        {"sku": sku, "plant": "1710", "storage_location": "171A", "quantity": "50"}
        for sku in ARTICLES
    ]
    world.controls.control("shop", "subscribe", uri=HOOKS_URL, more=[ECHO])
    world.controls.control("shop", "add_price_list", currency="GBP")
    world.controls.control("erp", "load", materials=materials, prices=prices, stock=stock)
    for entity in ("product", "price", "stock"):
        poll(world, "erp", entity)


def poll(world: World, connection: str, entity: str) -> None:
    url = world.deployed.queues[f"{connection}-read"]
    world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=f'{{"poll":"{entity}"}}')
    settle(world, within_s=120)
