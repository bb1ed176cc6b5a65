"""Read queue of one ERP: products, prices and stock, and what it did about orders."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.ingest import reading
from shared.flows import keys
from shared.flows.billing import Bills
from shared.flows.cases import Cases
from shared.flows.promises import Promises
from shared.flows.read import Part
from shared.flows.read_documents import DocumentsRead
from shared.flows.read_facts import FactsRead
from shared.flows.returns import ErpReturns
from shared.flows.shipments import Shipments
from shared.frozen import frozen
from shared.model.ids import Entity
from shared.ports import Page

Settings = reading.Settings
REPORTING: Final = "functions.reporting"
"""Imported when a person asks for it, not by every reader."""


@frozen
class ShipmentsRead:
    """`again` has one that a source told put on its order."""

    erp: Part
    again: Callable[[str], None]

    def read(self, key: str) -> None:
        if key.startswith(keys.REPORTED):
            self.again(key.removeprefix(keys.REPORTED))
        else:
            self.erp.read(key)

    def page(self, since: datetime | None, page: str | None, *, began: datetime) -> str | None:
        return self.erp.page(since, page, began=began)


def ports() -> dict[str, Any]:
    """What flows that take in what an ERP did are made of."""
    store, clock = bootstrap.store(), bootstrap.clock
    return {
        "connection": bootstrap.environment().connection,
        "store": store,
        "queues": bootstrap.queues(),
        "bus": bootstrap.bus(),
        "cases": Cases(store, clock, bootstrap.retailer()),
        "clock": clock,
    }


def more() -> dict[str, Any]:
    return {**ports(), "issues": bootstrap.issues(), "retailer": bootstrap.retailer()}


def facts(entity: Entity) -> Part:
    name = bootstrap.environment().connection
    return FactsRead(
        connection=name,
        entity=entity,
        source=bootstrap.connector(name),
        store=bootstrap.store(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=bootstrap.retailer(),
    )


def shipments() -> Part:
    """Deliveries of the ERP; a key may name what a source told instead."""
    name = bootstrap.environment().connection
    source, taken = bootstrap.connector(name), Shipments(**more())
    read = DocumentsRead(
        connection=name,
        entity=Entity.SHIPMENT,
        issues=bootstrap.issues(),
        changed=source.shipments_since,
        one=lambda key: Page(source.read_shipment(key)),
        record=partial(taken.record, source=source),
    )
    return ShipmentsRead(read, lambda name: import_module(REPORTING).reported().again(name))


def bills() -> Part:
    name = bootstrap.environment().connection
    source, taken = bootstrap.connector(name), Bills(**ports(), issues=bootstrap.issues())
    return DocumentsRead(
        connection=name,
        entity=Entity.INVOICE,
        issues=bootstrap.issues(),
        changed=source.billed_since,
        one=source.read_billed,
        record=taken.record,
    )


def returns() -> Part:
    name = bootstrap.environment().connection
    source, taken = bootstrap.connector(name), ErpReturns(**more())
    return DocumentsRead(
        connection=name,
        entity=Entity.RETURN,
        issues=bootstrap.issues(),
        changed=source.returns_since,
        one=source.read_return,
        record=partial(taken.record, source=source),
    )


def promises() -> Part:
    name = bootstrap.environment().connection
    source, taken = bootstrap.connector(name), Promises(**ports())
    return DocumentsRead(
        connection=name,
        entity=Entity.ALLOCATION,
        issues=bootstrap.issues(),
        changed=source.promised_since,
        one=source.read_promised,
        record=taken.record,
    )


PARTS: Final[reading.Parts] = {
    **{one: partial(facts, one) for one in (Entity.PRODUCT, Entity.PRICE, Entity.STOCK)},
    Entity.SHIPMENT: shipments,
    Entity.INVOICE: bills,
    Entity.RETURN: returns,
    Entity.ALLOCATION: promises,
}


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    return reading.handled(event, context, PARTS)
