"""One write to another system, exactly once: recorded before it is sent, looked for before again.

An intent found sent or in doubt means that an earlier request may have landed. The other system is
asked for its reference first; only when it holds nothing, and a lost request can no longer land, is
the write repeated.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from shared.domain import orders
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.cases import CaseRow, Cases
from shared.frozen import frozen
from shared.model.case import Case, Intent, IntentState
from shared.model.order import Order
from shared.ports import Clock, Message


@frozen
class Steps[T]:
    """What one kind of write is: how it is looked for and sent, and what follows once it is there.

    `named` is what the other system calls what it made; `what` stands in the timeline. `follow`,
    `refused` and `twice` run before the intent is closed, so that a crash in between has them run
    again; `twice` where it was sent more than once, and may be there more than once.
    """

    what: str
    find: Callable[[Case], Sequence[T]]
    send: Callable[[Case], T]
    named: Callable[[T], str]
    follow: Callable[[Sequence[T]], None]
    refused: Callable[[RejectedError], None]
    twice: Callable[[], None] = lambda: None


@frozen
class Intents:
    """`settle` is how late a lost request may still take effect."""

    cases: Cases
    clock: Clock
    settle: timedelta

    def carry_out[T](
        self, order_id: str, planned: Intent, steps: Steps[T], *, moot: str = ""
    ) -> None:
        """Bring it about, or raise: RetryableError says when to look again.

        Nothing is done once the intent is closed. `moot` says why nothing is to be sent any more:
        what was sent before may have landed all the same, and is looked for first.
        """
        found = self.cases.find(order_id)
        if found is None:
            return
        intent = found.case.intent(planned.intent_id) or planned
        if not intent.open:
            return
        if intent.state is not IntentState.PLANNED:
            held = steps.find(found.case)
            if held:
                self._applied(order_id, intent, steps, held)
                return
            self._wait_for_lost(order_id, intent, steps.what)
        if moot:
            self._put(order_id, intent, IntentState.APPLIED, moot)
        else:
            self._send(found, intent, steps)

    def _wait_for_lost(self, order_id: str, intent: Intent, what: str) -> None:
        wait = (intent.sent_at or self.clock.now()) + self.settle - self.clock.now()
        if wait > timedelta():
            raise RetryableError(f"{what} of {order_id}: a lost request may still land", after=wait)

    def _send[T](self, found: CaseRow, intent: Intent, steps: Steps[T]) -> None:
        order_id = found.case.order.order_id
        now = self.clock.now()
        sent = orders.sent(intent, now=now)
        case = orders.noted(
            orders.with_intent(found.case, sent),
            f"{steps.what} sent",
            f"{sent.reference}, attempt {sent.attempts}",
            now=now,
        )
        if not self.cases.commit(case, found.rev, due=now + self.settle):
            raise RetryableError(f"{order_id} is contended", after=self.settle)
        try:
            made = steps.send(case)
        except InDoubtError as error:
            self._put(order_id, sent, IntentState.IN_DOUBT, str(error))
            raise RetryableError(str(error), after=self.settle) from error
        except (RetryableError, AccessError) as error:
            self._put(order_id, sent, IntentState.PLANNED, str(error))
            raise
        except RejectedError as error:
            steps.refused(error)
            self._put(order_id, sent, IntentState.REJECTED, str(error), f"{steps.what} refused")
            return
        self._applied(order_id, sent, steps, (made,))

    def _applied[T](
        self, order_id: str, intent: Intent, steps: Steps[T], held: Sequence[T]
    ) -> None:
        steps.follow(held)
        if intent.attempts > 1:
            steps.twice()
        name = steps.named(held[0])
        self._put(order_id, intent, IntentState.APPLIED, "", f"{steps.what} kept", name)

    def _put(
        self,
        order_id: str,
        intent: Intent,
        state: IntentState,
        detail: str,
        said: str = "",
        result: str | None = None,
    ) -> None:
        """The outcome onto the case, unless somebody else has closed the intent already."""
        now = self.clock.now()
        settled = orders.settled(intent, state, now=now, result=result, detail=detail)

        def step(case: Case) -> Case | None:
            known = case.intent(intent.intent_id)
            if known is not None and not known.open:
                return None
            case = orders.with_intent(case, settled)
            return orders.noted(case, said, result or detail, now=now) if said else case

        self.cases.change(order_id, step)


def heard_again(connection: str, order: Order) -> Message:
    """Asks a channel for an order in which it did something: its own word may be late, or lost."""
    again = keys.order_again(connection, order)
    return Message(again.pop("queue"), again)
