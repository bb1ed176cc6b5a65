"""`fulfillmentCreate`: goods of one order that left one location; their tracking afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.vendors.shopify.order_views import fulfilment_view
from sandbox.vendors.shopify.state import Fulfilment, Order, PlacedLine, Placement, Shop, number
from sandbox.vendors.shopify.views import View

LINES_MAX = 512
OPEN = frozenset({"OPEN", "IN_PROGRESS"})

Chosen = tuple[Placement, PlacedLine, int]


class Refused(Exception):  # noqa: N818 - a user error of the answer, not an error of ours
    """A rule of fulfilment is broken; `path` is where in the input."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(slots=True)
class Despatch:
    """`shipped` is told of every order that changed."""

    shop: Shop
    now: Callable[[], datetime]
    shipped: Callable[[Order], None]

    def create(self, _info: object, **given: object) -> View:
        wanted = given["fulfillment"]
        try:
            order, fulfilment = self._create(wanted if isinstance(wanted, dict) else {})
        except Refused as refused:
            error = {"field": ["fulfillment", *refused.path], "message": str(refused)}
            return {"fulfillment": None, "userErrors": [error]}
        self.shipped(order)
        return {"fulfillment": fulfilment_view(self.shop, order, fulfilment), "userErrors": []}

    def track(self, _info: object, **given: object) -> View:
        """What is sent takes the place of all tracking there was."""
        wanted = number("Fulfillment", given["fulfillmentId"])
        order = self.shop.orders.get(self.shop.fulfilments.get(wanted or 0, 0))
        rows = order.fulfilments if order else []
        found = next((one for one in rows if one.fulfilment_id == wanted), None)
        tracking = given["trackingInfoInput"]
        if order is None or found is None or found.status == "CANCELLED":
            error = {"field": ["fulfillmentId"], "message": "Fulfillment does not exist"}
            return {"fulfillment": None, "userErrors": [error]}
        said = tracking if isinstance(tracking, dict) else {}
        company = said.get("company")
        found.numbers, found.urls = _several(said, "number"), _several(said, "url")
        found.company = None if company is None else str(company)
        order.updated_at = self.now()
        self.shipped(order)
        return {"fulfillment": fulfilment_view(self.shop, order, found), "userErrors": []}

    def _create(self, wanted: Mapping[str, object]) -> tuple[Order, Fulfilment]:
        groups = wanted["lineItemsByFulfillmentOrder"]
        rows = groups if isinstance(groups, Sequence) else ()
        chosen: list[Chosen] = []
        for i, group in enumerate(rows):
            chosen += self._chosen(str(i), group)
        if not 0 < len(chosen) <= LINES_MAX:
            raise Refused(f"between 1 and {LINES_MAX} line items", "lineItemsByFulfillmentOrder")
        order = self._one_order(chosen)
        tracking = wanted.get("trackingInfo")
        fulfilment = self._fulfilled(order, chosen, tracking if isinstance(tracking, dict) else {})
        order.updated_at = self.now()
        return order, fulfilment

    def _chosen(self, index: str, group: Mapping[str, object]) -> list[Chosen]:
        at = ("lineItemsByFulfillmentOrder", index)
        placement = self._placement(group["fulfillmentOrderId"])
        if placement is None:
            raise Refused("Fulfillment order does not exist", *at, "fulfillmentOrderId")
        if placement.status not in OPEN:
            raise Refused(f"Fulfillment order is {placement.status.lower()}", *at)
        rows = group.get("fulfillmentOrderLineItems")
        if not isinstance(rows, Sequence) or not rows:
            return [(placement, line, line.remaining) for line in placement.lines if line.remaining]
        known = {line.placed_id: line for line in placement.lines}
        found: list[Chosen] = []
        for j, row in enumerate(rows):
            where = (*at, "fulfillmentOrderLineItems", str(j))
            line = known.pop(number("FulfillmentOrderLineItem", row["id"]) or 0, None)
            if line is None:
                raise Refused("Line item does not exist or occurs twice", *where, "id")
            if not 0 < row["quantity"] <= line.remaining:
                raise Refused("Quantity is not available to fulfill", *where, "quantity")
            found.append((placement, line, row["quantity"]))
        return found

    def _placement(self, name: object) -> Placement | None:
        wanted = number("FulfillmentOrder", name)
        order = self.shop.orders.get(self.shop.placements.get(wanted or 0, 0))
        placements = order.placements if order else []
        return next((p for p in placements if p.placement_id == wanted), None)

    def _one_order(self, chosen: Sequence[Chosen]) -> Order:
        owners = {self.shop.placements[placement.placement_id] for placement, _, _ in chosen}
        places = {placement.location_id for placement, _, _ in chosen}
        if len(owners) > 1 or len(places) > 1:
            raise Refused(
                "All must be of one order and one location", "lineItemsByFulfillmentOrder"
            )
        return self.shop.orders[owners.pop()]

    def _fulfilled(
        self, order: Order, chosen: Sequence[Chosen], tracking: Mapping[str, object]
    ) -> Fulfilment:
        company = tracking.get("company")
        fulfilment = Fulfilment(
            fulfilment_id=self.shop.next(),
            location_id=chosen[0][0].location_id,
            lines={},
            numbers=_several(tracking, "number"),
            urls=_several(tracking, "url"),
            company=None if company is None else str(company),
        )
        for placement, placed, units in chosen:
            placed.remaining -= units
            held = fulfilment.lines.get(placed.line_id, 0)
            fulfilment.lines[placed.line_id] = held + units
            self._left(order, placed, placement.location_id, units)
            if not any(line.remaining for line in placement.lines):
                placement.status = "CLOSED"
        order.fulfilments.append(fulfilment)
        self.shop.fulfilments[fulfilment.fulfilment_id] = order.order_id
        return fulfilment

    def _left(self, order: Order, placed: PlacedLine, place: int, units: int) -> None:
        variant = self.shop.variants.get(order.line(placed.line_id).variant_id or 0)
        if variant is not None and place in variant.levels:
            variant.levels[place].committed -= units


def _several(tracking: Mapping[str, object], name: str) -> tuple[str, ...]:
    many = tracking.get(f"{name}s")
    if isinstance(many, Sequence) and not isinstance(many, str):
        return tuple(str(one) for one in many)
    one = tracking.get(name)
    return (str(one),) if one else ()
