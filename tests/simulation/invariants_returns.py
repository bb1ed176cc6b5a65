"""What must hold of goods that come back: asked for once, counted once, credited once."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.model.case import Case, IntentKind
from tests.simulation.invariants_orders import cases, sold
from tests.simulation.truth import Truth

RETURN = "CustomerReturn"


def returns_asked_once(truth: Truth) -> Iterator[str]:
    """I1: each return a shop granted is one document of the ERP that holds its order."""
    kept = _documents(truth)
    known = cases(truth)
    for shop, order in sold(truth):
        case = known.get(f"{shop}:{order.order_id}")
        held = case is not None and case.erp_order is not None
        for one in order.returns:
            reference = f"{shop}-V{one.return_id}".upper()
            if document_of(one) is not None:
                if kept.pop(reference, []):
                    yield f"return {reference} of {document_of(one)} is in the ERP once more"
                continue
            yield from _asked(one, reference, kept.pop(reference, []), held=held)
    for document in kept.pop("", []):
        yield from _met(known, document)
    for reference in kept:
        if "-V" in reference:
            yield f"the ERP holds {reference}, which no shop granted"


def document_of(one: Any) -> str | None:
    """The ERP's return that one of the shop says it is."""
    found = re.search(r"\[erp:(\d+)\]$", one.note)
    return found[1] if found else None


def _asked(one: Any, reference: str, found: list[Any], *, held: bool) -> Iterator[str]:
    if held and one.status in {"OPEN", "CLOSED"} and len(found) != 1:
        yield f"return {reference} is in the ERP {len(found)} times"
    if one.status == "DECLINED" and found:
        yield f"return {reference} was declined, and the ERP has it"
    for document in found:
        if document.gross:
            yield f"return {reference} is worth {document.gross} in the ERP"


def _met(known: dict[str, Case], document: Any) -> Iterator[str]:
    """What the ERP made by itself is the document of the refund that was made for it."""
    case = next((c for c in known.values() if c.erp_order == document.order), None)
    for refund in case.refunds if case else ():
        back = any(line.restock and not line.cancelled for line in refund.lines)
        intent = case.intent(f"credit#{refund.refund_id}") if case else None
        if back and intent is not None and intent.result != document.number:
            had = f"refund {refund.refund_id} has {intent.result}"
            yield f"the ERP took back {document.number}, and {had}"


def units_come_back_once(truth: Truth) -> Iterator[str]:
    """I10: what a case counts as returned is what came, though shop and ERP both tell of it."""
    kept, known = _documents(truth), cases(truth)
    for shop, order in sold(truth):
        case = known.get(f"{shop}:{order.order_id}")
        if case is None or case.erp_order is None:
            continue
        wanted: Counter[str] = Counter()
        for by_shop, by_erp in _groups(truth, shop, order, case, kept):
            wanted += by_shop | by_erp
        if Counter(case.counts.returned) != wanted:
            yield (
                f"of order {shop}:{order.order_id} {dict(wanted)} came back; its case says "
                f"{case.counts.returned}"
            )


def _groups(
    truth: Truth, shop: str, order: Any, case: Case, kept: dict[str, list[Any]]
) -> Iterator[tuple[Counter[str], Counter[str]]]:
    """Of each return, what the shop says came of it, and what the ERP or a depot took in."""
    lines = {line.item: line_id for line_id, line in case.erp_lines.items()}
    opened: dict[str, Counter[str]] = {}
    for one in order.returns:
        if one.status not in {"DECLINED", "CANCELED"}:
            told: Counter[str] = Counter()
            for each in one.dispositions:
                told[str(each.line_id)] += each.quantity if each.kind != "MISSING" else 0
            if (number := document_of(one)) is not None:
                opened[number] = opened.get(number, Counter()) + told
                continue
            found = kept.get(f"{shop}-V{one.return_id}".upper(), [])
            came = _received(truth, found, lines) | truth.taken_in[f"{shop}:{one.return_id}"]
            yield told, came
    adopted = {
        i.intent_id.removeprefix("credit#"): i.result
        for i in case.intents
        if i.kind is IntentKind.CREDIT
    }
    refunds = {str(r.refund_id): _restocked(r) for r in order.refunds if r.return_id is None}
    made = [d for d in kept.get("", []) if d.order == case.erp_order]
    for document in made:
        mine = [name for name, number in adopted.items() if number == document.number]
        told = sum((refunds.pop(name, Counter()) for name in mine), Counter())
        told += opened.pop(document.number, Counter())
        yield told, _received(truth, [document], lines)
    for name, told in refunds.items():
        yield told, _received(truth, kept.get(f"{shop}-R{name}".upper(), []), lines)


def _restocked(refund: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in refund.lines:
        found[str(row.line_id)] += row.quantity if row.restock == "RETURN" else 0
    return found


def _received(truth: Truth, documents: list[Any], lines: dict[str, str]) -> Counter[str]:
    items = {
        (d.number, item.item): lines.get(item.order_item, "?")
        for d in documents
        for item in d.items
    }
    found: Counter[str] = Counter()
    for delivery in truth.world.vendors["erp"].tenant.returned.after(None):
        for line in delivery.items:
            key = line.document, line.document_item.lstrip("0")
            if key in items:
                found[items[key]] += int(line.quantity)
    return found


def _documents(truth: Truth) -> dict[str, list[Any]]:
    """The ERP's customer returns by reference; those its staff made have none."""
    found: dict[str, list[Any]] = {}
    for document in truth.world.vendors["erp"].tenant.credits.after(None):
        if document.kind == RETURN:
            found.setdefault(document.reference, []).append(document)
    return found
