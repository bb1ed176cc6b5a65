"""Orders 2026-01-01 as far as it is asked for, and the shipment confirmation of Orders v0."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sandbox.vendors.amazon.answers import Refusal, demand, missing
from sandbox.vendors.amazon.checkout import Checkout
from sandbox.vendors.amazon.order_views import SETS, included
from sandbox.vendors.amazon.state import Item, Order, Package, Seller, instant
from shared.model.base import Json

PAGE_MAX = 100
TOKEN_LIFE = timedelta(hours=24)
BEFORE_MIN = timedelta(minutes=2)
SHIPPABLE = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED"})


@dataclass(slots=True)
class Ordering:
    """`lag` is how old a read is; what a repeated package reference does is not documented."""

    seller: Seller
    checkout: Checkout
    now: Callable[[], datetime]
    repeated_package: Literal["refused", "replaced"]
    tell: Callable[[Order], None]
    lag: timedelta = timedelta()

    def get(self, order_id: str, params: Mapping[str, str]) -> Json:
        view = self._told(order_id)
        if view is None:
            raise missing(f"order {order_id}")
        return {"order": included(view, _sets(params))}

    def search(self, params: Mapping[str, str]) -> Json:
        """Orders in the order of their last change, from an instant on."""
        since = self._since(params)
        size = _size(params)
        sets = _sets(params)
        views = [v for name in self.seller.orders if (v := self._told(name)) is not None]
        keyed = sorted(
            ((str(v["lastUpdatedTime"]), str(v["orderId"]), v) for v in views),
            key=lambda row: row[:2],
        )
        start = self._cursor(params)
        rest = [
            row
            for row in keyed
            if row[0] >= instant(since) and row[:2] > start and _asked(row[2], params)
        ]
        page = rest[:size]
        answer: dict[str, Json] = {
            "orders": [included(view, sets) for _, _, view in page],
            "lastUpdatedBefore": instant(self.now() - BEFORE_MIN),
        }
        if len(rest) > len(page):
            answer["pagination"] = {"nextToken": self._token(params, page[-1][:2])}
        return answer

    def confirm(self, order_id: str, body: Mapping[str, Json]) -> None:
        """One package: checked as Amazon does, its units no longer open."""
        order = self.seller.orders.get(order_id)
        if order is None:
            raise missing(f"order {order_id}")
        if demand(body, "marketplaceId", str) != self.seller.marketplace_id:
            raise Refusal("marketplaceId is not that of the order")
        detail = demand(body, "packageDetail", dict)
        package = _package(detail if isinstance(detail, dict) else {})
        known = next((p for p in order.packages if p.reference == package.reference), None)
        if known is not None and self.repeated_package == "replaced":
            known.tracking_number, known.carrier = package.tracking_number, package.carrier
            self.checkout.changed(order)
            return
        if known is not None or order.status not in SHIPPABLE:
            said = f"Unable to find package to update for order ({order_id})"
            raise Refusal(f"{said}, errorMetric=PackageToUpdateNotFound", code="GeneralError")
        self._ship(order, package)

    def _ship(self, order: Order, package: Package) -> None:
        items = {item.item_id: item for item in order.items}
        for name, units in package.items.items():
            if name not in items:
                raise Refusal("OrderItemId is invalid")
            if not 0 < units <= items[name].open:
                raise Refusal(f"quantity of {name} is more than is open")
        for name, units in package.items.items():
            items[name].shipped += units
        order.packages.append(package)
        left = any(item.open for item in order.items)
        order.status = "PARTIALLY_SHIPPED" if left else "SHIPPED"
        self.checkout.changed(order)
        self.tell(order)

    def _told(self, order_id: str) -> Mapping[str, Json] | None:
        order = self.seller.orders.get(order_id)
        return None if order is None else order.told.at(self.now() - self.lag)

    def _since(self, params: Mapping[str, str]) -> datetime:
        if ("createdAfter" in params) == ("lastUpdatedAfter" in params):
            raise Refusal("exactly one of createdAfter and lastUpdatedAfter is required")
        if "createdAfter" in params:
            raise Refusal("the simulator searches by lastUpdatedAfter")
        before = params.get("lastUpdatedBefore")
        if before and datetime.fromisoformat(before) > self.now() - BEFORE_MIN:
            raise Refusal("lastUpdatedBefore must be two minutes in the past")
        return datetime.fromisoformat(params["lastUpdatedAfter"])

    def _token(self, params: Mapping[str, str], last: tuple[str, str]) -> str:
        parts = (instant(self.now()), _fixed(params), *last)
        return base64.urlsafe_b64encode("|".join(parts).encode()).decode()

    def _cursor(self, params: Mapping[str, str]) -> tuple[str, str]:
        """The last order told; a token is good for a day and for the same question only."""
        token = params.get("paginationToken")
        if token is None:
            return ("", "")
        try:
            made, fixed, at, name = base64.urlsafe_b64decode(token).decode().split("|")
        except ValueError as error:
            raise Refusal("paginationToken is not valid") from error
        if fixed != _fixed(params) or datetime.fromisoformat(made) + TOKEN_LIFE < self.now():
            raise Refusal("paginationToken has expired or belongs to another search")
        return (at, name)


def _fixed(params: Mapping[str, str]) -> str:
    rest = {k: v for k, v in params.items() if k != "paginationToken"}
    return "&".join(f"{k}={v}" for k, v in sorted(rest.items()))


def _sets(params: Mapping[str, str]) -> frozenset[str]:
    wanted = frozenset(name for name in params.get("includedData", "").split(",") if name)
    if wanted - SETS:
        raise Refusal(f"includedData: {', '.join(sorted(wanted - SETS))}")
    return wanted


def _size(params: Mapping[str, str]) -> int:
    size = int(params.get("maxResultsPerPage", str(PAGE_MAX)))
    if not 1 <= size <= PAGE_MAX:
        raise Refusal(f"maxResultsPerPage: between 1 and {PAGE_MAX}")
    return size


def _asked(view: Mapping[str, Json], params: Mapping[str, str]) -> bool:
    by = params.get("fulfilledBy", "MERCHANT,AMAZON").split(",")
    fulfilment, channel = view["fulfillment"], view["salesChannel"]
    places = params.get("marketplaceIds", "").split(",")
    return (
        isinstance(fulfilment, dict)
        and isinstance(channel, dict)
        and fulfilment["fulfilledBy"] in by
        and channel["marketplaceId"] in places
    )


def _package(detail: Mapping[str, Json]) -> Package:
    reference = str(demand(detail, "packageReferenceId", str))
    if not reference.isdigit() or int(reference) < 1:
        raise Refusal("PackageReferenceId: is invalid, must be a positive numeric value.")
    carrier = str(demand(detail, "carrierCode", str))
    if carrier == "Other" and not detail.get("carrierName"):
        raise Refusal("carrierName is required when carrierCode is Other")
    shipped_at = str(demand(detail, "shipDate", str))
    try:
        datetime.fromisoformat(shipped_at)
    except ValueError as error:
        raise Refusal("shipDate is not a date and time") from error
    items = demand(detail, "orderItems", list)
    return Package(
        reference=reference,
        tracking_number=str(demand(detail, "trackingNumber", str)),
        carrier=str(detail.get("carrierName") or carrier),
        shipped_at=shipped_at,
        items=_units(items if isinstance(items, list) else []),
    )


def _units(rows: list[Json]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise Refusal("OrderItemId is invalid")
        quantity = demand(row, "quantity", int)
        found[str(demand(row, "orderItemId", str))] = int(str(quantity))
    if not found:
        raise Refusal("orderItems: at least one is required")
    return found


def line_of(order: Order, sku: str) -> Item:
    for item in order.items:
        if item.sku == sku:
            return item
    raise LookupError(f"no {sku} in {order.order_id}")
