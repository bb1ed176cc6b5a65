"""A shop with a whole assortment, at rest: what publishing is measured on.

The assortment is put where the first publication would have put it, rather than published, since
that is not what is measured: facts, targets, the shop's ids of them, and the shop itself.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle

from sandbox.vendors.shopify.state import Product as ShopProduct
from sandbox.vendors.shopify.state import Variant as ShopVariant
from sandbox.vendors.shopify.state import gid
from shared.domain import targets
from shared.flows import keys
from shared.flows.apply import apply
from shared.flows.derive import Deriver
from shared.flows.target_rows import target_put
from shared.model.base import Canonical
from shared.model.facts import PriceCard
from shared.model.ids import Entity, Facet
from shared.model.item import ItemCard
from shared.model.money import Money
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind, TaxBasis
from shared.model.product import Variant
from shared.model.target import Outcome, Target, Verdict
from shared.ports import Key, Put, Table
from tests.bench.counting import Counted
from tests.bench.limits import Plan
from tests.simulation.engine import HOUR
from tests.simulation.faults import Faults
from tests.simulation.retailer import Setup
from tests.simulation.world import World

SIZES = (1, 2, 4, 8, 10, 15, 20, 20)  # variants of one product after another: ten on average
CURRENCY = "GBP"
BASE = 1000
RAISED = 1100
BEFORE = EffectiveWindow(start=datetime(2020, 1, 1, tzinfo=UTC))
CALLS = 8  # under way at once at the shop, as a retailer's file may allow
CHUNK = 500  # rows that a file is applied by


@dataclass(frozen=True, slots=True)
class Article:
    sku: str
    product: int
    variant: int


@dataclass(slots=True)
class Assortment:
    """A world with one shop of so many articles, each shown at `BASE`, nothing left to do."""

    world: World
    articles: list[Article]
    counted: Counted = field(init=False)

    def __post_init__(self) -> None:
        self.counted = Counted(self.world)

    @property
    def sizes(self) -> list[int]:
        """How many variants each product has."""
        found: dict[int, int] = {}
        for article in self.articles:
            found[article.product] = found.get(article.product, 0) + 1
        return list(found.values())

    def reprice(self, articles: Sequence[Article], price: int = RAISED) -> int:
        """The owner of prices tells new ones, as a file of them is taken in; rows that changed."""
        stage, changed = self.world.stage, 0
        now = self.world.engine.now()
        cards = [_card(article.sku, price, now) for article in articles]
        for start in range(0, len(cards), CHUNK):
            some = cards[start : start + CHUNK]
            changed += apply(
                some,
                entity=Entity.PRICE,
                store=self.world.store,
                issues=stage.issues(),
                retailer=self.world.retailer,
            ).changed
        return changed

    def shown(self, price: int) -> int:
        """How many articles the shop shows at this price."""
        variants = self.world.vendors["shop"].shop.variants.values()
        return sum(variant.price == price for variant in variants)


def assortment(count: int, plan: Plan, *, seed: int = 1, calls: int = CALLS) -> Assortment:
    """`count` articles at rest in a shop of this plan, its bucket full."""
    setup = Setup(poll_minutes=1440, points=plan.points_per_second, bucket=plan.bucket, calls=calls)
    world = World(seed, Faults(seed, on=()), setup=setup)
    articles = list(_articles(count))
    _listed(world, articles)
    rows = [row for article in articles for row in _facts(article, world.engine.now())]
    _put(world, rows)
    _published(world, articles)
    for courier in world.couriers.values():
        courier.patience = HOUR
    return Assortment(world, articles)


def _articles(count: int) -> Iterator[Article]:
    made = 0
    for product, size in enumerate(cycle(SIZES), 1):
        for _ in range(min(size, count - made)):
            made += 1
            yield Article(f"P{product:05}-{made:06}", product, 1_000_000 + made)
        if made == count:
            return


def _listed(world: World, articles: Sequence[Article]) -> None:
    shop = world.vendors["shop"].shop
    now = world.engine.now()
    for one in articles:
        if one.product not in shop.products:
            name = f"p{one.product:05}"
            shop.products[one.product] = ShopProduct(one.product, name, name, now)
            shop.handles[name] = one.product
        shop.products[one.product].variants.append(one.variant)
        shop.variants[one.variant] = ShopVariant(one.variant, one.product, one.sku, (), price=BASE)
        shop.skus[one.sku] = one.variant
    shop.last_number = 2_000_000


def _facts(article: Article, now: datetime) -> Iterator[tuple[Key, Canonical]]:
    variant = Variant(sku=article.sku, base_unit="PC")
    product_id = f"P{article.product:05}"
    item = ItemCard(source="erp", as_of=now, product_id=product_id, variant=variant)
    yield keys.item(article.sku, "erp"), item
    yield keys.price(article.sku, "erp"), _card(article.sku, BASE, now - timedelta(days=1))


def _put(world: World, rows: Sequence[tuple[Key, Canonical]]) -> None:
    """Write without telling anybody: what is at rest has no stream records left."""
    told, world.store.told = world.store.told, defaultdict(list)
    for key, card in rows:
        world.store.put_now(Put(key, card.model_dump(mode="json"), 0))
    world.store.told = told


def _published(world: World, articles: Sequence[Article]) -> None:
    """Targets as they stand once the shop has shown all of them: one is derived, the rest alike."""
    told, world.store.told = world.store.told, defaultdict(list)
    store, stage, now = world.store, world.stage, world.engine.now()
    deriver = Deriver(store, stage.queues, stage.issues(), stage.clock, world.retailer)
    deriver.derive([f"sku#{articles[0].sku}"])
    for queue in world.every_queue.values():
        queue.letters.clear()
    (row,) = store.rows(Table.TARGETS)
    derived = Target.model_validate(row.body)
    applied = Outcome(key=derived.key, verdict=Verdict.APPLIED)
    value = derived.desired
    shown = targets.settle(derived, applied, sent_version=1, sent_value=value, now=now)
    shown = shown.model_copy(update={"priority": targets.Priority.PRICE})
    for one in articles:
        same = shown.model_copy(update={"key": one.sku, "group": f"P{one.product:05}"})
        expected = row.rev if one is articles[0] else 0
        store.put_now(target_put(same, expected, settle=timedelta()))
        store.put_now(Put(keys.roster("shop", Facet.PRICE, one.sku), {}, 0))
        ids = {
            "product": gid("Product", one.product),
            "variant": gid("ProductVariant", one.variant),
            "inventory_item": gid("InventoryItem", one.variant),
        }
        store.put_now(Put(keys.link("shop", one.sku), dict(ids), 0))
    world.store.told = told


def _card(sku: str, price: int, as_of: datetime) -> PriceCard:
    condition = PriceCondition(
        condition_id="PR00",
        sku=sku,
        kind=PriceKind.BASE,
        price_list="retail",
        amount=Money(amount=price, currency=CURRENCY),
        unit="PC",
        tax_basis=TaxBasis.GROSS,
        window=BEFORE,
    )
    return PriceCard(source="erp", as_of=as_of, sku=sku, conditions=(condition,))
