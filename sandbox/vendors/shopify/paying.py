"""Money of an order: paid later, given back, and listed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from sandbox.vendors.shopify.balance import STATES
from sandbox.vendors.shopify.state import Line, Order
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.shopify.simulator import ShopifySimulator


def refund(
    sim: "ShopifySimulator",
    *,
    order: Json,
    lines: list[dict[str, Json]],
    restock: bool = True,
    amount: str | None = None,
    freight: bool = False,
    tenders: dict[str, str] | None = None,
) -> Json:
    """Refund units: each line names a `sku` or a `line` id, and a `quantity`.

    `tenders` are amounts by gateway, where it is not to go back as it was paid.
    """
    found = sim.order(order)
    chosen = [(_line(found, row), int(str(row.get("quantity", 1)))) for row in lines]
    money = None if amount is None else sim.shop.minor(amount)
    parts = {name: sim.shop.minor(text) for name, text in (tenders or {}).items()}
    given = sim.checkout.refund(
        found,
        chosen,
        sim.now(),
        restock=restock,
        amount=money,
        freight=freight,
        tenders=parts or None,
    )
    sim.tell_refund(found, given)
    return {"refund": given.refund_id, "total": given.total}


def pay(sim: "ShopifySimulator", *, order: Json, kind: str = "capture") -> Json:
    """The order is paid, or authorised, after it was placed."""
    found = sim.order(order)
    sim.checkout.pay(found, kind, sim.now())
    found.updated_at = sim.now()
    sim.tell("orders/updated", found)
    return found.total


def payments(sim: "ShopifySimulator", *, order: Json) -> Json:
    """Every movement of money of an order; amounts, and what was `shown`, in minor units."""
    return [
        {"kind": t.kind, "amount": t.amount, "gateway": t.gateway, "shown": t.shown}
        for t in sim.order(order).transactions
    ]


def _line(order: Order, row: Mapping[str, Json]) -> Line:
    wanted = {"sku": row.get("sku"), "line": row.get("line")}
    for line in order.lines:
        if line.sku == wanted["sku"] or str(line.line_id) == str(wanted["line"]):
            return line
    raise LookupError(f"no such line in #{order.number}")


def pay_out(sim: "ShopifySimulator", *, state: str = "PAID") -> Json:
    """The provider pays out what lies in its balance; the payout's number."""
    return sim.balance.pay_out(sim.now(), _state(state)).number


def payout_state(sim: "ShopifySimulator", *, number: int, state: str) -> Json:
    """A payout is in transit, paid, failed or cancelled from now on."""
    sim.balance.payouts[number].state = _state(state)
    return state


def _state(state: str) -> str:
    if state not in STATES:
        raise ValueError(f"a payout is never {state}")
    return state


def book(sim: "ShopifySimulator", *, kind: str, amount: str, order: Json = None) -> Json:
    """A movement of the balance that is no payment, such as a chargeback; its number."""
    found = None if order is None else sim.order(order).order_id
    sign, text = (-1, amount[1:]) if amount.startswith("-") else (1, amount)
    return sim.balance.add(kind, sign * sim.shop.minor(text), sim.now(), found)


def grant_payouts(sim: "ShopifySimulator", *, on: bool = True) -> Json:
    """The app has the scope of payouts, or has it no longer."""
    sim.balance.granted = on
    return on


COMMANDS: Final[dict[str, Callable[..., Json]]] = {
    "refund": refund,
    "pay": pay,
    "payments": payments,
    "pay_out": pay_out,
    "payout_state": payout_state,
    "book": book,
    "grant_payouts": grant_payouts,
}
