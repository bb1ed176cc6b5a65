"""Returns that are posted: granted, and received with what becomes of each unit.

A receipt is checked against what is still to come, put on the case, and then moved in the books of
whoever tells the stock of its location. Both know their repeats, so a call that failed in between
is sent again under its own key.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shared.domain import demand, lifecycle, orders, return_views, returns
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.calls import Answer, Calls, checked, malformed, understood, unknown
from shared.flows.cases import CaseRow, Cases, unasked
from shared.flows.issues import Issues
from shared.flows.ledger import Ledger
from shared.flows.returns_told import ReturnNews, twice
from shared.frozen import frozen
from shared.model.case import Case
from shared.model.ids import Entity
from shared.model.item import ItemCard
from shared.model.movement import Movement, MovementKind, Spot, StockStatus
from shared.model.retailer import Retailer
from shared.model.return_call import ReceiptCall, ReturnCall
from shared.model.returns import (
    CALLED,
    Disposition,
    Receipt,
    ReceivedLine,
    Return,
    ReturnLine,
    ReturnStatus,
)
from shared.ports import Bus, Clock, Message, Queues, Store

STATUS_OF: Final = {
    Disposition.RESTOCK: StockStatus.AVAILABLE,
    Disposition.DAMAGED: StockStatus.DAMAGED,
    Disposition.QUARANTINE: StockStatus.QUARANTINE,
}
"""Where units lie afterwards; what is scrapped never enters the books."""


@frozen
class ReturnCalls:
    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    cases: Cases
    ledger: Ledger
    clock: Clock
    retailer: Retailer

    def grant(self, said: object, *, caller: str, key: str) -> Answer:
        """A return of units that have left; RejectedError, with a code of ours, if it is none."""
        checked(key)
        call = understood(said, ReturnCall)
        calls = Calls(self.store, self.clock)
        return calls.once(
            said, caller=caller, key=key, apply=lambda as_of: self._granted(call, as_of)
        )

    def receive(self, said: object, return_id: str, *, caller: str, key: str) -> Answer:
        checked(key)
        call = understood(said, ReceiptCall)
        calls = Calls(self.store, self.clock)
        return calls.once(
            [said, return_id],
            caller=caller,
            key=key,
            apply=lambda _: self._received(call, return_id),
        )

    def find(self, return_id: str) -> Answer | None:
        """Where a return stands, with its timeline."""
        found = self._of(return_id)
        one = returns.found(found.case, return_id) if found else None
        return return_views.view(found.case, one) if found and one else None

    def _granted(self, call: ReturnCall, as_of: datetime) -> Answer:
        before = self.cases.find(call.order_id)
        if before is None:
            raise unknown("order_id", call.order_id)
        one = Return(
            return_id=f"{CALLED}:{call.return_id}",
            origin=CALLED,
            status=ReturnStatus.OPEN,
            told_at=as_of,
            lines=tuple(
                ReturnLine(line_id=x.line_id, quantity=x.quantity, reason=x.reason)
                for x in call.lines
            ),
        )
        known = returns.found(before.case, one.return_id)
        if known is not None and known.lines != one.lines:
            raise malformed(
                "return_id",
                call.return_id,
                "this return is known with other lines",
                "choose a new id",
            )

        def step(case: Case) -> Case | None:
            _returnable(case, one)
            after = returns.told(case, one)
            if after == case:
                return None
            after = orders.noted(after, "return authorised", one.return_id, now=self.clock.now())
            return lifecycle.settled(after, now=self.clock.now())

        told = before.case if known else step(before.case) or before.case
        self._news(told, before.case)
        case = before.case if known else self.cases.change(call.order_id, step)
        return self._answered(case or told, one.return_id)

    def _received(self, call: ReceiptCall, return_id: str) -> Answer:
        before = self._of(return_id)
        if before is None or returns.found(before.case, return_id) is None:
            raise unknown("return_id", return_id)
        places = [place.name for place in self.retailer.locations]
        if call.location not in places:
            raise malformed(
                "location", call.location, "no such location", f"known are {', '.join(places)}"
            )
        receipt = _receipt(call)

        def step(case: Case) -> Case | None:
            after = _with_receipt(case, return_id, receipt)
            if after is None:
                return None
            units = ", ".join(f"{x.quantity} {x.disposition}" for x in receipt.lines)
            now = self.clock.now()
            after = orders.noted(after, "return received", f"{return_id}: {units}", now=now)
            return lifecycle.settled(after, now=now)

        told = step(before.case)
        if told is not None:
            self._news(told, before.case)
        case = self.cases.change(before.case.order.order_id, step) or before.case
        self._move(case, return_id, receipt)
        return self._answered(case, return_id)

    def _move(self, case: Case, return_id: str, receipt: Receipt) -> None:
        """Into the books of a source that is only listened to; what can be read keeps its own."""
        place = next(p for p in self.retailer.locations if p.name == receipt.location)
        source = self.retailer.stock_source(place)
        if not self.retailer.is_source(source) or self.retailer.tells_returns(source):
            return
        movements = self._movements(case, return_id, receipt, source)
        taken = self.ledger.take(movements, source=source)
        for result in taken.results:
            if isinstance(result, RejectedError):
                raise RetryableError(f"return {return_id} is not in the books: {result}")
        one = returns.found(case, return_id)
        self.issues.report(twice(case, one, source, self.retailer) if one else ())

    def _movements(
        self, case: Case, return_id: str, receipt: Receipt, source: str
    ) -> Sequence[Movement]:
        skus = {line.line_id: line.sku for line in orders.lines_of(case)}
        owner = self.retailer.authority[Entity.PRODUCT]
        places = {sku: keys.item(sku, owner) for sku in skus.values() if sku}
        cards = self.store.get(places.values())
        made = []
        for number, line in enumerate(receipt.lines, start=1):
            sku, status = skus.get(line.line_id), STATUS_OF.get(line.disposition)
            card = cards.get(places[sku]) if sku else None
            if status is None or sku is None or card is None or receipt.location is None:
                continue
            made.append(
                Movement(
                    movement_id=f"return/{return_id}/{receipt.receipt_id}/{number}",
                    source=source,
                    kind=MovementKind.RETURN,
                    sku=sku,
                    quantity=line.quantity,
                    unit=ItemCard.model_validate(card.body).variant.base_unit,
                    destination=Spot(location=receipt.location, status=status),
                    occurred_at=receipt.received_at,
                    document=return_id,
                )
            )
        return made

    def _news(self, case: Case, before: Case) -> None:
        ReturnNews(self.bus, self.issues, self.clock, self.store).tell(case, before)

    def _answered(self, case: Case, return_id: str) -> Answer:
        if unasked(case):
            queue = keys.write_queue(self.retailer.channel(case.order.channel).erp)
            self.queues.send([Message(queue, {"case": case.order.order_id})])
        one = returns.found(case, return_id)
        assert one is not None  # noqa: S101 - it was just written
        return return_views.answer(case, one).model_dump(mode="json")

    def _of(self, return_id: str) -> CaseRow | None:
        key = keys.return_of(return_id)
        row = self.store.get([key]).get(key)
        return self.cases.find(str(row.body["order_id"])) if row else None


def _receipt(call: ReceiptCall) -> Receipt:
    return Receipt(
        receipt_id=call.receipt_id,
        told_by=CALLED,
        received_at=call.received_at,
        location=call.location,
        lines=tuple(
            ReceivedLine(line_id=x.line_id, quantity=x.quantity, disposition=x.disposition)
            for x in call.lines
        ),
    )


def _with_receipt(case: Case, return_id: str, receipt: Receipt) -> Case | None:
    """The case with it, None if it has it; RejectedError for more than is still to come."""
    one = returns.found(case, return_id)
    if one is None:
        raise unknown("return_id", return_id)
    known = next(
        (r for r in one.receipts if (r.told_by, r.receipt_id) == (CALLED, receipt.receipt_id)), None
    )
    if known is not None:
        if known.lines != receipt.lines:
            raise malformed(
                "receipt_id", receipt.receipt_id, "known with other lines", "choose a new id"
            )
        return None
    if one.status in returns.DEAD:
        raise malformed("return_id", return_id, f"it was {one.status}", "open a new return")
    told = sum(
        (returns.units(r.lines) for r in one.receipts if r.told_by == CALLED), returns.units(())
    )
    left = returns.units(one.lines) - told
    for place, line in enumerate(receipt.lines):
        if line.quantity > left[line.line_id]:
            raise malformed(
                f"lines.{place}.quantity",
                line.quantity,
                f"only {left[line.line_id]} of line {line.line_id} are still to come",
                "tell each unit once; what came beyond the return needs one of its own",
            )
        left[line.line_id] -= line.quantity
    stored = next((r for r in case.returns if r.return_id == return_id), one)
    return returns.told(case, stored.model_copy(update={"receipts": (*stored.receipts, receipt)}))


def _returnable(case: Case, one: Return) -> None:
    """RejectedError unless all of it has left, and is in no other return."""
    gone, taken = demand.shipped(case), returns.units(())
    for other in returns.whole(case):
        if other.status not in returns.DEAD and other.return_id != one.return_id:
            taken.update(returns.units(other.lines))
    for place, line in enumerate(one.lines):
        left = gone[line.line_id] - taken[line.line_id]
        taken[line.line_id] += line.quantity
        if line.quantity > left:
            raise malformed(
                f"lines.{place}.quantity",
                line.quantity,
                f"only {max(left, 0)} of line {line.line_id} have left and are in no return",
                "return no more than has left; cancel or edit what has not",
            )
