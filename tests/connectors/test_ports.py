"""Clients are found by their row of the catalogue, so no import ties them to their ports.

The type checker holds each of them to the ports it is used through, in the functions below.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import pytest

from shared.connectors.amazon.client import AmazonSeller
from shared.connectors.catalog import CATALOG
from shared.connectors.sap.client import SapS4
from shared.connectors.shopify.client import ShopifyAdmin
from shared.flows.credits import Erp
from shared.flows.customers import CustomerBook
from shared.flows.subscriptions import Subscriber
from shared.order_ports import OrderAmender, OrderWithdrawer
from shared.ports import FactSource, LaterPublisher, OrderSink, OrderSource, ShipmentSource
from shared.return_ports import (
    BillingSource,
    PayoutSource,
    PromiseSource,
    RefundMaker,
    ReturnOpener,
    ReturnSource,
)


def _market(client: AmazonSeller) -> tuple[OrderSource, LaterPublisher]:
    return client, client


def _told_by_queue(client: AmazonSeller) -> Subscriber:
    return client.told_in("queue")


def _shop(
    client: ShopifyAdmin,
) -> tuple[OrderSource, LaterPublisher, RefundMaker, ReturnOpener, PayoutSource, Subscriber]:
    return client, client, client, client, client, client


def _erp_of_orders(
    client: SapS4,
) -> tuple[FactSource, OrderSink, OrderAmender, OrderWithdrawer, CustomerBook, ShipmentSource]:
    return client, client, client, client, client, client


def _erp_of_money(client: SapS4) -> tuple[Erp, BillingSource, PromiseSource, ReturnSource]:
    return client, client, client, client


HELD: Final[tuple[Callable[[Any], object], ...]] = (_market, _shop, _erp_of_orders, _erp_of_money)


@pytest.mark.parametrize("system", CATALOG)
def test_the_client_of_each_system_is_held_to_its_ports(system: str) -> None:
    module, _, name = CATALOG[system].factory.partition(":")
    made: str = getattr(import_module(module), name).__annotations__["return"]
    assert made in {each.__annotations__["client"].__name__ for each in HELD}
