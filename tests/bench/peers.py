"""How others publish, against the same simulator: patterns, not products.

Both are given what we take: as many calls under way, a bucket that is waited for rather than run
into, and answers that are never lost. What differs is which lines go into which call.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import batched, groupby

from sandbox.vendors.shopify.state import gid
from shared.connectors.shopify import price_schema, queries, schema, stock_schema
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.queries import Operation
from shared.errors import ThrottledError
from shared.flows.pacing import LeasedPacer
from shared.model.money import Money
from tests.bench.catalogue import CALLS, CURRENCY, RAISED, Article, Assortment, assortment
from tests.bench.limits import STANDARD
from tests.simulation.compute import Container
from tests.simulation.engine import HOUR

BATCH = 100  # rows of a page of the whole list, cut wherever it ends
PAUSE = timedelta(seconds=1)
WRITER = "shop-publish"  # whose leave to use tables the peers have

type Ask = Callable[[AdminApi], object]


def naive_per_sku(shop: Assortment) -> None:
    """One variant a call."""
    _work(shop, [_set([article]) for article in shop.articles])


def read_all_then_batch(shop: Assortment) -> None:
    """Read every price, then send every price, page by page in the order of the list."""
    _work(shop, [_read(page) for page in batched(shop.articles, queries.ARRAY_MAX, strict=False)])
    pages = batched(sorted(shop.articles, key=lambda one: one.sku), BATCH, strict=False)
    _work(shop, [_set(group) for page in pages for group in _by_product(page)])


def _by_product(page: Sequence[Article]) -> Iterable[list[Article]]:
    for _, group in groupby(page, lambda one: one.product):
        yield list(group)


def _set(group: Sequence[Article]) -> Ask:
    price = Money(amount=RAISED, currency=CURRENCY).text()
    product = gid("Product", group[0].product)
    rows = [{"id": gid("ProductVariant", one.variant), "price": price} for one in group]
    variables: dict[str, object] = {"product": product, "variants": rows}
    return _asking(queries.prices_set(len(group)), variables, price_schema.PricesSetAnswer)


def _read(page: Sequence[Article]) -> Ask:
    ids = [gid("ProductVariant", one.variant) for one in page]
    return _asking(queries.prices(len(ids)), {"ids": ids}, price_schema.PricesAnswer)


def _asking[T: schema.Theirs](
    operation: Operation, variables: dict[str, object], answer: type[T]
) -> Ask:
    return lambda api: api.call(operation, variables, answer)


def _work(shop: Assortment, asks: list[Ask]) -> None:
    """Do all of it, so many at once, and come back when the last is done."""
    world = shop.world
    connection = world.retailer.connection("shop")
    left = list(reversed(asks))
    pacer = LeasedPacer(connection, world.store, world.stage.clock)
    api = AdminApi(
        connection,
        world.stage.secrets["shop"],
        pacer=pacer,
        clock=world.stage.clock,
        transport=world.transports["shop"],
    )

    def body() -> None:
        while left:
            ask = left.pop()
            while (wait := _asked(api, ask)) is not None:
                world.engine.pause(wait // timedelta(milliseconds=1) + 1)

    for _ in range(CALLS):
        world.engine.spawn(WRITER, body, container=Container({"queues": {}}, 0))
    world.engine.run(until_ms=world.engine.now_ms + 2 * HOUR, calm=lambda: world.engine.resting)
    if left:
        raise AssertionError(f"{len(left)} calls were never made")


def _asked(api: AdminApi, ask: Ask) -> timedelta | None:
    """How long to wait before the call is made again; None once it was made."""
    try:
        ask(api)
    except ThrottledError as error:
        return error.after or PAUSE
    return None


def naive_levels(moves: int) -> int:
    """Calls for so many movements of one article: each sends the level it led to."""
    shop = assortment(1, STANDARD)
    item = gid("InventoryItem", shop.articles[0].variant)
    sent = [_level(item, number) for number in range(1, moves + 1)]
    with shop.world.playing():
        before = shop.counted.cost().vendor_calls
        _work(shop, sent)
        return shop.counted.cost().vendor_calls - before


def _level(item: str, units: int) -> Ask:
    place = gid("Location", 1)
    row = {
        "inventoryItemId": item,
        "locationId": place,
        "quantity": units,
        "changeFromQuantity": None,
    }
    variables: dict[str, object] = {
        "input": {"name": "available", "reason": "correction", "quantities": [row]},
        "key": f"naive-{units}",
    }
    return _asking(queries.STOCK_SET, variables, stock_schema.StockSetAnswer)
