"""What a provider paid out, read or dropped: kept once with its order, whose books follow."""

from collections.abc import Callable, Mapping, Sequence
from copy import replace
from datetime import datetime, timedelta

from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.books import Books
from shared.flows.issues import Problem, refused
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.books import OrderPayouts, PaidOut, Payout, PayoutLine
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Key, Message, Page, Put, Queues, Refusal, Row, Table
from shared.return_ports import PayoutSource

TRIES = 6
AGAIN = timedelta(hours=1)  # how soon a payout of which an order was unknown is read again
ORDERS = 100  # of a payout that failed, withdrawn at a time
_OF = "#"  # behind an order nobody knew, the movement that was told of
FIRST = "-"  # the first page of payouts, of which more is to be read


def kept(books: Books, order_id: str, lines: Sequence[PayoutLine]) -> int:
    """How many of them said something new; the newest telling of a movement counts."""
    told = {line.reference: line for line in lines}
    return _changed(books, order_id, lambda known: {**known, **told})


def withdrawn(books: Books, order_id: str, payout: str) -> int:
    """How many movements of an order a payout was to pay that never arrived."""
    return _changed(
        books, order_id, lambda known: {n: x for n, x in known.items() if x.payout != payout}
    )


type _Lines = dict[str, PayoutLine]


def _changed(books: Books, order_id: str, change: Callable[[_Lines], _Lines]) -> int:
    key = keys.payouts(order_id)
    for _ in range(TRIES):
        row = books.store.get([key]).get(key)
        known = OrderPayouts.model_validate(row.body) if row else OrderPayouts()
        before = {line.reference: line for line in known.lines}
        after = change(before)
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if not names:
            return 0
        days = {before[name].day for name in names if name in before}
        body = OrderPayouts(
            lines=tuple(after[name] for name in sorted(after)),
            days=tuple(sorted({*known.days, *days})),
        )
        put = Put(key, body.model_dump(mode="json"), row.rev if row else 0)
        if books.store.commit([put])[0]:
            return len(names)
    raise RetryableError(f"payouts of order {order_id} are contended")


@frozen
class Payouts:
    """Payouts of one connection, as it is polled for them.

    How far each was read stands in its row; one that was read to its end in a state is not read
    again in that state, however far back a poll looks, unless an order of any of its pages was
    `unknown` then. What one was to pay that failed later is taken out of the books again. Whoever
    reads it `again` ends what was told of orders that are known by now.
    """

    connection: str
    books: Books
    queues: Queues

    def page(
        self, source: PayoutSource, since: datetime | None, page: str | None, *, began: datetime
    ) -> str | None:
        """Read one page of movements, and say where to go on; `began` is when the poll did."""
        after = None if page in {None, FIRST} else page
        heads = source.payouts_since(since, page=after)
        strange = {self._key(one.subject): one for one in heads.refused}
        rows = self.books.store.get([*(self._key(one.payout) for one in heads.items), *strange])
        self._strange(strange, rows)
        for head in heads.items:
            row = rows.get(self._key(head.payout)) or Row(self._key(head.payout), 0, {})
            same = row.body.get("state") == head.state
            if same and _through(row.body, began):
                continue
            at = _text(row.body.get("page")) if same else None
            if head.left:
                found = source.movements_of(head, page=at)
                whole, following = self.record(found), found.next
            else:
                whole, following = True, self._withdraw(head, at)
            missed = at is not None and row.body.get("unknown") is True  # on a page before
            body: dict[str, Json] = {
                "state": head.state,
                "page": following,
                "unknown": missed or not whole,
                "read": None if following else began.isoformat(),
            }
            self._known(head, row)
            self.books.store.commit([Put(row.key, body, row.rev)])
            return page or FIRST
        return heads.next

    def _key(self, payout: str) -> Key:
        return keys.payout(self.connection, payout)

    def _withdraw(self, head: Payout, after: str | None) -> str | None:
        """Take what a payout was to pay out of the books of some orders; where to go on."""
        pk = keys.paid_order(self.connection, head.payout, "").pk
        rows = self.books.store.query(Table.CONTROL, pk, after=after or "", limit=ORDERS)
        for row in rows:
            order_id, _, reference = row.key.sk.partition(_OF)
            if reference:
                self._moot(head, reference)
                continue
            withdrawn(self.books, order_id, head.payout)
            self.books.keep([order_id])
        return rows[-1].key.sk if len(rows) == ORDERS else None

    def _moot(self, head: Payout, reference: str) -> None:
        """End what was told of an unknown order, unless another payout has told of it since."""
        [told] = self._told([Refusal(reference, "order", "", "", "")])
        issue = self.books.issues.find(f"{IssueKind.BAD_FACT}#{told.subject}")
        if issue and issue.replay and issue.replay.get("key") == head.payout:
            by = "its payout failed"
            self.books.issues.solve(issue.kind, issue.subject, by=by, count=issue.count)

    def _strange(self, found: Mapping[Key, Refusal], rows: Mapping[Key, Row]) -> None:
        """Tell of states nobody knows, each once; before it is put down."""
        puts = []
        for key, refusal in found.items():
            row = rows.get(key) or Row(key, 0, {})
            if row.body.get("state") != refusal.value:
                self._refusals([refusal])
                puts.append(Put(key, {**row.body, "state": refusal.value, "page": None}, row.rev))
        self.books.store.commit(puts)

    def _known(self, head: Payout, row: Row) -> None:
        """End what was told of its state, if it is another now."""
        if row.rev and row.body.get("state") != head.state:
            [told] = self._told([Refusal(head.payout, "status", head.state, "", "")])
            self.books.issues.solve_all(IssueKind.BAD_FACT, [told.subject], by="its state is known")

    def record(self, page: Page[PaidOut]) -> bool:
        """Keep movements with their orders; whether all of these are known.

        One of an order nobody knows is an exception, unless it is of before orders were taken. It
        ends once the order is known, also if the payout failed and another one pays the movement,
        and if the payout failed and none does.
        """
        by_order: dict[str, list[PaidOut]] = {}
        for one in page.items:
            by_order.setdefault(one.order_id, []).append(one)
        known = self.books.cases.find_all(by_order)
        begins = self.books.retailer.connection(self.connection).orders_from
        unknown = [
            one
            for one in page.items
            if one.order_id not in known and (begins is None or one.at >= begins)
        ]
        self._refusals(page.refused)
        self._listed([one for one in page.items if one.order_id in known], unknown)
        self.books.issues.report(self._unknown(one) for one in unknown)
        for order_id in known:
            kept(self.books, order_id, [one.line for one in by_order[order_id]])
            self.books.keep([order_id])
        told = {self._unknown(one).subject for one in page.items if one.order_id in known}
        self.books.issues.solve_all(IssueKind.BAD_FACT, told, by="its order is known")
        return not unknown

    def _listed(self, found: Sequence[PaidOut], unknown: Sequence[PaidOut]) -> None:
        """Note which orders a payout pays and what is told of it, for it may fail; before both."""
        notes = [(x.line.payout, x.order_id) for x in found]
        notes += [(x.line.payout, f"{x.order_id}{_OF}{x.line.reference}") for x in unknown]
        wanted = dict.fromkeys(keys.paid_order(self.connection, *note) for note in notes)
        there = self.books.store.get(wanted)
        self.books.store.commit([Put(key, {}, 0) for key in wanted if key not in there])

    def again(self, payout: str) -> None:
        """Have a payout read anew by the next poll, which is asked for, and solve what is known."""
        key = keys.payout(self.connection, payout)
        for _ in range(TRIES):
            row = self.books.store.get([key]).get(key) or Row(key, 0, {})
            body: dict[str, Json] = {**row.body, "page": None, "read": None, "unknown": True}
            if self.books.store.commit([Put(key, body, row.rev)])[0]:
                poll = {"poll": Entity.PAYOUT.value}
                self.queues.send([Message(keys.read_queue(self.connection), poll)])
                return
        raise RetryableError(f"payout {payout} of {self.connection} is contended")

    def _unknown(self, one: PaidOut) -> Problem:
        [told] = self._told([_unknown(one)])
        queue = keys.read_queue(self.connection)
        replay = {"queue": queue, "read": Entity.PAYOUT.value, "key": one.line.payout}
        return replace(told, replay=replay)

    def _told(self, found: Sequence[Refusal]) -> list[Problem]:
        return refused(found, connection=self.connection, entity=Entity.PAYOUT)

    def _refusals(self, found: Sequence[Refusal]) -> None:
        self.books.issues.report(self._told(found))


def _through(row: Mapping[str, Json], began: datetime) -> bool:
    """Read to its end, and not to be read again: or not yet, where an order was unknown."""
    read = _text(row.get("read"))
    if read is None:
        return False
    return row.get("unknown") is not True or began - datetime.fromisoformat(read) < AGAIN


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _unknown(one: PaidOut) -> Refusal:
    order = one.order_id.partition(":")[2]
    said = f"payout {one.line.payout} has {one.line.gross} of order {order}, which nobody knows"
    remedy = "let the order be read, then replay; it is looked for within hours by itself too"
    return Refusal(one.line.reference, "order", order, said, remedy)


@frozen
class PayoutsRead:
    """What a connection is read for where its provider's payouts are."""

    source: PayoutSource
    payouts: Payouts

    def read(self, key: str) -> None:
        self.payouts.again(key)

    def page(self, since: datetime | None, page: str | None, *, began: datetime) -> str | None:
        return self.payouts.page(self.source, since, page, began=began)
