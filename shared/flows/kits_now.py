"""What kits and components leave each other at this moment, not as their rows last told.

Those rows follow from a stream, a second or so later. Who promises units may not wait for that: the
cards of all that is made of the same components are read, and what each says of the other is
worked out anew from them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from datetime import datetime

from shared.domain.availability import held_at
from shared.domain.stock_rules import StockRules
from shared.flows import keys
from shared.flows.kit_parts import components_of
from shared.flows.shards import with_what_is_left
from shared.flows.sku_facts import Facts, links_of, sku_facts
from shared.flows.stock_facts import stock_keys
from shared.frozen import frozen
from shared.model.holds import HoldCard
from shared.model.ids import Entity
from shared.model.kits import KitPart
from shared.model.retailer import Retailer
from shared.ports import Key, Row, Store

type Taken = Mapping[str, Mapping[str, int]]
"""SKU -> location -> units."""


@frozen
class Present:
    """What lies in counters is free of the articles in `left_of` alone, None being all of them.

    `also` are units that count as held although no card says so.
    """

    left_of: Collection[str] | None = None
    also: Taken = field(default_factory=dict)


@frozen
class KitsNow:
    store: Store
    retailer: Retailer
    rules: StockRules

    def facts(
        self, skus: Collection[str], facts: Facts, present: Present, *, now: datetime
    ) -> dict[Key, Row]:
        """The facts of these articles, with what follows from the cards of their kin."""
        found = dict(facts)
        parts: dict[str, list[str]] = {}
        if self.retailer.kits is not None:
            parts = {sku: self._components(sku, facts) for sku in skus}
            found |= self._kin(skus, parts, found)
        found = with_what_is_left(self.store, found, of=present.left_of)
        found |= _with(present.also, found)
        for one in dict.fromkeys([*skus, *(c for listed in parts.values() for c in listed)]):
            found |= _links(one, found)
        for kit, listed in parts.items():
            for component in listed:
                found |= self._part(kit, component, found, now)
        return found

    def _components(self, sku: str, facts: Facts) -> list[str]:
        return [one.sku for one in components_of(sku, facts, self.retailer)]

    def _kin(
        self, skus: Collection[str], parts: Mapping[str, Iterable[str]], facts: Facts
    ) -> dict[Key, Row]:
        """What components follow from, and the cards of every kit they are part of."""
        owner = self.retailer.authority[Entity.PRODUCT]
        components = dict.fromkeys(c for listed in parts.values() for c in listed)
        wanted = [
            key
            for c in components
            for key in (
                *stock_keys(c, self.retailer),
                keys.hold(c),
                keys.item(c, owner),
                keys.kit_links(c),
            )
        ]
        found = self.store.get(wanted) if wanted else {}
        known = {**facts, **found}
        kits = dict.fromkeys(
            kit for one in (*skus, *components) for kit in links_of(one, known).kits
        )
        cards = [keys.hold(kit) for kit in kits if kit not in skus]
        return found | (self.store.get(cards) if cards else {})

    def _part(self, kit: str, component: str, facts: Facts, now: datetime) -> dict[Key, Row]:
        """What the component tells its kit; nothing where it has never told it anything."""
        key = keys.kit_part(kit, component)
        row = facts.get(key)
        one = sku_facts(component, facts, retailer=self.retailer, rules=self.rules, now=now)
        if row is None or one is None or one.pool is None:
            return {}
        told = KitPart.model_validate(row.body).model_copy(
            update={
                "free": {name: place.left for name, place in one.pool.places.items()},
                "counted": one.links.kits[kit].promised if kit in one.links.kits else {},
            }
        )
        return {key: Row(key, row.rev, told.model_dump(mode="json"))}


def _links(sku: str, facts: Facts) -> dict[Key, Row]:
    """Which kits it is part of, with what is held of each by its own card."""
    key = keys.kit_links(sku)
    row = facts.get(key)
    if row is None:
        return {}
    links = links_of(sku, facts)
    kits = {
        kit: said.model_copy(update={"promised": held_at(_card(kit, facts))})
        for kit, said in links.kits.items()
    }
    body = links.model_copy(update={"kits": kits}).model_dump(mode="json")
    return {key: Row(key, row.rev, body)}


def _with(also: Taken, facts: Facts) -> dict[Key, Row]:
    """Cards on which this is held as well."""
    found = {}
    for sku, at in also.items():
        card, key = _card(sku, facts), keys.hold(sku)
        more = {place: card.dealt.get(place, 0) + units for place, units in at.items()}
        body = card.model_copy(update={"dealt": {**card.dealt, **more}}).model_dump(mode="json")
        found[key] = Row(key, facts[key].rev if key in facts else 0, body)
    return found


def _card(sku: str, facts: Facts) -> HoldCard:
    row = facts.get(keys.hold(sku))
    return HoldCard.model_validate(row.body) if row else HoldCard(sku=sku)
