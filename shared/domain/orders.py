"""Order decisions: totals, mapping, holds, and where a case goes next."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from shared.domain import demand
from shared.frozen import frozen
from shared.model.case import Case, CaseState, HoldReason, Hop, Intent, IntentState
from shared.model.holds import Hold
from shared.model.money import Money, total
from shared.model.order import Order, OrderLine, Shipment

REFERENCE_MAX = 35  # SAP PurchaseOrderByCustomer
TIMELINE_MAX = 60
FIRST_KEPT = 10
CUT = "cut"


@frozen
class TotalsDiffer:
    """`line` is the one that is not what its parts make, if one is known to be."""

    stated: Money
    computed: Money
    line: str | None = None


def check_totals(order: Order, *, tolerance_minor: int) -> TotalsDiffer | None:
    """Goods less discounts plus freight, plus taxes unless prices contain them, is the total."""
    computed = order.goods() - order.discounts() + order.freight()
    if not order.taxes_included:
        computed += order.taxes()
    if abs(computed.amount - order.total.amount) <= tolerance_minor:
        return None
    return TotalsDiffer(stated=order.total, computed=computed, line=_suspect(order, computed))


def _suspect(order: Order, computed: Money) -> str | None:
    """The line whose own total is not what its parts make, else the only one so far off."""
    for line in order.lines:
        if line.total is not None and line.total != _made(line, order):
            return line.line_id
    off = abs(computed.amount - order.total.amount)
    parts = {
        line.line_id: {line.unit_price.amount, _made(line, order).amount}
        | {discount.amount.amount for discount in line.discounts}
        | {tax.amount.amount for tax in line.taxes}
        for line in order.lines
    }
    found = [line_id for line_id, amounts in parts.items() if off in amounts]
    return found[0] if len(found) == 1 else None


def _made(line: OrderLine, order: Order) -> Money:
    """What a line costs by its parts, as the order's total counts it."""
    off = total(order.currency, (discount.amount for discount in line.discounts))
    made = line.unit_price * line.quantity - off
    if order.taxes_included:
        return made
    return made + total(order.currency, (tax.amount for tax in line.taxes))


def reference(order: Order) -> str:
    """What the ERP can be asked for: unique per channel order, never changes, at most 35 long."""
    text = f"{order.channel}-{order.external_id}".upper()
    if len(text) > REFERENCE_MAX:
        raise ValueError(f"order reference {text!r} is longer than {REFERENCE_MAX} characters")
    return text


def mapped(order: Order, skus: Mapping[str, str], *, custom: str | None) -> Order:
    """The order with every line's SKU filled in where a mapping is known."""
    lines = tuple(_mapped_line(line, skus, custom) for line in order.lines)
    return order.model_copy(update={"lines": lines})


def _mapped_line(line: OrderLine, skus: Mapping[str, str], custom: str | None) -> OrderLine:
    sku = skus.get(line.channel_sku) if line.channel_sku else custom
    return line if sku is None else line.model_copy(update={"sku": sku})


def unmapped(order: Order) -> tuple[str, ...]:
    """Codes nobody has mapped, each once; a line without a code is named by its title."""
    return codes(line for line in order.lines if not line.sku)


def codes(lines: Iterable[OrderLine]) -> tuple[str, ...]:
    """How these lines name their articles, each once."""
    named = dict.fromkeys(line.channel_sku or f"custom line {line.title!r}" for line in lines)
    return tuple(named)


def holds(case: Case, *, location: str) -> dict[str, Hold]:
    """Units this case still takes off availability, by `order_id/line_id`.

    A line without a location of its own is held at `location`.
    """
    if case.state in {CaseState.CANCELLED, CaseState.RECORDED}:
        return {}
    left, unbooked = demand.to_leave(case), demand.unbooked(case)
    found = {}
    for ordered in lines_of(case):
        units = left.get(ordered.line_id, 0) + unbooked[ordered.line_id]
        if ordered.sku and units > 0:
            found[f"{case.order.order_id}/{ordered.line_id}"] = Hold(
                order_id=case.order.order_id,
                line_id=ordered.line_id,
                location=ordered.location or location,
                quantity=units,
                since=case.captured_at,
            )
    return found


def with_skus(case: Case) -> Case:
    """The case with every article of its lines remembered, so that no hold is left behind."""
    known = dict.fromkeys((*case.skus, *(line.sku for line in lines_of(case) if line.sku)))
    return case if len(known) == len(case.skus) else case.model_copy(update={"skus": tuple(known)})


def lines_of(case: Case) -> tuple[OrderLine, ...]:
    """Every line the order has or had, as it was told last."""
    found = {line.line_id: line for line in (*case.order.lines, *case.newest.lines)}
    return tuple(found.values())


def resolved(case: Case, shipment: Shipment) -> Shipment:
    """The shipment with the channel's line ids, found through the ERP's item numbers."""
    by_item = {line.item: line_id for line_id, line in case.erp_lines.items() if line.item}
    lines = tuple(
        line.model_copy(update={"line_id": by_item.get(line.erp_item)})
        if line.erp_item in by_item
        else line
        for line in shipment.lines
    )
    return shipment.model_copy(update={"lines": lines})


def with_intent(case: Case, intent: Intent) -> Case:
    """The case with this intent in place of the one of the same id."""
    others = tuple(i for i in case.intents if i.intent_id != intent.intent_id)
    return case.model_copy(update={"intents": (*others, intent)})


def sent(intent: Intent, *, now: datetime) -> Intent:
    """The intent once more on its way."""
    again = {"state": IntentState.SENT, "attempts": intent.attempts + 1, "sent_at": now}
    return intent.model_copy(update=again)


def settled(intent: Intent, state: IntentState, *, now: datetime, result: str | None = None,
            detail: str = "") -> Intent:  # fmt: skip
    return intent.model_copy(
        update={
            "state": state,
            "settled_at": now,
            "result": result or intent.result,
            "detail": detail[:300],
        }
    )


def noted(case: Case, what: str, detail: str = "", *, now: datetime) -> Case:
    """The case with one more line of its timeline.

    Of a long one the first and the last lines stay; a line between them says how many gave way.
    """
    hops = (*case.timeline, Hop(at=now, what=what, detail=detail[:300]))
    if len(hops) > TIMELINE_MAX:
        first, rest, gone = hops[:FIRST_KEPT], hops[FIRST_KEPT:], 0
        if rest[0].what == CUT:
            gone, rest = int(rest[0].detail.partition(" ")[0]), rest[1:]
        kept = rest[FIRST_KEPT + 1 - TIMELINE_MAX :]
        gone += len(rest) - len(kept)
        hops = (*first, Hop(at=kept[0].at, what=CUT, detail=f"{gone} steps are left out"), *kept)
    return case.model_copy(update={"timeline": hops})


def ever(case: Case, *steps: str) -> bool:
    """Whether one of these steps was taken; where steps are left out, it may have been."""
    return any(hop.what in {*steps, CUT} for hop in case.timeline)


def waived(case: Case, *, reason: HoldReason) -> Case:
    """The case after a person said that it is not to be held for this."""
    if reason in case.waived:
        return case
    return case.model_copy(update={"waived": (*case.waived, reason)})
