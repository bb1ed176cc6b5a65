"""A world with two hats to order, and what is asked of it about an order."""

from shared.flows import keys
from shared.model.case import Case
from shared.model.holds import HoldCard
from tests.flows.world import World, order


def ordering() -> World:
    """Hats are known and shown; nothing is on its way."""
    world = World()
    world.know("M", "S")
    world.settle()
    world.queues.sent.clear()
    world.erp.stock = {"HAT-M": 8}
    return world


def sold() -> World:
    """An order of two hats, known to the ERP."""
    world = World()
    world.know("M")
    world.capture.take(order())
    world.sender.send("shop:77")
    world.queues.sent.clear()
    return world


def accepted(world: World) -> None:
    """The ERP has taken order 77, and all that followed is done."""
    world.capture.take(order())
    world.sender.send("shop:77")
    world.queues.sent.clear()


def case(world: World, order_id: str = "shop:77") -> Case:
    found = world.cases.find(order_id)
    assert found is not None
    return found.case


def held(world: World, sku: str = "HAT-M") -> int:
    key = keys.hold(sku)
    row = world.store.get([key]).get(key)
    return HoldCard.model_validate(row.body).at("london") if row else 0


def lines(*lines: tuple[str, int]) -> dict[str, object]:
    """What a telling changes if these are the lines of the order."""
    made = order(*lines)
    return {"lines": made.lines, "total": made.total}
