"""The books follow from the cases: by day, corrected by news, told of when they differ too long."""

from datetime import timedelta

import pytest

from shared.domain.books import entries
from shared.flows import books as flow
from shared.flows import keys
from shared.flows.books import Books
from shared.flows.import_file import Importer
from shared.flows.import_run import Run
from shared.model.books import Bucket, OrderBooks
from shared.model.issue import IssueState
from shared.model.order import Payment, PaymentKind
from shared.model.policies import BookRules
from tests.domain.world import NOW
from tests.fakes import MemoryFiles, MemoryJournal
from tests.flows.order_world import case
from tests.flows.test_billing import bill
from tests.flows.world import World, gbp, order, shipment

ORDER = "shop:77"


@pytest.fixture
def world() -> World:
    world = World()
    world.know("M")
    paid = Payment(
        reference="t1", gateway="card", kind=PaymentKind.CAPTURE, succeeded=True, amount=gbp(3998)
    )
    world.capture.take(order(("HAT-M", 2), payments=(paid,)))
    world.sender.send(ORDER)
    return world


def kept(world: World) -> Books:
    rules = BookRules(after_hours=24)
    return Books(world.store, world.cases, world.issues, world.clock, world.retailer, rules)


def differing(world: World) -> OrderBooks:
    key = keys.difference(ORDER)
    return OrderBooks.model_validate(world.store.get([key])[key].body)


def open_issues(world: World) -> list[str]:
    found = [world.issues.find(f"books_differ#{ORDER}/{bucket}") for bucket in Bucket]
    return [one.subject for one in found if one is not None and one.state is IssueState.OPEN]


def day(world: World) -> str:
    return case(world).order.placed_at.date().isoformat()


def test_the_sums_of_a_day_are_those_of_the_facts(world: World) -> None:
    world.bills.record(bill())
    kept(world).keep([ORDER])
    found = flow.day(world.store, day(world))
    assert found["sums"] == [
        {"kind": "captured", "amount": 3998, "currency": "GBP"},
        {"kind": "invoiced", "amount": 3998, "currency": "GBP"},
        {"kind": "ordered", "amount": 3998, "currency": "GBP"},
    ]
    said = [e.model_dump(mode="json") for e in entries(case(world), zone="UTC")]
    assert found["orders"] == [{"order_id": ORDER, "entries": said}]


def test_keeping_them_again_writes_nothing(world: World) -> None:
    assert kept(world).keep([ORDER]) > 0
    already = len(world.store.written)
    assert kept(world).keep([ORDER, ORDER]) == 0
    assert world.store.written[already:] == []


def test_an_invoice_that_is_taken_back_leaves_its_day(world: World) -> None:
    later = NOW + timedelta(days=3)
    world.bills.record(bill(issued_at=later))
    kept(world).keep([ORDER])
    assert flow.day(world.store, later.date().isoformat())["sums"] != []
    world.bills.record(bill(issued_at=later, cancelled=True))
    kept(world).keep([ORDER])
    assert flow.day(world.store, later.date().isoformat())["sums"] == []


def shipped(world: World) -> None:
    world.shipments.record(shipment(2), source=world.erp)
    kept(world).keep([ORDER])


def test_what_differs_is_told_after_a_while_and_solved_once_it_agrees(world: World) -> None:
    shipped(world)
    assert [d.bucket for d in differing(world).differences] == [Bucket.NOT_INVOICED]
    assert (kept(world).overdue(), open_issues(world)) == (0, [])
    world.clock.at += timedelta(hours=24)
    assert kept(world).overdue() == 1
    assert open_issues(world) == [f"{ORDER}/captured_not_invoiced"]
    world.bills.record(bill())
    kept(world).keep([ORDER])
    assert (differing(world).differences, open_issues(world)) == ((), [])


def test_a_person_is_told_once(world: World) -> None:
    shipped(world)
    world.clock.at += timedelta(hours=25)
    assert [kept(world).overdue() for _ in range(2)] == [1, 0]


def test_a_repair_is_a_message_that_looks_first(world: World) -> None:
    shipped(world)
    (found,) = differing(world).differences
    assert found.again == {"queue": "erp-read", "poll": "invoice"}


def test_news_that_changes_nothing_of_a_difference_leaves_its_age(world: World) -> None:
    shipped(world)
    since = differing(world).since
    world.clock.at += timedelta(hours=5)
    kept(world).keep([ORDER])
    assert differing(world).since == since


@pytest.mark.parametrize("said", ["2026-13-01", "yesterday", "20261127x"])
def test_a_day_that_is_none_is_refused(said: str) -> None:
    assert flow.asked_day(said, NOW) is None


def test_yesterday_is_shown_where_no_day_is_named() -> None:
    assert flow.asked_day(None, NOW) == (NOW - timedelta(days=1)).date().isoformat()


CSV = "payout,reference,order,kind,gross,fee,currency,paid_on\n"


def with_payouts(world: World, days: int | None = 5) -> Importer:
    rules = BookRules(payout_days=days)
    world.retailer = world.retailer.model_copy(update={"books": rules})
    journal = MemoryJournal()
    return Importer(
        world.store, MemoryFiles(clock=world.clock), world.queues, world.issues, world.clock,
        world.retailer, journal, world.capture,
    )  # fmt: skip


def dropped(world: World, importer: Importer, *rows: str) -> Run | None:
    name = "drop/shop/payout/today.csv"
    files = importer.files
    assert isinstance(files, MemoryFiles)
    files.drop(name, (CSV + "".join(f"{row}\n" for row in rows)).encode())
    message = {"file": name, "version": files.read(name, start=0, length=1).version}
    run = importer.handle(message, out_of_time=lambda: False)
    while sent := world.queues.take(keys.IMPORT_QUEUE):
        run = importer.handle(dict(sent[0].body), out_of_time=lambda: False)
    return run


def test_a_payout_file_is_part_of_the_books_and_dropping_it_again_changes_nothing(
    world: World,
) -> None:
    importer = with_payouts(world)
    row = "po_1,txn_1,77,charge,39.98,1.20,GBP,2026-11-29"
    run = dropped(world, importer, row)
    assert run is not None
    assert (run.rows, run.refused) == (1, 0)
    assert flow.day(world.store, "2026-11-29")["sums"] == [
        {"kind": "fee", "amount": 120, "currency": "GBP"},
        {"kind": "paid_out", "amount": 3998, "currency": "GBP"},
    ]
    assert world.store.get([keys.difference(ORDER)]) == {}
    kept_rows = world.store.get([keys.payouts(ORDER), keys.difference(ORDER)])
    world.clock.at += timedelta(minutes=1)
    dropped(world, importer, row)
    assert world.store.get([keys.payouts(ORDER), keys.difference(ORDER)]) == kept_rows


def test_a_payout_of_an_order_nobody_knows_is_refused_by_its_row(world: World) -> None:
    run = dropped(world, with_payouts(world), "po_1,t1,4711,charge,1.00,0.00,GBP,2026-11-29")
    assert run is not None
    assert (run.rows, run.refused) == (1, 1)


def test_a_payout_may_take_its_days_before_a_person_is_told(world: World) -> None:
    rules = BookRules(after_hours=1, payout_days=5)
    watched = Books(world.store, world.cases, world.issues, world.clock, world.retailer, rules)
    world.bills.record(bill())
    watched.keep([ORDER])
    world.clock.at += timedelta(days=4)
    assert (watched.overdue(), open_issues(world)) == (0, [])
    world.clock.at += timedelta(days=1)
    assert watched.overdue() == 1
    assert open_issues(world) == [f"{ORDER}/payout_missing"]
