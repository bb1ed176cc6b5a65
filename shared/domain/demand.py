"""What is still wanted of an order, what the ERP is to change for it, and what is too late.

Nothing here depends on the order in which news came: wanted units follow from the newest telling,
what may still leave from the ERP's lines, and what has left from the set of shipments.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import field

from shared.domain import amounts
from shared.frozen import frozen
from shared.model.case import Case, CaseState, ErpHeader, ErpLine, IntentKind, PartAmounts
from shared.model.money import Money
from shared.model.order import Order, OrderLine, Refund, Shipment

UNDER_WAY = frozenset({CaseState.SENDING, CaseState.IN_DOUBT})


@frozen
class LineChange:
    """A line of the ERP's order to be brought to `units`; none means that no more is to leave.

    Its item is found by number, or by its `place`; `line` is to be taken in where there is none.
    `amounts` are what these units are to cost, and `gone` how many left, as far as we heard.
    """

    line_id: str
    place: int
    units: int
    item: str = ""
    line: OrderLine | None = None
    amounts: PartAmounts | None = None
    gone: int = 0


@frozen
class Amendment:
    """What the ERP's order is to be brought to; without a `header` that stays as it is."""

    lines: tuple[LineChange, ...] = ()
    header: ErpHeader | None = None

    def __bool__(self) -> bool:
        return bool(self.lines) or self.header is not None


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


@frozen
class AmendedOrder:
    """The ERP's order after it was asked to change.

    `left` are the members of the header that it did not take, `refused` says why, unless goods had
    left. `total` is what it comes to with tax, `nets` what its items do without, by number; where
    the ERP does not say, nothing.
    """

    lines: tuple[AmendedLine, ...]
    left: tuple[str, ...] = ()
    refused: str = ""
    total: Money | None = None
    nets: Mapping[str, Money] = field(default_factory=dict)


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
    return units(case, case.shipments)


def units(case: Case, shipments: Iterable[Shipment]) -> Counter[str]:
    """Units of some shipments of an order, by the same names."""
    by_item = {line.item: line_id for line_id, line in case.erp_lines.items() if line.item}
    left = Counter[str]()
    for shipment in shipments:
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


def amendment(case: Case, *, unsure: bool = False) -> Amendment:
    """What the ERP is to be asked for, so that it holds what is wanted and can still be had.

    With `unsure` also where that is what it held last: nobody knows what an unanswered request did.
    """
    if case.erp_order is None:
        return Amendment()
    lines = changes(case, unsure=unsure)
    return Amendment(lines, _header(case, unsure=unsure, beside=bool(lines)))


def changes(case: Case, *, unsure: bool = False) -> tuple[LineChange, ...]:
    """The lines of it: to how many units, and at what amounts."""
    if case.erp_order is None:
        return ()
    wish, gone = wanted(case.newest, case.refunds), shipped(case)
    lines = {line.line_id: line for line in case.newest.lines}
    found = []
    following = max((known.place for known in case.erp_lines.values()), default=0) + 1
    for line_id in dict.fromkeys((*case.erp_lines, *wish)):
        known, units, line = case.erp_lines.get(line_id), wish.get(line_id, 0), lines.get(line_id)
        costs = amounts.left_of(case.newest, line, case.refunds, units) if line and units else None
        if known is None:
            if line is not None and units and line.sku:
                found.append(LineChange(line_id, following, units, "", line, costs))
                following += 1
            continue
        now = amounts.known_line(case, line_id)
        target = _target(known, units, gone[line_id], costs, now, unsure=unsure)
        if target is not None:
            paid, left = costs if target else None, gone[line_id]
            found.append(LineChange(line_id, known.place, target, known.item, line, paid, left))
    return tuple(found)


def as_wished(case: Case) -> bool:
    """Whether the ERP holds what is wanted, also where it once refused something."""
    return not amendment(forgiven(case))


def refused(case: Case) -> bool:
    """Whether something is remembered that the ERP would not do."""
    lines = any(line.refused is not None for line in case.erp_lines.values())
    return lines or case.refused_header is not None


def unsettled(case: Case) -> bool:
    """Whether the ERP is still to be asked for something, or it is unknown what it did of it."""
    asked = any(i.open and i.kind is IntentKind.AMEND_ORDER for i in case.intents)
    return asked or bool(amendment(case))


def _target(
    known: ErpLine,
    units: int,
    gone: int,
    costs: PartAmounts | None,
    now: PartAmounts | None,
    *,
    unsure: bool,
) -> int | None:
    """To how many units an item is to be brought, 0 for rejected; None to leave it.

    What was rejected and is wanted again is asked for once: an ERP that cannot says so. Where just
    what is wanted has left, the item is brought to that, since a rejected one is worth nothing.
    """
    if known.delivered and units < known.units:
        return None
    target = max(units, gone)
    stopped = units < gone or not units or (known.rejected and target == gone)
    priced = stopped or now is None or costs == now
    held = target == gone if known.rejected else target == known.units and priced
    refused = target == known.refused and known.refused_amounts in {None, costs}
    if refused or (held and not unsure):
        return None
    return 0 if stopped else target


def _header(case: Case, *, unsure: bool, beside: bool) -> ErpHeader | None:
    """What the ERP is to hold beside its lines; None to leave it.

    Freight ends with the last unit that is wanted or has left; where goods go matters while some
    are to leave. A block that was too late is asked for again `beside` lines, which may be added.
    """
    if not (unsure or _touched(case)):
        return None
    known, told = amounts.known_header(case), amounts.header(case.newest)
    moves = bool(to_leave(case))
    wish = ErpHeader(
        freight=told.freight if _alive(case) else {},
        address=told.address if moves and amounts.placed(told.address) else known.address,
        shipping_condition=(told if moves else known).shipping_condition,
        blocked=_blocked(case, known, moves=moves),
    )
    refused = wish == case.refused_header and not (wish.blocked and beside)
    if refused or (wish == known and not unsure):
        return None
    return wish


def _blocked(case: Case, known: ErpHeader, *, moves: bool) -> bool:
    """Whether nothing more is to be delivered; what has all left, or nobody wants, stays as it is.

    A block is not lifted for its order being cancelled, only for a better verdict.
    """
    if kept_back(case):
        return True
    return known.blocked and (case.suspect or not moves)


def kept_back(case: Case) -> dict[str, int]:
    """Units by line that are wanted and must not leave, since the order may be fraud.

    None before the ERP may hold the order: it is not sent there then.
    """
    if not case.suspect or (case.erp_order is None and case.state not in UNDER_WAY):
        return {}
    gone, found = shipped(case), {}
    for line_id, units in wanted(case.newest, case.refunds).items():
        known = case.erp_lines.get(line_id)
        left = known.units if known is not None and known.delivered else 0
        closed = known is not None and known.rejected
        if not closed and units > (away := max(gone[line_id], left)):
            found[line_id] = units - away
    return found


def forgiven(case: Case, of: Container[str] | None = None) -> Case:
    """The case without what the ERP refused, so that it is asked for again: `of` lines, or all."""
    lines = {
        line_id: line
        if of is not None and line_id not in of
        else line.model_copy(update={"refused": None, "refused_amounts": None})
        for line_id, line in case.erp_lines.items()
    }
    header = case.refused_header if of is not None else None
    return case.model_copy(update={"erp_lines": lines, "refused_header": header})


def _touched(case: Case) -> bool:
    """Whether anything was told of the order since it was sent; most orders end without."""
    told = case.told or case.erp_header or case.refunds or case.newest.cancelled_at or case.suspect
    return bool(told)


def _alive(case: Case) -> bool:
    """Whether anything of the order is wanted, or has left."""
    left = any(line.delivered for line in case.erp_lines.values())
    return left or any(wanted(case.newest, case.refunds).values()) or any(shipped(case).values())


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


def unbooked(case: Case) -> Counter[str]:
    """Units by line that have left, and the stock we know still holds; less those it lacks already.

    Where the ERP tells the stock and another the shipments, only the ERP's own delivery takes units
    off: until then they are held, and once it has, what is still to be told has left.
    """
    found = units(case, (one for one in case.shipments if not one.booked))
    found.subtract(units(case, (one for one in case.heard if one.booked)))
    return found


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
