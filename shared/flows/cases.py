"""The rows of order cases: read, change on the revision read, and keep holds in step."""

from collections.abc import Callable, Iterable
from datetime import datetime

from shared.domain import awaiting, demand, never_left, orders, returns
from shared.domain.urgency import urgency
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.holds import write_holds
from shared.frozen import frozen
from shared.model.case import Case, CaseState, IntentKind, IntentState
from shared.model.ids import Facet
from shared.model.order import Refund
from shared.model.retailer import Channel, Retailer
from shared.model.returns import Return
from shared.ports import Clock, Message, Put, Store

TRIES = 8
TOLD = frozenset({IntentKind.SHIP, IntentKind.TRACK})
OF_CHANNEL = TOLD | {IntentKind.REFUND, IntentKind.OPEN_RETURN}
TO_SEND = frozenset({CaseState.RELEASED, CaseState.SENDING, CaseState.IN_DOUBT})


def unreached(case: Case) -> bool:
    """Whether it was tried to be posted and reached nobody: it is in a lane, and has its turn."""
    planned = (i for i in case.intents if i.state is IntentState.PLANNED)
    return any(intent.kind is IntentKind.POST_ORDER for intent in planned)


def uncredited(case: Case) -> list[Refund]:
    """Refunds the ERP does not know of yet; none before it holds the order, if it is to."""
    since = case.credits_from
    if case.erp_order is None and since is None:
        return []
    closed = {
        i.intent_id
        for i in case.intents
        if i.kind is IntentKind.CREDIT and not i.open and not never_left.premature(case, i)
    }
    return [
        refund
        for refund in case.refunds
        if credit_id(refund) not in closed and (since is None or refund.created_at >= since)
    ]


def credit_id(refund: Refund) -> str:
    """The id of the intent to tell the ERP of a refund."""
    return f"credit#{refund.refund_id}"


def unasked(case: Case) -> list[Return]:
    """Returns a channel has granted and the ERP does not know of yet."""
    if case.erp_order is None:
        return []
    closed = {i.intent_id for i in case.intents if i.kind is IntentKind.RETURN and not i.open}
    return [
        one
        for one in case.returns
        if one.status in returns.GRANTED
        and one.lines
        and one.worth is None
        and one.names is None
        and return_intent(one) not in closed
    ]


def return_intent(one: Return) -> str:
    """The id of the intent to tell the ERP of a return."""
    return f"return#{one.return_id}"


def look_again(channel: Channel, skus: Iterable[str], *, wait_s: int = 0) -> list[Message]:
    """Asks for levels that a channel moved by itself, while what we wish may be what it was."""
    queue, stock = keys.write_queue(channel.connection), f"{channel.name}#{Facet.STOCK}#"
    return [Message(queue, {"look": "again", "check": f"{stock}{sku}"}, wait_s) for sku in skus]


@frozen
class CaseRow:
    case: Case
    rev: int


@frozen
class Cases:
    """`lane` keeps a case findable while something is still to be sent to some connection."""

    store: Store
    clock: Clock
    retailer: Retailer

    def find(self, order_id: str) -> CaseRow | None:
        return self.find_all([order_id]).get(order_id)

    def find_all(self, order_ids: Iterable[str]) -> dict[str, CaseRow]:
        named = {keys.case(order_id): order_id for order_id in order_ids}
        return {
            named[key]: CaseRow(Case.model_validate(row.body), row.rev)
            for key, row in self.store.get(named).items()
        }

    def commit(self, case: Case, expected: int, *, due: datetime | None = None) -> bool:
        return self.store.commit([self.put(case, expected, due=due)])[0]

    def rest(self, found: Iterable[CaseRow]) -> None:
        """Let cases wait among those an ERP could not be reached for, by how urgent they are.

        Who conflicts is left to whoever was faster, and sends it or lets it rest.
        """
        writes = []
        for case, rev in ((row.case, row.rev) for row in found):
            lane = keys.backlog_lane(self.retailer.channel(case.order.channel).erp)
            due = urgency(case.newest, self.retailer.order_rules)
            writes.append(self.put(case, rev, due=due)._replace(lane=lane))
        self.store.commit(writes)

    def change(
        self,
        order_id: str,
        step: Callable[[Case], Case | None],
        *,
        tell: Callable[[Case, Case], None] | None = None,
    ) -> Case | None:
        """Apply `step` to the case as it stands, again if somebody was faster.

        Returns the case as it is afterwards; `step` answers None to leave it alone. `tell` gets the
        case before and after, ahead of each try to write: a crash tells twice and never not at all.
        """
        for _ in range(TRIES):
            found = self.find(order_id)
            if found is None:
                return None
            changed = step(found.case)
            if changed is None or changed == found.case:
                return found.case
            if tell is not None:
                tell(found.case, changed)
            if self.commit(changed, found.rev):
                return changed
        raise RetryableError(f"order {order_id} is contended")

    def put(self, case: Case, expected: int, *, due: datetime | None = None) -> Put:
        case = orders.with_skus(case)
        lane = self._lane(case)
        return Put(
            key=keys.case(case.order.order_id),
            body=case.model_dump(mode="json"),
            expected=expected,
            lane=lane,
            due=(due or self.clock.now()) if lane else None,
            state=case.state,
        )

    def _lane(self, case: Case) -> str | None:
        channel = self.retailer.channel(case.order.channel)
        if awaiting.waits(case):
            return keys.SHORT_LANE
        if case.state in TO_SEND or demand.unsettled(case) or uncredited(case) or unasked(case):
            return keys.case_lane(channel.erp)
        waiting = any(i.open and i.kind in OF_CHANNEL for i in case.intents)
        return keys.case_lane(channel.connection) if waiting else None

    def sync_holds(self, order_id: str) -> None:
        """Make the holds on every SKU of an order what the case implies.

        The case is read again after writing: a change in between starts another round, so a late
        writer cannot leave a hold behind.
        """
        for _ in range(TRIES):
            found = self.find(order_id)
            if found is None:
                return
            if not write_holds(self.store, self.retailer, found.case):
                continue
            again = self.find(order_id)
            if again is not None and again.rev == found.rev:
                return
        raise RetryableError(f"holds of order {order_id} are contended")
