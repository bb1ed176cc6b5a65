"""The carrier's number is entered after the goods have left, and the shop is to show it."""

from functools import partial

from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play, Scenario, few, some, spread


def _entered_late(play: Play) -> None:
    """Goods leave without a number, which follows before, while, or after the shop is told."""
    for at in spread(play, 10 * SECOND, some(play, 2)):
        play.later(at, partial(play.order, "shop", ("HAT-M", 2)))
    parts = play.rng.random() < 0.5
    gone = play.rng.randint(30, 45) * SECOND
    play.later(gone, partial(play.deliver, parts=parts, tracking=""))
    play.later(gone + play.rng.randint(1, 50) * SECOND, play.enter_numbers)


def _numbers_shown(play: Play) -> list[str]:
    """Each parcel is shown once, with the number of its delivery and no other."""
    erp, shop = play.world.vendors["erp"], play.world.vendors["shop"]
    entered = sorted(one.tracking for one in erp.tenant.deliveries.after(None) if one.tracking)
    shown = sorted(
        number
        for order in shop.shop.orders.values()
        for parcel in order.fulfilments
        for number in parcel.numbers
    )
    return [] if shown == entered else [f"the shop shows {shown}, the ERP has {entered}"]


NUMBERS = (Scenario("numbers come after the goods", few, _entered_late, check=_numbers_shown),)
