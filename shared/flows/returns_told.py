"""What is told of returns: news on the bus, and what a person has to see to."""

from collections.abc import Iterable, Iterator

from shared.domain import return_moves, returns
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.case import Case, IntentKind, IntentState
from shared.model.issue import IssueKind
from shared.model.retailer import Retailer
from shared.model.return_events import ReturnAuthorised, ReturnReceived
from shared.model.returns import Return, ReturnState
from shared.ports import Bus, Clock, Put, Store


@frozen
class ReturnNews:
    bus: Bus
    issues: Issues
    clock: Clock
    store: Store

    def tell(self, case: Case, before: Case | None) -> None:
        """Whatever is new of the returns of a case; a repeat tells nothing that was told."""
        old = {one.return_id: one for one in returns.whole(before)} if before else {}
        whole = returns.whole(case)
        events = [event for one in whole for event in self._events(case, one, old)]
        if events:
            self.bus.publish(events)
        new = [one.return_id for one in whole if one.return_id not in old]
        body: dict[str, Json] = {"order_id": case.order.order_id}
        if new:
            self.store.commit([Put(keys.return_of(name), body, 0) for name in new])
        for one in whole:
            known = old.get(one.return_id)
            if one != known:
                found = list(_problems(case, one))
                self.issues.report(found)
                self._solve(_problems(before, known) if before and known else (), found)
        owed = returns.refunded(case)
        for one in whole:
            if one.worth is not None and one.return_id in owed:
                self.issues.solve(IssueKind.REFUND_DUE, _subject(case, one), by="refunded")

    def _solve(self, before: Iterable[Problem], now: Iterable[Problem]) -> None:
        """End what was told of units, and is so no longer."""
        still = {(one.kind, one.subject) for one in now}
        for one in before:
            if one.kind is IssueKind.RETURN_DIFFERS and (one.kind, one.subject) not in still:
                self.issues.solve(one.kind, one.subject, by="what was announced since")

    def _events(
        self, case: Case, one: Return, old: dict[str, Return]
    ) -> Iterator[ReturnAuthorised | ReturnReceived]:
        known = old.get(one.return_id)
        order_id, channel, now = case.order.order_id, case.order.channel, self.clock.now()
        granted = one.status in returns.GRANTED
        if granted and (known is None or known.status not in returns.GRANTED):
            yield ReturnAuthorised(
                at=now,
                order_id=order_id,
                channel=channel,
                return_id=one.return_id,
                lines=dict(returns.units(one.lines)),
            )
        had = known.receipts if known else ()
        for receipt in one.receipts:
            if receipt not in had:
                yield ReturnReceived(
                    at=receipt.received_at,
                    order_id=order_id,
                    channel=channel,
                    return_id=one.return_id,
                    told_by=receipt.told_by,
                    complete=returns.state_of(one) is ReturnState.RECEIVED,
                    lines=dict(returns.units(receipt.lines)),
                )


def _problems(case: Case, one: Return) -> Iterator[Problem]:
    over = returns.received(one) - returns.units(one.lines)
    if over:
        yield Problem(
            kind=IssueKind.RETURN_DIFFERS,
            subject=_subject(case, one),
            connection=one.origin,
            summary=f"of return {one.return_id} of order {case.order.number} more came than was "
            "announced: " + ", ".join(f"{n} of line {line}" for line, n in sorted(over.items())),
            remedy="count the parcel again; refund what the customer sent beyond the return",
            field="lines",
            value=str(dict(over))[:200],
        )
    yield from _strangers(case, one)
    asked = case.intent(f"return#{one.return_id}")
    kept = asked is not None and asked.kind is IntentKind.RETURN
    if kept and asked is not None and asked.state is IntentState.APPLIED:
        if one.status in returns.DEAD:
            yield Problem(
                kind=IssueKind.RETURN_DIFFERS,
                subject=f"{_subject(case, one)}/erp",
                connection=asked.connection,
                summary=f"return {one.return_id} of order {case.order.number} was {one.status} "
                f"after the ERP had it as {asked.result}",
                remedy=f"reject the items of {asked.result} in the ERP",
                field="status",
                value=one.status,
            )
    elif one.worth is not None and one.return_id not in returns.refunded(case):
        yield Problem(
            kind=IssueKind.REFUND_DUE,
            subject=_subject(case, one),
            connection=one.origin,
            summary=f"the ERP takes goods of order {case.order.number} back as {one.document} and "
            f"credits {one.worth}; the channel has refunded nothing for it",
            remedy="refund these units in the channel; no second document is made in the ERP",
            field="worth",
            value=str(one.worth),
            at_risk=one.worth,
        )


def twice(case: Case, one: Return, source: str, retailer: Retailer) -> Iterator[Problem]:
    """Units that a call and a movement have both put into the books of a source."""
    if retailer.tells_returns(source):
        return
    places = retailer.stocked_by(source)
    for sku, units in sorted(return_moves.twice(case, one, source, places).items()):
        yield Problem(
            kind=IssueKind.RETURN_DIFFERS,
            subject=f"{_subject(case, one)}/{sku}/{source}",
            connection=source,
            summary=f"{units} of {sku} under return {one.return_id} of order {case.order.number} "
            f"were received by call and moved by {source}: they are in its books twice",
            remedy=f"send a count of {sku} as {source}, and set `returns = true` for {source} so "
            "that calls move nothing there, or let it post no returns",
            field="returns",
            value=str(units),
        )


def _strangers(case: Case, one: Return) -> Iterator[Problem]:
    for sku, units in sorted(return_moves.strangers(case, one).items()):
        yield Problem(
            kind=IssueKind.RETURN_DIFFERS,
            subject=f"{_subject(case, one)}/{sku}",
            connection=one.origin,
            summary=f"{units} of {sku} came under return {one.return_id} of order "
            f"{case.order.number}, which does not announce that article; they are in the stock",
            remedy=f"add {sku} to the return if it is the customer's, and refund it; else correct "
            "the article in the warehouse",
            field="sku",
            value=sku,
        )


def _subject(case: Case, one: Return) -> str:
    return f"{case.order.order_id}/{one.return_id}"
