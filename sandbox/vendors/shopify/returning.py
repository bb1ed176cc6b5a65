"""Returns: what staff and shoppers open of what was sent, and what becomes of it when it comes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from sandbox.vendors.shopify.baskets import WishedLine
from sandbox.vendors.shopify.state import Disposition, Line, Order, RefundLine, Return
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.shopify.simulator import ShopifySimulator

NOTE_MAX: Final = 255
DEAD: Final = frozenset({"CANCELED", "DECLINED"})
ANSWERS: Final[Mapping[str, tuple[str, str, frozenset[str]]]] = {
    "approve": ("returns/approve", "OPEN", frozenset({"REQUESTED"})),
    "decline": ("returns/decline", "DECLINED", frozenset({"REQUESTED"})),
    "cancel": ("returns/cancel", "CANCELED", frozenset({"REQUESTED", "OPEN"})),
    "close": ("returns/close", "CLOSED", frozenset({"OPEN"})),
    "reopen": ("returns/reopen", "OPEN", frozenset({"CLOSED"})),
}
"""What may be said of a return: its topic, the status it gets, and from which."""


def open_return(
    sim: "ShopifySimulator",
    *,
    order: Json,
    lines: list[dict[str, Json]],
    requested: bool = False,
    note: str = "",
) -> Json:
    """Open a return of fulfilled units, or a shopper's request for one; its id.

    `note` is that of the reason, of 255 characters at most.
    """
    if len(note) > NOTE_MAX:
        raise ValueError("returnReasonNote is too long (maximum is 255 characters)")
    found = sim.order(order)
    units: dict[int, int] = {}
    for row in lines:
        line, wanted = _line(found, row), int(str(row.get("quantity", 1)))
        if not 0 < wanted <= _returnable(found, line) - units.get(line.line_id, 0):
            raise ValueError(f"line {line.line_id} has not {wanted} fulfilled units to return")
        units[line.line_id] = units.get(line.line_id, 0) + wanted
    status = "REQUESTED" if requested else "OPEN"
    made = Return(sim.shop.next(), status, units, sim.now(), note=note)
    found.returns.append(made)
    tell_return(sim, found, made, "returns/request" if requested else "returns/approve")
    return made.return_id


def answer_return(sim: "ShopifySimulator", *, order: Json, number: int, how: str) -> Json:
    """Approve, decline, cancel, close or reopen a return."""
    found = sim.order(order)
    made = _return(found, number)
    topic, status, before = ANSWERS[how]
    if made.status not in before:
        raise ValueError(f"a return that is {made.status} cannot be made {status}")
    if how == "cancel" and made.dispositions:
        raise ValueError("a return of which something came cannot be cancelled")
    made.status = status
    tell_return(sim, found, made, topic)
    return status


def process_return(
    sim: "ShopifySimulator",
    *,
    order: Json,
    number: int,
    lines: list[dict[str, Json]],
    refund: bool = False,
    amount: str | None = None,
    exchange: list[dict[str, Json]] | None = None,
) -> Json:
    """Say what became of units of an open return: each line a `disposition` of Shopify's.

    With `refund` or an `amount` money goes back for them. `exchange` adds lines to the order, which
    what comes back pays for: the rest goes back, or is paid.
    """
    found = sim.order(order)
    made = _return(found, number)
    if made.status != "OPEN":
        raise ValueError(f"return {number} is {made.status}")
    rows = [_disposed(sim, found, made, row) for row in lines]
    out = sum(_exchanged(sim, found, made, wish) for wish in exchange or ())
    given = None
    if refund or exchange or amount is not None:
        worth = [_refunded(sim, found, disposition) for disposition in rows]
        money = None if amount is None else sim.shop.minor(amount)
        if exchange and money is None:
            due = sum(one.subtotal for one in worth)
            money = max(0, due - out)
            sim.checkout.pay_more(found, max(0, out - due), sim.now())
        given = sim.checkout.give(found, worth, [], sim.now(), amount=money, return_id=number)
    if all(made.disposed(line) >= units for line, units in made.units.items()):
        made.status = "CLOSED"
    tell_return(sim, found, made, "returns/process")
    if given is not None:
        sim.tell_refund(found, given)
    return {"status": made.status, "refund": given.refund_id if given else None}


def returns(sim: "ShopifySimulator", *, order: Json) -> Json:
    """Every return of an order: `id`, `status`, and units by line."""
    return [
        {
            "id": one.return_id,
            "status": one.status,
            "units": {str(line): units for line, units in one.units.items()},
        }
        for one in sim.order(order).returns
    ]


def _exchanged(
    sim: "ShopifySimulator", order: Order, made: Return, wish: Mapping[str, Json]
) -> int:
    """Add a line that goes out instead; what it costs, as the shop's prices are."""
    line = sim.checkout.add(order, WishedLine.model_validate(wish), sim.now())
    made.exchanged.append(line.line_id)
    return line.net


def _disposed(
    sim: "ShopifySimulator", order: Order, made: Return, row: Mapping[str, Json]
) -> Disposition:
    line, units = _line(order, row), int(str(row.get("quantity", 1)))
    if not 0 < units <= made.units.get(line.line_id, 0) - made.disposed(line.line_id):
        raise ValueError(f"of line {line.line_id} not {units} units are left to process")
    kind = str(row.get("disposition", "RESTOCKED"))
    place = order.fulfilments[0].location_id
    disposition = Disposition(sim.shop.next(), line.line_id, kind, units, sim.now(), place)
    made.dispositions.append(disposition)
    variant = sim.shop.variants.get(line.variant_id or 0)
    if kind == "RESTOCKED" and variant is not None and place in variant.levels:
        variant.levels[place].available += units
    return disposition


def _refunded(sim: "ShopifySimulator", order: Order, one: Disposition) -> RefundLine:
    subtotal, tax = sim.checkout.worth(order.line(one.line_id), one.quantity)
    kind = "RETURN" if one.kind == "RESTOCKED" else "NO_RESTOCK"
    return RefundLine(one.line_id, one.quantity, subtotal, tax, kind, one.location_id)


def _returnable(order: Order, line: Line) -> int:
    """Units that were sent and are in no return yet."""
    sent = sum(fulfilment.lines.get(line.line_id, 0) for fulfilment in order.fulfilments)
    asked = sum(one.units.get(line.line_id, 0) for one in order.returns if one.status not in DEAD)
    return sent - asked


def _return(order: Order, number: int) -> Return:
    found = next((one for one in order.returns if one.return_id == number), None)
    if found is None:
        raise LookupError(f"no return {number} of #{order.number}")
    return found


def _line(order: Order, row: Mapping[str, Json]) -> Line:
    for line in order.lines:
        if line.sku == row.get("sku") or str(line.line_id) == str(row.get("line")):
            return line
    raise LookupError(f"no such line in #{order.number}")


def tell_return(sim: "ShopifySimulator", order: Order, made: Return, topic: str) -> None:
    order.updated_at = sim.now()
    body = {
        "id": made.return_id,
        "admin_graphql_api_id": f"gid://shopify/Return/{made.return_id}",
        "status": made.status.lower(),
        "order": {
            "id": order.order_id,
            "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
        },
    }
    sim.tell(topic, order, body)
    sim.tell("orders/updated", order)


def grant_returns(sim: "ShopifySimulator", *, on: bool = True) -> Json:
    """The app has the scope to open returns, or has it no longer."""
    sim.return_api.granted = on
    return on


COMMANDS: Final[dict[str, Callable[..., Json]]] = {
    command.__name__: command
    for command in (open_return, answer_return, process_return, returns, grant_returns)
}
