"""Shipments: looked up first, then confirmed, one package per shipment.

Confirming has no idempotency key. A package is named by a positive number that is the seller's: it
is made from the shipment's id, so that a repeat names the same package and finds it. Which unit
lies in which parcel nobody says: a shipment of several parcels is told by its first, or its units
are divided over them, a package each.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC
from urllib.parse import quote

from shared.connectors.amazon import mapping, order_schema, plans
from shared.connectors.amazon.api import Call, SellingPartnerApi
from shared.connectors.amazon.orders import CANCELLED, ENDED
from shared.connectors.amazon.reader import Orders, parsed
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.order import Order, Shipment, Tracking
from shared.model.target import Outcome, Verdict

INCLUDED = "FULFILLMENT,PACKAGES"
REFERENCE_DIGITS = 10
OTHER = "Other"
TOLD_ALREADY = "PackageToUpdateNotFound"


@frozen
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
            parcels = divided(shipment, wanted, _packed(theirs), split=self._split)
            if parcels:
                _check(theirs, total_of(parcels))
            for parcel in parcels:
                outcome = self._confirm(order, shipment, parcel)
                if outcome.verdict is not Verdict.APPLIED:
                    return outcome
            if (late := numbered(shipment, theirs)) and self.settings.late_tracking == "confirm":
                self._number(order, shipment, late)
            return Outcome(key=key, verdict=Verdict.APPLIED)
        except RejectedError as error:
            return mapping.outcome(key, Verdict.REJECTED, error.code, str(error))

    @property
    def _split(self) -> bool:
        return self.settings.parcels == "split"

    def _confirm(self, order: Order, shipment: Shipment, parcel: "Parcel") -> Outcome:
        """A package that Amazon calls told already is looked for again: reads may lag behind."""
        key = shipment.shipment_id
        try:
            self._send(order, shipment, parcel)
        except RejectedError as error:
            if TOLD_ALREADY not in f"{error.code} {error}":
                raise
            if parcel.reference not in _packed(self._read(order.external_id)):
                return mapping.outcome(key, Verdict.RETRY, TOLD_ALREADY, str(error))
        return Outcome(key=key, verdict=Verdict.APPLIED)

    def _number(self, order: Order, shipment: Shipment, parcel: "Parcel") -> None:
        """Confirm a package anew, with the carrier's number it was told without."""
        try:
            self._send(order, shipment, parcel)
        except RejectedError as error:
            if numbered(shipment, self._read(order.external_id)) is not None:
                said = f"package {parcel.reference} keeps its number: {error}"
                raise RejectedError(said, code="late_tracking") from error

    def _send(self, order: Order, shipment: Shipment, parcel: "Parcel") -> None:
        path = f"/orders/v0/orders/{quote(order.external_id, safe='')}/shipmentConfirmation"
        body = {
            "marketplaceId": self.settings.marketplace_id,
            "packageDetail": package(shipment, parcel, self.settings),
        }
        self.api.send(Call(plans.CONFIRM_SHIPMENT, "POST", path, body=body))

    def _read(self, order_id: str) -> order_schema.Order:
        node = self.orders.raw(order_id, INCLUDED)
        if node is None:
            raise RejectedError(f"Amazon has no order {order_id}", code="no_order")
        return parsed(node)


@frozen
class Parcel:
    """One package of a shipment: units by Amazon's item id, under a number of ours."""

    reference: str
    units: Counter[str]
    tracking: Tracking | None


def reference(shipment: Shipment, number: str = "") -> str:
    """A positive number for a package: the shipment's own, or one made from its ids."""
    text = shipment.shipment_id.lstrip("0")
    if not number and text.isascii() and text.isdigit() and len(text) <= REFERENCE_DIGITS:
        return text
    name = f"{shipment.shipment_id}/{number}" if number else shipment.shipment_id
    digest = hashlib.sha256(name.encode()).digest()
    return str(int.from_bytes(digest[:4]) % (2**31 - 1) + 1)


def divided(
    shipment: Shipment,
    wanted: Counter[str],
    packed: Mapping[str, Counter[str]],
    *,
    split: bool,
) -> list[Parcel]:
    """The packages still to be told; `packed` are those Amazon has, by their number.

    The first parcel holds whatever the others leave: one unit each, as long as there are any.
    """
    whole, numbers = reference(shipment), [one for one in shipment.tracking if one.number]
    if not split or not numbers[1:]:
        first = numbers[0] if numbers else None
        return [] if whole in packed else [Parcel(whole, wanted, first)]
    named = [(reference(shipment, one.number), one) for one in numbers]
    left = Counter(wanted)
    for name in (whole, *(name for name, _ in named)):
        left -= packed.get(name, Counter())
    untold = [one for one in named if one[0] not in packed]
    parcels: list[Parcel] = []
    for place, (name, tracking) in reversed(list(enumerate(untold))):
        units = Counter(left) if place == 0 else _one(left, spare=place)
        left -= units
        if units:
            parcels.insert(0, Parcel(name, units, tracking))
    return parcels


def numbered(shipment: Shipment, theirs: order_schema.Order) -> Parcel | None:
    """The package that was told under the shipment's own id, with the carrier's number it has now.

    Another number, which a person may have entered, stays.
    """
    numbers = [one for one in shipment.tracking if one.number]
    if not numbers or shipment.shipment_id in {one.number for one in numbers}:
        return None
    whole, packed = reference(shipment), _packed(theirs)
    shown = {one.package_reference_id: one.tracking_number for one in theirs.packages}
    if whole not in packed or shown[whole] != shipment.shipment_id:
        return None
    return Parcel(whole, packed[whole], numbers[0])


def _one(left: Counter[str], *, spare: int) -> Counter[str]:
    """One unit, if enough remain for the parcels before."""
    names = sorted(left.elements())
    return Counter(names[-1:]) if len(names) > spare else Counter()


def total_of(parcels: Sequence[Parcel]) -> Counter[str]:
    found = Counter[str]()
    for parcel in parcels:
        found += parcel.units
    return found


def package(shipment: Shipment, parcel: Parcel, settings: AmazonSettings) -> dict[str, object]:
    """`PackageDetail`; without a tracking number the shipment's id stands for it."""
    tracking = parcel.tracking
    carrier = tracking.carrier if tracking else ""
    code = settings.carriers.get(carrier, OTHER)
    items = [{"orderItemId": item, "quantity": units} for item, units in parcel.units.items()]
    detail: dict[str, object] = {
        "packageReferenceId": parcel.reference,
        "carrierCode": code,
        "trackingNumber": tracking.number if tracking else shipment.shipment_id,
        "shipDate": shipment.shipped_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "orderItems": items,
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


def _packed(theirs: order_schema.Order) -> dict[str, Counter[str]]:
    """Packages that stand, by their number; another one's tracking number may be the same."""
    found: dict[str, Counter[str]] = {}
    for one in theirs.packages:
        if one.package_status is None or one.package_status.status != CANCELLED:
            units = {item.order_item_id: item.quantity for item in one.package_items}
            found[one.package_reference_id] = Counter(units)
    return found


def _check(theirs: order_schema.Order, wanted: Counter[str]) -> None:
    """What Amazon would refuse anyway, said with the item it is about."""
    if theirs.fulfillment.fulfillment_status in ENDED:
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
