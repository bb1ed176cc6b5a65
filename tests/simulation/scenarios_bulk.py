"""Days on which prices go by bulk operation, or by price lists, and something newer comes."""

from functools import partial

from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.retailer import TRADE, TRADE_LIST
from tests.simulation.scenario import Play, Scenario, catalogue, some, spread
from tests.simulation.truth import decimal_minor, skus

PRODUCTS, SIZES = ("P1", "P2", "P3"), ("M", "L")
SETTINGS = 'bulk = "always", bulk_from = 4, bulk_seconds = 30'
RAISED, CORRECTED = 2000, 3000


def _several(play: Play) -> None:
    for product in PRODUCTS:
        catalogue(play, *SIZES, product=product)


def _corrected_while_it_runs(play: Play) -> None:
    """All prices change at once; while the shop works through them, some change again."""
    shop, rng = play.world.vendors["shop"], play.rng
    skus = [f"{product}-{size}" for product in PRODUCTS for size in SIZES]
    status = rng.choice(("COMPLETED", "COMPLETED", "FAILED", "EXPIRED", "CANCELED"))
    through = None if status == "COMPLETED" else rng.randint(0, len(PRODUCTS))
    shop.control("bulk_fate", status=status, through=through, truncated=rng.random() < 0.3)
    if rng.random() < 0.2:
        shop.control("refuse_uploads")
    for sku in skus:
        play.later(0, partial(play.price, sku, RAISED, tell=False))
    play.later(SECOND, partial(play.world.poll, "erp", Entity.PRICE))
    for i in range(some(play, 4)):
        sku = rng.choice(skus)
        at = rng.randint(5, 40) * SECOND
        play.later(at, partial(play.price, sku, CORRECTED + 10 * i))


# price lists


def _companies(play: Play) -> None:
    for product in PRODUCTS[:2]:
        for sku in catalogue(play, *SIZES, product=product):
            play.trade_price(sku, 700, tell=False)


def _two_lists(play: Play) -> None:
    """What everybody pays and what companies pay changes, together and by itself."""
    shop, rng = play.world.vendors["shop"], play.rng
    names = [f"{product}-{size}" for product in PRODUCTS[:2] for size in SIZES]
    for i, at in enumerate(spread(play, 90 * SECOND, 1 + some(play, 4))):
        play.later(at, partial(play.trade_price, rng.choice(names), 800 + 10 * i))
    for i, at in enumerate(spread(play, 90 * SECOND, some(play, 2))):
        play.later(at, partial(play.price, rng.choice(names), 1100 + 10 * i))
    if rng.random() < 0.3:
        play.later(20 * SECOND, partial(shop.control, "poison", sku=names[0]))
        play.later(60 * SECOND, partial(shop.control, "poison", sku=names[0], on=False))


def _lists_agree(play: Play) -> list[str]:
    """The shop's price list says of every article what the ERP says companies pay."""
    told = {
        str(row.body["subject"])
        for row in play.world.store.rows(Table.ISSUES)
        if row.body["kind"] == IssueKind.LINE_REJECTED and row.body["state"] == "open"
    }
    fixed = play.world.vendors["shop"].control("read_price_list", name=TRADE_LIST)
    found = []
    for sku in skus(play.world):
        (condition,) = [
            c for c in play.world.vendors["erp"].tenant.conditions.of(sku) if c.kind == TRADE
        ]
        due, shows = decimal_minor(condition.rate), fixed.get(sku, {}).get("price")
        if due != shows and f"shop/price/{sku}" not in told:
            found.append(f"companies pay {shows} for {sku}, the ERP says {due}")
    return found


BULK = (
    Scenario(
        "companies pay by a price list",
        _companies,
        _two_lists,
        trade=True,
        reads=(Entity.PRICE,),
        replays=True,
        check=_lists_agree,
    ),
    Scenario(
        "a bulk operation is overtaken",
        _several,
        _corrected_while_it_runs,
        settings=SETTINGS,
        chaos_ms=2 * MINUTE,
        reads=(Entity.PRICE,),
    ),
)
