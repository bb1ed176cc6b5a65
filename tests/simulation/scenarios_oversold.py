"""Two shops sell the same last units, and what is beyond them waits or comes from elsewhere."""

from collections import Counter
from functools import partial

import httpx

from shared.model.case import CaseState
from tests.simulation.engine import SECOND
from tests.simulation.invariants_orders import cases
from tests.simulation.scenario import Play, Scenario, catalogue, some, spread

SKU = "HAT-M"
SHOPS = ("shop", "outlet")
COMES_MS = 30 * SECOND
LOOKED_AT_MS = 75 * SECOND  # after it was told: the sweep comes each minute


def _one(play: Play) -> None:
    catalogue(play, "M", units=1)


def _sold_twice(play: Play) -> None:
    """Shoppers in both shops take what is offered; later as many units come in as they took."""
    play.world.transports["erp"].changed.append(partial(_posted, play))
    for at in spread(play, 2 * SECOND, 2):
        play.later(at, partial(play.order, SHOPS[at % 2], (SKU, 1)))
    for shop in SHOPS:
        play.later(3 * SECOND, partial(play.order, shop, (SKU, 1)))
    play.later(COMES_MS, partial(_enough, play))
    play.later(COMES_MS + LOOKED_AT_MS, partial(_left_waiting, play))
    play.later(COMES_MS + LOOKED_AT_MS + 10 * SECOND, play.deliver)


def _left_waiting(play: Play) -> None:
    play.notes["waits"] = [
        order_id for order_id, case in cases(play.truth).items() if case.state is CaseState.HELD
    ]


def _released_by_stock(play: Play) -> list[str]:
    """Undisturbed, what waited for stock goes on within a minute of its coming."""
    waits = [] if play.world.faults.fired else play.notes.get("waits", [])
    return [f"{waits} still wait for stock that has come"] if waits else []


def _enough(play: Play) -> None:
    play.stock(SKU, max(1, play.placed - 1))


def _posted(play: Play, connection: str, request: httpx.Request, response: httpx.Response) -> None:
    """No order reaches the ERP for units that have not come in by then."""
    del connection, response
    if request.method != "POST" or "A_SalesOrder" not in request.url.path:
        return
    ordered: Counter[str] = Counter()
    for order in play.world.vendors["erp"].tenant.orders.after(None):
        ordered.update({i.material: int(i.quantity) for i in order.items if not i.rejected})
    for sku, units in ordered.items():
        if units > play.truth.on_hand.get(sku, 0):
            story = f"the ERP holds orders for {units} {sku}, and {play.truth.on_hand[sku]} came in"
            play.truth.break_("I2", story)


def _one_and_two(play: Play) -> None:
    catalogue(play, "M", units=1, leeds=2)


def _first_place_twice(play: Play) -> None:
    """Both shops sell the only unit of London at once, and then what is left in Leeds."""
    for at, shop in zip(spread(play, 2 * SECOND, 2), SHOPS, strict=True):
        play.later(at, partial(play.order, shop, (SKU, 1)))
    for at in spread(play, 60 * SECOND, some(play, 2)):
        shop = play.rng.choice(SHOPS)
        play.later(20 * SECOND + at, partial(play.order, shop, (SKU, 1)))


OVERSOLD = (
    Scenario(
        "more is sold than there is, and orders wait",
        _one,
        _sold_twice,
        shops=SHOPS,
        beats=1,
        orders='{ oversold = "hold" }',
        check=_released_by_stock,
    ),
    Scenario("what London lacks is sold in Leeds", _one_and_two, _first_place_twice, shops=SHOPS),
)
