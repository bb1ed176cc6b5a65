"""Days on which checkouts reserve before they sell."""

from functools import partial

from tests.simulation.checkouts import Checkouts, Kin, once_among_kin, promised_and_kept
from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, spread
from tests.simulation.truth import Truth

BUYERS = 50
AT_ONCE = 18  # buyers of a moment
AT_OUTLET = 3  # of them, at the outlet
FLASH = 90  # units: enough to be dealt
HATS = 4
PAIRED = 10  # buyers of hats and of sets of two
AT_MOST = 2  # units that the outlet offers at once
_SET = """
[kits]
per_component = 3

[[kits.defined]]
sku = "SET-M"
components = [{ sku = "HAT-M", quantity = 2 }]
"""
_CAPPED = f"""
[[stock_rules]]
channels = ["outlet"]
cap = {AT_MOST}
"""


def _one_left(play: Play) -> None:
    catalogue(play, "M", units=1)


def _crowd(play: Play) -> None:
    """Fifty buyers on two channels want the one unit there is, in two waves of seconds."""
    checkouts = Checkouts(play, "HAT-M", 1)
    first = spread(play, 2 * SECOND, BUYERS * 2 // 3)
    later = [40 * SECOND + at for at in spread(play, 4 * SECOND, BUYERS - len(first))]
    for at in first + later:
        channel = play.rng.choice(play.world.shops)
        then = play.rng.choice(("leaves", "releases", "orders"))
        come = partial(checkouts.come, channel, units=1, expires_s=30, then=then)
        play.later(20 * SECOND + at, come)


def _many(play: Play) -> None:
    catalogue(play, "M", units=FLASH)


def _flash(play: Play) -> None:
    """More buyers at one moment than a card lets through: dealt to counters, gathered again.

    The outlet's have no part in what is dealt, and those who want more than its cap get nothing.
    """
    checkouts = Checkouts(play, "HAT-M", FLASH, {"outlet": AT_MOST})
    for number, at in enumerate(spread(play, SECOND, AT_ONCE)):
        outlet = number % (AT_ONCE // AT_OUTLET) == AT_ONCE // AT_OUTLET - 1
        then = play.rng.choice(("leaves", "releases", "leaves"))
        units = play.rng.choice((1, 1, 2, 3))
        shop = "outlet" if outlet else "shop"
        come = partial(checkouts.come, shop, units=units, expires_s=30, then=then)
        play.later(20 * SECOND + at, come)


def _capped(truth: Truth, shop: str, sku: str) -> dict[str, int]:
    """No shopper takes what is there: both shops show it in the end, the outlet up to its cap."""
    most = AT_MOST if shop == "outlet" else FLASH
    return {"london": min(most, truth.on_hand[sku]), "leeds": 0}


def _set(play: Play) -> None:
    for product, units in (("HAT", HATS), ("SET", 0)):
        catalogue(play, "M", product=product, units=units)
    play.truth.on_hand.pop("SET-M")  # it is sold, and never there


def _kin(play: Play) -> None:
    """A set of two hats and the hat alone are wanted at one moment, before either is derived."""
    kin = Kin(play, {"HAT-M": 1, "SET-M": 2}, HATS)
    for at in spread(play, 300, PAIRED):
        sku, then = play.rng.choice(("HAT-M", "SET-M")), play.rng.choice(("leaves", "releases"))
        come = partial(kin.tills[sku].come, "shop", units=1, expires_s=30, then=then)
        play.later(20 * SECOND + at, come)


def _all_there(truth: Truth, shop: str, sku: str) -> dict[str, int]:
    """No shopper takes what is there."""
    del truth, shop
    return {"london": HATS if sku == "HAT-M" else HATS // 2, "leeds": 0}


CHECKOUTS = (
    Scenario(
        "a kit and its part at the checkout",
        _set,
        _kin,
        rules=_SET,
        expected=_all_there,
        check=once_among_kin,
    ),
    Scenario(
        "a flash sale",
        _many,
        _flash,
        shops=("shop", "outlet"),
        rules=_CAPPED,
        expected=_capped,
        check=promised_and_kept,
    ),
    Scenario(
        "fifty checkouts want the last unit",
        _one_left,
        _crowd,
        shops=("shop", "outlet"),
        check=promised_and_kept,
    ),
)
