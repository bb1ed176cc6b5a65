"""A shipment as a warehouse calls it, on the lines of its order."""

from collections import Counter

from shared.domain import demand, orders
from shared.errors import RejectedError
from shared.model.case import Case, CaseState
from shared.model.order import Shipment, ShipmentLine, Tracking
from shared.model.shipment_call import CalledShipmentLine, ShipmentCall

EARLY, MISFIT = "early", "misfit"
_SOON = frozenset({CaseState.RELEASED, CaseState.SENDING, CaseState.IN_DOUBT})


def shipment_of(
    case: Case, call: ShipmentCall, *, location: str, believed: bool, booked: bool
) -> Shipment:
    """What was called, on the lines of this order; RejectedError, with a code of ours, if unfit.

    Of one that is on it already the lines stay, and parcels are added.
    """
    if case.erp_order is None:
        raise _early(case, call)
    known = _known(case, call)
    shipment = Shipment(
        shipment_id=call.told_as,
        erp_order=case.erp_order,
        shipped_at=call.shipped_at,
        location=location,
        lines=known.lines if known else _lines(case, call),
        tracking=tuple(
            Tracking(carrier=one.carrier, number=one.number, url=one.url) for one in call.parcels
        ),
        told_by=call.source,
        booked=booked,
    )
    if known is None:
        _check_room(case, shipment, believed=believed)
    return shipment


def check_settled(case: Case, call: ShipmentCall) -> None:
    """RejectedError if a newer version has other lines than are on the order already."""
    known = _known(case, call)
    if known is None:
        return
    told = known.model_copy(update={"lines": _lines(case, call)})
    if demand.units(case, [told]) != demand.units(case, [known]):
        raise _settled(call)


def _known(case: Case, call: ShipmentCall) -> Shipment | None:
    both = (*case.shipments, *case.heard)
    return next((one for one in both if one.shipment_id == call.told_as), None)


def _lines(case: Case, call: ShipmentCall) -> tuple[ShipmentLine, ...]:
    return tuple(_line(case, line, place) for place, line in enumerate(call.lines))


def _line(case: Case, said: CalledShipmentLine, place: int) -> ShipmentLine:
    known = {line.line_id: line for line in orders.lines_of(case)}
    if said.line_id is None:
        fitting = [line.line_id for line in known.values() if line.sku == said.sku]
        if len(fitting) != 1:
            why = f"is on lines {', '.join(fitting)}" if fitting else "is on no line"
            remedy = "name the line by its line_id" if fitting else "correct the article or order"
            raise _misfit(f"lines.{place}.sku", said.sku, f"{said.sku} {why} of it", remedy)
        name = fitting[0]
    else:
        name = said.line_id
    line = known.get(name)
    if line is None:
        choice = f"its lines are {', '.join(known)}"
        raise _misfit(f"lines.{place}.line_id", name, f"it has no line {name}", choice)
    if line.sku is None or said.sku not in {None, line.sku}:
        why = f"line {name} is of {line.sku or 'an article nobody has mapped'}"
        raise _misfit(f"lines.{place}.sku", said.sku or "", why, "correct the line or the article")
    item = case.erp_lines[name].item if name in case.erp_lines else ""
    return ShipmentLine(erp_item=item, sku=line.sku, quantity=said.quantity, line_id=name)


def _check_room(case: Case, shipment: Shipment, *, believed: bool) -> None:
    """No more may leave than was ordered and not taken back."""
    left = Counter(demand.to_leave(case))
    if not believed:
        left += demand.shipped(case)
        left -= demand.units(case, (one for one in case.heard if one.told_by == shipment.told_by))
    for place, line in enumerate(shipment.lines):
        name = line.line_id or ""
        if line.quantity > left[name]:
            raise _misfit(
                f"lines.{place}.quantity",
                line.quantity,
                f"only {left[name]} of line {name} have yet to leave",
                "send a newer version with the units that left; if more left than was ordered, "
                "or after it was cancelled, have the parcel stopped",
            )
        left[name] -= line.quantity


def _early(case: Case, call: ShipmentCall) -> RejectedError:
    soon = case.state in _SOON
    return RejectedError(
        f"the order is {case.state}, and the ERP has not accepted it",
        code=EARLY if soon else MISFIT,
        field="order_id" if call.order_id else "erp_order",
        value=call.order_id or call.erp_order,
        remedy="end what keeps the order from the ERP; the shipment is put on it then",
    )


def _settled(call: ShipmentCall) -> RejectedError:
    units = ", ".join(f"{line.quantity} of {line.line_id or line.sku}" for line in call.lines)
    return _misfit(
        "lines",
        units,
        "its lines are on the order already and may be told to the channel",
        "correct the units in the channel and the ERP by hand, then close this",
    )


def _misfit(field: str, value: object, problem: str, remedy: str) -> RejectedError:
    return RejectedError(problem, code=MISFIT, field=field, value=value, remedy=remedy)
