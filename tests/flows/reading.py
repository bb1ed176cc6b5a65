"""A reader of whatever a made-up source can be read for."""

from functools import partial
from typing import Any

from shared.flows.read import Reader
from shared.flows.read_documents import DocumentsRead
from shared.flows.read_facts import FactsRead
from shared.flows.read_orders import OrdersRead
from shared.model.ids import Entity
from tests.flows.world import World

FACTS = (Entity.PRODUCT, Entity.PRICE, Entity.STOCK)


def reader_of(world: World, connection: str, source: Any) -> Reader:
    store, issues, clock, retailer = world.store, world.issues, world.clock, world.retailer

    def bills() -> DocumentsRead[Any]:
        changed, one = source.billed_since, source.read_billed
        return DocumentsRead(connection, Entity.INVOICE, issues, changed, one, world.bills.record)

    def returns() -> DocumentsRead[Any]:
        changed, one = source.returns_since, source.read_return
        record = partial(world.returns.record, source=source)
        return DocumentsRead(connection, Entity.RETURN, issues, changed, one, record)

    def promises() -> DocumentsRead[Any]:
        changed, one = source.promised_since, source.read_promised
        record = world.promises.record
        return DocumentsRead(connection, Entity.ALLOCATION, issues, changed, one, record)

    def facts(entity: Entity) -> FactsRead:
        return FactsRead(connection, entity, source, store, issues, clock, retailer)

    return Reader(
        connection,
        {
            **{entity: partial(facts, entity) for entity in FACTS},
            Entity.ORDER: partial(OrdersRead, connection, source, world.capture, issues),
            Entity.INVOICE: bills,
            Entity.RETURN: returns,
            Entity.ALLOCATION: promises,
        },
        store,
        world.queues,
        issues,
        clock,
        retailer,
    )
