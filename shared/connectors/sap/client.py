"""The S/4HANA connector: facts, orders and deliveries over the released OData V2 services.

One function reads what SAP says, another writes orders and refunds: each part, with the shapes of
its answers, is imported when it is first called for.
"""
# ruff: noqa: PLC0415 - as said above

from __future__ import annotations

import base64
from functools import cached_property
from typing import TYPE_CHECKING

from shared.connectors.sap.gateway import Gateway, Signer
from shared.connectors.sap.settings import SapSettings, settings_of
from shared.kit.http import Http
from shared.kit.oauth import ClientCredentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import httpx

    from shared.connectors.sap.authorised import Authorised
    from shared.connectors.sap.billing import Billing
    from shared.connectors.sap.deliveries import Deliveries
    from shared.connectors.sap.facts import Facts
    from shared.connectors.sap.partners import Partners
    from shared.connectors.sap.promises import Promised
    from shared.connectors.sap.refunds import Refunds
    from shared.connectors.sap.returns import Returns
    from shared.connectors.sap.sales import Sales
    from shared.domain.credits import CreditWish, PostedCredit
    from shared.domain.customers import CustomerWish
    from shared.domain.demand import AmendedOrder, Amendment
    from shared.domain.returns import PostedReturn, ReturnWish
    from shared.model.allocation import ErpAllocation
    from shared.model.facts import PriceCard, ProductCard, StockCard
    from shared.model.ids import Entity
    from shared.model.invoice import BillingDocument
    from shared.model.order import Order, Shipment
    from shared.model.retailer import Connection, Retailer
    from shared.model.returns import ErpReturn
    from shared.ports import Clock, Pacer, Page, PostedOrder


class SapS4:
    """One tenant, as flows want an ERP.

    FactSource, OrderSink, CustomerBook, OrderAmender, OrderWithdrawer, CreditSink, ReturnSink,
    ShipmentSource, BillingSource, ReturnSource and PromiseSource.
    """

    def __init__(
        self, gateway: Gateway, connection: Connection, retailer: Retailer, clock: Clock
    ) -> None:
        self._gateway = gateway
        self._name = connection.name
        self._settings = settings_of(connection)
        self._retailer = retailer
        self._clock = clock

    @cached_property
    def _facts(self) -> Facts:
        from shared.connectors.sap.facts import Facts

        return Facts(self._gateway, self._name, self._settings, self._retailer, self._clock)

    @cached_property
    def _deliveries(self) -> Deliveries:
        from shared.connectors.sap.deliveries import Deliveries

        return Deliveries(self._gateway, self._settings, self._retailer, self._name)

    @cached_property
    def _billing(self) -> Billing:
        from shared.connectors.sap.billing import Billing

        return Billing(self._gateway, self._settings)

    @cached_property
    def _promised(self) -> Promised:
        from shared.connectors.sap.promises import Promised

        return Promised(self._gateway, self._settings)

    @cached_property
    def _returns(self) -> Returns:
        from shared.connectors.sap.returns import Returns

        return Returns(self._gateway, self._settings, self._retailer, self._name)

    @cached_property
    def _authorised(self) -> Authorised:
        from shared.connectors.sap.authorised import Authorised

        return Authorised(self._gateway, self._settings)

    @cached_property
    def _sales(self) -> Sales:
        from shared.connectors.sap.sales import Sales

        return Sales(self._gateway, self._settings)

    @cached_property
    def _partners(self) -> Partners:
        from shared.connectors.sap.partners import Partners

        return Partners(self._gateway, self._settings)

    @cached_property
    def _refunds(self) -> Refunds:
        from shared.connectors.sap.refunds import Refunds

        return Refunds(self._gateway, self._settings)

    def changed(
        self, entity: Entity, *, since: datetime | None, page: str | None
    ) -> Page[ProductCard] | Page[PriceCard] | Page[StockCard]:
        return self._facts.changed(entity, since=since, page=page)

    def read(
        self, entity: Entity, keys: Sequence[str]
    ) -> Page[ProductCard] | Page[PriceCard] | Page[StockCard]:
        return self._facts.read(entity, keys)

    # orders

    def find_order(self, order: Order, reference: str) -> list[PostedOrder]:
        """Every order under our reference, the oldest first."""
        return self._sales.find(order, reference)

    def post_order(self, order: Order, reference: str) -> PostedOrder:
        return self._sales.post(order, reference)

    def amend_order(self, order: Order, erp_order: str, wish: Amendment) -> AmendedOrder:
        return self._sales.amend(order, erp_order, wish)

    def withdraw_order(self, erp_order: str) -> None:
        self._sales.withdraw(erp_order)

    # customers

    def find_customer(self, wish: CustomerWish) -> list[str]:
        return self._partners.find(wish)

    def create_customer(self, wish: CustomerWish) -> str:
        return self._partners.create(wish)

    # refunds

    def find_credit(self, wish: CreditWish) -> list[PostedCredit]:
        return self._refunds.find(wish)

    def post_credit(self, wish: CreditWish) -> PostedCredit:
        return self._refunds.post(wish)

    # what customers send back

    def find_return(self, wish: ReturnWish) -> list[PostedReturn]:
        return self._authorised.find(wish)

    def post_return(self, wish: ReturnWish) -> PostedReturn:
        return self._authorised.post(wish)

    def returns_of(self, erp_order: str) -> list[ErpReturn]:
        return self._returns.of_order(erp_order)

    def returns_since(self, since: datetime | None, *, page: str | None) -> Page[ErpReturn]:
        return self._returns.since(since, page)

    def read_return(self, document: str) -> Page[ErpReturn]:
        return self._returns.read(document)

    # what is promised

    def promised_since(self, since: datetime | None, *, page: str | None) -> Page[ErpAllocation]:
        return self._promised.since(since, page)

    def read_promised(self, erp_order: str) -> Page[ErpAllocation]:
        return self._promised.read(erp_order)

    # invoices and credit memos

    def billed_since(self, since: datetime | None, *, page: str | None) -> Page[BillingDocument]:
        return self._billing.since(since, page)

    def read_billed(self, document: str) -> Page[BillingDocument]:
        return self._billing.read(document)

    # deliveries

    def shipments_since(self, since: datetime | None, *, page: str | None) -> Page[Shipment]:
        """Deliveries changed since the day of `since`: the service keeps no time of day."""
        return self._deliveries.since(since, page=page)

    def read_shipment(self, shipment_id: str) -> list[Shipment]:
        return self._deliveries.read(shipment_id)


def connect(
    connection: Connection,
    retailer: Retailer,
    secret: Mapping[str, object],
    *,
    pacer: Pacer,
    clock: Clock,
    transport: httpx.BaseTransport | None = None,
) -> SapS4:
    """`secret`: `client_id`, `client_secret` and `token_url`, or `user` and `password`."""
    settings = settings_of(connection)
    http = Http(connection.base_url, transport=transport)
    signer = _signer(http, settings, secret, clock)
    return SapS4(Gateway(http, settings, pacer, signer), connection, retailer, clock)


def _signer(
    http: Http, settings: SapSettings, secret: Mapping[str, object], clock: Clock
) -> Signer:
    if settings.auth == "basic":
        pair = f"{secret.get('user', '')}:{secret.get('password', '')}"
        return Signer(None, "Basic " + base64.b64encode(pair.encode()).decode())
    credentials = ClientCredentials(
        http,
        str(secret.get("token_url") or "/oauth/token"),
        client_id=str(secret.get("client_id", "")),
        client_secret=str(secret.get("client_secret", "")),
        now=clock.now,
        basic=True,
    )
    return Signer(credentials, None)
