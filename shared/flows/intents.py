"""One write to another system, exactly once: recorded before it is sent, looked for before again.

An intent found sent or in doubt means that an earlier request may have landed. The other system is
asked for its reference first; only when it holds nothing, and a lost request can no longer land, is
the write repeated.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

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
class Ending:
    """How an intent ends of which nothing is to be sent, or sent again.

    `named` is what the other system calls what it has instead; `said` stands in the timeline.
    `first` runs before the intent is closed, so that a crash in between has it run again.
    """

    state: IntentState
    detail: str
    named: str | None = None
    said: str = ""
    first: Callable[[], None] = lambda: None


@frozen
class Intents:
    """`settle` is how late a lost request may still take effect."""

    cases: Cases
    clock: Clock
    settle: timedelta

    def carry_out[T](
        self, order_id: str, planned: Intent, steps: Steps[T], *, instead: Ending | None = None
    ) -> None:
        """Bring it about, or raise: RetryableError says when to look again.

        Nothing is done once the intent is closed. With `instead` nothing more is sent; what was
        sent before may have landed all the same, and is looked for first.
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
            wait_for_lost(intent, f"{steps.what} of {order_id}", self.clock.now(), self.settle)
        if instead is None:
            self._send(found, intent, steps)
            return
        instead.first()
        detail, named = instead.detail, instead.named
        self._put(order_id, intent, instead.state, detail, instead.said, named)

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
            what = ", ".join(text for text in (result, detail) if text)
            return orders.noted(case, said, what, now=now) if said else case

        self.cases.change(order_id, step)


def wait_for_lost(intent: Intent, what: str, now: datetime, settle: timedelta) -> None:
    """RetryableError as long as a request of this intent that was lost may still take effect."""
    if intent.state in {IntentState.SENT, IntentState.IN_DOUBT}:
        wait = (intent.sent_at or now) + settle - now
        if wait > timedelta():
            raise RetryableError(f"{what}: a lost request may still land", after=wait)


def heard_again(connection: str, order: Order) -> Message:
    """Asks a channel for an order in which it did something: its own word may be late, or lost."""
    again = keys.order_again(connection, order)
    return Message(again.pop("queue"), again)
