"""What it costs to compare a shop of 12,000 articles, counted at the shop and at the store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import httpx
import pytest

from sandbox.vendors.shopify.simulator import Account, Plan, ShopifySimulator
from shared.connectors.shopify.client import ShopifyAdmin, connect
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.compare import Comparer
from shared.flows.derive import Deriver
from shared.flows.findings import Findings
from shared.flows.issues import Issues
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.parity import Comparison
from shared.model.product import Product, Variant
from shared.model.target import Push, Target, TargetState
from shared.ports import Key, Put, Row, Write
from tests.connectors.shopify.world import NOW, SECRET, retailer
from tests.fakes import FreePacer, MemoryBus, MemoryQueues, MemoryStore, SetClock

PRODUCTS, SIZES = 120, 100


class CountingStore(MemoryStore):
    """Counts calls as DynamoDB takes them: 100 keys, 25 statements or one page each."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        wanted = list(keys)
        self.calls["read"] += -(-len(wanted) // 100)
        return super().get(wanted)

    def query(self, *args: object, **kwargs: object) -> list[Row]:
        self.calls["read"] += 1
        return super().query(*args, **kwargs)  # type: ignore[arg-type]

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        self.calls["write"] += -(-len(writes) // 25)
        return super().commit(writes)

    def commit_together(self, writes: Sequence[Write]) -> bool:
        self.calls["write"] += 1
        return super().commit_together(writes)


class Shop:
    """12,000 articles in 120 products, all published as they should be."""

    def __init__(self) -> None:
        self.clock = SetClock(NOW)
        self.simulator = ShopifySimulator(
            self.clock,
            Account(locations=("London", "Leeds")),
            plan=Plan(10_000_000, 10_000_000),
            fast=True,
        )
        ours = retailer()
        connection = ours.connection("shop")
        self.client: ShopifyAdmin = connect(
            connection,
            ours,
            SECRET,
            pacer=FreePacer(),
            clock=self.clock,
            transport=httpx.MockTransport(self.simulator.handle),
        )
        self.store, self.queues, bus = CountingStore(), MemoryQueues(), MemoryBus()
        issues = Issues(self.store, bus, self.clock)
        self.comparer = Comparer(
            connection="shop",
            channel_client=self.client,
            store=self.store,
            queues=self.queues,
            issues=issues,
            findings=Findings("shop", issues, bus, self.clock),
            deriver=Deriver(self.store, self.queues, issues, self.clock, ours),
            clock=self.clock,
            retailer=ours,
        )
        self._filled()
        self.clock.advance(hours=1)

    def _filled(self) -> None:
        for number in range(PRODUCTS):
            product = _product(number)
            push = Push(
                key=product.product_id,
                group=product.product_id,
                desired=product.model_dump(mode="json"),
                version=1,
                operation="list",
            )
            [outcome] = self.client.push(Facet.CONTENT, [push])
            for sku, links in outcome.links.items():
                self.store.commit([Put(keys.link("shop", sku), dict(links), 0)])
        for variant in self.simulator.shop.variants.values():
            variant.price, variant.compare_at = 1999, None
            for level in variant.levels.values():
                level.available = 5
            for target in _published(variant.sku):
                place = keys.target("web", target.facet, target.key)
                roster = keys.roster("web", target.facet, target.key)
                self.store.commit([Put(place, target.model_dump(mode="json"), 0)])
                self.store.commit([Put(roster, {}, 0)])

    def compare(self, facet: Facet) -> Comparison:
        self.simulator.counts.clear()
        self.simulator.points = 0
        self.store.calls.clear()
        self.comparer.handle({"compare": facet.value}, out_of_time=lambda: False)
        (message,) = self.queues.take("shop-read")
        found = self.comparer.handle(message.body, out_of_time=lambda: False)
        assert found is not None
        return found

    @property
    def points(self) -> int:
        counters = self.simulator.control("counters")
        assert isinstance(counters, dict)
        return int(str(counters["points"]))


def _product(number: int) -> Product:
    name = f"P{number:03}"
    variants = [Variant(sku=f"{name}-{i:02}", option_values=(str(i),), base_unit="PC")
                for i in range(SIZES)]  # fmt: skip
    return Product(product_id=name, title=name, option_names=("Size",), variants=tuple(variants))


def _published(sku: str) -> Iterator[Target]:
    price: Json = {"price": {"amount": 1999, "currency": "EUR"}, "compare_at": None}
    levels: Json = {"levels": {"london": 5, "leeds": 5}}
    for facet, value in ((Facet.PRICE, price), (Facet.STOCK, levels)):
        yield Target(
            channel="web",
            facet=facet,
            key=sku,
            group=sku.split("-", maxsplit=1)[0],
            desired=value,
            version=1,
            published=value,
            published_version=1,
            sent=(value,),
            state=TargetState.APPLIED,
            since=NOW - timedelta(hours=1),
            derived_at=NOW - timedelta(hours=1),
        )


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


def test_12_000_prices_are_compared_by_48_calls_and_no_write(shop: Shop) -> None:
    found = shop.compare(Facet.PRICE)
    assert (found.tally.equal, found.tally.share_equal) == (12_000, "1.000000")
    assert shop.simulator.counts["Prices"] == 48
    assert shop.points == 12_000
    assert {name for name in shop.simulator.counts if name.endswith("Set")} == set()
    assert shop.store.calls == {"read": 391, "write": 50}


def test_12_000_levels_at_two_places_are_compared_by_61_calls(shop: Shop) -> None:
    found = shop.compare(Facet.STOCK)
    assert found.tally.equal == 12_000
    assert shop.simulator.counts["Levels"] == 61
    assert shop.points == 60_000


def test_no_planted_edit_is_missed_and_none_is_invented(shop: Shop) -> None:
    planted = [sku for i, sku in enumerate(shop.simulator.shop.skus) if i % 97 == 0]
    for sku in planted:
        shop.simulator.control("set_price", sku=sku, price=1)
    shop.comparer.handle({"compare": "price"}, out_of_time=lambda: False)
    (message,) = shop.queues.take("shop-read")
    with pytest.raises(RetryableError):
        shop.comparer.handle(message.body, out_of_time=lambda: False)
    shop.clock.advance(minutes=5)
    found = shop.comparer.handle(message.body, out_of_time=lambda: False)
    assert found is not None
    assert found.tally.differing == {"edited": len(planted)}
    assert found.tally.equal == 12_000 - len(planted)
