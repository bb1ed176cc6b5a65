"""Which of our orders an ERP's document is about, whichever of the two is heard of first.

One row for each document of the ERP. What ships, bills or takes back a document nobody has linked
yet waits in its row, and is read again once the link is made: the two cannot miss each other.
"""

from collections.abc import Mapping
from typing import Final

from shared.errors import RetryableError
from shared.flows import keys
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Entity
from shared.ports import Message, Put, Queues, Row, Store
from shared.return_ports import BILLS_OF

KNOWN_SOON_S = 60  # how long until what overtook its order's acceptance is read again
TRIES = 6
_WAITING: Final[Mapping[Entity, str]] = {
    Entity.SHIPMENT: "shipments",
    Entity.INVOICE: "bills",
    Entity.RETURN: "returns",
}


def waiting(row: Row | None, entity: Entity) -> list[str]:
    """Shipments, bills or returns that came before the acceptance of their order."""
    known = row.body.get(_WAITING[entity]) if row else None
    return [str(name) for name in known] if isinstance(known, list) else []


def reread(connection: str, entity: Entity, name: str) -> Message:
    body = {"read": entity.value, "key": name}
    return Message(keys.read_queue(connection), body, KNOWN_SOON_S)


@frozen
class ErpLinks:
    connection: str
    store: Store
    queues: Queues

    def link_with(self, case: Put, document: str, order_id: str) -> bool:
        """Link, and write the case in the same breath; whether it was, linked it is in any case."""
        link = Put(keys.erp_order(self.connection, document), {"order_id": order_id}, 0)
        if self.store.commit_together([link, case]):
            return True
        self.link(document, order_id)
        return False

    def link(self, document: str, order_id: str) -> None:
        """Make our order known by the ERP's number, and have read what waited for that."""
        key = keys.erp_order(self.connection, document)
        body: dict[str, Json] = {"order_id": order_id}
        linked = self.store.commit([Put(key, body, 0)])[0]
        for _ in range(TRIES):
            row = None if linked else self.store.get([key]).get(key)
            if row is None or row.body.get("order_id"):
                return
            self.queues.send(
                [
                    reread(self.connection, entity, name)
                    for entity in _WAITING
                    for name in waiting(row, entity)
                ]
            )
            linked = self.store.commit([Put(key, {**row.body, **body}, row.rev)])[0]
        if not linked:
            raise RetryableError(f"ERP document {document} is contended")

    def link_theirs(self, document: str, order_id: str) -> None:
        """Link what the ERP made by itself: its bills name none of ours, and waited for nothing.

        They are asked for before it is linked, so that a crash in between asks again.
        """
        if self.known(document) is None:
            self.queues.send([reread(self.connection, Entity.INVOICE, f"{BILLS_OF}{document}")])
            self.link(document, order_id)

    def known(self, document: str) -> Row | None:
        """The row of a linked document."""
        key = keys.erp_order(self.connection, document)
        row = self.store.get([key]).get(key)
        return row if row is not None and row.body.get("order_id") else None

    def find(self, document: str, entity: Entity, name: str) -> Row | None:
        """The row of a linked document; without a link `name` waits for it, and None is said."""
        key = keys.erp_order(self.connection, document)
        for _ in range(TRIES):
            row = self.store.get([key]).get(key)
            if row is not None and row.body.get("order_id"):
                return row
            known = waiting(row, entity)
            if name in known:
                return None
            body: dict[str, Json] = {
                "order_id": None,
                **(row.body if row else {}),
                _WAITING[entity]: [*known, name],
            }
            if self.store.commit([Put(key, body, row.rev if row else 0)])[0]:
                return None
        raise RetryableError(f"ERP document {document} is contended")
