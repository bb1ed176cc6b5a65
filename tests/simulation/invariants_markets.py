"""What must hold at a marketplace: one quantity for all places, and each parcel told once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.truth import Truth, decimal_minor, skus


def shown_at_marketplaces(truth: Truth) -> Iterator[str]:
    """I3: every listing shows what the newest facts imply: the sum of all places, and the price."""
    world, now = truth.world, truth.world.engine.now()
    for market in world.markets:
        listings = world.vendors[market].seller.listings
        for sku in (sku for sku in skus(world) if sku in listings):
            price = truth.price_of(sku, now)
            shown = listings[sku].price(now)
            if price != (None if shown is None else decimal_minor(shown)):
                yield f"{market} shows {shown} for {sku}, the ERP says {price}"
            left = truth.left_of(sku, truth.open_units(sku))
            right = sum(max(0, units) for units in left.values())
            if price is not None and listings[sku].quantity(now) != right:
                yield f"{market} offers {listings[sku].quantity(now)} of {sku}, not {right}"


def confirmed_once(truth: Truth) -> Iterator[str]:
    """I1: what left the ERP is told the marketplace, unit by unit, each parcel by its number."""
    world = truth.world
    numbers = {d.number: d.tracking for d in world.vendors["erp"].tenant.deliveries.after(None)}
    for market in world.markets:
        for order in world.vendors[market].seller.orders.values():
            reference = f"{market}-{order.order_id}".upper()
            held = world.vendors["erp"].tenant.by_reference.get(reference, [])
            left: Counter[str] = Counter()
            for place, item in enumerate(order.items, start=1):
                items = [i for each in held for i in each.items if i.position == str(place)]
                left[item.item_id] = sum(int(i.delivered) for i in items)
            yield from _packed(reference, order, left, set(numbers.values()))
            if any(
                subject.startswith(f"{market}:{order.order_id}/") for subject in _refused(truth)
            ):
                yield from _told_all_the_same(reference, order, left)


def _refused(truth: Truth) -> list[str]:
    """Parcels of which people are told that the marketplace refuses them."""
    return [
        str(row.body["subject"])
        for row in truth.world.store.rows(Table.ISSUES)
        if row.body["kind"] == IssueKind.SHIPMENT_REJECTED and row.body["state"] == "open"
    ]


def _told_all_the_same(reference: str, order: Any, left: Counter[str]) -> Iterator[str]:
    if _confirmed(order) == +left:
        yield f"a parcel of {reference} is said to be refused, and all of them are confirmed"


def _packed(reference: str, order: Any, left: Counter[str], numbers: set[str]) -> Iterator[str]:
    told = _confirmed(order)
    for package in order.packages:
        if package.tracking_number not in numbers:
            yield f"parcel {package.reference} of {reference} has {package.tracking_number}"
    if told != +left and order.status != "CANCELLED":
        yield f"of {reference} {dict(+left)} left the ERP, and {dict(told)} are confirmed"


def _confirmed(order: Any) -> Counter[str]:
    """Units by item, of all its packages."""
    told: Counter[str] = Counter()
    for package in order.packages:
        told.update(package.items)
    return +told
