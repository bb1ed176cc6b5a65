"""Mails customers what their orders give rise to: each notice at most once by itself.

A row of each notice says `sending` before SES is called. Whoever finds such a row, a repeat or
another worker, mails nothing: the mail may be out. What stays so becomes an exception, and a
person decides whether it is mailed again.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from shared.domain import notices
from shared.domain.notices import Notice
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.mail_ports import Mail, Mailer
from shared.model.issue import IssueKind
from shared.model.notices import NoticeRow, NoticeRules, NoticeState
from shared.model.retailer import Retailer
from shared.ports import Clock, Put, Row, Store, Table

KIND: Final = IssueKind.NOTICE_UNSENT
DOUBT: Final = timedelta(minutes=15)  # longer than any function runs
AGAIN: Final = timedelta(minutes=1)
BATCH: Final = 100
GRANT: Final = "let the function `notices` send as the sender of `notices` from its SES identity"

LOOK_UP: Final = "mend what SES's documentation says of this error, then replay"


@frozen
class Notices:
    store: Store
    cases: Cases
    issues: Issues
    mailer: Mailer
    clock: Clock
    retailer: Retailer
    rules: NoticeRules

    def give(self, order_ids: Iterable[str], *, out_of_time: Callable[[], bool]) -> int:
        """Mail what these orders' customers do not know yet; how many mails went out.

        What time does not suffice for waits in the lane.
        """
        now = self.clock.now()
        cases = self.cases.find_all(order_ids).values()
        news = [one for row in cases for one in notices.due(row.case, self.rules, now)]
        known = self.store.get(keys.notice(one.order_id, one.mark) for one in news)
        mailed = 0
        for one in news:
            if keys.notice(one.order_id, one.mark) in known:
                continue
            fresh = NoticeRow(
                order_id=one.order_id, mark=one.mark, state=NoticeState.WAITING, since=now
            )
            if out_of_time():
                self._put(fresh, 0)
            else:
                mailed += self._mail(one, fresh, 0)
        return mailed

    def overdue(self, *, out_of_time: Callable[[], bool]) -> int:
        """Mail what waits, and tell a person of what may or may not be mailed; how many rows."""
        now = self.clock.now()
        listed = self.store.due(Table.CONTROL, keys.NOTICE_LANE, until=now, limit=BATCH)
        rows = self.store.get(row.key for row in listed)
        done = 0
        for row in rows.values():
            if out_of_time():
                break
            self._look(row)
            done += 1
        return done

    def _look(self, row: Row) -> None:
        said = NoticeRow.model_validate(row.body)
        if said.state is NoticeState.WAITING:
            self._wait_over(said, row.rev)
        elif said.state is NoticeState.SENDING and self.clock.now() - said.since >= DOUBT:
            why = "SES was asked, and its answer is not known: the mail may or may not be out"
            remedy = "ask SES or the customer whether it came; replay to mail it once more"
            self._give_up(said, row.rev, why, remedy)

    def again(self, order_id: str, mark: str, *, after: str) -> bool:
        """A person has it mailed once more, after that many attempts; whether it went out.

        A message of before, or one that is delivered twice, names an attempt that is over.
        """
        key = keys.notice(order_id, mark)
        row = self.store.get([key]).get(key)
        said = NoticeRow.model_validate(row.body) if row else None
        if row is None or said is None or said.state is not NoticeState.UNSENT:
            return False
        if str(said.attempts) != after:
            return False
        notice = self._find(said)
        if notice is None:
            self.issues.solve(KIND, said.name, by="nobody is to be told of it any more")
            return False
        return self._mail(notice, said, row.rev)

    def _find(self, said: NoticeRow) -> Notice | None:
        """The notice of a row, if the case still gives rise to it."""
        found = self.cases.find(said.order_id)
        every = notices.arising(found.case, self.rules) if found else ()
        return next((one for one in every if one.mark == said.mark), None)

    def _wait_over(self, said: NoticeRow, rev: int) -> None:
        notice = self._find(said)
        if notice is None:
            self._put(_with(said, NoticeState.UNSENT), rev)
        elif notices.fresh(notice.at, self.rules, self.clock.now()):
            self._mail(notice, said, rev)
        else:
            why = "SES took no mails until this was no news any more"
            self._give_up(said, rev, why, "raise the sending quota of SES; replay to mail it")

    def _mail(self, notice: Notice, said: NoticeRow, rev: int) -> bool:
        """`sending` first: without that row nothing is mailed, and with it nobody else mails."""
        now = self.clock.now()
        sending = said.model_copy(
            update={"state": NoticeState.SENDING, "since": now, "attempts": said.attempts + 1}
        )
        if not self._put(sending, rev):
            return False
        try:
            self.mailer.send(Mail(notice.to, notice.subject, notice.body))
        except InDoubtError:
            return False
        except RetryableError:
            self._put(_with(sending, NoticeState.WAITING), rev + 1)
            return False
        except (RejectedError, AccessError) as error:
            why = f"SES refuses it: {error}"
            self._give_up(sending, rev + 1, why, _remedy(error))
            return False
        if sending.told:
            self.issues.solve(KIND, sending.name, by="it is mailed")
        return self._put(_with(sending, NoticeState.SENT), rev + 1)

    def _give_up(self, said: NoticeRow, rev: int, why: str, remedy: str) -> None:
        channel = self.retailer.channel(said.order_id.partition(":")[0])
        problem = Problem(
            kind=KIND,
            subject=said.name,
            connection=channel.connection,
            summary=f"{said.mark} of order {said.order_id} is not mailed: {why}",
            remedy=remedy,
            field="notices",
            value=said.mark,
            replay={
                "queue": keys.MAIL_QUEUE,
                "notice": said.order_id,
                "mark": said.mark,
                "after": str(said.attempts),
            },
        )
        self.issues.report([problem])
        told = said.model_copy(update={"state": NoticeState.UNSENT, "told": True})
        self._put(told, rev)

    def _put(self, said: NoticeRow, rev: int) -> bool:
        wait = {NoticeState.WAITING: AGAIN, NoticeState.SENDING: DOUBT}.get(said.state)
        return self.store.commit([
            Put(
                keys.notice(said.order_id, said.mark),
                said.model_dump(mode="json"),
                rev,
                lane=keys.NOTICE_LANE if wait else None,
                due=self.clock.now() + wait if wait else None,
            )
        ])[0]  # fmt: skip


def _remedy(error: RejectedError | AccessError) -> str:
    return GRANT if isinstance(error, AccessError) else error.remedy or LOOK_UP


def _with(said: NoticeRow, state: NoticeState) -> NoticeRow:
    return said.model_copy(update={"state": state})
