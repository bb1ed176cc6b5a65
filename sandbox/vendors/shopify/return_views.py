"""What the Admin API answers of returns."""

from collections.abc import Callable, Sequence
from typing import Final

from sandbox.vendors.shopify.order_views import Till, line_view
from sandbox.vendors.shopify.state import Disposition, Order, Return, Shop, gid, instant
from sandbox.vendors.shopify.views import View, location_view, page

Field = Callable[..., View]
_OPEN: Final = frozenset({"OPEN", "REQUESTED"})


def return_status(order: Order) -> str:
    """Of all returns of an order."""
    kept = [one for one in order.returns if one.status not in {"CANCELED", "DECLINED"}]
    if not order.returns:
        return "NO_RETURN"
    if not kept:
        return "RETURN_FAILED"
    if any(one.status == "REQUESTED" for one in kept):
        return "RETURN_REQUESTED"
    return "IN_PROGRESS" if any(one.status in _OPEN for one in kept) else "RETURNED"


def returns_field(shop: Shop, order: Order) -> Field:
    return _paged(order.returns, lambda one: return_view(shop, order, one))


def return_view(shop: Shop, order: Order, one: Return) -> View:
    def fulfilled(line_id: int) -> View:
        return {"lineItem": line_view(Till(shop, order), order.line(line_id))}

    def line(row: tuple[int, int]) -> View:
        return {
            "__typename": "ReturnLineItem",
            "id": gid("ReturnLineItem", one.return_id * 1_000_000 + row[0]),
            "quantity": row[1],
            "returnReasonNote": one.note,
            "fulfillmentLineItem": fulfilled(row[0]),
        }

    def exchange(line_id: int) -> View:
        return {"lineItems": [line_view(Till(shop, order), order.line(line_id))]}

    def reversed_(row: tuple[int, int]) -> View:
        came = [each for each in one.dispositions if each.line_id == row[0]]
        return {
            "fulfillmentLineItem": fulfilled(row[0]),
            "dispositions": [_disposition(shop, each) for each in came],
        }

    units = list(one.units.items())
    reverse: View = {"lineItems": _paged(units, reversed_)}
    return {
        "__typename": "Return",
        "id": gid("Return", one.return_id),
        "status": one.status,
        "returnLineItems": _paged(units, line),
        "exchangeLineItems": _paged(one.exchanged, exchange),
        "reverseFulfillmentOrders": _paged([one], lambda _: reverse),
    }


def _disposition(shop: Shop, one: Disposition) -> View:
    return {
        "id": gid("ReverseFulfillmentOrderDisposition", one.disposition_id),
        "type": one.kind,
        "quantity": one.quantity,
        "createdAt": instant(one.created_at),
        "location": location_view(shop, one.location_id) if one.location_id else None,
    }


def _paged[T](rows: Sequence[T], view: Callable[[T], View]) -> Field:
    def paged(_info: object, first: int | None = None, after: str | None = None) -> View:
        return page(rows, view, first, after)

    return paged
