"""Which simulator stands in for which system, made to agree with the retailer's file."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.failures import CannotRunError
from sandbox.simulator import Vendor
from shared.model.base import Canonical, Json
from shared.model.retailer import Retailer
from shared.ports import Clock


class Standing(Canonical):
    """One simulator and the connection it stands in for.

    `host` is what the vendor calls itself, `secret` what the functions are given.
    """

    connection: str
    system: str
    host: str
    port: int
    secret: dict[str, Json]

    @property
    def webhook_secret(self) -> str:
        known = self.secret["webhook_secrets"]
        return str(known[0] if isinstance(known, list) else known)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a system is simulated.

    `secret` makes credentials for a base URL; `place` is the id the simulator gives to its n-th
    location, from 0, when it numbers them itself.
    """

    secret: Callable[[str], dict[str, Json]]
    make: Callable[[Standing, Retailer, Clock], Vendor]
    place: Callable[[int], str] | None = None


def stand(system: str) -> Stand:
    known = _STANDS.get(system)
    if known is None:
        raise CannotRunError(
            f"there is no simulator of {system}", f"simulated are {', '.join(_STANDS)}"
        )
    return known


def _credentials(base_url: str) -> dict[str, Json]:
    del base_url
    return {
        "client_id": f"client-{secrets.token_hex(8)}",
        "client_secret": secrets.token_hex(24),
        "webhook_secrets": [secrets.token_hex(24)],
    }


def _shopify(standing: Standing, retailer: Retailer, clock: Clock) -> Vendor:
    from sandbox.vendors.shopify.simulator import (  # noqa: PLC0415 - graphql, only where it serves
        Account,
        Plan,
        ShopifySimulator,
    )

    connection = retailer.connection(standing.connection)
    limits = connection.limits
    account = Account(
        shop=standing.host.removesuffix(".myshopify.com"),
        client_id=str(standing.secret["client_id"]),
        client_secret=str(standing.secret["client_secret"]),
        webhook_secret=standing.webhook_secret,
        currency=retailer.channels_of(connection.name)[0].currency,
        locations=tuple(p.name for p in retailer.locations if connection.name in p.external),
    )
    plan = Plan(points_per_second=limits.points_per_second, bucket=limits.bucket)
    return ShopifySimulator(clock, account, plan=plan)


def _amazon_credentials(base_url: str) -> dict[str, Json]:
    token = secrets.token_hex(24)
    url = f"{base_url}/auth/o2/token"
    mine = {k: v for k, v in _credentials(base_url).items() if k != "webhook_secrets"}
    return {**mine, "refresh_token": token, "token_url": url}


def _amazon(standing: Standing, retailer: Retailer, clock: Clock) -> Vendor:
    from sandbox.vendors.amazon.simulator import Account, AmazonSimulator  # noqa: PLC0415

    connection = retailer.connection(standing.connection)
    account = Account(
        seller_id=str(connection.settings["seller_id"]),
        marketplace_id=str(connection.settings["marketplace_id"]),
        currency=retailer.channels_of(connection.name)[0].currency,
        client_id=str(standing.secret["client_id"]),
        client_secret=str(standing.secret["client_secret"]),
        refresh_token=str(standing.secret["refresh_token"]),
        base_url=connection.base_url,
    )
    return AmazonSimulator(clock, account)


def _sap_credentials(base_url: str) -> dict[str, Json]:
    return {**_credentials(base_url), "token_url": f"{base_url}/oauth/token"}


def _sap(standing: Standing, retailer: Retailer, clock: Clock) -> Vendor:
    from sandbox.vendors.sap.simulator import Account, SapSimulator  # noqa: PLC0415

    del retailer
    account = Account(
        client_id=str(standing.secret["client_id"]),
        client_secret=str(standing.secret["client_secret"]),
        webhook_secret=standing.webhook_secret,
    )
    return SapSimulator(clock, account)


def _shopify_place(number: int) -> str:
    return f"gid://shopify/Location/{1 + number}"


_STANDS: dict[str, Stand] = {
    "amazon": Stand(_amazon_credentials, _amazon),
    "sap-s4hana": Stand(_sap_credentials, _sap),
    "shopify": Stand(_credentials, _shopify, _shopify_place),
}
