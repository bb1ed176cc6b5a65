"""What kits and their components tell each other, in rows of whoever is told.

A component keeps which kits it is part of, and a kit what is free of each component. Each row is
written by the derivation of one SKU alone and read by that of another, which its change sets off:
so nobody derives a SKU but its own stream.
"""

from collections.abc import Callable, Iterable, Sequence

from shared.flows import keys
from shared.flows.issues import Problem
from shared.flows.kit_parts import components_of
from shared.flows.sku_facts import Facts, SkuFacts, links_of
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.kits import KitOrders, KitPart
from shared.model.retailer import Retailer
from shared.ports import Key, Put, Row, Store


@frozen
class KitRows:
    """Does nothing where the retailer's file says nothing of kits."""

    store: Store
    retailer: Retailer

    def read(
        self,
        skus: Iterable[str],
        facts: dict[Key, Row],
        again: Callable[[Iterable[str]], Iterable[Key]],
    ) -> dict[Key, Row]:
        """The facts with what kits and components told; read again after the rows to be written.

        So what is written follows from facts that are newer than the row it replaces.
        """
        related: dict[str, list[Key]] = {}
        if self.retailer.kits is None:
            return facts
        for sku in skus:
            links = links_of(sku, facts)
            mine = [keys.kit_part(kit, sku) for kit in links.kits]
            components = (*links.components, *_components(sku, facts, self.retailer))
            for component in dict.fromkeys(components):
                mine += [keys.kit_part(sku, component), keys.kit_links(component)]
            if mine:
                related[sku] = mine
        if not related:
            return facts
        rows = self.store.get(key for mine in related.values() for key in mine)
        newer = self.store.get(again(f"sku#{sku}" for sku in related))
        return facts | rows | newer

    def writes(self, sku: SkuFacts, facts: Facts) -> tuple[list[Put], list[Problem]]:
        """What this SKU has to tell: as a component to its kits, as a kit to its components."""
        puts: list[Put] = []
        problems: list[Problem] = []
        if sku.components and sku.links.kits:
            problems += [self._nested(kit, sku) for kit in sku.links.kits]
        elif sku.links.kits:
            puts += self._parts(sku, facts)
        if sku.components or sku.links.components:
            told, refused = self._orders(sku, facts)
            puts += told
            problems += refused
        return puts, problems

    def _parts(self, sku: SkuFacts, facts: Facts) -> Iterable[Put]:
        if sku.pool is None or sku.stock is None:
            return
        for kit, orders in sku.links.kits.items():
            key = keys.kit_part(kit, sku.sku)
            part = KitPart(
                sku=sku.sku,
                free={name: place.left for name, place in sku.pool.places.items()},
                counted=orders.promised,
                source=sku.stock.source,
                as_of=sku.stock.as_of,
            )
            yield from _changed(key, part.model_dump(mode="json"), facts.get(key))

    def _orders(self, sku: SkuFacts, facts: Facts) -> tuple[list[Put], list[Problem]]:
        most = self.retailer.kits.per_component if self.retailer.kits else 0
        wanted = {
            c.sku: KitOrders(quantity=c.quantity, promised=sku.promised) for c in sku.components
        }
        puts: list[Put] = []
        problems: list[Problem] = []
        known = set()
        for component in sorted({*wanted, *sku.links.components}):
            key = keys.kit_links(component)
            links = links_of(component, facts)
            kits = {name: said for name, said in links.kits.items() if name != sku.sku}
            if component in wanted and len(kits) >= most:
                problems.append(self._too_many(component, sku, most))
            elif component in wanted:
                kits[sku.sku] = wanted[component]
            if sku.sku in links.kits or component in wanted:
                known.add(component)
            told = links.model_copy(update={"kits": kits})
            puts += _changed(key, told.model_dump(mode="json"), facts.get(key))
        mine = sku.links.model_copy(update={"components": tuple(sorted(known))})
        own = keys.kit_links(sku.sku)
        return [*_changed(own, mine.model_dump(mode="json"), facts.get(own)), *puts], problems

    def _too_many(self, component: str, kit: SkuFacts, most: int) -> Problem:
        return self._problem(
            kit.sku,
            component,
            f"{component} is part of {most} other kits already, so {kit.sku} is not sold",
            "take it out of kits that are no longer sold, or raise kits.per_component",
        )

    def _nested(self, kit: str, component: SkuFacts) -> Problem:
        return self._problem(
            kit,
            component.sku,
            f"{component.sku} is a kit itself, so {kit}, which contains it, is not sold",
            f"let {kit} name the components of {component.sku} instead",
        )

    def _problem(self, kit: str, component: str, summary: str, remedy: str) -> Problem:
        return Problem(
            kind=IssueKind.KIT_BLOCKED,
            subject=f"{kit}/{component}",
            connection=self.retailer.authority[Entity.PRODUCT],
            summary=summary,
            remedy=remedy,
            field="components",
            value=component,
        )


def _changed(key: Key, body: dict[str, Json], row: Row | None) -> list[Put]:
    """Nothing where the row says it already; when it was heard does not count."""
    if row is None and not any(body.values()):
        return []
    if row is not None and {**row.body, "as_of": None} == {**body, "as_of": None}:
        return []
    return [Put(key, body, row.rev if row else 0)]


def _components(sku: str, facts: Facts, retailer: Retailer) -> Sequence[str]:
    return [component.sku for component in components_of(sku, facts, retailer)]
