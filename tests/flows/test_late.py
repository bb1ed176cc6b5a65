"""What had left before it was cancelled is told of where it was sold."""

from shared.flows.late import Lateness
from shared.model.retailer import Retailer
from tests.domain.world import RETAILER
from tests.flows.order_world import case
from tests.flows.world import World, order


def elsewhere() -> Retailer:
    """A channel that is not called like its connection."""
    (shop, *others) = RETAILER.channels
    sold = shop.model_copy(update={"connection": "storefront"})
    return RETAILER.model_copy(update={"channels": (sold, *others)})


def test_units_that_had_left_are_an_exception_of_the_channel_s_connection() -> None:
    world = World()
    world.know("M")
    world.capture.take(order(("HAT-M", 2)))
    late = case(world).model_copy(update={"late": {"1": 2}})
    Lateness(world.bus, world.issues, world.clock, elsewhere()).tell(late)
    (issue,) = world.open()
    assert (issue.kind, issue.connection, issue.value) == (
        "cancelled_too_late",
        "storefront",
        "2 x HAT-M",
    )
