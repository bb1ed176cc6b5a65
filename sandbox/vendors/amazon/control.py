"""What only the seller, a shopper or a tester can do, by name, with plain JSON in and out."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sandbox.vendors import faults
from sandbox.vendors.amazon import subscribing
from sandbox.vendors.amazon.checkout import Basket, SoldOut, described
from sandbox.vendors.amazon.ordering import line_of
from sandbox.vendors.amazon.state import Attribute, Listing, Order
from shared.connectors.amazon import plans
from shared.connectors.amazon.plans import Operation
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.amazon.simulator import AmazonSimulator


def list_item(
    sim: "AmazonSimulator",
    *,
    sku: str,
    product_type: str = "LUGGAGE",
    price: str | None = None,
    quantity: int | None = None,
) -> Json:
    """Make a listing as the seller does in Seller Central; the price is a decimal text."""
    seller, now = sim.seller, sim.now()
    listing = Listing(sku, f"B{seller.next():09}", product_type, f"Article {sku}", now)
    seller.listings[sku] = listing
    if price is not None:
        listing.offers.set(now, _offer(sim, price))
    if quantity is not None:
        stock: Attribute = {"fulfillment_channel_code": "DEFAULT", "quantity": quantity}
        listing.stocks.set(now, stock)
    return listing.asin


def place_order(sim: "AmazonSimulator", **wish: Json) -> Json:
    """Place an order as `checkout.Basket` says; {"sold_out": sku} when too few are offered."""
    basket = Basket.model_validate(wish)
    try:
        order = sim.checkout.place(basket)
    except SoldOut as sold_out:
        return {"sold_out": sold_out.sku}
    sim.tell_order(order)
    return described(sim.checkout, order)


def pay(sim: "AmazonSimulator", *, order: str) -> Json:
    """A pending order is paid: it may be shipped, and its prices are told."""
    return _changed(sim, order, sim.checkout.pay)


def cancel(sim: "AmazonSimulator", *, order: str, by: str = "BUYER") -> Json:
    return _changed(sim, order, lambda found: sim.checkout.cancel(found, by))


def cancel_item(sim: "AmazonSimulator", *, order: str, sku: str, by: str = "MERCHANT") -> Json:
    """Take what is not shipped of one item out of the order."""
    return _changed(
        sim, order, lambda found: sim.checkout.cancel_item(found, line_of(found, sku), by)
    )


def unfulfillable(sim: "AmazonSimulator", *, order: str) -> Json:
    """Amazon gives up one of the orders it fulfils itself."""

    def give_up(found: Order) -> None:
        if found.fulfilled_by != "AMAZON":
            raise ValueError(f"order {order} is the merchant's to fulfil")
        found.status = "UNFULFILLABLE"
        sim.checkout.changed(found)

    return _changed(sim, order, give_up)


def ship_by_hand(sim: "AmazonSimulator", *, order: str, sku: str, units: int) -> Json:
    """The seller ships units in Seller Central."""

    def ship(found: Order) -> None:
        line_of(found, sku).shipped += units
        left = any(item.open for item in found.items)
        found.status = "PARTIALLY_SHIPPED" if left else "SHIPPED"
        sim.checkout.changed(found)

    return _changed(sim, order, ship)


def request_cancel(sim: "AmazonSimulator", *, order: str, sku: str) -> Json:
    """The buyer asks to cancel; until the seller does, the order stands."""

    def ask(found: Order) -> None:
        line_of(found, sku).cancel_requested = True
        sim.checkout.changed(found)

    return _changed(sim, order, ask)


def read_prices(sim: "AmazonSimulator") -> Json:
    """SKU -> what a shopper pays now, in minor units; None without a price."""
    found = {sku: listing.price(sim.now()) for sku, listing in sim.seller.listings.items()}
    return {sku: None if p is None else sim.seller.minor(f"{p:f}") for sku, p in found.items()}


def read_stock(sim: "AmazonSimulator") -> Json:
    """SKU -> units offered now; None where nothing was ever set."""
    return {sku: listing.quantity(sim.now()) for sku, listing in sim.seller.listings.items()}


def set_stock(sim: "AmazonSimulator", *, sku: str, quantity: int) -> Json:
    """The seller changes a quantity by hand."""
    listing = sim.seller.listings[sku]
    before = listing.stocks.at(sim.now()) or {"fulfillment_channel_code": "DEFAULT"}
    listing.stocks.set(sim.now(), {**before, "quantity": quantity})
    return quantity


def set_price(sim: "AmazonSimulator", *, sku: str, price: str, sale: str | None = None) -> Json:
    """The seller changes a price by hand, or puts an article on sale."""
    offer = dict(_offer(sim, price))
    if sale is not None:
        offer["discounted_price"] = [{"schedule": [{"value_with_tax": Decimal(sale)}]}]
    sim.seller.listings[sku].offers.set(sim.now(), offer)
    return price


def refuse_sku(sim: "AmazonSimulator", *, sku: str, code: str = "90220", message: str) -> Json:
    """From now on every submission of this SKU is invalid; an empty message ends that."""
    if message:
        sim.seller.refused[sku] = (code, message)
    else:
        sim.seller.refused.pop(sku, None)
    return sku


def orders(sim: "AmazonSimulator") -> Json:
    return [described(sim.checkout, order) for order in sim.seller.orders.values()]


def feeds(sim: "AmazonSimulator") -> Json:
    return [sim.feeds.get(name) for name in sim.seller.feeds]


def fail_feed(sim: "AmazonSimulator", *, status: str = "FATAL", through: int = 0) -> Json:
    """The next feed ends FATAL or CANCELLED after so many of its messages took effect."""
    if status not in {"FATAL", "CANCELLED"}:
        raise ValueError("a feed fails as FATAL or as CANCELLED")
    sim.feeds.fate = (status, through)
    return status


def stale_reads(sim: "AmazonSimulator", *, seconds: int) -> Json:
    """Listings and orders are told as they were so long ago; zero ends that."""
    sim.catalogue.lag = sim.ordering.lag = timedelta(seconds=seconds)
    return seconds


def slow_changes(sim: "AmazonSimulator", *, seconds: int) -> Json:
    """What is accepted from now on takes so long to be shown."""
    sim.catalogue.applies_after = timedelta(seconds=seconds)
    return seconds


def usage_plan(sim: "AmazonSimulator", *, operation: str, rate: str, burst: int) -> Json:
    """Grant this account another rate of one operation."""
    known = next(found for found in plans.ALL if found.name == operation)
    sim.set_rate(Operation(operation, Decimal(rate), burst, known.writes, known.grantless))
    return rate


def drop_notifications(sim: "AmazonSimulator", *, on: bool = True) -> Json:
    sim.faults.drop_webhooks = on
    return on


def duplicate_notifications(sim: "AmazonSimulator", *, times: int = 1) -> Json:
    sim.faults.duplicate_webhooks = times
    return times


def revoke_tokens(sim: "AmazonSimulator") -> Json:
    """Every token given so far is refused from now on."""
    sim.revoke_tokens()
    return True


def counters(sim: "AmazonSimulator") -> Json:
    """Calls, throttled answers and calls by operation, notifications, mistakes on sale."""
    return {
        **sim.counts,
        "calls": sim.counts["calls"],
        "throttled": sim.counts["throttled"],
        "notifications sent": sim.notifications.outgoing.sent,
        "notifications waiting": sim.notifications.outgoing.waiting,
        "put on sale without a price": sim.catalogue.unpriced_on_sale,
    }


def _changed(sim: "AmazonSimulator", order: str, change: Callable[[Order], None]) -> Json:
    found = sim.seller.orders.get(order)
    if found is None:
        raise LookupError(f"no order {order}")
    change(found)
    sim.tell_order(found)
    return described(sim.checkout, found)


def _offer(sim: "AmazonSimulator", price: str) -> Attribute:
    return {
        "marketplace_id": sim.seller.marketplace_id,
        "currency": sim.seller.currency,
        "our_price": [{"schedule": [{"value_with_tax": Decimal(price)}]}],
    }


COMMANDS: Final[Mapping[str, Callable[..., Json]]] = (
    faults.COMMANDS
    | subscribing.COMMANDS
    | {
        command.__name__: command
        for command in (
            list_item,
            place_order,
            pay,
            cancel,
            cancel_item,
            request_cancel,
            unfulfillable,
            ship_by_hand,
            read_prices,
            read_stock,
            set_stock,
            set_price,
            refuse_sku,
            orders,
            feeds,
            fail_feed,
            stale_reads,
            slow_changes,
            usage_plan,
            drop_notifications,
            duplicate_notifications,
            revoke_tokens,
            counters,
        )
    }
)
