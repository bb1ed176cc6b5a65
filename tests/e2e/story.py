"""What stories do on the sandbox: sign webhooks, place orders, wait, look."""

import json
import uuid
from typing import Any

import httpx
import pytest

from sandbox.play.quiet import bodies, settle
from sandbox.world import World
from shared.connectors.shopify.webhook import sign
from shared.model.base import Json

LOOPBACK = pytest.mark.enable_socket
# Clients live as long as the session, and what they leave open is closed with it.
UNCLOSED = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
PATIENCE_S = 120
PLACE: dict[str, Json] = {"plant": "1710", "storage_location": "171A"}


class Story:
    def __init__(self, world: World) -> None:
        self.world = world
        self.secret = world.plan.vendor("shop").webhook_secret

    def post(
        self,
        body: bytes,
        *,
        connection: str = "shop",
        topic: str = "orders/create",
        webhook_id: str | None = None,
        signature: str | None = None,
    ) -> httpx.Response:
        """Deliver a webhook the way Shopify does."""
        headers = {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-webhook-id": webhook_id or str(uuid.uuid4()),
            "x-shopify-hmac-sha256": sign(body, self.secret) if signature is None else signature,
            "x-shopify-shop-domain": self.world.plan.vendor("shop").host,
        }
        url = f"{self.world.deployed.api_url}/hooks/{connection}"
        return httpx.post(url, content=body, headers=headers, timeout=30, trust_env=False)

    def order(self, *lines: tuple[str, int], told: bool = True) -> dict[str, Json]:
        """A shopper buys; `told` says whether the shop sends its own webhook."""
        self.control("shop", "drop_webhooks", on=not told)
        placed = self.control(
            "shop",
            "place_order",
            lines=[
                {"sku": sku, "quantity": units, "title": sku, "price": "19.99"}
                for sku, units in lines
            ],
            oversell=True,
        )
        self.control("shop", "drop_webhooks", on=False)
        assert isinstance(placed, dict)
        return placed

    def article(self, sku: str, price: str = "19.99", units: int = 0) -> None:
        """An article of this file's own, for others count on the figures of theirs."""
        fields: dict[str, Json] = {"product": sku, "title": f"Article {sku}"}
        self.control("erp", "add_material", **fields)
        self.control("erp", "set_price", sku=sku, amount=price)
        if units:
            self.control("erp", "move_stock", sku=sku, **PLACE, quantity=str(units))

    def control(self, simulator: str, name: str, /, **kwargs: Json) -> Json:
        return self.world.controls.control(simulator, name, **kwargs)

    def settle(self) -> None:
        settle(self.world, within_s=PATIENCE_S)

    def in_erp(self, placed: dict[str, Json]) -> list[dict[str, Any]]:
        """Every ERP order of one shop order."""
        found = self.control("erp", "orders")
        reference = f"SHOP-{placed['id']}"
        return [
            row
            for row in (found if isinstance(found, list) else [])
            if isinstance(row, dict) and row["reference"] == reference
        ]

    def trace(self, placed: dict[str, Json]) -> dict[str, Any]:
        return self.world.api.trace_order(f"shop:{placed['id']}")

    def issues(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.world.api.exceptions() if one["kind"] == kind]

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [json.loads(item["body"]["S"]) for item in bodies(self.world, table)]
