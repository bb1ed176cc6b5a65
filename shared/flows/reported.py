"""Shipments that a warehouse reports beside the ERP: kept first, then put on their orders.

One row per shipment of a source is what it said, so that nothing is lost: what does not fit its
order waits there, and is tried again by itself, by a newer version, and by a person's replay.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.domain import called_shipments
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.calls import KEY_REUSED
from shared.flows.cases import Cases
from shared.flows.erp_links import ErpLinks
from shared.flows.issues import Issues, Problem
from shared.flows.shipments import Shipments
from shared.frozen import frozen
from shared.model.base import Canonical, Instant
from shared.model.case import Case
from shared.model.issue import IssueKind, IssueState
from shared.model.order import Shipment
from shared.model.retailer import Retailer
from shared.model.shipment_call import ShipmentAnswer, ShipmentCall, ShipmentProblem
from shared.ports import Bus, Clock, Put, Queues, Store, Table

KIND: Final = IssueKind.SHIPMENT_UNPLACED
TRIES: Final = 6
BATCH: Final = 100
KEPT_FOR: Final = timedelta(days=180)
FIRST_AGAIN: Final = timedelta(minutes=1)
AGAIN_MAX: Final = timedelta(hours=6)
VALUE_MAX: Final = 100


class Status(StrEnum):
    WAITING = "waiting"
    PLACED = "placed"
    COMPARED = "compared"
    CLOSED = "closed"  # a person said that it is to go on no order


class Reported(Canonical):
    """`told` is what its exception says, as long as there is one; `since` the call came."""

    call: ShipmentCall
    since: Instant
    status: Status = Status.WAITING
    order_id: str | None = None
    told: str = ""


@frozen
class Kept:
    said: Reported
    rev: int


@frozen
class ReportedShipments:
    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    cases: Cases
    clock: Clock
    retailer: Retailer

    def take(self, call: ShipmentCall) -> ShipmentAnswer:
        """Keep it and put it on its order; RejectedError where its id is known with other content.

        A repeat is answered by what became of it; what is older than what is known changes nothing.
        """
        for _ in range(TRIES):
            kept = self._kept(call.source, call.shipment_id)
            said = _newest(kept.said if kept else None, call, self.clock.now())
            if kept is not None and said == kept.said:
                if said.status is Status.WAITING:
                    return self._try(kept)
                return _answer(said, None)
            if (rev := self._write(said, kept.rev if kept else 0)) is not None:
                return self._try(Kept(said, rev))
        raise RetryableError(f"shipment {call.told_as} is contended")

    def knows(self, call: ShipmentCall) -> bool:
        """Whether just this was told before."""
        kept = self._kept(call.source, call.shipment_id)
        return kept is not None and kept.said.call == call

    def again(self, name: str) -> None:
        """Try one again, `<source>/<id>`, because a person wants it."""
        source, _, shipment_id = name.partition("/")
        kept = self._kept(source, shipment_id)
        if kept is not None:
            self._try(kept)

    def run(self, out_of_time: Callable[[], bool]) -> int:
        """Try again what waits and is due; how many. One that fails does not keep the others."""
        now = self.clock.now()
        done, failed = 0, list[Exception]()
        for row in self.store.due(Table.ORDERS, keys.REPORTED_LANE, until=now, limit=BATCH):
            if out_of_time():
                break
            call = Reported.model_validate(row.body).call
            try:
                self._once_more(call)
            except Exception as error:  # noqa: BLE001 - raised below
                failed.append(error)
            else:
                done += 1
        if failed:
            raise failed[0]
        return done

    def _once_more(self, call: ShipmentCall) -> None:
        kept = self._kept(call.source, call.shipment_id)
        if kept is None or kept.said.status is not Status.WAITING:
            return
        issue = self.issues.find(f"{KIND}#{_subject(call)}") if kept.said.told else None
        if issue is not None and issue.state is IssueState.SOLVED:
            self._write(kept.said.model_copy(update={"status": Status.CLOSED}), kept.rev)
            return
        self._try(kept)

    # onto its order

    def _try(self, kept: Kept) -> ShipmentAnswer:
        said = kept.said
        try:
            case, shipment = self._put(said.call)
        except RejectedError as error:
            return self._wait(kept, error)
        counted = any(one.shipment_id == shipment.shipment_id for one in case.shipments)
        status = Status.PLACED if counted else Status.COMPARED
        if said.told:
            self.issues.solve(KIND, _subject(said.call), by="it is on its order")
        order_id = case.order.order_id
        done = said.model_copy(update={"status": status, "order_id": order_id, "told": ""})
        self._write(done, kept.rev)
        return _answer(done, None)

    def _put(self, call: ShipmentCall) -> tuple[Case, Shipment]:
        order_id, location = self._order(call), self._location(call)
        believed = self.retailer.ships(call.source, location)
        booked = believed and self.retailer.is_source(self.retailer.stock_teller(location))
        taking = Shipments(
            call.source,
            self.store,
            self.queues,
            self.bus,
            self.issues,
            self.cases,
            self.clock,
            self.retailer,
        )

        def made(case: Case) -> Shipment:
            return called_shipments.shipment_of(
                case, call, location=location, believed=believed, booked=booked
            )

        case = self.cases.change(order_id, lambda case: taking.taken(case, made(case)))
        if case is None:
            raise _unknown(call)
        shipment = made(case)
        taking.follow(case, shipment)
        called_shipments.check_settled(case, call)
        return case, shipment

    def _order(self, call: ShipmentCall) -> str:
        if call.order_id is not None:
            if self.cases.find(call.order_id) is None:
                raise _unknown(call)
            return call.order_id
        erps = dict.fromkeys(channel.erp for channel in self.retailer.channels)
        rows = [ErpLinks(erp, self.store, self.queues).known(call.erp_order or "") for erp in erps]
        found = {str(row.body["order_id"]) for row in rows if row is not None}
        if len(found) != 1:
            raise _unknown(call)
        return found.pop()

    def _location(self, call: ShipmentCall) -> str:
        named = {one.name for one in self.retailer.locations}
        place = self.retailer.location_at(call.source, call.location) or call.location
        if place not in named:
            raise RejectedError(
                "no such location",
                code=called_shipments.MISFIT,
                field="location",
                value=call.location,
                remedy=f"give a location the name {call.location!r} under `external` of "
                f"{call.source} in the retailer's file; known are {', '.join(sorted(named))}",
            )
        return place

    def _wait(self, kept: Kept, error: RejectedError) -> ShipmentAnswer:
        """Told before it is put down; what is told already is not told again."""
        said, told = kept.said, f"{error.field}={error.value}"
        if error.code == called_shipments.EARLY:
            told = said.told
        elif told != said.told:
            self.issues.report([self._problem(said.call, error)])
        later = said.model_copy(update={"status": Status.WAITING, "told": told})
        self._write(later, kept.rev)
        return _answer(later, error)

    # its row

    def _kept(self, source: str, shipment_id: str) -> Kept | None:
        key = keys.reported(source, shipment_id)
        row = self.store.get([key]).get(key)
        return Kept(Reported.model_validate(row.body), row.rev) if row else None

    def _write(self, said: Reported, rev: int) -> int | None:
        """Its new revision; None where somebody else was faster, and has tried it too."""
        now, waits = self.clock.now(), said.status is Status.WAITING
        put = Put(
            keys.reported(said.call.source, said.call.shipment_id),
            said.model_dump(mode="json"),
            rev,
            lane=keys.REPORTED_LANE if waits else None,
            due=now + _pause(said.since, now) if waits else None,
            expires=said.since + KEPT_FOR,
        )
        return rev + 1 if self.store.commit([put])[0] else None

    def _problem(self, call: ShipmentCall, error: RejectedError) -> Problem:
        channel = (call.order_id or "").partition(":")[0]
        erps = {one.name: one.erp for one in self.retailer.channels}
        erp = erps.get(channel, self.retailer.channels[0].erp)
        return Problem(
            kind=KIND,
            subject=_subject(call),
            connection=call.source,
            summary=f"shipment {call.shipment_id} of {call.source} for order "
            f"{call.order_id or call.erp_order} waits: {error}",
            remedy=f"{error.remedy}; then replay, or let it be tried again by itself",
            field=error.field,
            value=str(error.value)[:VALUE_MAX],
            replay=keys.reported_again(erp, call.source, call.shipment_id),
        )


def _newest(known: Reported | None, call: ShipmentCall, now: datetime) -> Reported:
    """What is to be kept; RejectedError if one version says two things."""
    if known is None:
        return Reported(call=call, since=now)
    before = known.call
    if before.version == call.version and before != call:
        raise RejectedError(
            f"version {call.version} of this shipment said something else",
            code=KEY_REUSED,
            field="shipment_id",
            value=call.shipment_id,
            remedy=f"send it anew as version {call.version + 1}, or choose another id",
        )
    if before.version >= call.version:
        return known
    return known.model_copy(update={"call": call, "status": Status.WAITING})


def _unknown(call: ShipmentCall) -> RejectedError:
    return RejectedError(
        "nothing is known of this order",
        code=called_shipments.MISFIT,
        field="order_id" if call.order_id else "erp_order",
        value=call.order_id or call.erp_order,
        remedy="have the order read if it is missing here, or send a newer version that names it",
    )


def _answer(said: Reported, error: RejectedError | None) -> ShipmentAnswer:
    problem = None
    if error is not None:
        value = str(error.value)[:VALUE_MAX]
        problem = ShipmentProblem(field=error.field or "", value=value, remedy=error.remedy or "")
    return ShipmentAnswer(
        source=said.call.source,
        shipment_id=said.call.shipment_id,
        version=said.call.version,
        order_id=said.order_id or said.call.order_id,
        status=said.status,
        problem=problem,
    )


def _pause(since: datetime, now: datetime) -> timedelta:
    return min(max(now - since, FIRST_AGAIN), AGAIN_MAX)


def _subject(call: ShipmentCall) -> str:
    return f"{call.source}/{call.shipment_id}"
