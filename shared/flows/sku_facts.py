"""What is known of one SKU in a round: each card is parsed once, and each price made once."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from functools import partial
from typing import Final

from shared.domain.ahead import foretold
from shared.domain.availability import Available, Known, Pool, held_at, offered, pooled, withheld
from shared.domain.doubt import Doubted
from shared.domain.kits import kit_pool, taken
from shared.domain.ownership import believed
from shared.domain.pricing import Priced, Unpriced, resolve
from shared.domain.stock_guards import doubted
from shared.domain.stock_rules import ArticleRules, StockRules
from shared.flows import keys
from shared.flows.hearing import silent
from shared.flows.kit_parts import components_of
from shared.flows.stock_alone import Noted
from shared.flows.stock_facts import stock_of
from shared.frozen import slotted
from shared.model.base import Json
from shared.model.facts import Positions, PriceCard
from shared.model.holds import HoldCard
from shared.model.ids import Entity
from shared.model.item import ItemCard
from shared.model.kits import KitLinks, KitPart
from shared.model.product import Component, Lifecycle
from shared.model.retailer import Channel, Retailer
from shared.model.target import Basis
from shared.ports import Key, Row

type Facts = Mapping[Key, Row]

_NO_KITS: Final = KitLinks.model_construct()


@slotted
class SkuFacts:
    """With `noted` the article is as its targets note it, and each channel has a price."""

    item: ItemCard
    prices: Sequence[PriceCard]
    stock: Positions | None
    holds: HoldCard | None
    retailer: Retailer
    rules: StockRules
    now: datetime
    components: Sequence[Component] = ()
    silent: Mapping[str, tuple[Doubted, ...]] = field(default_factory=dict)
    links: KitLinks = _NO_KITS
    parts: Mapping[str, KitPart] = field(default_factory=dict)
    noted: Noted | None = None
    _priced: dict[str, Priced | Unpriced] = field(default_factory=dict)
    _pool: Pool | None = None

    def priced(self, channel: Channel) -> Priced | Unpriced | None:
        """The channel's price, why there is none, or None where no condition is known."""
        if not self.prices:
            return None
        found = self._priced.get(channel.name)
        if found is None:
            found = self._priced[channel.name] = self.price_at(channel, self.now)
        return found

    def price_at(self, channel: Channel, at: datetime) -> Priced | Unpriced:
        """What these conditions make of the channel's price at an instant."""
        return resolve(
            believed(self.prices, self.retailer),
            variant=self.item.variant,
            channel=channel,
            retailer=self.retailer,
            now=at,
        )

    def told(self, channel: Channel, priced: Priced) -> Json:
        """The price with what lies ahead of it; None for a channel that takes no dates."""
        if not channel.dates:
            return None
        return foretold(priced, partial(self.price_at, channel)).model_dump(mode="json")

    def available(self, channel: Channel) -> Available | None:
        """What the channel may sell; None where nothing is known of its stock."""
        pool = self.pool
        if pool is None:
            return None
        found = offered(pool, channel, self.article_rules)
        if self.noted is not None:
            return found
        priced = self.priced(channel)
        if priced is None:
            return withheld(found, "no price is known")
        return withheld(found, priced.reason) if isinstance(priced, Unpriced) else found

    @property
    def sku(self) -> str:
        return self.item.variant.sku

    @property
    def promised(self) -> dict[str, int]:
        """Units ordered and not yet shipped, per location."""
        if self.noted is not None and self.noted.promised is not None:
            return dict(self.noted.promised)
        return held_at(self.holds)

    def basis(self, channel: Channel) -> Basis | None:
        """What a target is to note; None for what has more to it, such as kits and counters."""
        if self.noted is not None and self.noted.promised is not None:
            return self.noted.bases[channel.name]
        item, links = self.item, self.links
        gone = item.variant.lifecycle is Lifecycle.DISCONTINUED
        dealt = self.holds is not None and self.holds.dealt
        if gone or dealt or self.components or links.kits or links.components:
            return None
        near = self.rules.near[channel.name]
        return Basis(
            file=self.retailer.fingerprint,
            unit=item.variant.base_unit,
            product_group=item.product_group,
            brand=item.brand,
            safety_stock=item.variant.safety_stock,
            promised={p: units for p, units in sorted(self.promised.items()) if p in near},
        )

    @property
    def pool(self) -> Pool | None:
        """What is free at each location, for all channels alike."""
        if self._pool is None:
            if self.components:
                self._pool = kit_pool(
                    self.item.variant,
                    self.components,
                    self.parts,
                    self.promised,
                    self.article_rules,
                )
            elif self.stock is not None:
                self._pool = pooled(self._known(self.stock), self.article_rules, now=self.now)
        return self._pool

    def emptied(self, channel: Channel) -> dict[str, int] | None:
        """What is free per location, where the source says that nothing lies at any; else None.

        Below 0 it is what orders and kits took.
        """
        if self.stock is None or self.components or self.pool is None:
            return None
        places = channel.locations
        if any(p.on_hand > 0 for p in self.stock.positions if p.location in places):
            return None
        promised = self._known(self.stock).promised
        return {name: -promised.get(name, 0) for name in places}

    def _known(self, stock: Positions) -> Known:
        promised = self.promised
        for place, units in taken(self.links.kits).items():
            promised[place] = promised.get(place, 0) + units
        doubts = doubted(stock, self.retailer.stock_guards) if stock.doubts else {}
        for place, silence in self.silent.items():
            doubts[place] = (*doubts.get(place, ()), *silence)
        return Known(self.item.variant, stock.positions, promised, doubts)

    @property
    def heard(self) -> dict[str, datetime]:
        """How old what availability follows from is, by what it is."""
        item = {f"item of {self.item.source}": self.item.as_of}
        if self.components:
            return item | {f"stock of {part.sku}": part.as_of for part in self.parts.values()}
        return item | ({f"stock of {self.stock.source}": self.stock.as_of} if self.stock else {})

    @property
    def next_change(self) -> datetime | None:
        """When anything of this SKU changes by the clock alone."""
        priced = [self.priced(channel) for channel in self.retailer.channels]
        instants = [found.next_change for found in priced if found and found.next_change]
        if self.pool is not None and self.pool.next_change is not None:
            instants.append(self.pool.next_change)
        return min(instants, default=None)

    @property
    def article_rules(self) -> ArticleRules:
        item = self.item
        return self.rules.of(item.variant.sku, item.product_group, item.brand)


def sku_facts(
    sku: str,
    facts: Facts,
    *,
    retailer: Retailer,
    rules: StockRules,
    now: datetime,
    noted: Noted | None = None,
) -> SkuFacts | None:
    """None for a SKU nobody has described."""
    item = noted.item if noted else _described(sku, facts, retailer)
    if item is None:
        return None
    prices = [] if noted else [facts.get(k) for k in price_keys(sku, retailer)]
    told = prices if any(prices[:1]) else []  # nothing before the owner of base prices was heard
    holds = facts.get(keys.hold(sku))
    found = SkuFacts(
        item=item,
        prices=[PriceCard.model_validate(row.body) for row in told if row],
        stock=stock_of(sku, facts, retailer),
        holds=HoldCard.model_validate(holds.body) if holds else None,
        retailer=retailer,
        rules=rules,
        now=now,
        noted=noted,
        silent=silent(facts, retailer),
    )
    if retailer.kits is not None and noted is None:
        found.components = components_of(sku, facts, retailer)
        found.links = links_of(sku, facts)
        rows = {c.sku: facts.get(keys.kit_part(sku, c.sku)) for c in found.components}
        found.parts = {c: KitPart.model_validate(row.body) for c, row in rows.items() if row}
    return found


def _described(sku: str, facts: Facts, retailer: Retailer) -> ItemCard | None:
    row = facts.get(keys.item(sku, retailer.authority[Entity.PRODUCT]))
    return ItemCard.model_validate(row.body) if row else None


def price_keys(sku: str, retailer: Retailer) -> list[Key]:
    """The cards of prices, that of the owner of base prices first."""
    return [keys.price(sku, name) for name in retailer.price_sources]


def links_of(sku: str, facts: Facts) -> KitLinks:
    row = facts.get(keys.kit_links(sku))
    return KitLinks.model_validate(row.body) if row else KitLinks()
