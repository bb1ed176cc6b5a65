"""What the demonstration plays and how it compares."""

import time

import pytest

from sandbox.home import Steps
from sandbox.play.comparing import sellable
from sandbox.play.quiet import Busy
from sandbox.play.record import Record, reminder
from sandbox.play.trading import history, in_time_order
from sandbox.retailer.day import OrderKind, ShopOrder
from sandbox.retailer.generated import generate
from shared.flows import keys
from tests.factories import make_case


@pytest.mark.parametrize(("available", "units"), [(3, 3), (0, 0), (-57, 0)])
def test_a_level_sold_below_nothing_sells_nothing(available: int, units: int) -> None:
    assert sellable({"available": available, "committed": 1, "on_hand": 0}) == units


def test_a_location_the_shop_does_not_stock_sells_nothing() -> None:
    assert sellable({}) == 0


def test_what_was_sold_before_is_no_part_of_the_day() -> None:
    day = generate()
    before = list(history(day))
    played = [e for e in in_time_order(day) if isinstance(e, ShopOrder)]
    assert all(o.kind is OrderKind.HISTORY for o in before)
    assert all(o.kind is OrderKind.SALE for o in played)
    assert len(before) + len(played) == len(day.orders)


def test_a_story_is_right_only_if_all_that_must_hold_does() -> None:
    record = Record(Steps())
    record.timed("wait", time.monotonic())
    record.check("levels", [], of=3)
    assert record.result(time.monotonic())["ok"] is True
    record.check("prices", ["MUG costs 1"], of=2)
    said = record.result(time.monotonic())
    assert (said["ok"], said["wrong"], said["figures"]) == (
        False,
        ["MUG costs 1"],
        {"wait, s": 0.0},
    )
    assert said["checks"] == [
        {"name": "levels", "ok": True, "detail": "all 3"},
        {"name": "prices", "ok": False, "detail": "1 of 2 differ"},
    ]


def test_what_still_moves_is_told_in_words_without_what_does_not() -> None:
    assert str(Busy(queued=0, due=12, received=0, waiting=3)) == "rows due 12, webhooks to send 3"
    assert str(Busy(queued=0, due=0, received=0, waiting=0)) == "nothing"


def test_a_sandbox_that_stays_up_names_an_order_the_erp_has_and_its_article() -> None:
    held, sent = make_case(), make_case(erp_order="50000001")
    rows = [
        {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "body": {"S": case.model_dump_json()}}
        for case in (held, sent)
        for key in [keys.case(case.order.order_id)]
    ]
    said = reminder(rows)
    assert f"`shelfwire trace order {sent.order.order_id}`" in said
    assert f"`shelfwire trace sku {sent.order.lines[0].sku}`" in said
    assert "`shelfwire trace order ORDER`" in reminder(rows[:1])
