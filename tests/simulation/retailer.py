"""The retailer whose days are simulated: one ERP, one or two shops, two locations."""

from dataclasses import dataclass
from functools import cache

from sandbox.simulator import Vendor
from sandbox.vendors.sap import simulator as sap
from sandbox.vendors.shopify import simulator as shopify
from shared.model.retailer import Retailer
from shared.ports import Clock
from shared.settings import load_retailer
from tests.simulation import marketplace

CANARY = "CANARY"  # in every secret and every shopper's name; must never be logged
POINTS = 200
BUCKET = 2000

_HEAD = """
retailer = "simulated"
home_currency = "GBP"
stage = "sandbox"
authority = { product = "erp", price = "erp", stock = "erp" }

[[connections]]
name = "erp"
system = "sap-s4hana"
base_url = "https://erp.example"
secret = "erp"
settle_seconds = 120
poll_minutes = MINUTES
limits = { points_per_second = 50, bucket = 100, slots = SLOTS, slots_are_counted = COUNTED }
settings = { zone = "ZONE", delivery_block = "Z1" }

[[locations]]
name = "london"
external = { erp = "1710/171A", shop = "GID1", outlet = "GID1", market = "london" }

[[locations]]
name = "leeds"
external = { erp = "1720/172A", shop = "GID2", outlet = "GID2", market = "leeds" }

[[price_lists]]
name = "retail"
currency = "GBP"
tax_basis = "gross"
conditions = { PR00 = "base", VKA0 = "promotional" }
"""

_ENGINE = _HEAD.replace(
    'stock = "erp" }', 'stock = "erp", promotion = "engine" }\n\n[[sources]]\nname = "engine"'
)

_SHOP = """
[[connections]]
name = "NAME"
system = "shopify"
base_url = "https://NAME.myshopify.com"
secret = "NAME"
settle_seconds = 120
poll_minutes = MINUTES
limits = { points_per_second = POINTS, bucket = BUCKET, slots = CALLS }
settings = { SETTINGS }

[[channels]]
name = "NAME"
connection = "NAME"
erp = "erp"
currency = "GBP"
tax_display = "gross"
price_lists = ["retail"]
locations = ["london", "leeds"]
safety_stock = 0
zone = "Europe/London"
"""


TRADE = "ZTRD"
TRADE_LIST = "gid://shopify/PriceList/1"
_TRADE = f"""
[[price_lists]]
name = "trade"
currency = "GBP"
tax_basis = "gross"
conditions = {{ {TRADE} = "base" }}
segment = "trade"

[[segments]]
name = "trade"
external = {{ shop = "{TRADE_LIST}" }}
"""
_TRADED = (
    'price_lists = ["retail"]',
    'price_lists = ["trade", "retail"]\nsegments = ["trade"]',
)
_WAREHOUSE = """
[[sources]]
name = "wms"
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """What scenarios let differ; `zone` is where the ERP's validity days begin and end.

    `points` come back to a shop's bucket each second; `calls` may be under way there at once. With
    `engine`, promotions are owned by a system of that name, which is never called; with
    `warehouse`, all stock is told by one that is never called either; `shipper` is believed about
    what leaves. `rules` are more lines of
    the file, `limits` a shop's guardrails, `orders` what it asks of orders, `settings` those of the
    shops' connector. With `trade` companies pay by a list of their own, from conditions of the type
    TRADE.
    """

    shops: tuple[str, ...] = ("shop",)
    slots: int = 4
    poll_minutes: int = 10
    zone: str = "UTC"
    points: int = POINTS
    bucket: int = BUCKET
    calls: int = 2
    settings: str = ""
    trade: bool = False
    counted: bool = False
    engine: bool = False
    rules: str = ""
    warehouse: bool = False
    shipper: str = ""
    limits: str = ""
    orders: str = ""
    markets: tuple[str, ...] = ()
    selling: str = ""


@cache
def retailer(setup: Setup) -> Retailer:
    text = (
        (_ENGINE if setup.engine else _HEAD)
        .replace("SLOTS", str(setup.slots))
        .replace("ZONE", setup.zone)
    )
    text = text.replace("COUNTED", str(setup.counted).lower())
    text = text.replace("GID", "gid://shopify/Location/")
    head = "\n".join(
        line if "external" not in line else _only(line, (*setup.shops, *setup.markets))
        for line in text.splitlines()
    )
    shop = _SHOP.replace("POINTS", str(setup.points)).replace("BUCKET", str(setup.bucket))
    shop = shop.replace("CALLS", str(setup.calls)).replace("SETTINGS", setup.settings)
    if setup.trade:
        head += _TRADE
        shop = shop.replace(*_TRADED)
    shop += f"guardrails = {setup.limits}\n" if setup.limits else ""
    shop += f"orders = {setup.orders}\n" if setup.orders else ""
    shops = "".join(shop.replace("NAME", name) for name in setup.shops)
    if setup.warehouse:
        head = head.replace('stock = "erp"', 'stock = "wms"') + _WAREHOUSE
    if setup.shipper:
        head = head.replace('stock = "erp"', f'stock = "erp", shipment = "{setup.shipper}"')
    market = marketplace.CONNECTION.replace("SELLING", setup.selling)
    markets = "".join(market.replace("NAME", name) for name in setup.markets)
    text = head + shops + markets + setup.rules
    return load_retailer(text.replace("MINUTES", str(setup.poll_minutes)))


def _only(line: str, shops: tuple[str, ...]) -> str:
    """Leave out the ids of shops that are not there."""
    parts = line.split("{", 1)[1].rstrip(" }").split(", ")
    kept = [part for part in parts if part.split("=")[0].strip() in ("erp", *shops)]
    return "external = { " + ", ".join(part.strip() for part in kept) + " }"


def vendors(clock: Clock, setup: Setup) -> dict[str, Vendor]:
    erp = sap.SapSimulator(
        clock, sap.Account(client_secret=f"{CANARY}-erp", webhook_secret=f"{CANARY}-events")
    )
    plan = shopify.Plan(points_per_second=setup.points, bucket=setup.bucket)
    found: dict[str, Vendor] = {"erp": erp}
    for name in setup.shops:
        account = shopify.Account(
            shop=name,
            client_secret=f"{CANARY}-{name}",
            currency="GBP",
            locations=("London", "Leeds"),
            topics=() if "hooks_url" in setup.settings else shopify.TOPICS,
        )
        shop = found[name] = shopify.ShopifySimulator(clock, account, plan=plan, fast=True)
        if setup.trade:
            shop.control("add_price_list", currency="GBP")
    for name in setup.markets:
        found[name] = marketplace.seller(name, f"{CANARY}-{name}", clock)
    return found


def secrets(setup: Setup) -> dict[str, dict[str, object]]:
    said: dict[str, dict[str, object]] = {
        "erp": {
            "client_id": "client",
            "client_secret": f"{CANARY}-erp",
            "webhook_secrets": [f"{CANARY}-events"],
        }
    }
    for name in setup.shops:
        secret = f"{CANARY}-{name}"
        said[name] = {"client_id": "client", "client_secret": secret, "webhook_secrets": [secret]}
    for name in setup.markets:
        said[name] = marketplace.secrets(f"{CANARY}-{name}")
    return said
