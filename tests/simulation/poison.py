"""What a vendor should never send, and sends now and then."""

from dataclasses import fields
from functools import partial

from sandbox.vendors.shopify.state import Order
from shared.model.base import Json
from tests.simulation.scenario import Play


class Overcharged(Order):
    """An order whose total is a penny more than its lines sum to."""

    __slots__ = ()

    @property
    def total(self) -> int:
        return sum(line.net for line in self.lines) + sum(f.price for f in self.freight) + 1


def overcharge(play: Play, shop: str) -> None:
    """The newest order of a shop, and every later telling of it, states a wrong total."""
    orders = play.world.vendors[shop].shop.orders
    number = play.basket(shop, [{"sku": "HAT-M", "quantity": 1}])
    if number is not None:
        order = orders[number]
        orders[number] = Overcharged(**{f.name: getattr(order, f.name) for f in fields(order)})
        play.world.engine.note(f"{shop}: order {number} states a penny too much")


def malform(play: Play) -> None:
    """One delivery, signed as it should be, that nobody can understand."""
    shop, erp = play.world.vendors["shop"], play.world.vendors["erp"]
    now = play.world.engine.now()
    bodies: list[Json] = [{"id": "seventeen"}, {"id": -1}, {}, ["no", "object"]]
    body = play.rng.choice(bodies)
    price = "salespricingconditionrecord.v1.SalesPricingConditionRecord.Changed.v1"
    choices = (
        partial(shop.hooks.emit, "orders/updated", body, now, copies=1),
        partial(shop.hooks.emit, "orders/create", body, now, copies=2),
        partial(erp.events.emit, "product.v1.Product.Changed.v1", {"Product": ""}, now),
        partial(erp.events.emit, price, {}, now),
        partial(erp.events.emit, "plant.v1.Plant.Changed.v1", {"Plant": "1710"}, now),
    )
    play.world.engine.note("a vendor sends what nobody can understand")
    play.rng.choice(choices)()
