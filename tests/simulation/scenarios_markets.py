"""A marketplace beside the shop: it takes in what it shows later, and sells without asking us."""

from functools import partial

from shared.model.base import Json
from shared.model.ids import Entity
from tests.simulation.engine import SECOND
from tests.simulation.marketplace import KIND
from tests.simulation.scenario import SHARE, Play, Scenario, catalogue, spread

SKU, MARKET = "HAT-M", "market"
SECOND_SHARE = 0.2


def _few_units(play: Play) -> None:
    _listed(play, units=3, leeds=1)


def _many_units(play: Play) -> None:
    _listed(play, units=20)


def _listed(play: Play, *, units: int, leeds: int = 0) -> None:
    """One size, which the seller has listed by hand."""
    catalogue(play, "M", units=units, leeds=leeds)
    play.world.vendors[MARKET].control("list_item", sku=SKU, product_type=KIND.decode())


def _seldom_two(play: Play) -> int:
    """Each order is a third of what a history takes."""
    return 1 + (play.rng.random() < SECOND_SHARE)


def _sells(play: Play, units: int, *, pending: bool = False) -> None:
    """A shopper buys there, if it is still offered; what is pending is paid or given up later."""
    extra = play.rng.random() < SHARE
    line: dict[str, Json] = {"sku": SKU, "quantity": units}
    if extra:
        line |= {"amounts": {"SHIPPING": "3.99"}, "discounts": {"ITEM": "1.01"}}
    vendor = play.world.vendors[MARKET]
    placed = vendor.control(
        "place_order", lines=[line], pending=pending, tax_rate="0.2" if extra else "0"
    )
    bought = isinstance(placed, dict) and "id" in placed
    play.world.engine.note(f"{MARKET}: sells {units} {SKU}: {placed['id'] if bought else 'none'}")
    if pending and bought:
        ends = "cancel" if play.rng.random() < SHARE else "pay"
        at = play.rng.randint(5, 60) * SECOND
        play.later(at, partial(vendor.control, ends, order=placed["id"]))


def _last_units(play: Play) -> None:
    """The last units are sold at both while goods move and more come in."""
    for at in spread(play, 40 * SECOND, _seldom_two(play)):
        play.later(at, partial(_sells, play, play.rng.randint(1, 2)))
    play.later(play.rng.randint(0, 40 * SECOND), partial(play.order, "shop", (SKU, 1)))
    if play.rng.random() < SHARE:
        play.later(play.rng.randint(10, 60) * SECOND, partial(play.stock, SKU, -1))
    play.later(play.rng.randint(20, 80) * SECOND, partial(play.stock, SKU, play.rng.randint(1, 3)))


def _sold_there(play: Play) -> None:
    """Orders are placed, paid later, given up, sent, and told of."""
    for at in spread(play, 20 * SECOND, _seldom_two(play)):
        pending = play.rng.random() < SHARE
        play.later(at, partial(_sells, play, play.rng.randint(1, 3), pending=pending))
    play.later(play.rng.randint(0, 90) * SECOND, partial(_given_up, play))
    if play.rng.random() < SECOND_SHARE:
        parts = partial(play.deliver, parts=True, tracking="JJD1")
        play.later(play.rng.randint(20, 60) * SECOND, parts)
    play.later(play.rng.randint(60, 110) * SECOND, partial(play.deliver, tracking="JJD2"))


def _given_up(play: Play) -> None:
    """The buyer, or the seller's staff, cancel an order nothing was sent of."""
    vendor = play.world.vendors[MARKET]
    open_ = [o for o in vendor.seller.orders.values() if o.status == "UNSHIPPED"]
    if open_ and play.rng.random() < SHARE:
        order = play.rng.choice(open_)
        play.world.engine.note(f"{MARKET}: cancels {order.order_id}")
        vendor.control("cancel", order=order.order_id)


MARKETS = (
    Scenario(
        "the last units are sold in the shop and at Amazon",
        _few_units,
        _last_units,
        markets=(MARKET,),
        beats=4,
        reads=frozenset({Entity.ORDER, Entity.STOCK}),
        selling=", feed_facets = []",
    ),
    Scenario(
        "Amazon's orders are sent and confirmed",
        _many_units,
        _sold_there,
        markets=(MARKET,),
        beats=4,
    ),
)
