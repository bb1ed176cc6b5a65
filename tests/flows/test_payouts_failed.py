"""Payouts that do not arrive, or are in a state nobody knows: what they paid counts for nothing."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.flows import keys
from shared.flows.payouts import FIRST, ORDERS
from shared.model.books import PaidOut, Payout
from shared.ports import Page, Refusal
from tests.flows.test_payouts import Provider, head, lines, moved, read, set_up
from tests.flows.world import World, order

DAY, LATER = "2026-11-29", "2026-12-03"


def provider(state: str, *movements: PaidOut) -> Provider:
    return Provider([[head("1", state)]], {"1": [Page(movements or (moved("m1"),))]})


def missing(world: World) -> bool:
    key = keys.difference("shop:77")
    return "payout_missing" in str(world.store.get([key])[key].body)


def entries(world: World, day: str) -> list[str]:
    key = keys.books(day, "shop:77")
    row = world.store.get([key]).get(key)
    listed: Any = row.body["entries"] if row else []
    return [one["kind"] for one in listed]


def test_what_failed_is_in_no_books_until_another_payout_pays_it() -> None:
    world, payouts = set_up()
    read(payouts, provider("IN_TRANSIT"))
    assert (missing(world), entries(world, DAY)) == (False, ["paid_out", "fee"])
    assert read(payouts, provider("FAILED")) == [FIRST, None]
    assert (lines(world), missing(world), entries(world, DAY)) == ([], True, [])
    late = moved("m1", payout="2")
    late = late.model_copy(update={"line": late.line.model_copy(update={"day": LATER})})
    read(payouts, Provider([[head("1", "FAILED"), head("2")]], {"2": [Page([late])]}))
    assert (lines(world), missing(world)) == (["m1"], False)
    assert (entries(world, DAY), entries(world, LATER)) == ([], ["paid_out", "fee"])


def test_what_another_payout_pays_on_another_day_is_in_the_books_of_that_day_alone() -> None:
    world, payouts = set_up()
    read(payouts, provider("IN_TRANSIT"))
    late = moved("m1", payout="2")
    late = late.model_copy(update={"line": late.line.model_copy(update={"day": LATER})})
    read(payouts, Provider([[head("2")]], {"2": [Page([late])]}))
    assert (entries(world, DAY), entries(world, LATER)) == ([], ["paid_out", "fee"])


def test_what_another_payout_pays_already_is_left_there_when_the_first_is_seen_to_have_failed() -> (
    None
):
    world, payouts = set_up()
    read(payouts, provider("IN_TRANSIT"))
    read(payouts, Provider([[head("2")]], {"2": [Page([moved("m1", payout="2")])]}))
    read(payouts, provider("FAILED"))
    assert (lines(world), missing(world)) == (["m1"], False)


def test_one_that_failed_before_it_was_read_is_not_asked_about() -> None:
    world, payouts = set_up()
    failed = provider("FAILED")
    assert read(payouts, failed) == [FIRST, None]
    assert (failed.asked, lines(world)) == ([], [])
    assert read(payouts, failed) == [None]


def test_what_was_kept_before_its_reader_died_is_taken_out_when_it_has_failed() -> None:
    world, payouts = set_up()
    payouts.record(Page([moved("m1")]))
    read(payouts, provider("FAILED"))
    assert (lines(world), missing(world)) == ([], True)


def test_a_payout_of_many_orders_is_withdrawn_from_all_of_them() -> None:
    world, payouts = set_up()
    names = [str(number) for number in range(100, 100 + ORDERS + 1)]
    for name in names:
        world.capture.take(order(("HAT-M", 1), external_id=name, total=1999))
    paid = [moved(f"m{name}", 1999, order_id=f"shop:{name}") for name in names]
    read(payouts, provider("IN_TRANSIT", *paid))
    assert lines(world, f"shop:{names[-1]}") == [f"m{names[-1]}"]
    assert read(payouts, provider("FAILED")) == [FIRST, FIRST, None]
    assert [lines(world, f"shop:{name}") for name in names] == [[] for _ in names]
    assert read(payouts, provider("FAILED")) == [None]


def test_a_state_nobody_knows_is_told_once_and_until_it_is_another() -> None:
    world, payouts = set_up()
    strange = Refusal("9", "status", "ON_HOLD", "payout 9 is on hold", "report it")
    odd = Strange([[head("1")]], {"1": [Page([moved("m1")])]}, refused=[strange])
    for _ in range(3):
        read(payouts, odd)
    (issue,) = world.open()
    assert (issue.subject, issue.count) == ("shop/payout/9/status", 1)
    odd.refused = [replace(strange, value="LOST")]
    read(payouts, odd)
    assert [(one.value, one.count) for one in world.open()] == [("LOST", 2)]
    odd.refused, odd.heads = [], [[head("9")]]
    odd.pages = {"9": [Page([moved("m1", payout="9")])]}
    read(payouts, odd)
    assert world.open() == []


class Strange(Provider):
    """Tells of payouts in states that nobody knows."""

    def __init__(self, *args: object, refused: list[Refusal]) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.refused = refused

    def payouts_since(self, since: datetime | None, *, page: str | None) -> Page[Payout]:
        found = super().payouts_since(since, page=page)
        return Page(found.items, found.next, self.refused)


def unknown(payout: str = "1") -> PaidOut:
    return moved("m2", order_id="shop:78", payout=payout)


def test_what_was_told_of_an_order_nobody_knew_ends_when_its_payout_has_failed() -> None:
    """Nothing is paid for the order, and perhaps never by another payout."""
    world, payouts = set_up()
    read(payouts, provider("IN_TRANSIT", moved("m1"), unknown()))
    (issue,) = world.open()
    read(payouts, provider("FAILED"))
    assert (lines(world), world.open()) == ([], [])
    solved = world.issues.find(issue.issue_id)
    assert solved is not None
    assert solved.solved_by == "its payout failed"


def test_what_another_payout_has_told_since_stays_although_the_first_has_failed() -> None:
    world, payouts = set_up()
    read(payouts, provider("IN_TRANSIT", unknown()))
    read(payouts, Provider([[head("2")]], {"2": [Page([unknown("2")])]}))
    read(payouts, provider("FAILED"))
    (issue,) = world.open()
    assert issue.replay is not None
    assert issue.replay["key"] == "2"


def test_what_its_reader_told_before_it_died_ends_as_well() -> None:
    world, payouts = set_up()
    payouts.record(Page([unknown()]))
    assert len(world.open()) == 1
    read(payouts, provider("FAILED"))
    assert world.open() == []


def test_what_nobody_knew_and_is_known_by_now_is_withdrawn_like_any_other() -> None:
    world, payouts = set_up()
    read(payouts, provider("IN_TRANSIT", unknown()))
    world.capture.take(order(("HAT-M", 1), external_id="78", total=1999))
    read(payouts, provider("PAID", unknown()))
    assert (lines(world, "shop:78"), world.open()) == (["m2"], [])
    read(payouts, provider("FAILED"))
    assert (lines(world, "shop:78"), world.open()) == ([], [])
