"""Read a connection: scheduled polls that lose nothing, and single re-reads that hints ask for."""

from collections.abc import Callable, Mapping
from copy import replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.price_cards import CONDITIONS_MAX
from shared.errors import AccessError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.apply import Applied, apply
from shared.flows.billing import Bills
from shared.flows.capture import Capture
from shared.flows.issues import LOCKED_OUT, Issues, Problem, locked_out, refused
from shared.flows.payouts import Payouts
from shared.flows.promises import Promises
from shared.flows.returns import ErpReturns
from shared.flows.shipments import Shipments
from shared.flows.vanished import vanished
from shared.frozen import frozen
from shared.model.allocation import ErpAllocation
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.invoice import BillingDocument
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.model.returns import ErpReturn
from shared.ports import (
    Clock,
    FactSource,
    Message,
    OrderSource,
    Page,
    Put,
    Queues,
    Refusal,
    Row,
    ShipmentSource,
    Store,
)
from shared.return_ports import BillingSource, PayoutSource, PromiseSource, ReturnSource

RUN_MAX = timedelta(minutes=10)  # a poll run not heard of for this long was lost, and starts anew
TRIES = 6
_BOOKED = frozenset({Entity.INVOICE, Entity.RETURN, Entity.ALLOCATION})


class Source(
    FactSource,
    ShipmentSource,
    BillingSource,
    ReturnSource,
    PromiseSource,
    PayoutSource,
    OrderSource,
    Protocol,
):
    """Whatever this connection can be read for; the catalogue says which halves it has."""


@frozen
class Run:
    """One pass over everything that changed since `since`; `page` is the next one to read.

    `row` is the cursor as this run last read or wrote it: nobody else writes it, unless the run was
    given up as lost or its message came twice. `asked` is the instant of the schedule it answers.
    """

    started: datetime
    since: datetime | None
    page: str | None
    row: Row
    asked: str | None = None


@frozen
class Reader:
    connection: str
    source: Source
    capture: Capture
    shipments: Shipments
    bills: Bills
    returns: ErpReturns
    promises: Promises
    store: Store
    queues: Queues
    issues: Issues
    clock: Clock
    retailer: Retailer
    payouts: Payouts

    def handle(self, message: Mapping[str, str], *, out_of_time: Callable[[], bool]) -> None:
        """Poll, re-read, or release a hold.

        A poll is `{"poll": entity}`, with `at` if a schedule asks; a re-read
        `{"read": entity, "key": key}`.
        """
        try:
            if "poll" in message:
                self._poll(Entity(message["poll"]), message, out_of_time)
            elif "release" in message:
                self.capture.release(message["release"], waive=message.get("waive", ""))
            else:
                self.read(Entity(message["read"]), message["key"])
        except AccessError as error:
            self.issues.report([locked_out(self.connection, error)])
            raise RetryableError(str(error), after=LOCKED_OUT) from error

    def read(self, entity: Entity, key: str) -> None:
        """The present truth of one thing."""
        match entity:
            case Entity.ORDER:
                self._read_order(key)
            case Entity.SHIPMENT:
                for shipment in self.source.read_shipment(key):
                    self.shipments.record(shipment, source=self.source)
            case Entity.INVOICE:
                self._bill(self.source.read_billed(key))
            case Entity.RETURN:
                self._take_back(self.source.read_return(key))
            case Entity.ALLOCATION:
                self._promise(self.source.read_promised(key))
            case Entity.PAYOUT:
                self.payouts.again(key)
            case _:
                self._keep(entity, self.source.read(entity, [key]))

    def _bill(self, page: Page[BillingDocument]) -> str | None:
        for bill in page.items:
            self.bills.record(bill)
        self._refusals(Entity.INVOICE, page)
        return page.next

    def _take_back(self, page: Page[ErpReturn]) -> str | None:
        for one in page.items:
            self.returns.record(one, source=self.source)
        self._refusals(Entity.RETURN, page)
        return page.next

    def _promise(self, page: Page[ErpAllocation]) -> str | None:
        for one in page.items:
            self.promises.record(one)
        self._refusals(Entity.ALLOCATION, page)
        return page.next

    def _read_order(self, key: str) -> None:
        try:
            order = self.source.read_order(key)
        except RejectedError as error:
            self.issues.report([self._unreadable(_refusal(key, error))])
            return
        if order is None:
            raise RejectedError(
                f"{self.connection} knows no order {key}",
                code="not_found",
                field="id",
                value=key,
                remedy="check the order in the channel; a deleted order needs no action",
            )
        self.capture.take(order)

    def _poll(
        self, entity: Entity, message: Mapping[str, str], out_of_time: Callable[[], bool]
    ) -> None:
        """Begin a run, or read its pages: whatever fails then, the message names what to resume.

        A schedule names its instant, and finds its run by it; a wish of somebody else goes on by a
        message that names the run.
        """
        if "run" in message:
            run = self._resumed(entity, message["run"])
        else:
            asked = message.get("at")
            run = self._begun(entity, asked) or (None if asked else self._unread(entity))
            if run is not None and run.asked is None:
                self._go_on(entity, run)
                return
        while run is not None:
            page = self._page(entity, run)
            run = self._advanced(run, page)
            if run is not None and out_of_time():
                self._go_on(entity, run)
                return

    def _go_on(self, entity: Entity, run: Run) -> None:
        body = {"poll": entity.value, "run": run.started.isoformat()}
        self.queues.send([Message(keys.read_queue(self.connection), body)])

    def _page(self, entity: Entity, run: Run) -> str | None:
        """Handle one page whole, and say where the next one starts."""
        if entity is Entity.ORDER:
            orders = self.source.orders_since(run.since, page=run.page)
            for order in orders.items:
                self.capture.take(order)
            self._refusals(entity, orders)
            return orders.next
        if entity is Entity.SHIPMENT:
            shipments = self.source.shipments_since(run.since, page=run.page)
            for shipment in shipments.items:
                self.shipments.record(shipment, source=self.source)
            self._refusals(entity, shipments)
            return shipments.next
        if entity in _BOOKED:
            return self._booked(entity, run)
        if entity is Entity.PAYOUT:
            return self.payouts.page(self.source, run.since, run.page, began=run.started)
        page = self.source.changed(entity, since=run.since, page=run.page)
        self._keep(entity, page)
        if entity is Entity.PRICE and (gone := self._vanished(page)):
            self._keep(entity, self.source.read(entity, gone))
        return page.next

    def _booked(self, entity: Entity, run: Run) -> str | None:
        """What the ERP has done about orders."""
        if entity is Entity.INVOICE:
            return self._bill(self.source.billed_since(run.since, page=run.page))
        if entity is Entity.RETURN:
            return self._take_back(self.source.returns_since(run.since, page=run.page))
        return self._promise(self.source.promised_since(run.since, page=run.page))

    def _vanished(self, page: Page) -> list[str]:  # type: ignore[type-arg]
        source, now = self.connection, self.clock.now()
        return vanished(page, source=source, store=self.store, retailer=self.retailer, now=now)

    def _keep(self, entity: Entity, page: Page) -> Applied:  # type: ignore[type-arg]
        applied = apply(
            page.items,
            entity=entity,
            store=self.store,
            issues=self.issues,
            retailer=self.retailer,
        )
        self._refusals(entity, page)
        self.issues.report(
            refused(map(_overfull, applied.overfull), connection=self.connection, entity=entity)
        )
        return applied

    def _refusals(self, entity: Entity, page: Page) -> None:  # type: ignore[type-arg]
        if entity is Entity.ORDER:
            self.issues.report(self._unreadable(refusal) for refusal in page.refused)
        else:
            self.issues.report(refused(page.refused, connection=self.connection, entity=entity))

    def _row(self, entity: Entity) -> Row:
        key = keys.cursor(self.connection, entity)
        return self.store.get([key]).get(key) or Row(key, 0, {})

    def _begun(self, entity: Entity, asked: str | None) -> Run | None:
        """A new run, or the one that this instant began; None while another one is alive.

        None as well if a run that began later than this instant has read everything.
        """
        for _ in range(TRIES):
            row = self._row(entity)
            now, done = self.clock.now(), row.body.get("done")
            if asked and row.body.get("run") and row.body.get("asked") == asked:
                return _left(row)
            if row.body.get("run") and now < _at(row.body["heard"]) + RUN_MAX:
                return None
            if asked and done and _at(asked) <= _at(done):
                return None
            overlap = self.retailer.connection(self.connection).overlap
            run = Run(now, _at(done) - overlap if done else None, page=None, row=row, asked=asked)
            if (begun := self._write(run, done=done)) is not None:
                return begun
        return None

    def _unread(self, entity: Entity) -> Run | None:
        """A run somebody wished for of which nothing is read yet: whoever began it may have died.

        To be sent on twice costs a page that is read twice at most.
        """
        row = self._row(entity)
        run = _left(row) if row.body.get("run") else None
        return run if run is not None and run.asked is None and run.page is None else None

    def _resumed(self, entity: Entity, started: str) -> Run | None:
        row = self._row(entity)
        return _left(row) if row.body.get("run") == started else None

    def _advanced(self, run: Run, page: str | None) -> Run | None:
        """The cursor moves only past what was kept; the last page makes the run count."""
        if page is None:
            self._write(run, done=run.started.isoformat(), ended=True)
            return None
        return self._write(replace(run, page=page), done=run.row.body.get("done"))

    def _write(self, run: Run, *, done: Json, ended: bool = False) -> Run | None:
        """The run with the cursor as it is now; None if somebody else wrote it."""
        now = self.clock.now().isoformat()
        said = now if ended else run.row.body.get("ended")
        body: dict[str, Json] = {"done": done, "heard": now, "ended": said}
        if not ended:
            body |= {
                "run": run.started.isoformat(),
                "since": run.since.isoformat() if run.since else None,
                "page": run.page,
                "asked": run.asked,
            }
        key, rev = run.row.key, run.row.rev
        written = self.store.commit([Put(key, body, rev)])[0]
        return replace(run, row=Row(key, rev + 1, body)) if written else None

    def _unreadable(self, refusal: Refusal) -> Problem:
        """One exception per order, whether a hint led to it or a poll."""
        return Problem(
            kind=IssueKind.BAD_MESSAGE,
            subject=f"{self.connection}/order/{refusal.subject}",
            connection=self.connection,
            summary=f"order {refusal.subject} cannot be understood: {refusal.message}",
            remedy=refusal.remedy or "correct the order in the channel, then replay",
            field=refusal.field or None,
            value=refusal.value or None,
            replay={
                "queue": keys.read_queue(self.connection),
                "read": "order",
                "key": refusal.subject,
            },
        )


def _left(row: Row) -> Run:
    """A run as its cursor has it."""
    since, page, asked = (row.body.get(name) for name in ("since", "page", "asked"))
    return Run(
        started=_at(row.body["run"]),
        since=_at(since) if since else None,
        page=str(page) if page else None,
        row=row,
        asked=str(asked) if asked else None,
    )


def _overfull(sku: str) -> Refusal:
    remedy = "end what is no longer needed of it; its conditions stay as they were until then"
    said = f"{sku} has more than {CONDITIONS_MAX} price conditions"
    return Refusal(sku, "conditions", f"over {CONDITIONS_MAX}", said, remedy)


def _refusal(key: str, error: RejectedError) -> Refusal:
    value = "" if error.value is None else str(error.value)[:200]
    return Refusal(key, error.field or "", value, str(error), error.remedy or "")


def _at(text: Json) -> datetime:
    return datetime.fromisoformat(str(text))
