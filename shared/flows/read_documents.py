"""An ERP is read for what it did about orders: deliveries, bills, returns and promises."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from shared.flows.issues import Issues, refused
from shared.frozen import frozen
from shared.model.ids import Entity
from shared.ports import Page


class Changed[T](Protocol):
    """Asks for one page of what changed since an instant."""

    def __call__(self, since: datetime | None, *, page: str | None) -> Page[T]: ...


@frozen
class DocumentsRead[T]:
    """Each is asked for by `one` or in pages of `changed`, and `record` takes it in."""

    connection: str
    entity: Entity
    issues: Issues
    changed: Changed[T]
    one: Callable[[str], Page[T]]
    record: Callable[[T], None]

    def read(self, key: str) -> None:
        self._keep(self.one(key))

    def page(self, since: datetime | None, page: str | None, *, began: datetime) -> str | None:
        del began
        found = self.changed(since, page=page)
        self._keep(found)
        return found.next

    def _keep(self, page: Page[T]) -> None:
        for document in page.items:
            self.record(document)
        self.issues.report(refused(page.refused, connection=self.connection, entity=self.entity))
