"""What the parts of an order cost, as it was sold and less what was cancelled of it since.

Each part is a price per unit, what is taken off it once, and the tax where prices do not contain
it. What is left of a line is what it cost less what went back for its cancelled units, so that line
and refunds sum to what was sold; where a channel does not say what went back, units share by
number, to the minor unit.
"""

from collections.abc import Iterable, Sequence

from shared.model.case import Case, ErpHeader, PartAmounts
from shared.model.money import Money, split, total
from shared.model.order import Address, Order, OrderLine, Refund, RefundLine, ShippingLine


def of_line(order: Order, line: OrderLine) -> PartAmounts:
    """What a line costs as its channel has it."""
    return PartAmounts(
        price=line.unit_price, off=_off(order, [line]), tax=_added_tax(order, [line])
    )


def left_of(order: Order, line: OrderLine, refunds: Iterable[Refund], units: int) -> PartAmounts:
    """What `units` of a line cost once its others were cancelled by refunds."""
    whole = of_line(order, line)
    gone = [
        part
        for refund in refunds
        for part in refund.lines
        if part.cancelled and part.line_id == line.line_id
    ]
    if not gone:
        return whole
    worth = line.unit_price * line.quantity - whole.off
    given_up = sum(part.quantity for part in gone)
    net, tax = (
        _less(amount, back, units, given_up)
        for amount, back in zip((worth, whole.tax), _went_back(order, gone), strict=True)
    )
    return PartAmounts(price=line.unit_price, off=line.unit_price * units - net, tax=tax)


def _went_back(order: Order, gone: Sequence[RefundLine]) -> tuple[Money | None, Money | None]:
    """(amount, tax on top of it) of units that were cancelled; None where that is not said."""
    amount = total(order.currency, (part.amount for part in gone))
    tax = total(order.currency, (part.tax for part in gone))
    if not amount.amount and not tax.amount:
        return None, None
    return amount, Money.zero(order.currency) if order.taxes_included else tax


def _less(amount: Money, back: Money | None, units: int, given_up: int) -> Money:
    if back is not None:
        return amount - back
    part = split(amount.amount, [units, given_up])[0] if units else 0
    return amount.model_copy(update={"amount": part})


def freight(order: Order) -> dict[str, PartAmounts]:
    """What is paid for freight: by its tax codes where it is an item in the ERP, else under ''."""
    terms = order.terms
    codes: dict[int, str] = {}
    if terms is not None and terms.freight_sku is not None:
        codes = dict(enumerate(terms.freight_tax_codes))
    parts: dict[str, list[ShippingLine]] = {}
    for place, part in enumerate(order.shipping):
        parts.setdefault(codes.get(place, ""), []).append(part)
    found = {code: _carried(order, some) for code, some in parts.items()}
    return {code: part for code, part in found.items() if part.price.amount or part.tax.amount}


def _carried(order: Order, parts: Sequence[ShippingLine]) -> PartAmounts:
    price = total(order.currency, (part.price for part in parts))
    return PartAmounts(
        price=price - _off(order, parts),
        off=Money.zero(order.currency),
        tax=_added_tax(order, parts),
    )


def _off(order: Order, parts: Sequence[OrderLine | ShippingLine]) -> Money:
    return total(order.currency, (d.amount for part in parts for d in part.discounts))


def _added_tax(order: Order, parts: Sequence[OrderLine | ShippingLine]) -> Money:
    if order.taxes_included:
        return Money.zero(order.currency)
    return total(order.currency, (t.amount for part in parts for t in part.taxes))


def header(order: Order) -> ErpHeader:
    """What the ERP is told of an order beside its lines."""
    terms = order.terms
    return ErpHeader(
        freight=freight(order),
        address=order.shipping_address if terms is not None and terms.told_address else None,
        shipping_condition=terms.shipping_condition if terms is not None else None,
    )


def placed(address: Address | None) -> bool:
    """Whether an address says where; what a channel has blanked says nothing."""
    return address is not None and bool(address.city and address.country)


def known_header(case: Case) -> ErpHeader:
    """What the ERP holds beside its lines."""
    return case.erp_header or header(case.order)


def known_line(case: Case, line_id: str) -> PartAmounts | None:
    """What a line costs in the ERP; None where nobody knows."""
    known = case.erp_lines.get(line_id)
    if known is not None and known.amounts is not None:
        return known.amounts
    sent = next((line for line in case.order.lines if line.line_id == line_id), None)
    return of_line(case.order, sent) if sent is not None else None


def pinned(case: Case, told: Order) -> Case:
    """The case about to take `told` for its order, with what the ERP holds otherwise."""
    lines = {line.line_id: of_line(told, line) for line in told.lines}
    held = {}
    for line_id, known in case.erp_lines.items():
        part = known_line(case, line_id)
        differs = known.amounts is None and part != lines.get(line_id)
        held[line_id] = known.model_copy(update={"amounts": part}) if differs else known
    beside = known_header(case)
    kept = None if beside == header(told) else beside
    return case.model_copy(update={"erp_lines": held, "erp_header": kept})


def held_total(case: Case) -> Money | None:
    """What the ERP's lines and freight come to; None where nobody knows what one of them costs."""
    found = [part.gross() for part in known_header(case).freight.values()]
    for line_id, line in case.erp_lines.items():
        if line.rejected or not line.units:
            continue
        part = known_line(case, line_id)
        if part is None:
            return None
        found.append(part.gross(line.units))
    return total(case.order.currency, found)


def due(case: Case) -> Money | None:
    """What the ERP's order should come to, once it is as the channel has it.

    What the channel's total has beside its lines and freight stays in it, while anything is left.
    """
    held, order = held_total(case), case.newest
    if held is None or not held.amount:
        return held
    lines = total(order.currency, (of_line(order, x).gross(x.quantity) for x in order.lines))
    carried = total(order.currency, (part.gross() for part in freight(order).values()))
    return held + order.total - lines - carried
