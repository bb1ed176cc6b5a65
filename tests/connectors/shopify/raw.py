"""A caller of the simulator that checks nothing, to say what our client never would."""

import httpx

from sandbox.vendors.shopify.simulator import ShopifySimulator
from shared.model.base import Json

SHOP = "https://sandbox.myshopify.com"


def token(simulator: ShopifySimulator) -> str:
    form = {"client_id": "client", "client_secret": "secret", "grant_type": "client_credentials"}
    request = httpx.Request("POST", f"{SHOP}/admin/oauth/access_token", data=form)
    return str(simulator.handle(request).json()["access_token"])


def asked(
    simulator: ShopifySimulator, query: str, **variables: Json
) -> dict[str, dict[str, object]]:
    request = httpx.Request(
        "POST",
        f"{SHOP}/admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": token(simulator)},
        json={"query": query, "variables": variables},
    )
    body = simulator.handle(request).json()
    assert isinstance(body, dict)
    return body


def code(body: dict[str, dict[str, object]]) -> object:
    error = body["errors"][0]  # type: ignore[index]
    assert isinstance(error, dict)
    return error["extensions"].get("code")


def codes(payload: dict[str, object]) -> list[str]:
    errors = payload["userErrors"]
    assert isinstance(errors, list)
    return [error["code"] for error in errors]
