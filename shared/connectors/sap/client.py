"""The S/4HANA connector: facts, orders and deliveries over the released OData V2 services."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

from shared.connectors.sap import amending, mapping, orders, values
from shared.connectors.sap.billing import Billing
from shared.connectors.sap.facts import Facts, topped
from shared.connectors.sap.gateway import Gateway, Signer
from shared.connectors.sap.partners import Partners
from shared.connectors.sap.promises import Promised
from shared.connectors.sap.refunds import Refunds
from shared.connectors.sap.returns import Returns
from shared.connectors.sap.schema import DeliveryRow, OrderRow
from shared.connectors.sap.settings import SapSettings, settings_of
from shared.domain.credits import CreditWish, PostedCredit
from shared.domain.customers import CustomerWish
from shared.domain.demand import AmendedLine, LineChange
from shared.domain.returns import PostedReturn, ReturnWish
from shared.errors import InDoubtError, RejectedError
from shared.kit.http import Http
from shared.kit.oauth import ClientCredentials
from shared.model.allocation import ErpAllocation
from shared.model.base import Foreign, Json
from shared.model.facts import PriceCard, ProductCard, StockCard
from shared.model.ids import Entity
from shared.model.invoice import BillingDocument
from shared.model.order import Order, Shipment
from shared.model.retailer import Connection, Retailer
from shared.model.returns import ErpReturn
from shared.ports import Clock, Pacer, Page, PostedOrder, Refusal

ORDERS = "API_SALES_ORDER_SRV"
DELIVERIES = "API_OUTBOUND_DELIVERY_SRV;v=0002"

type Rows = list[dict[str, Json]]


class SapS4:
    """One tenant, as the Protocols of `shared.ports` want an ERP.

    FactSource, OrderSink, CustomerBook, OrderAmender, CreditSink, ReturnSink, ShipmentSource,
    BillingSource, ReturnSource and PromiseSource.
    """

    def __init__(
        self, gateway: Gateway, connection: Connection, retailer: Retailer, clock: Clock
    ) -> None:
        self._gateway = gateway
        self._name = connection.name
        self._settings = settings_of(connection)
        self._retailer = retailer
        self._facts = Facts(gateway, self._name, self._settings, retailer, clock)
        self._refunds = Refunds(gateway, self._settings)
        self._billing = Billing(gateway, self._settings)
        self._promised = Promised(gateway, self._settings)
        self._returns = Returns(gateway, self._settings, retailer, self._name)
        self._partners = Partners(gateway, self._settings)

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
        query = {
            "$filter": f"PurchaseOrderByCustomer eq {values.quoted(reference)} and "
            f"SoldToParty eq {values.quoted(self._settings.of(order).sold_to)}",
            "$expand": "to_Item",
            "$orderby": "SalesOrder",
        }
        rows = self._gateway.rows(ORDERS, "A_SalesOrder", query)
        return [orders.posted(self._single(row, OrderRow), orders.places(order)) for row in rows]

    def post_order(self, order: Order, reference: str) -> PostedOrder:
        body = orders.body_of(order, reference, self._settings)
        row = self._gateway.create(ORDERS, "A_SalesOrder", body)
        try:
            stored = self._single(row, OrderRow)
        except RejectedError as error:  # SAP took the order; only what it answers is strange
            raise InDoubtError(str(error)) from error
        return orders.posted(stored, orders.places(order))

    def amend_order(
        self, order: Order, erp_order: str, changes: Sequence[LineChange]
    ) -> list[AmendedLine]:
        return amending.amend(self._gateway, self._settings, order, erp_order, changes)

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
        return self._returns.find(wish)

    def post_return(self, wish: ReturnWish) -> PostedReturn:
        return self._returns.post(wish)

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

    # deliveries: pages go by key, so that what is written meanwhile shifts nothing

    def shipments_since(self, since: datetime | None, *, page: str | None) -> Page[Shipment]:
        """Deliveries changed since the day of `since`: the service keeps no time of day."""
        filters = ["OverallGoodsMovementStatus eq 'C'"]
        if since is not None:
            day = values.day_in(self._settings.zone, since)
            filters.append(f"LastChangeDate ge {values.datetime_literal(day)}")
        if page:
            filters.append(f"DeliveryDocument gt {values.quoted(page)}")
        rows = self._deliveries(" and ".join(filters), bounded=True)
        good, refused = mapping.parsed(rows, DeliveryRow, subject="DeliveryDocument")
        full = len(rows) == self._settings.page_size
        last = str(rows[-1]["DeliveryDocument"]) if full else None
        return Page([s for row in good for s in self._shipments(row)], last, refused)

    def read_shipment(self, shipment_id: str) -> list[Shipment]:
        number = shipment_id.split("/", 1)[0]
        condition = f"DeliveryDocument eq {values.quoted(number)}"
        rows = self._deliveries(condition, bounded=False)
        return [s for row in rows for s in self._shipments(self._single(row, DeliveryRow))]

    def _deliveries(self, condition: str, *, bounded: bool) -> Rows:
        query = {
            "$filter": condition,
            "$expand": "to_DeliveryDocumentItem",
            "$orderby": "DeliveryDocument",
        }
        return self._gateway.rows(
            DELIVERIES, "A_OutbDeliveryHeader", topped(query, self._settings, bounded=bounded)
        )

    def _shipments(self, row: DeliveryRow) -> list[Shipment]:
        return mapping.shipments(
            row, connection=self._name, retailer=self._retailer, settings=self._settings
        )

    def _single[T: Foreign](self, row: dict[str, Json], model: type[T]) -> T:
        good, refused = mapping.parsed([row], model, subject="unknown")
        if refused:
            raise _unreadable(refused[0])
        return good[0]


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


def _unreadable(refusal: Refusal) -> RejectedError:
    return RejectedError(
        refusal.message, field=refusal.field, value=refusal.value, remedy=refusal.remedy
    )
