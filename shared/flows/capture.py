"""Take an order in: verify its total, map its lines, make a case, hold its stock. Once."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain import orders
from shared.domain.stock_rules import stays_when_sold
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import Cases, uncredited
from shared.flows.issues import Issues, Problem
from shared.model.case import Case, CaseState, HoldReason
from shared.model.events import BusinessEvent, OrderHeld, OrderRefunded, OrderReleased
from shared.model.ids import Entity, Facet
from shared.model.issue import IssueKind
from shared.model.order import Order, Refund
from shared.model.retailer import Channel, Retailer
from shared.ports import Bus, Clock, Delete, Message, Put, Queues, Store, Write

TRIES = 8
BEFORE_ERP = frozenset({CaseState.HELD, CaseState.RELEASED})


@dataclass(frozen=True, slots=True)
class Capture:
    store: Store
    queues: Queues
    bus: Bus
    issues: Issues
    cases: Cases
    clock: Clock
    retailer: Retailer

    def take(self, order: Order) -> Case:
        """Capture an order as its channel tells it now; a repeat or older telling is harmless."""
        channel = self.retailer.channel(order.channel)
        for _ in range(TRIES):
            found = self.cases.find(order.order_id)
            if found is None:
                case, before = self._new(order, channel), None
            else:
                case, before = self._updated(found.case, order, channel), found.case
            self._look_again(case, before, channel)
            if case == before or self.cases.commit(case, found.rev if found else 0):
                self._follow(case, before, channel)
                return case
        raise RetryableError(f"order {order.order_id} is contended")

    def release(self, order_id: str) -> Case | None:
        """Look again at a held order, because what held it may be gone."""
        found = self.cases.find(order_id)
        return self.take(found.case.order) if found else None

    def _new(self, order: Order, channel: Channel) -> Case:
        now = self.clock.now()
        case = Case(
            order=order,
            reference=orders.reference(order),
            state=CaseState.RELEASED,
            refunds=order.refunds,
            captured_at=now,
        )
        case = orders.noted(case, "captured", f"{order.number}, {order.total}", now=now)
        begins = self.retailer.connection(channel.connection).orders_from
        if begins is not None and order.placed_at < begins:
            case = orders.noted(case, "recorded", "placed before orders are sent on", now=now)
            return case.model_copy(update={"state": CaseState.RECORDED})
        return self._judged(case, order, channel)

    def _updated(self, old: Case, order: Order, channel: Channel) -> Case:
        """Merge a later telling: refunds are added, a cancellation stops what can be stopped."""
        case = old
        new = [r for r in order.refunds if all(r.refund_id != k.refund_id for k in old.refunds)]
        now = self.clock.now()
        if new:
            case = case.model_copy(update={"refunds": (*case.refunds, *new)})
            for refund in new:
                case = orders.noted(
                    case, "refunded", f"{refund.refund_id}: {refund.total}", now=now
                )
        if old.state not in BEFORE_ERP and order.cancelled_at and not old.order.cancelled_at:
            known = case.order.model_copy(update={"cancelled_at": order.cancelled_at})
            case = case.model_copy(update={"order": known})
            case = orders.noted(case, "cancelled in the channel", "after it was sent", now=now)
        if order.updated_at < old.order.updated_at or old.state not in BEFORE_ERP:
            return case
        return self._judged(case, order, channel)

    def _look_again(self, case: Case, before: Case | None, channel: Channel) -> None:
        """Where the channel moved its levels and ours may stay: by refund, cancellation or sale.

        A cap or a share may be what it was although a unit of it was sold. Sent before the case is
        written: a repeat asks again, and asking once too often costs a read.
        """
        if case.state is CaseState.RECORDED:
            return
        refunded = len(case.refunds) > (len(before.refunds) if before else 0)
        known = before is not None and before.order.cancelled_at is not None
        skus = dict.fromkeys(line.sku for line in case.order.lines if line.sku)
        held = {line.sku for line in before.order.lines} if before else set()
        sold = skus.keys() - held if stays_when_sold(self.retailer) else set()
        if sold or refunded or (case.order.cancelled_at is not None and not known):
            queue = keys.write_queue(channel.connection)
            names = (f"{channel.name}#{Facet.STOCK}#{sku}" for sku in skus)
            self.queues.send([Message(queue, {"look": "again", "check": name}) for name in names])

    def _judged(self, case: Case, order: Order, channel: Channel) -> Case:
        """Held with every reason there is, or released; a cancelled order goes nowhere."""
        now = self.clock.now()
        known = orders.mapped(order, self._skus(order, channel), custom=channel.custom_line_sku)
        reasons = [HoldReason.PAYMENT] if order.pending else []
        if orders.check_totals(known, tolerance_minor=channel.tolerance_minor):
            reasons.append(HoldReason.TOTALS_DIFFER)
        if orders.unmapped(known):
            reasons.append(HoldReason.UNMAPPED_SKU)
        if HoldReason.REJECTED_BY_ERP in case.holds:
            reasons.append(HoldReason.REJECTED_BY_ERP)
        state = CaseState.HELD if reasons else CaseState.RELEASED
        if order.cancelled_at is not None:
            state, reasons = CaseState.CANCELLED, []
        judged = case.model_copy(update={"order": known, "state": state, "holds": tuple(reasons)})
        if state is case.state and judged.holds == case.holds and case.timeline[1:]:
            return judged
        return orders.noted(judged, state, ", ".join(reasons), now=now)

    def _skus(self, order: Order, channel: Channel) -> dict[str, str]:
        """Channel code -> SKU: an operator's mapping first, else the article of the same name."""
        codes = {line.channel_sku for line in order.lines if line.channel_sku}
        owner = self.retailer.authority[Entity.PRODUCT]
        said = {code: keys.code(channel.connection, code) for code in codes}
        plain = {code: keys.item(code, owner) for code in codes if "#" not in code}
        rows = self.store.get([*said.values(), *plain.values()])
        found = {}
        for code in codes:
            mapping = rows.get(said[code])
            if mapping is not None:
                found[code] = str(mapping.body["sku"])
            elif plain.get(code) in rows:
                found[code] = code
        return found

    def _follow(self, case: Case, before: Case | None, channel: Channel) -> None:
        """Everything that follows from the row; repeated whole if it did not come to its end."""
        order_id = case.order.order_id
        self.cases.sync_holds(order_id)
        self._wait(case)
        self.issues.report(self._problems(case, channel))
        self.bus.publish(list(self._events(case, before)))
        if case.state is CaseState.RELEASED or uncredited(case):
            self.queues.send([Message(keys.write_queue(channel.erp), {"case": order_id})])

    def _wait(self, case: Case) -> None:
        """Held orders are findable by the codes they wait for."""
        order_id = case.order.order_id
        missing = set(orders.unmapped(case.order)) if case.state is CaseState.HELD else set()
        codes = {line.channel_sku for line in case.order.lines if line.channel_sku} | missing
        rows = self.store.get(keys.waiting(code, order_id) for code in codes)
        writes: list[Write] = [
            Put(keys.waiting(code, order_id), {"order_id": order_id, "code": code}, 0)
            for code in missing
            if keys.waiting(code, order_id) not in rows
        ]
        writes += [
            Delete(row.key, row.rev) for row in rows.values() if row.body["code"] not in missing
        ]
        if rows and not missing:  # before the rows go, by which a repeat knows that it waited
            self.issues.solve(IssueKind.UNMAPPED_SKU, order_id, by="mapping")
        self.store.commit(writes)

    def _problems(self, case: Case, channel: Channel) -> Iterable[Problem]:
        order = case.order
        if case.state is not CaseState.HELD:
            return
        differ = orders.check_totals(order, tolerance_minor=channel.tolerance_minor)
        if differ:
            yield Problem(
                kind=IssueKind.TOTALS_DIFFER,
                subject=order.order_id,
                connection=channel.connection,
                summary=f"order {order.number}: the channel states {differ.stated}, its lines sum "
                f"to {differ.computed}",
                remedy="correct the order in the channel, or allow the difference for this channel",
                field="total",
                value=str(differ.stated),
                at_risk=order.total,
                replay=_again(channel, order),
            )
        codes = orders.unmapped(order)
        if codes:
            yield Problem(
                kind=IssueKind.UNMAPPED_SKU,
                subject=order.order_id,
                connection=channel.connection,
                summary=f"order {order.number} of {order.total} waits: no article is known for "
                + ", ".join(codes),
                remedy="create the article in the ERP, or map the code to a SKU; the order is then "
                "released by itself",
                field="sku",
                value=", ".join(codes)[:200],
                at_risk=order.total,
                replay=_again(channel, order),
            )

    def _events(self, case: Case, before: Case | None) -> Iterable[BusinessEvent]:
        now = self.clock.now()
        order_id, channel = case.order.order_id, case.order.channel
        was = before.state if before else None
        if case.state is CaseState.HELD and was is not CaseState.HELD:
            yield OrderHeld(
                at=now,
                order_id=order_id,
                channel=channel,
                reasons=case.holds,
                total=case.order.total,
            )
        if case.state is CaseState.RELEASED and was is CaseState.HELD:
            yield OrderReleased(at=now, order_id=order_id, channel=channel)
        seen = {r.refund_id for r in before.refunds} if before else set()
        for refund in case.refunds:
            if refund.refund_id not in seen:
                yield _refunded(case, refund)


def _again(channel: Channel, order: Order) -> dict[str, str]:
    return {
        "queue": keys.read_queue(channel.connection),
        "read": "order",
        "key": order.external_id,
    }


def _refunded(case: Case, refund: Refund) -> OrderRefunded:
    return OrderRefunded(
        at=refund.created_at,
        order_id=case.order.order_id,
        channel=case.order.channel,
        refund_id=refund.refund_id,
        total=refund.total,
    )
