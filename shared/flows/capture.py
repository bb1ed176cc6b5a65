"""Take an order in: verify its total, map its lines, make a case, hold its stock. Once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import datetime
from functools import partial

from shared.domain import (
    awaiting,
    demand,
    enrichment,
    lifecycle,
    orders,
    release,
    returns,
    suspicion,
    tenders,
)
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.asked import Asked
from shared.flows.cases import Cases, look_again, unasked, uncredited, unreached
from shared.flows.codes import Codes, missing
from shared.flows.holds_told import Holds
from shared.flows.issues import Issues, Problem
from shared.flows.late import Lateness
from shared.flows.returns_told import ReturnNews
from shared.flows.similar import Similar
from shared.flows.suspicion import Suspicion
from shared.frozen import frozen
from shared.model.case import Case, CaseState, HoldReason
from shared.model.issue import IssueKind
from shared.model.order import Order, Refund
from shared.model.order_events import OrderCancelled, OrderHeld, OrderRefunded, OrderReleased
from shared.model.order_policy import AddressLimits
from shared.model.retailer import Channel, Retailer
from shared.ports import Bus, Clock, Message, Queues, Store

TRIES = 8
DERIVED_S = 5  # by then what was sold is off the level that is wished


@frozen
class Capture:
    """`short` counts the units an order took beyond what there is, by line: `Shortage.of`.

    It is asked only where the retailer holds such orders. `limits` are what an ERP takes of an
    address, by connection.
    """

    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    cases: Cases
    clock: Clock
    retailer: Retailer
    short: Callable[[Case], dict[str, int]]
    limits: Mapping[str, AddressLimits] = field(default_factory=dict)

    def take(self, order: Order) -> Case:
        """Capture an order as its channel tells it now; a repeat or older telling is harmless."""
        channel = self.retailer.channel(order.channel)
        told: Case | None = None
        for _ in range(TRIES):
            found = self.cases.find(order.order_id)
            if found is None:
                case, before = self._new(order, channel), None
            else:
                case, before = self._updated(found.case, order, channel), found.case
            self._look_again(case, before, channel)
            self.bus.publish(list(self._events(case, before, told)))
            if case.returns or case.refunds:
                ReturnNews(self.bus, self.issues, self.clock, self.store).tell(case, before)
            if case == before or self.cases.commit(case, found.rev if found else 0):
                named = self._follow(case, channel)
                return self.take(order) if named or awaiting.unchecked(case) else case
            told = case
        raise RetryableError(f"order {order.order_id} is contended")

    def release(self, order_id: str, *, waive: str = "") -> Case | None:
        """Look again at an order that waits, because what it waits for may be there.

        `waive` is a reason a person has decided not to hold it for.
        """
        if waive in release.WAIVABLE:
            self.cases.change(order_id, partial(orders.waived, reason=HoldReason(waive)))
        found = self.cases.find(order_id)
        return self.take(found.case.newest) if found else None

    def _new(self, order: Order, channel: Channel) -> Case:
        now = self.clock.now()
        case = Case(
            order=order.model_copy(update={"returns": ()}),
            reference=orders.reference(order),
            state=CaseState.RELEASED,
            refunds=order.refunds,
            returns=order.returns,
            captured_at=now,
        )
        case = suspicion.judged(case, channel.orders, now=now)
        case = orders.noted(case, "captured", f"{order.number}, {order.total}", now=now)
        case = lifecycle.asked(case, (), now=now)
        begins = self.retailer.connection(channel.connection).orders_from
        if begins is not None and order.placed_at < begins:
            case = orders.noted(case, "recorded", "placed before orders are sent on", now=now)
            case = case.model_copy(update={"state": CaseState.RECORDED})
            return self._older(case, channel, begins)
        return self._judged(case, channel, placed=False)

    def _older(self, case: Case, channel: Channel, begins: datetime) -> Case:
        """An order the ERP is never sent, whose refunds it may have to credit all the same."""
        if self.retailer.connection(channel.connection).older_refunds == "leave":
            return case
        known = enrichment.enriched(self._mapped(case.order, channel), self.retailer)
        return case.model_copy(update={"order": known, "credits_from": begins})

    def _updated(self, old: Case, order: Order, channel: Channel) -> Case:
        """Merge a telling, whichever it is; the ERP is asked to follow where it has the order."""
        now = self.clock.now()
        case = lifecycle.told(old, order, before_erp=_before_erp(old))
        case = suspicion.judged(case, channel.orders, now=now)
        case = self._noted(case, old)
        if case.state is CaseState.RECORDED:
            update = {"refunds": case.refunds, "timeline": case.timeline}
            kept = old.model_copy(update=update)
            again = kept.credits_from is not None and orders.unmapped(kept.order)
            return self._older(kept, channel, kept.credits_from or now) if again else kept
        if _before_erp(case):
            return self._judged(case, channel)
        if orders.unmapped(case.newest):
            case = case.model_copy(update={"told": self._mapped(case.newest, channel)})
        if case.told is not None:
            told = enrichment.completed(case.told, self.retailer, case.order)
            case = case.model_copy(update={"told": told})
        return lifecycle.settled(case, now=now)

    def _noted(self, case: Case, old: Case) -> Case:
        """What a telling changed, in the timeline."""
        now = self.clock.now()
        known = {refund.refund_id: refund for refund in old.refunds}
        for refund in case.refunds:
            before = known.get(refund.refund_id)
            if refund != before:
                what = "refund completed" if before else "refunded"
                detail = f"{refund.refund_id}: {refund.total}"
                case = orders.noted(case, what, detail, now=now)
        case = lifecycle.asked(case, old.newest.asked_back, now=now)
        case = _returns_noted(case, old, now)
        if _before_erp(old):
            return case
        if case.newest.cancelled_at and not old.newest.cancelled_at:
            case = orders.noted(case, "cancelled in the channel", "after it was sent", now=now)
        if case.newest.lines != old.newest.lines:
            case = orders.noted(case, "changed in the channel", "after it was sent", now=now)
        return case

    def _look_again(self, case: Case, before: Case | None, channel: Channel) -> None:
        """Where the channel moved its levels and ours may stay: by refund, cancellation or sale.

        A cap or a share may be what it was although a unit of it was sold. Sent before the case is
        written: a repeat asks again, and asking once too often costs a read.
        """
        if case.state is CaseState.RECORDED:
            return
        refunded = len(case.refunds) > (len(before.refunds) if before else 0)
        refunded |= _came(case) > (_came(before) if before else 0)
        known = before is not None and before.newest.cancelled_at is not None
        if case.newest.called:
            return
        edited = before is not None and case.newest.lines != before.newest.lines
        skus = dict.fromkeys(line.sku for line in orders.lines_of(case) if line.sku)
        sold = self._stays(skus, before)
        if sold or refunded or edited or (case.newest.cancelled_at is not None and not known):
            self.queues.send(look_again(channel, skus, wait_s=DERIVED_S if sold else 0))

    def _stays(self, skus: Iterable[str], before: Case | None) -> bool:
        """Whether articles were sold whose level may stay what it was."""
        known = {line.sku for line in orders.lines_of(before)} if before else set()
        return self.retailer.stays_when_sold() and not known.issuperset(skus)

    def _judged(self, case: Case, channel: Channel, *, placed: bool = True) -> Case:
        """Held with every reason there is, or released; what nobody wants goes nowhere.

        Whether there is enough of what it took is asked once its units are held (`placed`).
        """
        now = self.clock.now()
        rules = self.retailer.order_rules
        known = enrichment.enriched(self._mapped(case.order, channel), self.retailer)
        reasons = release.reasons(
            known,
            channel,
            now=now,
            refused=HoldReason.REJECTED_BY_ERP in case.holds,
            waived=case.waived,
            rules=rules,
            limits=self.limits.get(channel.erp),
        )
        case = case.model_copy(update={"order": known, "short": {}})
        if self._asks(case):
            case, reasons = self._stocked(case, reasons, placed=placed)
        state = CaseState.HELD if reasons else CaseState.RELEASED
        if not any(demand.wanted(known, case.refunds).values()):
            state, reasons = CaseState.CANCELLED, ()
        judged = case.model_copy(update={"state": state, "holds": reasons})
        if state is case.state and judged.holds == case.holds and case.timeline[1:]:
            return judged
        if awaiting.unchecked(judged):
            return judged
        return orders.noted(judged, state, ", ".join(reasons), now=now)

    def _stocked(
        self, case: Case, reasons: tuple[HoldReason, ...], *, placed: bool
    ) -> tuple[Case, tuple[HoldReason, ...]]:
        if not placed:
            return case, (*reasons, HoldReason.STOCK)
        self.cases.sync_holds(case.order.order_id)
        short = self.short(case)
        found = (*reasons, HoldReason.STOCK) if short else reasons
        return case.model_copy(update={"short": short}), found

    def _asks(self, case: Case) -> bool:
        """Whether this order is to be held when it took more than there is."""
        policy = self.retailer.channel(case.order.channel).orders.oversold
        return policy != "accept" and HoldReason.STOCK not in case.waived

    def _mapped(self, order: Order, channel: Channel) -> Order:
        codes = {line.channel_sku for line in order.lines if line.channel_sku}
        known = self._codes.skus(codes, channel)
        return orders.mapped(order, known, custom=channel.custom_line_sku)

    @property
    def _codes(self) -> Codes:
        return Codes(self.store, self.issues, self.retailer)

    def _follow(self, case: Case, channel: Channel) -> bool:
        """Everything that follows from the row; repeated whole if it did not come to its end.

        Whether a code it is to wait for is known by now.
        """
        order_id = case.order.order_id
        self.cases.sync_holds(order_id)
        if self._codes.wait(case, channel):
            return True
        self.issues.report(self._problems(case, channel))
        limits = self.limits.get(channel.erp)
        Holds(self.issues, self.clock, self.retailer.order_rules, limits).tell(case, channel)
        Lateness(self.bus, self.issues, self.clock, self.retailer).tell(case)
        Suspicion(self.issues, self.cases).tell(case)
        Asked(self.issues).tell(case, channel)
        changed = demand.unsettled(case) or demand.refused(case)
        changed = changed or bool(uncredited(case) or unasked(case))
        if (case.state is CaseState.RELEASED and not unreached(case)) or changed:
            self.queues.send([Message(keys.write_queue(channel.erp), {"case": order_id})])
        return False

    def _problems(self, case: Case, channel: Channel) -> Iterable[Problem]:
        order = case.newest
        differ = orders.check_totals(order, tolerance_minor=channel.tolerance_minor)
        if differ and case.state is CaseState.HELD:
            yield Problem(
                kind=IssueKind.TOTALS_DIFFER,
                subject=order.order_id,
                connection=channel.connection,
                summary=f"order {order.number}: the channel states {differ.stated}, its lines sum "
                f"to {differ.computed}" + (f"; look at line {differ.line}" if differ.line else ""),
                remedy="correct the order in the channel, or allow the difference for this channel",
                field=f"lines.{differ.line}" if differ.line else "total",
                value=str(differ.stated),
                at_risk=order.total,
                replay=keys.order_again(channel.connection, order),
            )
        codes = missing(case)
        if codes:
            yield self._unmapped(case, channel, codes)

    def _unmapped(self, case: Case, channel: Channel, codes: tuple[str, ...]) -> Problem:
        order = case.newest
        lines = [line for line in orders.lines_of(case) if line.channel_sku in codes]
        found = Similar(self.store, self.retailer).to(lines)
        such = "".join(f"; {one.code} may be {one.sku}, {one.reason}" for one in found[:1])
        return Problem(
            kind=IssueKind.UNMAPPED_SKU,
            subject=order.order_id,
            connection=channel.connection,
            summary=f"order {order.number} of {order.total} waits: no article is known for "
            + ", ".join(codes)
            + such,
            remedy="create the article in the ERP, or map the code to a SKU; the order is then "
            "released by itself",
            field="sku",
            value=", ".join(codes)[:200],
            at_risk=order.total,
            replay=keys.order_again(channel.connection, order),
            candidates=found,
        )

    def _events(
        self, case: Case, before: Case | None, told: Case | None
    ) -> Iterable[OrderCancelled | OrderHeld | OrderRefunded | OrderReleased]:
        """The news, before it is written; `told` was told of and not written."""
        now = self.clock.now()
        order_id, channel = case.order.order_id, case.order.channel
        if awaiting.unchecked(case):
            return
        if before is not None and awaiting.unchecked(before):
            before = None
        last = told or before
        was = last.state if last else None
        held, kept = _kept(last), _kept(case)
        if (case.state is CaseState.HELD and was is not CaseState.HELD) or (kept and not held):
            yield OrderHeld(
                at=now,
                order_id=order_id,
                channel=channel,
                reasons=case.holds if case.state is CaseState.HELD else (HoldReason.FRAUD,),
                total=case.order.total,
            )
        cleared = held and not case.suspect
        if (case.state is CaseState.RELEASED and was is CaseState.HELD) or cleared:
            yield OrderReleased(at=now, order_id=order_id, channel=channel)
        if case.state is CaseState.CANCELLED and was is not CaseState.CANCELLED:
            yield OrderCancelled(at=now, order_id=order_id, channel=channel)
        seen = {r.refund_id for r in before.refunds} if before else set()
        for refund in case.refunds:
            if refund.refund_id not in seen:
                yield _refunded(case, refund)


def _kept(case: Case | None) -> bool:
    """Whether units are kept back that the ERP might else let go."""
    return case is not None and bool(demand.kept_back(case))


def _came(case: Case) -> int:
    """How many receipts of returns are known."""
    return sum(len(one.receipts) for one in case.returns)


def _returns_noted(case: Case, old: Case, now: datetime) -> Case:
    """What a telling changed of the returns."""
    known = {one.return_id: returns.state_of(one) for one in old.returns}
    for one in case.returns:
        state = returns.state_of(one)
        if known.get(one.return_id) is not state:
            case = orders.noted(case, f"return {state}", one.return_id, now=now)
    return case


def _before_erp(case: Case) -> bool:
    """Whether the ERP neither holds the order nor may be about to."""
    states = {CaseState.HELD, CaseState.RELEASED, CaseState.CANCELLED}
    return case.erp_order is None and case.state in states


def _refunded(case: Case, refund: Refund) -> OrderRefunded:
    return OrderRefunded(
        at=refund.created_at,
        order_id=case.order.order_id,
        channel=case.order.channel,
        refund_id=refund.refund_id,
        total=refund.total,
        shopper=refund.shopper,
        tenders=tenders.of_payments(case, refund),
    )
