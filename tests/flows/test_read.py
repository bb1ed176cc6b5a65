"""Polls lose nothing: the cursor moves only past what was kept, and looks back a little."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.errors import AccessError, RejectedError, RetryableError, ThrottledError
from shared.flows import keys
from shared.model.allocation import ErpAllocation
from shared.model.facts import StockCard
from shared.model.ids import Entity
from shared.model.invoice import BillingDocument
from shared.model.order import Order, Shipment
from shared.model.returns import ErpReturn
from shared.ports import Message, Page, Refusal
from tests.domain.world import NOW
from tests.flows.mortal import DiedError
from tests.flows.reading import reader_of
from tests.flows.world import World, order, stock_card


@dataclass
class Erp:
    """Pages of stock; `errors` are raised on the page they are named after."""

    pages: list[list[StockCard]]
    errors: dict[int, list[Exception]] = field(default_factory=dict)
    asked: list[tuple[datetime | None, str | None]] = field(default_factory=list)
    refused: Sequence[Refusal] = ()
    orders: dict[str, Order] = field(default_factory=dict)
    unreadable: RejectedError | None = None
    returns: list[ErpReturn] = field(default_factory=list)
    bills: list[BillingDocument] = field(default_factory=list)

    def changed(
        self, entity: Entity, *, since: datetime | None, page: str | None
    ) -> Page[StockCard]:
        del entity
        self.asked.append((since, page))
        number = int(page or 0)
        if self.errors.get(number):
            raise self.errors[number].pop(0)
        more = number + 1 < len(self.pages)
        return Page(self.pages[number], str(number + 1) if more else None, self.refused)

    def read(self, entity: Entity, keys: Sequence[str]) -> Page[StockCard]:
        del entity
        return Page([stock_card(5, key) for key in keys])

    def shipments_since(self, since: datetime | None, *, page: str | None) -> Page[Shipment]:
        del since, page
        return Page([])

    def read_shipment(self, shipment_id: str) -> Sequence[Shipment]:
        del shipment_id
        return []

    def billed_since(self, since: datetime | None, *, page: str | None) -> Page[BillingDocument]:
        del since, page
        return Page(self.bills)

    def read_billed(self, document: str) -> Page[BillingDocument]:
        return Page([bill for bill in self.bills if bill.document == document])

    def promised_since(self, since: datetime | None, *, page: str | None) -> Page[ErpAllocation]:
        del since, page
        return Page([])

    def read_promised(self, erp_order: str) -> Page[ErpAllocation]:
        return Page([ErpAllocation(erp_order=erp_order, told_at=NOW)])

    def returns_since(self, since: datetime | None, *, page: str | None) -> Page[ErpReturn]:
        del since, page
        return Page(self.returns)

    def read_return(self, document: str) -> Page[ErpReturn]:
        return Page([one for one in self.returns if one.document == document])

    def orders_since(self, since: datetime | None, *, page: str | None) -> Page[Order]:
        del since, page
        return Page(list(self.orders.values()))

    def read_order(self, external_id: str) -> Order | None:
        if self.unreadable:
            raise self.unreadable
        return self.orders.get(external_id)


class Setup:
    def __init__(self, *pages: list[StockCard]) -> None:
        self.world = World()
        self.erp = Erp(list(pages) or [[]])
        self.reader = reader_of(self.world, "erp", self.erp)

    def poll(self, *, stop_after: int = 99, **message: str) -> None:
        """A poll and the message it goes on by; with `run` or `at`, that message alone."""
        left = iter(range(stop_after))
        already = list(self.world.queues.sent)
        body = {"poll": "stock"} | message
        self.reader.handle(body, out_of_time=lambda: next(left, None) is None)
        if not message:
            begun = [m for m in self.world.queues.sent if m not in already]
            self.world.queues.sent = already
            for one in begun:
                self.reader.handle(one.body, out_of_time=lambda: next(left, None) is None)

    def kept(self, sku: str) -> bool:
        key = keys.stock(sku, "erp")
        return key in self.world.store.get([key])


def test_the_first_poll_reads_everything_and_the_next_only_what_changed_since() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.poll()
    setup.world.clock.advance(minutes=10)
    setup.poll()
    looked_back = NOW - timedelta(seconds=300)
    assert [since for since, _ in setup.erp.asked] == [None, None, looked_back, looked_back]
    assert setup.kept("A")
    assert setup.kept("B")


def test_a_page_that_fails_is_read_again_and_nothing_before_it() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.erp.errors = {1: [RetryableError("502")]}
    with pytest.raises(RetryableError):
        setup.poll()
    setup.poll(run=NOW.isoformat())
    assert [page for _, page in setup.erp.asked] == [None, "1", "1"]
    assert setup.kept("B")


def test_a_poll_that_is_throttled_at_once_is_resumed_not_lost() -> None:
    setup = Setup([stock_card(1, "A")])
    setup.erp.errors = {0: [ThrottledError("busy", after=timedelta(seconds=3))]}
    with pytest.raises(ThrottledError):
        setup.poll()
    setup.poll(run=NOW.isoformat())
    assert setup.kept("A")


def test_a_poll_that_never_ended_does_not_move_the_cursor() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.erp.errors = {1: [RetryableError("502")]}
    with pytest.raises(RetryableError):
        setup.poll()
    setup.world.clock.advance(minutes=11)
    setup.poll()
    assert setup.erp.asked[-2:] == [(None, None), (None, "1")]


def test_only_one_poll_of_an_entity_runs_at_a_time() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.poll(stop_after=0)
    setup.poll()
    assert len(setup.erp.asked) == 1


def test_a_poll_whose_worker_died_before_it_sent_it_on_is_sent_on_by_its_message() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    send = setup.world.queues.send

    def dead(messages: Sequence[Message]) -> None:
        raise DiedError(messages)

    setup.world.queues.send = dead  # type: ignore[method-assign]
    with pytest.raises(DiedError):
        setup.poll()
    setup.world.queues.send = send  # type: ignore[method-assign]
    setup.world.clock.advance(minutes=3)
    setup.poll()
    assert (setup.kept("A"), setup.kept("B")) == (True, True)
    assert [page for _, page in setup.erp.asked] == [None, "1"]


def test_a_poll_sent_on_twice_is_read_by_one_and_ends_once() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.reader.handle({"poll": "stock"}, out_of_time=lambda: False)
    setup.reader.handle({"poll": "stock"}, out_of_time=lambda: False)
    for message in setup.world.queues.take("erp-read"):
        setup.reader.handle(message.body, out_of_time=lambda: False)
    assert [page for _, page in setup.erp.asked] == [None, "1"]
    assert setup.world.queues.take("erp-read") == []


def test_a_long_poll_goes_on_in_another_invocation() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.poll(stop_after=0)
    message = setup.world.queues.take("erp-read")[0]
    setup.poll(run=message.body["run"])
    assert setup.kept("B")


def test_a_continuation_that_came_twice_reads_nothing_twice() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.poll(stop_after=0)
    run = setup.world.queues.take("erp-read")[0].body["run"]
    setup.poll(run=run)
    setup.poll(run=run)
    assert len(setup.erp.asked) == 2


def test_a_scheduled_poll_reads_at_once() -> None:
    setup = Setup([stock_card(1, "A")])
    setup.poll(at="2026-11-27T09:00:00Z")
    assert setup.kept("A")
    assert setup.world.queues.sent == []


def test_a_scheduled_poll_that_failed_goes_on_where_it_was() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.erp.errors = {1: [RetryableError("502")]}
    at = NOW.isoformat()
    with pytest.raises(RetryableError):
        setup.poll(at=at)
    setup.world.clock.advance(minutes=11)
    setup.poll(at=at)
    assert [page for _, page in setup.erp.asked] == [None, "1", "1"]
    assert setup.kept("B")


def test_the_next_schedule_leaves_a_run_alone_that_is_still_alive() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.erp.errors = {1: [RetryableError("502")]}
    with pytest.raises(RetryableError):
        setup.poll(at=NOW.isoformat())
    setup.world.clock.advance(minutes=1)
    setup.poll(at=setup.world.clock.now().isoformat())
    assert [page for _, page in setup.erp.asked] == [None, "1"]


def test_schedules_that_piled_up_are_answered_by_one_poll() -> None:
    setup = Setup([stock_card(1, "A")])
    earlier = [(NOW - timedelta(minutes=m)).isoformat() for m in (3, 2, 1)]
    for at in earlier:
        setup.poll(at=at)
    assert len(setup.erp.asked) == 1


def test_a_long_scheduled_poll_goes_on_in_another_invocation() -> None:
    setup = Setup([stock_card(1, "A")], [stock_card(1, "B")])
    setup.poll(stop_after=0, at=NOW.isoformat())
    (message,) = setup.world.queues.take("erp-read")
    setup.poll(run=message.body["run"])
    assert setup.kept("B")


def test_a_row_that_cannot_be_understood_is_an_exception_and_the_others_go_on() -> None:
    setup = Setup([stock_card(1, "A")])
    setup.erp.refused = [Refusal("B", "location", "9999/X", "nobody mapped 9999/X", "map it")]
    setup.poll()
    assert setup.kept("A")
    issue = setup.world.open()[0]
    assert (issue.kind, issue.field, issue.value) == ("unmapped_location", "location", "9999/X")


def test_a_hint_reads_the_present_truth() -> None:
    setup = Setup()
    setup.reader.handle({"read": "stock", "key": "HAT-M"}, out_of_time=lambda: False)
    assert setup.kept("HAT-M")


def test_an_order_hint_captures_the_order_as_the_channel_tells_it_now() -> None:
    setup = Setup()
    setup.world.know("M")
    setup.erp.orders = {"77": order()}
    setup.reader.handle({"read": "order", "key": "77"}, out_of_time=lambda: False)
    assert setup.world.cases.find("shop:77") is not None


def test_an_order_nobody_can_read_is_one_exception_with_its_field() -> None:
    setup = Setup()
    setup.erp.unreadable = RejectedError("unknown kind", field="kind", value="GIFT", remedy="ask")
    for _ in range(3):
        setup.reader.handle({"read": "order", "key": "77"}, out_of_time=lambda: False)
    issue = setup.world.open()[0]
    assert (issue.count, issue.field, issue.value, issue.remedy) == (3, "kind", "GIFT", "ask")


def test_an_order_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(RejectedError, match="knows no order 78"):
        Setup().reader.handle({"read": "order", "key": "78"}, out_of_time=lambda: False)


def test_refused_credentials_are_an_exception_for_a_person() -> None:
    setup = Setup([])
    setup.erp.errors = {0: [AccessError("401")]}
    with pytest.raises(RetryableError) as raised:
        setup.poll()
    assert raised.value.after == timedelta(minutes=1)
    assert setup.world.kinds() == ["access"]


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ({"read": "payout", "key": "7"}, "read", "payout"),
        ({"read": "nonsense", "key": "7"}, "read", "nonsense"),
        ({"read": "stock"}, "key", ""),
        ({"poll": "payout"}, "poll", "payout"),
        ({"release": "shop:77"}, "release", "shop:77"),
        ({}, "read", ""),
    ],
)
def test_a_message_nobody_here_can_do_is_one_exception_with_its_field(
    message: dict[str, str], field: str, value: str
) -> None:
    setup = Setup()
    for _ in range(3):
        setup.reader.handle(message, out_of_time=lambda: False)
    (issue,) = setup.world.open()
    assert (issue.kind, issue.count) == ("bad_message", 3)
    assert (issue.field, issue.value, bool(issue.remedy)) == (field, value, True)
    assert issue.replay == {**message, "queue": "erp-read"}
    assert setup.erp.asked == []


def test_a_read_of_what_another_connection_has_says_what_this_one_is_read_for() -> None:
    setup = Setup()
    setup.reader.handle({"read": "payout", "key": "7"}, out_of_time=lambda: False)
    assert "erp is read for product, price, stock, order" in setup.world.open()[0].remedy


def test_two_things_nobody_here_reads_are_two_exceptions() -> None:
    setup = Setup()
    for key in ("7", "8"):
        setup.reader.handle({"read": "payout", "key": key}, out_of_time=lambda: False)
    assert [issue.subject for issue in setup.world.open()] == [
        "erp/read/payout/7",
        "erp/read/payout/8",
    ]
