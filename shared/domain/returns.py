"""What came back of an order, whoever tells it first: returns joined, refunds matched, units once.

The shop says that it put a unit back on sale, the ERP that it posted its goods receipt, and both
speak of the same unit. So units are not added over those who tell: of each return and line they
are the most that any one of them has told. A refund that puts units back without naming a return
belongs to the one the ERP made of just these units, else it is a return of its own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from shared.domain import return_moves
from shared.frozen import frozen
from shared.model.case import Case, IntentKind
from shared.model.order import Order, Refund
from shared.model.returns import (
    Disposition,
    ErpReturn,
    Receipt,
    ReceivedLine,
    Return,
    ReturnLine,
    ReturnState,
    ReturnStatus,
)

REFUNDING = "refunds"
"""Who tells what came where a channel says it by a refund alone."""

DEAD = frozenset({ReturnStatus.DECLINED, ReturnStatus.CANCELLED})
GRANTED = frozenset({ReturnStatus.OPEN, ReturnStatus.CLOSED})


@frozen
class ReturnWish:
    """A return as the ERP is to know it: goods alone, since money goes back by refunds."""

    order: Order
    lines: tuple[ReturnLine, ...]
    reference: str
    erp_order: str
    erp_items: Mapping[str, str]


@frozen
class PostedReturn:
    document: str


def told(case: Case, said: Return) -> Case:
    """The case with one more telling of a return, older ones included.

    One that names a return of the ERP is that return, whichever of the two is told first.
    """
    known = {one.return_id: one for one in case.returns}
    if said.names is not None and (made := known.get(said.names)) is not None:
        said = _same(said, made)
    elif said.worth is not None:
        for one in [each for each in case.returns if each.names == said.return_id]:
            said = joined(said, _same(known.pop(one.return_id), said))
    before = known.get(said.return_id)
    known[said.return_id] = said if before is None else joined(before, said)
    return case.model_copy(update={"returns": tuple(known[name] for name in sorted(known))})


def _same(opened: Return, made: Return) -> Return:
    """What a channel tells of a return the ERP made, as a telling of that one."""
    return opened.model_copy(
        update={
            "return_id": made.return_id,
            "origin": made.origin,
            "names": None,
            "called": (opened.return_id,),
        }
    )


def joined(known: Return, other: Return) -> Return:
    """The newer of two tellings, with every receipt of both."""
    newer, older = (other, known) if other.told_at >= known.told_at else (known, other)
    return newer.model_copy(
        update={
            "lines": newer.lines or older.lines,
            "receipts": _receipts(older.receipts, newer.receipts),
            "moves": return_moves.joined(older.moves, newer.moves),
            "kits": {**older.kits, **newer.kits},
            "exchanged": tuple(sorted({*older.exchanged, *newer.exchanged})),
            "document": newer.document or older.document,
            "worth": newer.worth or older.worth,
            "called": tuple(sorted({*older.called, *newer.called})),
        }
    )


def _receipts(*lists: tuple[Receipt, ...]) -> tuple[Receipt, ...]:
    """Each once, as it was told last."""
    found = {(one.told_by, one.receipt_id): one for each in lists for one in each}
    return tuple(found[name] for name in sorted(found))


def units(lines: Iterable[ReturnLine | ReceivedLine]) -> Counter[str]:
    found = Counter[str]()
    for line in lines:
        found[line.line_id] += line.quantity
    return found


def received(one: Return) -> Counter[str]:
    """Units of a return that came, by line."""
    tellers: dict[str, Counter[str]] = {}
    for receipt in one.receipts:
        tellers.setdefault(receipt.told_by, Counter()).update(units(receipt.lines))
    most = Counter[str]()
    for counted in tellers.values():
        most |= counted
    return most


def state_of(one: Return) -> ReturnState:
    wanted, came = units(one.lines), received(one)
    if wanted and all(came[line_id] >= n for line_id, n in wanted.items()):
        return ReturnState.RECEIVED
    if one.status in DEAD:
        return ReturnState(one.status)
    if one.status is ReturnStatus.CLOSED:
        return ReturnState.CLOSED
    if any(came.values()):
        return ReturnState.PARTLY_RECEIVED
    requested = one.status is ReturnStatus.REQUESTED
    return ReturnState.REQUESTED if requested else ReturnState.AUTHORISED


def back(case: Case) -> dict[str, int]:
    """Units of the order that came back, by line."""
    found = Counter[str]()
    for one in whole(case):
        found.update(received(one))
    return dict(found)


def whole(case: Case) -> tuple[Return, ...]:
    """Every return of an order, those included that a channel told by a refund alone.

    What sources moved under one is among its receipts.
    """
    found = {one.return_id: one for one in case.returns}
    places = placed(case)
    for refund in case.refunds:
        if refund.refund_id in places:
            name = places[refund.refund_id]
            implied = _implied(case, refund, name)
            known = found.get(name)
            found[name] = implied if known is None else _with(known, implied)
    return tuple(_moved(case, found[name]) for name in sorted(found))


def found(case: Case, return_id: str) -> Return | None:
    return next((one for one in whole(case) if one.return_id == return_id), None)


def _moved(case: Case, one: Return) -> Return:
    if not one.moves:
        return one
    came = return_moves.receipts(case, one)
    return one.model_copy(update={"receipts": _receipts(one.receipts, came)})


def placed(case: Case) -> dict[str, str]:
    """The return each refund that gives units back belongs to, by refund."""
    called = _called(case)
    found: dict[str, str] = {}
    for refund in case.refunds:
        if not _goods(refund):
            continue
        if refund.return_id is not None:
            found[refund.refund_id] = called.get(refund.return_id, refund.return_id)
        else:
            match = _match(case, refund, frozenset(found.values()))
            found[refund.refund_id] = match.return_id if match else own(case, refund)
    return found


def _called(case: Case) -> dict[str, str]:
    """Returns of the ERP by what the channel calls them."""
    return {name: one.return_id for one in case.returns for name in one.called}


def refunded(case: Case) -> set[str]:
    """Returns that money went back for, whether or not their units are on sale again."""
    called = _called(case)
    named = (called[r.return_id] for r in case.refunds if r.return_id in called)
    return {*placed(case).values(), *named}


def own(case: Case, refund: Refund) -> str:
    """The id of the return that a refund is by itself."""
    return f"{case.order.channel}:R{refund.refund_id}"


def adopted(case: Case, refund: Refund) -> Return | None:
    """The return made in the ERP that gives back what this refund does, if there is one."""
    name = _called(case).get(refund.return_id or "") or placed(case).get(refund.refund_id)
    found = next((one for one in case.returns if one.return_id == name), None)
    ours = refund.return_id is None or (found is not None and refund.return_id in found.called)
    return found if ours and found is not None and found.worth is not None else None


def _match(case: Case, refund: Refund, taken: frozenset[str]) -> Return | None:
    """One the ERP made of just these units, unless the refund has a document of its own."""
    posted = case.intent(f"credit#{refund.refund_id}")
    made = {one.document for one in case.returns if one.worth is not None}
    if posted is not None and posted.result is not None and posted.result not in made:
        return None
    wanted = units(_goods(refund))
    for one in case.returns:
        fits = one.worth is not None and one.status not in DEAD and units(one.lines) == wanted
        if fits and one.return_id not in taken:
            return one
    return None


def _goods(refund: Refund) -> tuple[ReturnLine, ...]:
    """Units of a refund that its channel has back."""
    return tuple(
        ReturnLine(line_id=line.line_id, quantity=line.quantity)
        for line in refund.lines
        if line.quantity and line.restock and not line.cancelled
    )


def _implied(case: Case, refund: Refund, name: str) -> Return:
    goods = _goods(refund)
    came = tuple(
        ReceivedLine(line_id=g.line_id, quantity=g.quantity, disposition=Disposition.RESTOCK)
        for g in goods
    )
    receipt = Receipt(
        receipt_id=f"refund {refund.refund_id}",
        told_by=REFUNDING,
        received_at=refund.created_at,
        lines=came,
    )
    return Return(
        return_id=name,
        origin=case.order.channel,
        status=ReturnStatus.CLOSED,
        told_at=refund.created_at,
        lines=goods,
        receipts=(receipt,),
    )


def _with(known: Return, implied: Return) -> Return:
    receipts = _receipts(known.receipts, implied.receipts)
    return known.model_copy(update={"lines": known.lines or implied.lines, "receipts": receipts})


def from_erp(case: Case, said: ErpReturn, *, source: str) -> Return:
    """A return as the ERP keeps it, in our words: one of ours, of a refund's, or made there.

    Lines of items the order does not have are left out.
    """
    by_item = {line.item: line_id for line_id, line in case.erp_lines.items() if line.item}
    lines = {
        line.item: ReturnLine(line_id=by_item[line.erp_item], quantity=line.quantity)
        for line in said.lines
        if line.erp_item in by_item and not line.rejected
    }
    receipts = []
    for receipt in said.receipts:
        came = tuple(
            ReceivedLine(
                line_id=lines[row.item].line_id, quantity=row.quantity, disposition=row.disposition
            )
            for row in receipt.lines
            if row.item in lines
        )
        if came:
            receipts.append(
                Receipt(
                    receipt_id=receipt.receipt_id,
                    told_by=source,
                    received_at=receipt.received_at,
                    location=receipt.location,
                    lines=came,
                )
            )
    ours = _asked_for(case, said)
    found = Return(
        return_id=ours or f"{source}:{said.document}",
        origin=case.order.channel if ours else source,
        status=ReturnStatus.OPEN if lines else ReturnStatus.CANCELLED,
        told_at=said.told_at,
        lines=() if ours else tuple(lines.values()),
        receipts=tuple(receipts),
        document=said.document,
        worth=None if ours else said.worth,
    )
    before = next((one for one in case.returns if one.return_id == ours), None)
    if before is None:
        return found
    return before.model_copy(update={"receipts": found.receipts, "document": said.document})


def _asked_for(case: Case, said: ErpReturn) -> str | None:
    """The return that this document was posted for; none if the ERP made it by itself."""
    if any(one.document == said.document and one.worth is not None for one in case.returns):
        return None
    for intent in case.intents:
        same = said.document == intent.result or (
            said.reference and said.reference == intent.reference
        )
        if same and intent.kind is IntentKind.RETURN:
            return intent.intent_id.removeprefix("return#")
        if same and intent.kind is IntentKind.CREDIT:
            return f"{case.order.channel}:R{intent.intent_id.removeprefix('credit#')}"
    return None
