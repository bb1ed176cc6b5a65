"""Who says what left: the ERP and a warehouse beside it tell the same goods, and they count once.

One of the two is believed about a location. What the other tells is kept on the order beside it,
and compared.
"""

from collections import Counter
from collections.abc import Iterable

from shared.domain import demand, lifecycle
from shared.model.case import Case
from shared.model.order import Shipment


def placed(case: Case, shipment: Shipment, *, believed: bool) -> Case:
    """The case with this shipment: among what left, or among what is only compared.

    Where it was put first it stays. What would have more leave than can, of lines another has
    shipped of, is the same goods told twice from two places: it is compared too.
    """
    counted = {one.shipment_id for one in case.shipments}
    aside = {one.shipment_id for one in case.heard}
    name = shipment.shipment_id
    if name in counted or (believed and name not in aside and not _crosses(case, shipment)):
        booked = shipment.booked or shipment.told_by is None
        return lifecycle.shipped(case, shipment.model_copy(update={"booked": booked}))
    beside = lifecycle.shipped(case.model_copy(update={"shipments": case.heard}), shipment)
    return case.model_copy(update={"heard": beside.shipments})


def _crosses(case: Case, shipment: Shipment) -> bool:
    others = _units(case, (s for s in case.shipments if s.told_by != shipment.told_by))
    left = demand.to_leave(case)
    told = _units(case, [shipment])
    return any(others[line] and units > left.get(line, 0) for line, units in told.items())


def differences(case: Case) -> dict[str, tuple[int, int]]:
    """Units by line where the two differ: as the believed one tells them, and as the other does.

    What only the believed one ships, from where the other has told nothing, is not compared.
    """
    found: dict[str, tuple[int, int]] = {}
    for teller in dict.fromkeys(one.told_by for one in case.heard):
        heard = [one for one in case.heard if one.told_by == teller]
        places = {one.location for one in heard}
        others = (one for one in case.shipments if one.told_by != teller)
        against = [one for one in others if {None, one.location} & places or not one.location]
        counted, said = _units(case, against), _units(case, heard)
        for line in sorted({*counted, *said}):
            if counted[line] != said[line]:
                found[line] = (counted[line], said[line])
    return found


def _units(case: Case, shipments: Iterable[Shipment]) -> Counter[str]:
    return demand.units(case, shipments)
