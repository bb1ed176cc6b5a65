"""Customers are mailed what their orders give rise to, once each, whatever dies in between."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.notices import digest
from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    SyncError,
    ThrottledError,
)
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.issues import Issues
from shared.flows.notices import Notices
from shared.mail_ports import Mail, Mailer
from shared.model.case import Case, CaseState
from shared.model.issue import IssueState
from shared.model.notices import NoticeRow, NoticeRules, NoticeState
from shared.model.order import Customer, Tracking
from shared.ports import Put
from tests.domain.world import NOW, RETAILER
from tests.factories import make_case, make_order, make_refund, make_shipment
from tests.fakes import MemoryBus, MemoryStore, SetClock

ORDER = "shop:77"
TO = "Jo@example.com"
ALL = ("received", "delayed", "shipped", "cancelled", "refunded")
RULES = NoticeRules.model_validate(
    {"sender": "shop@northwind.example", "since": NOW, "channels": {"shop": ALL}}
)


class DiedError(Exception):
    """The function dies."""


@dataclass
class Post(Mailer):
    """Keeps what was mailed; `errors` are raised after that, if it `keeps`."""

    errors: list[Exception] = field(default_factory=list)
    keeps: bool = True
    mails: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            self.mails.append(mail)
        if error is not None:
            raise error

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mails]


@dataclass
class Office:
    """Everything that mails, in memory."""

    rules: NoticeRules = RULES
    post: Post = field(default_factory=Post)
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: SetClock = field(default_factory=lambda: SetClock(NOW))
    late: bool = False

    @property
    def issues(self) -> Issues:
        return Issues(self.store, MemoryBus(), self.clock)

    @property
    def notices(self) -> Notices:
        cases = Cases(self.store, self.clock, RETAILER)
        return Notices(self.store, cases, self.issues, self.post, self.clock, RETAILER, self.rules)

    def know(self, case: Case) -> None:
        key = keys.case(case.order.order_id)
        row = self.store.get([key]).get(key)
        self.store.commit([Put(key, case.model_dump(mode="json"), row.rev if row else 0)])

    def tell(self, case: Case | None = None) -> int:
        if case is not None:
            self.know(case)
        return self.notices.give([ORDER], out_of_time=lambda: self.late)

    def later(self, minutes: int) -> int:
        self.clock.advance(minutes=minutes)
        return self.notices.overdue(out_of_time=lambda: False)

    def row(self, mark: str = "received") -> NoticeRow:
        key = keys.notice(ORDER, mark)
        return NoticeRow.model_validate(self.store.get([key])[key].body)

    def issue(self, mark: str = "received") -> tuple[IssueState, dict[str, str]] | None:
        found = self.issues.find(f"notice_unsent#{ORDER}/{mark}")
        return (found.state, dict(found.replay or {})) if found else None

    def replay(self, mark: str = "received") -> bool:
        found = self.issue(mark)
        assert found is not None
        said = found[1]
        return self.notices.again(said["notice"], said["mark"], after=said["after"])


def ordered(**over: object) -> Case:
    return make_case(order=make_order(customer=Customer(email=TO)), **over)


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_customer_is_told_of_order_parcel_and_refund_once_each(office: Office) -> None:
    assert office.tell(ordered()) == 1
    parcel = make_shipment(tracking=(Tracking(carrier="DHL", number="JJD1"),))
    assert office.tell(ordered(shipments=(parcel,))) == 1
    assert office.tell(ordered(shipments=(parcel,), refunds=(make_refund(),))) == 1
    assert office.post.subjects == [
        "We have your order #77",
        "Your order #77 is on its way",
        "A refund for your order #77",
    ]
    assert {mail.to for mail in office.post.mails} == {TO}
    assert "DHL JJD1" in office.post.mails[1].body
    assert "19.99 GBP" in office.post.mails[2].body
    assert office.tell() == 0


def test_telling_again_writes_nothing(office: Office) -> None:
    office.tell(ordered())
    already = len(office.store.written)
    office.tell()
    assert office.store.written[already:] == []


def test_a_cancelled_order_is_told_of_as_cancelled_alone(office: Office) -> None:
    office.tell(ordered(state=CaseState.CANCELLED))
    assert office.post.subjects == ["Your order #77 is cancelled"]


def test_what_is_written_of_a_notice_names_no_customer(office: Office) -> None:
    office.tell(ordered())
    assert TO.lower() not in office.row().model_dump_json().lower()
    assert TO not in repr(office.post.mails)


@pytest.mark.parametrize(
    "over",
    [
        {"channels": {"outlet": ALL}},
        {"channels": {"shop": ("refunded",)}},
        {"since": NOW + timedelta(seconds=1)},
        {"opted_out": (digest(TO.upper()),)},
    ],
)
def test_who_is_not_to_be_mailed_is_not(over: dict[str, object]) -> None:
    office = Office(RULES.model_copy(update=over))
    assert office.tell(ordered()) == 0
    assert office.post.mails == []


@pytest.mark.parametrize(
    "case",
    [
        make_case(),
        ordered(state=CaseState.RECORDED),
        make_case(order=make_order(customer=Customer(email=TO), pending=True)),
    ],
)
def test_guests_without_an_address_and_orders_of_others_get_no_mail(case: Case) -> None:
    assert Office().tell(case) == 0


def test_what_is_old_is_no_news(office: Office) -> None:
    office.know(ordered())
    office.clock.advance(hours=RULES.max_age_hours)
    assert office.tell() == 1
    again = Office()
    again.know(ordered())
    again.clock.advance(hours=RULES.max_age_hours, seconds=1)
    assert again.tell() == 0


def test_a_crash_after_the_call_is_never_made_good_by_itself(office: Office) -> None:
    office.post.errors = [DiedError()]
    with pytest.raises(DiedError):
        office.tell(ordered())
    assert (office.tell(), office.later(14), office.issue()) == (0, 0, None)
    assert (office.later(1), office.later(60)) == (1, 0)
    assert len(office.post.mails) == 1
    assert office.issue() == (
        IssueState.OPEN,
        {"queue": "mail", "notice": ORDER, "mark": "received", "after": "1"},
    )


def test_a_person_has_it_mailed_once_more_and_that_solves_it(office: Office) -> None:
    office.post.errors = [InDoubtError("lost")]
    assert office.tell(ordered()) == 0
    office.later(15)
    assert office.replay() is True
    assert office.replay() is False
    assert len(office.post.mails) == 2
    assert (office.row().state, office.issue()[0]) == (NoticeState.SENT, IssueState.SOLVED)  # type: ignore[index]


def test_a_replay_that_dies_is_not_repeated_by_its_message(office: Office) -> None:
    office.post.errors = [InDoubtError("lost"), DiedError()]
    office.tell(ordered())
    office.later(15)
    with pytest.raises(DiedError):
        office.replay()
    assert office.replay() is False
    office.later(15)
    assert office.issue()[1]["after"] == "2"  # type: ignore[index]
    assert len(office.post.mails) == 2


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (RejectedError("MessageRejected", remedy="verify the sender"), "verify the sender"),
        (AccessError("AccessDenied"), "SES identity"),
    ],
)
def test_a_refusal_is_an_exception_that_names_its_remedy(
    office: Office, error: SyncError, remedy: str
) -> None:
    office.post.errors, office.post.keeps = [error], False
    assert office.tell(ordered()) == 0
    found = office.issues.find(f"notice_unsent#{ORDER}/received")
    assert found is not None
    assert remedy in found.remedy
    assert office.replay() is True
    assert office.post.subjects == ["We have your order #77"]


def test_where_ses_is_busy_it_is_tried_again_within_minutes(office: Office) -> None:
    office.post.errors, office.post.keeps = [ThrottledError("slower")], False
    assert office.tell(ordered()) == 0
    assert (office.tell(), office.later(0)) == (0, 0)
    assert office.later(1) == 1
    assert (len(office.post.mails), office.issue()) == (1, None)


def test_what_waited_until_it_was_no_news_is_a_person_s(office: Office) -> None:
    office.late = True
    office.tell(ordered())
    office.later(60 * RULES.max_age_hours + 1)
    assert office.post.mails == []
    assert office.issue() is not None


def test_what_time_does_not_suffice_for_waits(office: Office) -> None:
    office.late = True
    assert office.tell(ordered()) == 0
    assert office.row().state is NoticeState.WAITING
    assert office.later(1) == 1
    assert len(office.post.mails) == 1


def test_what_waits_is_dropped_once_the_case_does_not_give_rise_to_it(office: Office) -> None:
    office.late = True
    office.tell(ordered())
    office.know(ordered(state=CaseState.CANCELLED))
    office.later(1)
    assert (office.post.mails, office.issue()) == ([], None)


STEPS = st.lists(
    st.sampled_from(["tell", "ship", "refund", "cancel", "beat", "throttle", "lose", "die"]),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_no_order_of_deliveries_mails_anything_twice(steps: list[str]) -> None:
    office, case = Office(), ordered()
    office.know(case)
    change: dict[str, dict[str, object]] = {
        "ship": {"shipments": (make_shipment(tracking=(Tracking(number="JJD1"),)),)},
        "refund": {"refunds": (make_refund(),)},
        "cancel": {"state": CaseState.CANCELLED},
    }
    trouble = {
        "throttle": ThrottledError("slower"),
        "lose": InDoubtError("lost"),
        "die": DiedError(),
    }
    for step in steps:
        office.post.keeps = step != "throttle"
        office.post.errors = [trouble[step]] if step in trouble else []
        case = case.model_copy(update=change.get(step, {}))
        office.know(case)
        try:
            _ = office.later(16) if step == "beat" else office.tell()
        except DiedError:
            continue
    assert max(Counter(office.post.subjects).values(), default=1) == 1
