"""Keeps the books of every order: its facts day by day, and where shop and ERP differ.

Nothing is added up as it comes in. Whenever a case has changed its rows are made what follows from
it, so that late, doubled and taken back news all end in the same books. What still differs after a
while becomes an exception, and is solved by itself once it no longer does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from shared.domain import books, payouts
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.books import Bucket, Difference, OrderBooks, OrderPayouts, PayoutLine
from shared.model.case import Case
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.model.policies import BookRules
from shared.model.retailer import Retailer
from shared.ports import Clock, Put, Row, Store, Table

TRIES = 6
KIND = IssueKind.BOOKS_DIFFER
BATCH = 100


@frozen
class Books:
    store: Store
    cases: Cases
    issues: Issues
    clock: Clock
    retailer: Retailer
    rules: BookRules

    def keep(self, order_ids: Iterable[str]) -> int:
        """Make the books of these orders what their cases say; how many rows changed."""
        return sum(self._keep(order_id) for order_id in dict.fromkeys(order_ids))

    def _keep(self, order_id: str) -> int:
        for _ in range(TRIES):
            found = self.cases.find(order_id)
            if found is None:
                return 0
            paid = self._paid(order_id)
            puts = [*self._ledger(found.case, paid), *self._differing(found.case, paid.lines)]
            if all(self.store.commit(puts)):
                return len(puts)
        raise RetryableError(f"the books of {order_id} are contended")

    def _paid(self, order_id: str) -> OrderPayouts:
        if self.rules.payout_days is None:
            return OrderPayouts()
        key = keys.payouts(order_id)
        row = self.store.get([key]).get(key)
        return OrderPayouts.model_validate(row.body) if row else OrderPayouts()

    def _ledger(self, case: Case, paid: OrderPayouts) -> Iterator[Put]:
        """One row for each day, written if it says something else."""
        order_id, zone = case.order.order_id, self.rules.zone
        days = books.days(case, zone=zone) | {*paid.days}
        by_day: dict[str, list[Json]] = {day: [] for day in sorted(days)}
        for entry in (*books.entries(case, zone=zone), *payouts.entries(paid.lines)):
            by_day.setdefault(entry.day, []).append(entry.model_dump(mode="json"))
        rows = self.store.get(keys.books(day, order_id) for day in by_day)
        for day, said in sorted(by_day.items()):
            key, body = keys.books(day, order_id), {"entries": said}
            row = rows.get(key)
            if row.body != body if row else said:
                yield Put(key, body, row.rev if row else 0)

    def _differing(self, case: Case, paid: Sequence[PayoutLine]) -> Iterator[Put]:
        order_id, now = case.order.order_id, self.clock.now()
        key = keys.difference(order_id)
        row = self.store.get([key]).get(key)
        known = OrderBooks.model_validate(row.body) if row else None
        policy = self.retailer.channel(case.order.channel).orders
        untold, without = books.untold(case, policy), self.rules.not_paid_out
        of_payouts = (
            payouts.shares(case, paid, without=without, untold=untold)
            if self.rules.payout_days is not None
            else ()
        )
        found = books.differences(case, self._again(case), of_payouts, policy)
        if known is None and not found:
            return
        same = known is not None and known.differences == found
        self._solve(known, found)
        if known is not None and same:
            return
        since = known.since if known is not None and known.differences and found else now
        told = known.told if known is not None else ()
        left = tuple(bucket for bucket in told if bucket in {d.bucket for d in found})
        body = OrderBooks(order_id=order_id, differences=found, since=since, told=left)
        yield self._put(body, row)

    def _put(self, said: OrderBooks, row: Row | None) -> Put:
        untold = [one.bucket for one in said.differences if one.bucket not in said.told]
        return Put(
            keys.difference(said.order_id),
            said.model_dump(mode="json"),
            row.rev if row else 0,
            lane=keys.DIFFERENCE_LANE if untold else None,
            due=said.since + min(map(self._after, untold)) if untold else None,
        )

    def _after(self, bucket: Bucket) -> timedelta:
        """How long one may last before a person is told; a payout takes its days."""
        if bucket is Bucket.NOT_PAID_OUT and self.rules.payout_days is not None:
            return timedelta(days=self.rules.payout_days)
        return timedelta(hours=self.rules.after_hours)

    def _solve(self, known: OrderBooks | None, found: Iterable[Difference]) -> None:
        left = {one.bucket for one in found}
        for bucket in known.told if known is not None else ():
            if known is not None and bucket not in left:
                self.issues.solve(KIND, f"{known.order_id}/{bucket}", by="the books agree")

    def overdue(self) -> int:
        """Tell a person of what has differed for long enough; how many orders that were."""
        now = self.clock.now()
        rows = self.store.due(Table.CONTROL, keys.DIFFERENCE_LANE, until=now, limit=BATCH)
        for row in rows:
            said = OrderBooks.model_validate(row.body)
            over = [d for d in said.differences if said.since + self._after(d.bucket) <= now]
            self.issues.report([self._problem(said, one) for one in over])
            told = said.model_copy(update={"told": tuple(d.bucket for d in over)})
            self.store.commit([self._put(told, row)])
        return len(rows)

    def _problem(self, said: OrderBooks, found: Difference) -> Problem:
        channel = self.retailer.channel(said.order_id.partition(":")[0])
        about = f" ({found.reference})" if found.reference else ""
        return Problem(
            kind=KIND,
            subject=f"{said.order_id}/{found.bucket}",
            connection=channel.erp,
            summary=f"order {said.order_id}: {found.bucket}{about}, {found.amount}",
            remedy=found.repair,
            field=found.bucket,
            value=str(found.amount),
            at_risk=found.amount,
            replay=found.again,
        )

    def _again(self, case: Case) -> Mapping[Bucket, dict[str, str]]:
        """What repairs without a person: looked for before it is sent, so harmless to repeat."""
        channel = self.retailer.channel(case.order.channel)
        send = {"queue": keys.write_queue(channel.erp), "case": case.order.order_id}
        bills = {"queue": keys.read_queue(channel.erp), "poll": Entity.INVOICE.value}
        order = {
            "queue": keys.read_queue(channel.connection),
            "read": Entity.ORDER.value,
            "key": case.order.external_id,
        }
        paid = {"queue": keys.read_queue(channel.connection), "poll": Entity.PAYOUT.value}
        polled = self.retailer.pays_out(channel.connection)
        return ({Bucket.NOT_PAID_OUT: paid} if polled else {}) | {
            Bucket.NOT_IN_ERP: send,
            Bucket.NOT_CREDITED: send,
            Bucket.NOT_INVOICED: bills,
            Bucket.NOT_CAPTURED: order,
        }


def day(store: Store, name: str, *, after: str = "", limit: int = 250) -> dict[str, Json]:
    """The ledger of a day, a page of orders at a time, with the sums of the page by kind."""
    rows = store.query(Table.CONTROL, keys.books(name, "").pk, after=after, limit=limit)
    sums: dict[tuple[str, str], int] = {}
    orders: list[Json] = []
    for row in rows:
        listed = row.body["entries"]
        entries = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
        for entry in entries:
            amount = entry["amount"]
            if isinstance(amount, dict):
                name_of = str(entry["kind"]), str(amount["currency"])
                sums[name_of] = sums.get(name_of, 0) + int(str(amount["amount"]))
        if entries:
            orders.append({"order_id": row.key.sk, "entries": list[Json](entries)})
    differing = store.get(keys.difference(row.key.sk) for row in rows)
    return {
        "day": name,
        "sums": [
            {"kind": kind, "amount": amount, "currency": currency}
            for (kind, currency), amount in sorted(sums.items())
        ],
        "orders": orders,
        "differences": [dict(row.body) for row in differing.values() if row.body["differences"]],
        "next": rows[-1].key.sk if len(rows) == limit else None,
    }


def asked_day(said: str | None, now: datetime) -> str | None:
    """A date as it was asked for, yesterday if none was; None if it is no date."""
    if said is None:
        return (now - timedelta(days=1)).date().isoformat()
    try:
        return datetime.strptime(said, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007 - a date
    except ValueError:
        return None
