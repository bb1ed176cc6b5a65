"""A price that its owner deleted without a trace ends on the channels all the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from shared.flows import keys, roster
from shared.flows.apply import apply
from shared.model.facts import PriceCard, PriceChange
from shared.model.ids import Entity, Facet
from shared.ports import Page, Put
from tests.domain.world import NOW
from tests.flows.reading import reader_of
from tests.flows.world import World, base_price

SKUS = [f"SKU-{i}" for i in range(6)]


class Erp:
    """Read whole in order of SKU, so many at a time; what it forgot is mentioned nowhere."""

    def __init__(self, *skus: str, size: int = 2) -> None:
        self.skus = list(skus)
        self.size = size
        self.named: list[str] = []

    def changed(
        self, entity: Entity, *, since: datetime | None, page: str | None
    ) -> Page[PriceCard]:
        del entity, since
        left = [sku for sku in self.skus if sku > (page or "")]
        some = left[: self.size]
        following = some[-1] if len(left) > self.size else None
        return Page([_card(sku) for sku in some], following, whole_after=page or "")

    def read(self, entity: Entity, keys: Sequence[str]) -> Page[PriceCard]:
        del entity
        self.named += keys
        return Page([_card(sku, empty=sku not in self.skus) for sku in keys])


def _card(sku: str, *, empty: bool = False) -> PriceCard:
    conditions = () if empty else (base_price(1999, sku),)
    return PriceCard(source="erp", as_of=NOW, sku=sku, conditions=conditions)


class Setup:
    def __init__(self, *, size: int = 2) -> None:
        self.world = w = World()
        self.erp = Erp(*SKUS, size=size)
        self.reader = reader_of(self.world, "erp", self.erp)
        self.poll()
        w.store.commit([Put(keys.roster("shop", Facet.PRICE, sku), {}, 0) for sku in SKUS])
        assert roster.names(w.store, "shop", Facet.PRICE, after="", limit=9) == SKUS

    def poll(self) -> None:
        already = len(self.world.queues.sent)
        self.reader.handle({"poll": "price"}, out_of_time=lambda: False)
        for message in self.world.queues.sent[already:]:
            self.reader.handle(dict(message.body), out_of_time=lambda: False)

    def priced(self) -> list[str]:
        rows = self.world.store.get(keys.price(sku, "erp") for sku in SKUS)
        cards = [PriceCard.model_validate(row.body) for row in rows.values()]
        return sorted(card.sku for card in cards if card.conditions)


@pytest.mark.parametrize("size", [1, 2, 5, 6, 99])
@pytest.mark.parametrize("gone", [{"SKU-0"}, {"SKU-1", "SKU-2"}, {"SKU-5"}, {"SKU-4"}, set(SKUS)])
def test_whatever_the_pages_an_article_nobody_mentions_is_asked_about_once(
    gone: set[str], size: int
) -> None:
    setup = Setup(size=size)
    assert setup.priced() == SKUS
    setup.erp.skus = [sku for sku in SKUS if sku not in gone]
    setup.poll()
    assert setup.erp.named == sorted(gone)
    assert setup.priced() == sorted(set(SKUS) - gone)
    setup.poll()
    assert setup.erp.named == sorted(gone)


def test_nobody_is_asked_about_while_all_are_mentioned() -> None:
    setup = Setup()
    setup.poll()
    assert setup.erp.named == []


def test_a_price_that_ended_by_itself_is_not_asked_about() -> None:
    setup = Setup()
    key = keys.price("SKU-3", "erp")
    row = setup.world.store.get([key])[key]
    (condition,) = PriceCard.model_validate(row.body).conditions
    window = condition.window.model_copy(update={"end": NOW - timedelta(days=1)})
    ended = condition.model_copy(update={"window": window})
    card = _card("SKU-3").model_copy(update={"conditions": (ended,)})
    setup.world.store.commit([Put(key, card.model_dump(mode="json"), row.rev)])
    setup.erp.skus.remove("SKU-3")
    setup.poll()
    assert setup.erp.named == []


def test_what_was_told_by_itself_is_not_asked_about() -> None:
    setup = Setup()
    setup.erp.skus.remove("SKU-3")
    setup.poll()
    posted = base_price(999, "SKU-3").model_copy(update={"condition_id": "posted"})
    change = PriceChange(source="erp", as_of=NOW, sku="SKU-3", conditions=(posted,))
    w = setup.world
    apply([change], entity=Entity.PRICE, store=w.store, issues=w.issues, retailer=w.retailer)
    setup.poll()
    assert setup.erp.named == ["SKU-3"]
    assert "SKU-3" in setup.priced()
