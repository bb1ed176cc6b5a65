"""What only the shop's owner or a tester can do, by name, with plain JSON in and out."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.vendors import faults
from sandbox.vendors.shopify import paying, returning, subscribing
from sandbox.vendors.shopify.baskets import Basket, WishedDiscount, WishedLine, WishedShipping
from sandbox.vendors.shopify.checkout import SoldOut
from sandbox.vendors.shopify.hooks import order_body
from sandbox.vendors.shopify.language import MUTATION, PER_VARIANT, whole
from sandbox.vendors.shopify.state import (
    PAGE_MAX,
    Fulfilment,
    Order,
    PriceList,
    Product,
    gid,
    instant,
    number,
)
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.shopify.simulator import ShopifySimulator

OPEN = frozenset({"OPEN", "IN_PROGRESS"})


def place_order(sim: "ShopifySimulator", **wish: Json) -> Json:
    """Place an order as `checkout.Basket` says; {"sold_out": sku} when the shop cannot serve it."""
    basket = Basket.model_validate(wish)
    try:
        order = sim.checkout.place(basket, sim.now())
    except SoldOut as sold_out:
        return {"sold_out": sold_out.sku}
    sim.tell("orders/create", order)
    return _order(sim, order)


def cancel(sim: "ShopifySimulator", *, order: Json) -> Json:
    found = sim.order(order)
    sim.checkout.cancel(found, sim.now())
    sim.tell("orders/cancelled", found)
    sim.tell("orders/updated", found)
    return _order(sim, found)


def edit(
    sim: "ShopifySimulator",
    *,
    order: Json,
    sku: str,
    quantity: int,
    price: str | None = None,
) -> Json:
    """Bring a line of the order to so many units; one it does not have is added."""
    found = sim.order(order)
    line = next((one for one in found.lines if one.sku == sku), None)
    if line is None:
        wish = WishedLine(sku=sku, quantity=quantity, price=price, title=sku if price else None)
        sim.checkout.add(found, wish, sim.now())
    else:
        sim.checkout.edit(found, line, quantity, sim.now())
    sim.tell("orders/updated", found)
    return _order(sim, found)


def reprice(sim: "ShopifySimulator", *, order: Json, sku: str, off: str) -> Json:
    """Give so much off the order's line of an article, instead of what was given."""
    found = sim.order(order)
    line = next(one for one in found.lines if one.sku == sku)
    sim.checkout.reprice(found, line, WishedDiscount(amount=off, title="edited"), sim.now())
    sim.tell("orders/updated", found)
    return _order(sim, found)


def reship(sim: "ShopifySimulator", *, order: Json, price: str | None = None) -> Json:
    """Send the order for another price; without one, for nothing."""
    found = sim.order(order)
    wish = None if price is None else WishedShipping(price=price)
    sim.checkout.reship(found, wish, sim.now())
    sim.tell("orders/updated", found)
    return _order(sim, found)


def assess(sim: "ShopifySimulator", *, order: Json, recommendation: str) -> Json:
    """What is recommended of the order's risk, told as an update."""
    found = sim.order(order)
    found.risk = recommendation
    found.updated_at = sim.now()
    sim.tell("orders/updated", found)
    return recommendation


def hold(sim: "ShopifySimulator", *, order: Json, on: bool = True) -> Json:
    """Put what is still to be sent on hold, or release it."""
    found = sim.order(order)
    for placement in found.placements:
        if placement.status in OPEN or placement.status == "ON_HOLD":
            placement.status = "ON_HOLD" if on else "OPEN"
    found.updated_at = sim.now()
    return [placement.status for placement in found.placements]


def read_prices(sim: "ShopifySimulator") -> Json:
    """SKU -> {"price", "compare_at"} in minor units."""
    return {
        variant.sku: {"price": variant.price, "compare_at": variant.compare_at}
        for variant in sim.shop.variants.values()
    }


def priced_at(sim: "ShopifySimulator") -> Json:
    """SKU -> when its price was last set; a SKU that never had one is left out."""
    variants = sim.shop.variants.values()
    return {v.sku: v.priced_at.isoformat() for v in variants if v.priced_at is not None}


def read_stock(sim: "ShopifySimulator") -> Json:
    """SKU -> location id -> {"available", "committed", "on_hand"}."""
    return {
        variant.sku: {
            gid("Location", place): {
                "available": level.available,
                "committed": level.committed,
                "on_hand": level.on_hand,
            }
            for place, level in variant.levels.items()
        }
        for variant in sim.shop.variants.values()
    }


def set_stock(sim: "ShopifySimulator", *, sku: str, location: str, available: int) -> Json:
    """Staff correct a level by hand, which the next compare-and-set then finds stale."""
    variant = sim.shop.variants[sim.shop.skus[sku]]
    place = next(p for p in variant.levels if gid("Location", p) == location)
    variant.levels[place].available = available
    sim.tell_level(variant, place)
    return available


def set_price(sim: "ShopifySimulator", *, sku: str, price: int) -> Json:
    """Staff change a price by hand."""
    sim.shop.variants[sim.shop.skus[sku]].price = price
    return price


def poison(sim: "ShopifySimulator", *, sku: str, on: bool = True) -> Json:
    """Refuse whole whatever call carries a price of this article, and do not say why."""
    variant = sim.shop.skus[sku]
    (sim.shop.poisoned.add if on else sim.shop.poisoned.discard)(variant)
    return on


def add_price_list(sim: "ShopifySimulator", *, currency: str, by_quantity: bool = True) -> Json:
    """A price list of a company's catalog, or of a market's without prices by quantity; its id.

    They are numbered from 1, so that a configuration can name them beforehand.
    """
    made = PriceList(len(sim.shop.price_lists) + 1, currency, by_quantity)
    sim.shop.price_lists[made.list_id] = made
    return gid("PriceList", made.list_id)


def read_price_list(sim: "ShopifySimulator", *, name: str) -> Json:
    """SKU -> {"price", "compare_at", "scales"} of the fixed prices, in minor units."""
    found = sim.shop.price_lists[number("PriceList", name) or 0]
    return {
        sim.shop.variants[variant].sku: {
            "price": price,
            "compare_at": compare_at,
            "scales": [[q, each] for q, each in sorted(found.breaks.get(variant, {}).items())],
        }
        for variant, (price, compare_at) in found.fixed.items()
    }


def bulk_fate(
    sim: "ShopifySimulator", *, status: str, through: int | None = None, truncated: bool = False
) -> Json:
    """How the next bulk operation ends, after how many of its lines, and its result file."""
    sim.shop.bulk_fate = (status, through, truncated)
    return status


def refuse_uploads(sim: "ShopifySimulator", *, times: int = 1) -> Json:
    """The next files are refused where they were to be put."""
    sim.bulk.refuses_uploads = times
    return times


def lead_files_to(sim: "ShopifySimulator", *, host: str) -> Json:
    """Name files as lying at another address; none takes it back."""
    sim.bulk.elsewhere = host
    return host


def jobs(sim: "ShopifySimulator") -> Json:
    """Status and lines run of every bulk operation, the oldest first."""
    sim.bulk.advance()
    return [{"status": job.status, "done": job.done} for job in sim.shop.jobs.values()]


def products(sim: "ShopifySimulator") -> Json:
    return [_product(sim, product) for product in sim.shop.products.values()]


def orders(sim: "ShopifySimulator") -> Json:
    return [_order(sim, order) for order in sim.shop.orders.values()]


def locations(sim: "ShopifySimulator") -> Json:
    """Name -> id of every location."""
    return {place.name: gid("Location", n) for n, place in sim.shop.locations.items()}


def add_location(sim: "ShopifySimulator", *, name: str) -> Json:
    return gid("Location", sim.add_location(name))


def drop_webhooks(sim: "ShopifySimulator", *, on: bool = True) -> Json:
    sim.faults.drop_webhooks = on
    return on


def duplicate_webhooks(sim: "ShopifySimulator", *, times: int = 1) -> Json:
    sim.faults.duplicate_webhooks = times
    return times


def revoke_tokens(sim: "ShopifySimulator") -> Json:
    """Every token given so far is refused from now on."""
    sim.revoke_tokens()
    return True


def counters(sim: "ShopifySimulator") -> Json:
    """Calls, throttled answers and calls by operation, points spent, webhooks, mistakes on sale."""
    return {
        **sim.counts,
        "calls": sim.counts["calls"],
        "throttled": sim.counts["throttled"],
        "points": whole(sim.points),
        "webhooks sent": sim.hooks.outgoing.sent,
        "webhooks waiting": sim.hooks.outgoing.waiting,
        "webhooks given up": sim.hooks.outgoing.given_up,
        "put on sale without a price": sim.inventory.unpriced_on_sale,
    }


def minimum_points(sim: "ShopifySimulator") -> Json:
    """Whole points it takes at least to set the prices there are.

    One call per product and 250 variants; a variant that has no price yet asks for no call.
    """
    total = 0
    for product in sim.shop.products.values():
        count = sum(1 for n in product.variants if sim.shop.variants[n].price)
        total += -(-count // PAGE_MAX) * MUTATION + count * PER_VARIANT
    return whole(total)


def _product(sim: "ShopifySimulator", product: Product) -> Json:
    return {
        "id": gid("Product", product.product_id),
        "handle": product.handle,
        "title": product.title,
        "status": product.status,
        "options": list[Json](product.options),
        "publications": list[Json](sorted(product.publications)),
        "variants": [
            {
                "id": gid("ProductVariant", n),
                "sku": sim.shop.variants[n].sku,
                "options": list[Json](sim.shop.variants[n].chosen),
                "barcode": sim.shop.variants[n].barcode,
            }
            for n in product.variants
        ],
    }


def _order(sim: "ShopifySimulator", order: Order) -> Json:
    """Ids and totals, in minor units, and what became of the order."""
    body = order_body(sim.shop, order)
    return {
        "id": order.order_id,
        "gid": gid("Order", order.order_id),
        "name": str(body["name"]),
        "total": order.total,
        "tax": order.tax,
        "currency": sim.shop.currency,
        "updated_at": instant(order.updated_at),
        "cancelled": order.cancelled_at is not None,
        "lines": [
            {"id": line.line_id, "sku": line.sku, "quantity": line.quantity, "net": line.net}
            for line in order.lines
        ],
        "open": sum(line.remaining for p in order.placements for line in p.lines),
        "fulfilments": [_fulfilment(fulfilment) for fulfilment in order.fulfilments],
    }


def _fulfilment(fulfilment: Fulfilment) -> Json:
    return {
        "id": fulfilment.fulfilment_id,
        "location": gid("Location", fulfilment.location_id),
        "numbers": list[Json](fulfilment.numbers),
        "company": fulfilment.company,
        "lines": {str(line): units for line, units in fulfilment.lines.items()},
    }


COMMANDS: Final[dict[str, Callable[..., Json]]] = (
    {
        command.__name__: command
        for command in (
            place_order,
            cancel,
            edit,
            reprice,
            reship,
            assess,
            hold,
            read_prices,
            priced_at,
            read_stock,
            set_stock,
            set_price,
            poison,
            add_price_list,
            read_price_list,
            bulk_fate,
            refuse_uploads,
            lead_files_to,
            jobs,
            products,
            orders,
            locations,
            add_location,
            drop_webhooks,
            duplicate_webhooks,
            revoke_tokens,
            counters,
            minimum_points,
        )
    }
    | faults.COMMANDS
    | returning.COMMANDS
    | paying.COMMANDS
    | subscribing.COMMANDS
)
