"""An owner of products, prices or stock is read for them, and what it says is applied."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.price_cards import CONDITIONS_MAX
from shared.flows.apply import apply
from shared.flows.issues import Issues, refused
from shared.flows.vanished import VANISHING, asked, vanished
from shared.frozen import frozen
from shared.model.ids import Entity
from shared.model.retailer import Retailer
from shared.ports import Clock, FactSource, Page, Refusal, Store


@frozen
class FactsRead:
    connection: str
    entity: Entity
    source: FactSource
    store: Store
    issues: Issues
    clock: Clock
    retailer: Retailer

    def read(self, key: str) -> None:
        self._keep(self._asked([key]))

    def page(self, since: datetime | None, page: str | None, *, began: datetime) -> str | None:
        del began
        found = self.source.changed(self.entity, since=since, page=page)
        self._keep(found)
        if self.entity in VANISHING and (gone := self._vanished(found)):
            self._keep(self._asked(gone))
        return found.next

    def _asked(self, named: Sequence[str]) -> Page:  # type: ignore[type-arg]
        if self.entity is not Entity.STOCK:
            return self.source.read(self.entity, named)
        now = self.clock.now()
        return asked(self.source, named, source=self.connection, store=self.store, now=now)

    def _vanished(self, page: Page) -> list[str]:  # type: ignore[type-arg]
        return vanished(
            page,
            entity=self.entity,
            source=self.connection,
            store=self.store,
            retailer=self.retailer,
            now=self.clock.now(),
        )

    def _keep(self, page: Page) -> None:  # type: ignore[type-arg]
        applied = apply(
            page.items,
            entity=self.entity,
            store=self.store,
            issues=self.issues,
            retailer=self.retailer,
        )
        overfull = [_overfull(sku) for sku in applied.overfull]
        for refusals in (page.refused, overfull):
            self.issues.report(refused(refusals, connection=self.connection, entity=self.entity))


def _overfull(sku: str) -> Refusal:
    remedy = "end what is no longer needed of it; its conditions stay as they were until then"
    said = f"{sku} has more than {CONDITIONS_MAX} price conditions"
    return Refusal(sku, "conditions", f"over {CONDITIONS_MAX}", said, remedy)
