"""The smallest retailer there is: one ERP, one shop, two locations, one price list."""

from datetime import UTC, datetime

from shared.settings import load_retailer

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)

RETAILER_TOML = """
retailer = "demo"
home_currency = "GBP"
stage = "sandbox"
authority = { product = "erp", price = "erp", stock = "erp" }

[[connections]]
name = "erp"
system = "sap-s4hana"
base_url = "http://127.0.0.1:9001"
secret = "erp"
settle_seconds = 60
limits = { points_per_second = 50, bucket = 100 }

[[connections]]
name = "shop"
system = "shopify"
base_url = "http://127.0.0.1:9002"
secret = "shop"
settle_seconds = 60
limits = { points_per_second = 1000, bucket = 2000 }

[[locations]]
name = "london"
external = { erp = "1710/171A", shop = "gid://shopify/Location/1" }

[[locations]]
name = "leeds"
external = { erp = "1720/172A", shop = "gid://shopify/Location/2" }

[[price_lists]]
name = "retail"
currency = "GBP"
tax_basis = "gross"
conditions = { PR00 = "base", VKA0 = "promotional" }

[[channels]]
name = "shop"
connection = "shop"
erp = "erp"
currency = "GBP"
tax_display = "gross"
price_lists = ["retail"]
locations = ["london", "leeds"]
"""

MARKET_TOML = """
[[channels]]
name = "market"
connection = "shop"
erp = "erp"
currency = "GBP"
tax_display = "gross"
price_lists = ["retail"]
locations = ["london"]
"""

RETAILER = load_retailer(RETAILER_TOML)
CHANNEL = RETAILER.channel("shop")
