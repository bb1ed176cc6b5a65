"""What an order is promised by its ERP, and what of it the ERP will not send any more."""

from collections.abc import Mapping
from datetime import date

from shared.domain import demand, lifecycle
from shared.model.allocation import ErpAllocation, Promise
from shared.model.case import Case, Counts


def by_line(case: Case, said: ErpAllocation) -> dict[str, tuple[Promise, ...]]:
    """By our lines; items the order does not have are left out."""
    by_item = {line.item: line_id for line_id, line in case.erp_lines.items() if line.item}
    return {by_item[item]: promises for item, promises in said.promises.items() if item in by_item}


def told(case: Case, said: ErpAllocation) -> Case:
    """The case with what is promised now; an older telling changes nothing."""
    if _older(case, said):
        return case
    promised = by_line(case, said)
    allocated = {
        line_id: units
        for line_id, promises in promised.items()
        if (units := sum(p.units for p in promises if not p.late))
    }
    changed = {"backorders": backorders(promised), "promised_at": said.told_at}
    counted = lifecycle.counted(case, Counts(allocated=allocated))
    same = counted.counts == case.counts and changed["backorders"] == case.backorders
    return case if same else counted.model_copy(update=changed)


def closed(case: Case, said: ErpAllocation) -> Case:
    """The case with the items that are rejected there now; an older telling changes nothing.

    What was rejected as we asked is asked for again if it is told to be no more: either staff undid
    it, or that was read before, and then asking writes nothing. What the ERP once refused of these
    is asked for anew, unless it is there by now.
    """
    if _older(case, said):
        return case
    lines = {
        line_id: line.model_copy(update={"rejected": line.item in said.rejected})
        for line_id, line in case.erp_lines.items()
        if line.item in said.promises and line.rejected is not (line.item in said.rejected)
    }
    if not lines:
        return case
    told = {"erp_lines": {**case.erp_lines, **lines}, "promised_at": said.told_at}
    changed = case.model_copy(update=told)
    return changed if demand.as_wished(changed) else demand.forgiven(changed, lines)


def _older(case: Case, said: ErpAllocation) -> bool:
    return case.promised_at is not None and said.told_at < case.promised_at


def backorders(promised: Mapping[str, tuple[Promise, ...]]) -> dict[str, date]:
    """The last day on which something of a line is promised later than it was asked for."""
    found = {}
    for line_id, promises in promised.items():
        late = [promise.on for promise in promises if promise.late]
        if late:
            found[line_id] = max(late)
    return found
