"""What is still wanted of an order, what the ERP is to change for it, and what is too late.

Nothing here depends on the order in which news came: wanted units follow from the newest telling,
what may still leave from the ERP's lines, and what has left from the set of shipments.
"""

from collections import Counter
from collections.abc import Mapping

from shared.frozen import frozen
from shared.model.case import Case, CaseState, ErpLine, IntentKind
from shared.model.order import Order, OrderLine, Refund

UNDER_WAY = frozenset({CaseState.SENDING, CaseState.IN_DOUBT})


@frozen
class LineChange:
    """A line of the ERP's order to be brought to `units`; none means that no more is to leave.

    Its item is found by number, or by its `place`; `line` is to be taken in where there is none.
    """

    line_id: str
    place: int
    units: int
    item: str = ""
    line: OrderLine | None = None


@frozen
class AmendedLine:
    """A line as the ERP holds it after it was asked to change; `refused` says why it did not."""

    line_id: str
    item: str
    place: int
    units: int
    rejected: bool = False
    delivered: bool = False
    refused: str = ""


def wanted(order: Order, refunds: tuple[Refund, ...] = ()) -> dict[str, int]:
    """Units the customer is still to get, or has got, by line; none of a cancelled order."""
    if order.cancelled_at is not None:
        return {line.line_id: 0 for line in order.lines}
    given_up = Counter[str]()
    for refund in refunds:
        for line in refund.lines:
            given_up[line.line_id] += line.quantity if line.cancelled else 0
    return {line.line_id: max(0, line.quantity - given_up[line.line_id]) for line in order.lines}


def shipped(case: Case) -> Counter[str]:
    """Units that left, by line of the channel; by the ERP's item where the line is unknown."""
    by_item = {line.item: line_id for line_id, line in case.erp_lines.items() if line.item}
    left = Counter[str]()
    for shipment in case.shipments:
        for line in shipment.lines:
            known = line.line_id or by_item.get(line.erp_item)
            left[known or f"item {line.erp_item}"] += line.quantity
    return left


def to_leave(case: Case) -> dict[str, int]:
    """Units by line that have not left and may yet: wanted, or still to be sent by the ERP."""
    if case.state is CaseState.RECORDED:
        return {}
    wish, gone = wanted(case.newest, case.refunds), shipped(case)
    found = {}
    for line_id in dict.fromkeys((*wish, *case.erp_lines, *_sent(case))):
        most = max(wish.get(line_id, 0), _committed(case, line_id))
        closed = line_id in case.erp_lines and case.erp_lines[line_id].rejected
        left = 0 if closed else most - gone[line_id]
        if left > 0:
            found[line_id] = left
    return found


def _sent(case: Case) -> Mapping[str, int]:
    """What the ERP may hold while nobody knows whether it does."""
    if case.state not in UNDER_WAY:
        return {}
    return {line.line_id: line.quantity for line in case.order.lines}


def _committed(case: Case, line_id: str) -> int:
    known = case.erp_lines.get(line_id)
    return known.units if known is not None else _sent(case).get(line_id, 0)


def changes(case: Case, *, unsure: bool = False) -> tuple[LineChange, ...]:
    """What the ERP is to be asked for, so that it holds what is wanted and can still be had.

    With `unsure` also where that is what it held last: nobody knows what an unanswered request did.
    """
    if case.erp_order is None:
        return ()
    wish, gone = wanted(case.newest, case.refunds), shipped(case)
    lines = {line.line_id: line for line in case.newest.lines}
    found = []
    following = max((known.place for known in case.erp_lines.values()), default=0) + 1
    for line_id in dict.fromkeys((*case.erp_lines, *wish)):
        known, units = case.erp_lines.get(line_id), wish.get(line_id, 0)
        if known is None:
            if units and lines[line_id].sku:
                found.append(LineChange(line_id, following, units, line=lines[line_id]))
                following += 1
        elif (target := _target(known, units, gone[line_id], unsure=unsure)) is not None:
            line = lines.get(line_id)
            found.append(LineChange(line_id, known.place, target, known.item, line))
    return tuple(found)


def unsettled(case: Case) -> bool:
    """Whether the ERP is still to be asked for something, or it is unknown what it did of it."""
    asked = any(i.open and i.kind is IntentKind.AMEND_ORDER for i in case.intents)
    return asked or bool(changes(case))


def _target(known: ErpLine, units: int, gone: int, *, unsure: bool) -> int | None:
    """To how many units an item is to be brought, 0 for rejected; None to leave it.

    What was rejected and is wanted again is asked for once: an ERP that cannot says so.
    """
    if known.delivered and units <= known.units:
        return None
    target = max(units, gone)
    held = target == gone if known.rejected else target == known.units
    if target == known.refused or (held and not unsure):
        return None
    return 0 if target == gone else target


def unmapped(case: Case) -> tuple[OrderLine, ...]:
    """Lines added after the ERP took the order, whose article is not known yet."""
    if case.erp_order is None:
        return ()
    wish = wanted(case.newest, case.refunds)
    return tuple(
        line
        for line in case.newest.lines
        if line.sku is None and wish[line.line_id] and line.line_id not in case.erp_lines
    )


def late(case: Case) -> dict[str, int]:
    """Units asked back after they had left, by line: a return is due for them."""
    wish, gone = wanted(case.newest, case.refunds), shipped(case)
    found = {}
    for line_id in dict.fromkeys((*wish, *case.erp_lines)):
        known = case.erp_lines.get(line_id)
        left = known.units if known is not None and known.delivered else gone[line_id]
        over = left - wish.get(line_id, 0)
        if over > 0:
            found[line_id] = over
    return found


def accepted_lines(case: Case, items: Mapping[str, str]) -> dict[str, ErpLine]:
    """The lines of an order the ERP has just taken; `items` maps ours to its item numbers."""
    return {
        line.line_id: ErpLine(item=items.get(line.line_id, ""), place=place, units=line.quantity)
        for place, line in enumerate(case.order.lines, start=1)
    }
