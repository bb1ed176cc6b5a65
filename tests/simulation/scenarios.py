"""The days that are simulated: small, and each aimed at one way things go wrong."""

from functools import partial

from shared.model.ids import Entity
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, spread

# orders


def _few(play: Play) -> None:
    play.notes["skus"] = catalogue(play, "M", "L", units=20)


def _order_storm(play: Play) -> None:
    """Orders arrive faster than they are handled; some are delivered in two parts."""
    for at in spread(play, 20 * SECOND, 2):
        sku = play.rng.choice(("HAT-M", "HAT-L"))
        units = play.rng.randint(1, 3)
        play.later(at, partial(play.order, "shop", (sku, units)))
    play.later(40 * SECOND, partial(play.deliver, parts=True))
    play.later(80 * SECOND, play.deliver)


def _one_left(play: Play) -> None:
    catalogue(play, "M", units=1)


def _last_unit(play: Play) -> None:
    """Two shops offer the last unit and several shoppers want it."""
    for at in spread(play, 20 * SECOND, 3):
        shop = play.rng.choice(play.world.shops)
        play.later(at, partial(play.order, shop, ("HAT-M", 1)))
    play.later(MINUTE, play.deliver)
    for at in spread(play, 30 * SECOND, 2):
        shop = play.rng.choice(play.world.shops)
        play.later(80 * SECOND + at, partial(play.order, shop, ("HAT-M", 1)))


def _slow_erp(play: Play) -> None:
    """An ERP with two slots and seconds per call, while orders queue up."""
    play.world.transports["erp"].slow_ms = 4 * SECOND
    for at in spread(play, 20 * SECOND, 3):
        play.later(at, partial(play.order, "shop", ("HAT-M", 1)))


# prices and stock


def _prices_in_outage(play: Play) -> None:
    """Every price changes several times while the shop cannot be reached."""
    play.world.transports["shop"].down_until_ms = play.world.engine.now_ms + 90 * SECOND
    for i, at in enumerate(spread(play, 100 * SECOND, 4)):
        sku = play.rng.choice(("HAT-M", "HAT-L"))
        tell = play.rng.random() < 0.7
        play.later(at, partial(play.price, sku, 1100 + i * 10, tell=tell))


def _snapshot_crossing(play: Play) -> None:
    """Stock moves while the whole stock is being read."""
    for at in spread(play, 90 * SECOND, 4):
        sku = play.rng.choice(("HAT-M", "HAT-L"))
        units = play.rng.choice((-2, -1, 1, 5))
        plant, storage = play.rng.choice((("1710", "171A"), ("1720", "172A")))
        play.later(
            at,
            partial(play.stock, sku, units, plant=plant, storage=storage),
        )
    for at in spread(play, 90 * SECOND, 2):
        play.later(at, partial(play.world.poll, "erp", Entity.STOCK))


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("order storm", _few, _order_storm),
        Scenario("last unit on two channels", _one_left, _last_unit, shops=("shop", "outlet")),
        Scenario("slow ERP with few slots", _few, _slow_erp, slots=2),
        Scenario("prices change during an outage", _few, _prices_in_outage),
        Scenario("snapshot crossing deltas", _few, _snapshot_crossing),
    )
}
