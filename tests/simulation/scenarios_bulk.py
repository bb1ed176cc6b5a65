"""Days on which prices go by bulk operation, and something newer comes while it runs."""

from functools import partial

from shared.model.ids import Entity
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, some

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


BULK = (
    Scenario(
        "a bulk operation is overtaken",
        _several,
        _corrected_while_it_runs,
        settings=SETTINGS,
        chaos_ms=2 * MINUTE,
        reads=(Entity.PRICE,),
    ),
)
