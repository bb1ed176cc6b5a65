"""What must hold of money that went back: I1 and I7 of refunds."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from shared.domain import tenders
from tests.simulation.invariants_orders import cases, sold
from tests.simulation.truth import Truth, decimal_minor, wanted


def refunds_credited_once(truth: Truth) -> Iterator[str]:
    """I1, I7: each refund of what the ERP holds is one document there, to the penny.

    By payment and by part it is divided as the shop gave it back.
    """
    yield from _divided_otherwise(truth)
    kept: dict[str, list[Any]] = defaultdict(list)
    for document in truth.world.vendors["erp"].tenant.credits.after(None):
        kept[document.reference].append(document)
    known = cases(truth)
    for shop, order in sold(truth):
        case = known.get(f"{shop}:{order.order_id}")
        for refund in order.refunds:
            reference = f"{shop}-R{refund.refund_id}".upper()
            found = kept.pop(reference, []) or _adopted(truth, case, refund)
            due = _due(truth, shop, order, refund)
            if len(found) not in {int(amount > 0) for amount in due}:
                yield f"refund {reference} of {due} is in the ERP {len(found)} times"
            elif found and decimal_minor(found[0].gross) not in due:
                yield f"refund {reference}: {due} went back, the ERP says {found[0].gross}"
    for reference in kept:
        if not reference or "-V" in reference:  # made by the ERP's staff, or for goods alone
            continue
        yield f"the ERP holds {reference}, which no shop refunded"


def _divided_otherwise(truth: Truth) -> Iterator[str]:
    known = cases(truth)
    for shop, order in sold(truth):
        case: Any = known.get(f"{shop}:{order.order_id}")
        for refund in case.refunds if case is not None else ():
            back, shares = _given_back(order, refund.refund_id), tenders.shares(case, refund)
            said = Counter[tuple[str, str]]()
            for share in shares.tenders:
                said[share.payment, "shop"] += share.amount.amount
                said[share.payment, "shopper"] += share.shopper.amount if share.shopper else 0
            if +said != back:
                yield f"refund {refund.refund_id} went back as {back}, its case says {+said}"
            parts = sum(part.amount.amount for part in shares.parts)
            if shares.parts and parts != refund.total.amount:
                yield f"the parts of refund {refund.refund_id} come to {parts}"


def _given_back(order: Any, refund_id: str) -> Counter[tuple[str, str]]:
    """What the shop gave back of each payment, in its own money and as it was shown."""
    back = Counter[tuple[str, str]]()
    for one in order.transactions:
        if str(one.refund_id) == refund_id:
            back[str(one.parent), "shop"] += one.amount
            back[str(one.parent), "shopper"] += one.shown if order.shown_in else 0
    return +back


def _adopted(truth: Truth, case: Any, refund: Any) -> list[Any]:
    """The document that staff of the ERP made, if this refund has it and no other one does."""
    name = f"credit#{refund.refund_id}"
    number = next((i.result for i in case.intents if i.intent_id == name), None) if case else None
    shared = [i for i in case.intents if i.result == number] if case else []
    documents = truth.world.vendors["erp"].tenant.credits.of(number) if number else []
    return [d for d in documents if not d.reference and len(shared) == 1]


def bills_known_once(truth: Truth) -> Iterator[str]:
    """I1: what the ERP billed of an order or of a refund stands on its case, once."""
    told: dict[tuple[str, str], int] = defaultdict(int)
    for bill in truth.world.vendors["erp"].tenant.bills.after(None):
        for item in bill.items:
            told[bill.number, item.document] += decimal_minor(item.net + item.tax)
    known = Counter[tuple[str, str]]()
    for case in cases(truth).values():
        for one in case.bills:
            known[one.key] += 1
            if told.get(one.key) != one.total.amount:
                yield f"bill {one.key} is of {told.get(one.key)}, its case says {one.total}"
    for key in told:
        if known[key] != 1:
            yield f"bill {key} stands on {known[key]} cases"


def _due(truth: Truth, shop: str, order: Any, refund: Any) -> set[int]:
    """What may be credited: what went back for goods that had left, or for none at all.

    Of an order that was taken back whole before any of it left, nothing is ever billed: its refund
    is worth nothing there. One of several may have been credited while the rest was still to leave.
    """
    tax = 0 if order.taxes_included else 1
    never_left = sum(
        int(row.subtotal) + tax * int(row.tax) for row in refund.lines if row.restock == "CANCEL"
    )
    due = int(refund.total) - never_left
    held = truth.world.vendors["erp"].tenant.by_reference.get(f"{shop}-{order.order_id}".upper())
    if not held or (not +wanted(order) and not _left(held)):
        return {0} if not held or len(order.refunds) == 1 else {0, due}
    return {due}


def _left(held: list[Any]) -> bool:
    return any(item.delivered for each in held for item in each.items)
