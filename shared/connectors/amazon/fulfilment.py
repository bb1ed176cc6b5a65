"""Shipments: looked up first, then confirmed, one package per shipment.

Confirming has no idempotency key. A package is named by a positive number that is the seller's: it
is made from the shipment's id, so that a repeat names the same package and finds it. Amazon cannot
be told which unit lies in which parcel, so a shipment of several parcels is told by its first.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import quote

from shared.connectors.amazon import mapping, plans, schema
from shared.connectors.amazon.api import Call, SellingPartnerApi
from shared.connectors.amazon.orders import CANCELLED
from shared.connectors.amazon.reader import Orders, parsed
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import RejectedError
from shared.model.order import Order, Shipment
from shared.model.target import Outcome, Verdict

INCLUDED = "FULFILLMENT,PACKAGES"
REFERENCE_DIGITS = 10
OTHER = "Other"
TOLD_ALREADY = "PackageToUpdateNotFound"


@dataclass(frozen=True, slots=True)
class Shipments:
    api: SellingPartnerApi
    settings: AmazonSettings
    orders: Orders

    def ship(self, order: Order, shipment: Shipment) -> Outcome:
        """Applied when Amazon holds the package; a repeat finds it and confirms nothing."""
        key = shipment.shipment_id
        try:
            wanted = _wanted(order, shipment)
            theirs = self._read(order.external_id)
            if _told(theirs, shipment):
                return Outcome(key=key, verdict=Verdict.APPLIED)
            _check(theirs, wanted)
            return self._confirm(order, shipment, wanted)
        except RejectedError as error:
            return mapping.outcome(key, Verdict.REJECTED, error.code, str(error))

    def _confirm(self, order: Order, shipment: Shipment, wanted: Counter[str]) -> Outcome:
        """A package that Amazon calls told already is looked for again: reads may lag behind."""
        path = f"/orders/v0/orders/{quote(order.external_id, safe='')}/shipmentConfirmation"
        body = {
            "marketplaceId": self.settings.marketplace_id,
            "packageDetail": package(shipment, wanted, self.settings),
        }
        key = shipment.shipment_id
        try:
            self.api.send(Call(plans.CONFIRM_SHIPMENT, "POST", path, body=body))
        except RejectedError as error:
            if TOLD_ALREADY not in f"{error.code} {error}":
                raise
            if _told(self._read(order.external_id), shipment):
                return Outcome(key=key, verdict=Verdict.APPLIED)
            return mapping.outcome(key, Verdict.RETRY, TOLD_ALREADY, str(error))
        return Outcome(key=key, verdict=Verdict.APPLIED)

    def _read(self, order_id: str) -> schema.Order:
        node = self.orders.raw(order_id, INCLUDED)
        if node is None:
            raise RejectedError(f"Amazon has no order {order_id}", code="no_order")
        return parsed(node)


def reference(shipment: Shipment) -> str:
    """A positive number for the package: the shipment's own, or one made from its id."""
    text = shipment.shipment_id.lstrip("0")
    if text.isascii() and text.isdigit() and len(text) <= REFERENCE_DIGITS:
        return text
    digest = hashlib.sha256(shipment.shipment_id.encode()).digest()
    return str(int.from_bytes(digest[:4]) % (2**31 - 1) + 1)


def package(
    shipment: Shipment, wanted: Counter[str], settings: AmazonSettings
) -> dict[str, object]:
    """`PackageDetail`; without a tracking number the shipment's id stands for it."""
    tracking = next((t for t in shipment.tracking if t.number), None)
    carrier = tracking.carrier if tracking else ""
    code = settings.carriers.get(carrier, OTHER)
    detail: dict[str, object] = {
        "packageReferenceId": reference(shipment),
        "carrierCode": code,
        "trackingNumber": tracking.number if tracking else shipment.shipment_id,
        "shipDate": shipment.shipped_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "orderItems": [{"orderItemId": item, "quantity": units} for item, units in wanted.items()],
    }
    if code == OTHER:
        detail["carrierName"] = carrier or OTHER
    if settings.shipping_method:
        detail["shippingMethod"] = settings.shipping_method
    return detail


def _wanted(order: Order, shipment: Shipment) -> Counter[str]:
    """Units by Amazon's item id; a line not resolved is found by its SKU if only one fits."""
    wanted = Counter[str]()
    known = {line.line_id for line in order.lines}
    for line in shipment.lines:
        found = line.line_id
        if found is None:
            fitting = [o.line_id for o in order.lines if o.sku == line.sku]
            found = fitting[0] if len(fitting) == 1 else None
        if found is None or found not in known:
            raise RejectedError(
                f"{line.sku} of shipment {shipment.shipment_id} is on no line of {order.number}",
                code="unknown_line",
            )
        wanted[found] += line.quantity
    return wanted


def _told(theirs: schema.Order, shipment: Shipment) -> bool:
    """Whether a package under our number stands; another one's tracking number may be the same."""
    name = reference(shipment)
    return any(
        found.package_reference_id == name
        and (found.package_status is None or found.package_status.status != CANCELLED)
        for found in theirs.packages
    )


def _check(theirs: schema.Order, wanted: Counter[str]) -> None:
    """What Amazon would refuse anyway, said with the item it is about."""
    if theirs.fulfillment.fulfillment_status == CANCELLED:
        raise RejectedError(f"order {theirs.order_id} is cancelled at Amazon", code="cancelled")
    items = {item.order_item_id: item for item in theirs.order_items}
    for name, units in wanted.items():
        item = items.get(name)
        if item is None:
            raise RejectedError(f"Amazon's order has no item {name}", code="unknown_line")
        left = item.fulfillment.quantity_unfulfilled if item.fulfillment else None
        if left is not None and units > left:
            said = f"item {name}: {units} to ship, {left} open at Amazon"
            raise RejectedError(said, code="over_quantity")
