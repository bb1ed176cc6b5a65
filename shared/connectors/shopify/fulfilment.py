"""Shipments: looked up first, then told to the shop, one fulfilment per location.

`fulfillmentCreate` has no idempotency key, and a fulfilment no field for a reference of ours. So a
shipment is recognised by its tracking number; one without a number is sent under its own id, which
the shop then shows as the number, until there is one: then the fulfilment's tracking is updated.
What fulfilments with that number already hold of a line is taken off what is still to be told. Two
shipments of one order under one number can therefore not share an order line.
"""

from collections import Counter
from collections.abc import Sequence

from shared.connectors.shopify import fulfilment_schema, mapping, order_schema, orders, queries
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.reader import placements, with_more_lines
from shared.connectors.shopify.settings import ShopifySettings
from shared.connectors.shopify.track_queries import TRACK
from shared.errors import RejectedError, RetryableError
from shared.frozen import frozen
from shared.model.order import Order, Shipment, Tracking
from shared.model.target import Outcome, Verdict

OPEN = frozenset({"OPEN", "IN_PROGRESS"})
WAITING = frozenset({"ON_HOLD", "SCHEDULED"})
FAILED = frozenset({"CANCELLED", "ERROR", "FAILURE"})
LINES_MAX = 512  # fulfilment order lines of one fulfillmentCreate


@frozen
class Part:
    """Units of one fulfilment order line."""

    order: str
    line: str
    quantity: int


@frozen
class Fulfilments:
    api: AdminApi
    settings: ShopifySettings

    def ship(self, order: Order, shipment: Shipment) -> Outcome:
        """Applied when the shop holds the whole shipment with its tracking numbers.

        A repeat finds it and sends nothing. Numbers the shop has beside ours stay.
        """
        gid = orders.gid("Order", order.external_id)
        try:
            wanted = _wanted(order, shipment)
            lines = min(len(order.lines), queries.PLACED_LINES_PAGE)
            few = queries.fulfilments(queries.FULFILMENTS_FEW)
            self.api.reserve(few, queries.placements(lines), queries.FULFIL)
            left = wanted - self._told(gid, shipment, wanted)
            if left:
                for parts in _calls(self._placed(gid, lines), left):
                    self._create(shipment, parts)
        except RejectedError as error:
            return mapping.rejected(shipment.shipment_id, error.code, str(error))
        return Outcome(key=shipment.shipment_id, verdict=Verdict.APPLIED)

    def _told(self, order: str, shipment: Shipment, wanted: Counter[str]) -> Counter[str]:
        """Units by line that fulfilments of this shipment already hold, brought to its tracking."""
        told_so_far = self._fulfilments(order, queries.FULFILMENTS_FEW)
        if len(told_so_far) == queries.FULFILMENTS_FEW:
            told_so_far = self._fulfilments(order, queries.FULFILMENTS_MAX)
        if len(told_so_far) == queries.FULFILMENTS_MAX:
            raise RejectedError("more fulfilments than can be looked through", code="too_many")
        told, ours = Counter[str](), numbers(shipment)
        for fulfilment in told_so_far:
            known = {info.number for info in fulfilment.tracking_info}
            if fulfilment.status not in FAILED and known & ours:
                held = self._held(fulfilment.id)
                told += held
                if held & wanted and (lacking := tracked(shipment, fulfilment)) is not None:
                    self._track(fulfilment.id, lacking)
        return told

    def _track(self, fulfilment: str, tracking: dict[str, object]) -> None:
        """The mutation replaces all tracking, so a repeat leaves the same."""
        notify = self.settings.notify_customer
        sent = {"id": fulfilment, "tracking": tracking, "notify": notify}
        answer = self.api.call(TRACK, sent, fulfilment_schema.TrackAnswer)
        _understood(answer.fulfillment_tracking_info_update)

    def _fulfilments(self, order: str, first: int) -> Sequence[fulfilment_schema.Fulfilment]:
        variables = {"id": order, "first": first}
        operation = queries.fulfilments(first)
        answer = self.api.call(operation, variables, fulfilment_schema.FulfilmentsAnswer)
        if answer.order is None:
            raise RejectedError(f"the shop has no order {order}", code="no_order")
        return answer.order.fulfillments

    def _held(self, fulfilment: str) -> Counter[str]:
        held = Counter[str]()
        after: str | None = None
        while True:
            variables = {"id": fulfilment, "after": after}
            answer = self.api.call(
                queries.FULFILMENT_LINES, variables, fulfilment_schema.FulfilmentLinesAnswer
            )
            if answer.fulfillment is None:
                return held
            page = answer.fulfillment.fulfillment_line_items
            for line in page.nodes:
                held[orders.legacy_id(line.line_item.id)] += line.quantity or 0
            after = page.next
            if after is None:
                return held

    def _placed(self, order: str, lines: int) -> list[order_schema.FulfilmentOrder]:
        """Every fulfilment order of an order with all of its lines."""
        placed: list[order_schema.FulfilmentOrder] = []
        after: str | None = None
        while True:
            page = placements(self.api, order, after, lines)
            if page is None:
                raise RetryableError(f"{order} is gone")
            placed += page.fulfillment_orders.nodes
            after = page.fulfillment_orders.next
            if after is None:
                break
        for i in range(len(placed)):
            while placed[i].line_items.next is not None:
                placed[i] = with_more_lines(self.api, placed[i])
        return placed

    def _create(self, shipment: Shipment, parts: Sequence[Part]) -> None:
        by_order: dict[str, list[dict[str, object]]] = {}
        for part in parts:
            line = {"id": part.line, "quantity": part.quantity}
            by_order.setdefault(part.order, []).append(line)
        sent = {
            "notifyCustomer": self.settings.notify_customer,
            "trackingInfo": tracking(shipment),
            "lineItemsByFulfillmentOrder": [
                {"fulfillmentOrderId": name, "fulfillmentOrderLineItems": lines}
                for name, lines in by_order.items()
            ],
        }
        answer = self.api.call(
            queries.FULFIL, {"fulfillment": sent}, fulfilment_schema.FulfilAnswer
        )
        _understood(answer.fulfillment_create)


def _understood(payload: fulfilment_schema.FulfilPayload) -> None:
    if errors := payload.user_errors:
        where = "/".join(errors[0].field or ())
        raise RejectedError(f"{errors[0].message} ({where})", code="fulfilment_refused")


def numbers(shipment: Shipment) -> frozenset[str]:
    """What this shipment can be recognised by in the shop: it may be told without a number yet."""
    return frozenset({shipment.shipment_id, *(t.number for t in shipment.tracking if t.number)})


def tracked(shipment: Shipment, theirs: fulfilment_schema.Fulfilment) -> dict[str, object] | None:
    """`FulfillmentTrackingInput` for a fulfilment that lacks numbers of ours; None if it has all.

    What else it shows stays, but for the shipment's id that stood for a number.
    """
    ours = {one.number: one for one in shipment.tracking if one.number}
    if not ours or not ours.keys() - {info.number for info in theirs.tracking_info}:
        return None
    others = tuple(
        Tracking(carrier=info.company or "", number=info.number, url=info.url)
        for info in theirs.tracking_info
        if info.number and info.number not in {*ours, shipment.shipment_id}
    )
    whole = (*ours.values(), *others)
    return tracking(shipment.model_copy(update={"tracking": whole}))


def tracking(shipment: Shipment) -> dict[str, object]:
    """`FulfillmentTrackingInput`: one number as such, several as a list."""
    tracked = [t for t in shipment.tracking if t.number]
    if not tracked:
        return {"number": shipment.shipment_id}
    info: dict[str, object] = {"company": tracked[0].carrier} if tracked[0].carrier else {}
    urls = [t.url for t in tracked if t.url]
    if len(tracked) == 1:
        return info | {"number": tracked[0].number} | ({"url": urls[0]} if urls else {})
    return info | {"numbers": [t.number for t in tracked]} | ({"urls": urls} if urls else {})


def _wanted(order: Order, shipment: Shipment) -> Counter[str]:
    """Units by the channel's line id; a line not resolved is found by its SKU if only one fits."""
    wanted = Counter[str]()
    known = {line.line_id for line in order.lines}
    for line in shipment.lines:
        found = line.line_id
        if found is None:
            fitting = [o.line_id for o in order.lines if o.sku == line.sku]
            found = fitting[0] if len(fitting) == 1 else None
        if found not in known or found is None:
            raise RejectedError(
                f"{line.sku} of shipment {shipment.shipment_id} is on no line of {order.number}",
                code="unknown_line",
            )
        wanted[found] += line.quantity
    return wanted


def _calls(placed: Sequence[order_schema.FulfilmentOrder], left: Counter[str]) -> list[list[Part]]:
    """Parts per location, in calls of at most 512; RejectedError when more is wanted than open."""
    todo = Counter(left)
    by_place: dict[str, list[Part]] = {}
    for order in placed:
        if order.status not in OPEN:
            continue
        location = order.assigned_location.location
        parts = by_place.setdefault(location.id if location else order.id, [])
        for line in order.line_items.nodes:
            name = orders.legacy_id(line.line_item.id)
            quantity = min(todo[name], line.remaining_quantity)
            if quantity > 0:
                parts.append(Part(order.id, line.id, quantity))
                todo[name] -= quantity
    missing = +todo
    if missing:
        raise _too_many(placed, left, missing)
    return [
        parts[i : i + LINES_MAX]
        for parts in by_place.values()
        for i in range(0, len(parts), LINES_MAX)
    ]


def _too_many(
    placed: Sequence[order_schema.FulfilmentOrder], left: Counter[str], missing: Counter[str]
) -> RejectedError:
    line, short = next(iter(missing.items()))
    held = any(
        order.status in WAITING and orders.legacy_id(part.line_item.id) == line
        for order in placed
        for part in order.line_items.nodes
    )
    said = f"line {line}: {left[line]} to ship, {left[line] - short} open in the shop"
    if held:
        return RejectedError(f"{said}; the shop holds the order back", code="on_hold")
    return RejectedError(said, code="over_quantity")
