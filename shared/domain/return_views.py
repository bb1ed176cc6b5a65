"""A return as it is shown: where it stands, what came, and everything that happened, in order."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain import orders, returns
from shared.domain.return_moves import fates
from shared.model.base import Json
from shared.model.case import Case, IntentState
from shared.model.order import Refund
from shared.model.return_call import ReturnAnswer, ReturnedLine
from shared.model.returns import Return


def answer(case: Case, one: Return) -> ReturnAnswer:
    skus = {line.line_id: line.sku for line in orders.lines_of(case)}
    wanted, came = returns.units(one.lines), returns.received(one)
    return ReturnAnswer(
        return_id=one.return_id,
        order_id=case.order.order_id,
        state=returns.state_of(one),
        lines=tuple(
            ReturnedLine(
                line_id=line_id,
                sku=skus.get(line_id),
                announced=wanted[line_id],
                received=came[line_id],
            )
            for line_id in sorted({*wanted, *came})
        ),
        document=one.document,
    )


def view(case: Case, one: Return) -> dict[str, Json]:
    """The answer, with receipts, exchanged lines, refunds and the timeline."""
    refunds = _refunds(case, one)
    timeline = sorted(_happened(case, one), key=lambda row: (row[0], row[1]))
    return {
        **answer(case, one).model_dump(mode="json"),
        "receipts": [receipt.model_dump(mode="json") for receipt in one.receipts],
        "became": dict[str, Json]({sku: {**units} for sku, units in fates(one).items()}),
        "exchanged": list(one.exchanged),
        "refunds": [{"refund_id": r.refund_id, "total": str(r.total)} for r in refunds],
        "timeline": [
            {"at": at.isoformat(), "what": what, "detail": detail} for at, what, detail in timeline
        ],
    }


type _Row = tuple[datetime, str, str]


def _happened(case: Case, one: Return) -> Iterator[_Row]:
    yield one.told_at, f"{one.status} at {one.origin}", one.return_id
    for receipt in one.receipts:
        units = ", ".join(f"{x.quantity} {x.disposition}" for x in receipt.lines)
        yield receipt.received_at, f"received, told by {receipt.told_by}", units
    yield from _sorted(one)
    mine = {refund.refund_id: refund for refund in _refunds(case, one)}
    for refund in mine.values():
        yield refund.created_at, "refunded", f"{refund.refund_id}: {refund.total}"
    asked = {f"return#{one.return_id}": "kept by the ERP"}
    asked |= {f"credit#{name}": "credited in the ERP" for name in mine}
    documents = {one.document}
    for intent in case.intents:
        what = asked.get(intent.intent_id)
        if what and intent.settled_at and intent.state is IntentState.APPLIED:
            yield intent.settled_at, what, f"{intent.reference}: {intent.result}"
            documents.add(intent.result)
    for bill in case.bills:
        if bill.bills in documents:
            yield bill.issued_at, bill.kind.replace("_", " "), f"{bill.document}: {bill.total}"


def _sorted(one: Return) -> Iterator[_Row]:
    for move in one.moves:
        if move.was is not None:
            units = f"{move.quantity} {move.sku} {move.was} to {move.became}"
            yield move.moved_at, f"sorted, told by {move.source}", units


def _refunds(case: Case, one: Return) -> list[Refund]:
    places = returns.placed(case)
    return [r for r in case.refunds if one.return_id in {places.get(r.refund_id), r.return_id}]
