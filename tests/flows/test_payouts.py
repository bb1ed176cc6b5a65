"""Payouts that are polled: each movement once with its order, each payout once to its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.books import Books
from shared.flows.payouts import FIRST, Payouts
from shared.model.books import OrderPayouts, PaidOut, Payout, PayoutKind, PayoutLine
from shared.model.order import Payment, PaymentKind
from shared.model.policies import BookRules
from shared.ports import Page, Put, Refusal, Write
from tests.domain.world import NOW, RETAILER
from tests.flows.world import World, gbp, order


@dataclass
class Provider:
    """Pages of payouts, and of each its pages of movements; `asked` is what was read."""

    heads: list[list[Payout]]
    pages: Mapping[str, list[Page[PaidOut]]]
    asked: list[str] = field(default_factory=list)

    def payouts_since(self, since: datetime | None, *, page: str | None) -> Page[Payout]:
        del since
        at = int(page or 0)
        return Page(self.heads[at], str(at + 1) if at + 1 < len(self.heads) else None)

    def movements_of(self, payout: Payout, *, page: str | None) -> Page[PaidOut]:
        self.asked.append(f"{payout.payout}/{page or 0}")
        return self.pages[payout.payout][int(page or 0)]


def head(name: str, state: str = "PAID") -> Payout:
    return Payout(payout=name, day="2026-11-29", state=state, left=state != "FAILED")


def moved(name: str, minor: int = 3998, order_id: str = "shop:77", payout: str = "1") -> PaidOut:
    line = PayoutLine(
        payout=payout,
        reference=name,
        kind=PayoutKind.CHARGE,
        gross=gbp(minor),
        fee=gbp(60),
        day="2026-11-29",
    )
    return PaidOut(order_id=order_id, at=NOW, line=line)


def set_up(**over: object) -> tuple[World, Payouts]:
    shop = RETAILER.connection("shop").model_copy(update=over)
    others = [c for c in RETAILER.connections if c.name != "shop"]
    world = World(RETAILER.model_copy(update={"connections": (*others, shop)}))
    world.know("M")
    paid = Payment(
        reference="t1", gateway="card", kind=PaymentKind.CAPTURE, succeeded=True, amount=gbp(3998)
    )
    world.capture.take(order(("HAT-M", 2), payments=(paid,)))
    rules = BookRules(payout_days=5)
    books = Books(world.store, world.cases, world.issues, world.clock, world.retailer, rules)
    books.keep(["shop:77"])
    return world, Payouts("shop", books, world.queues)


def read(payouts: Payouts, provider: Provider, began: datetime = NOW) -> list[str | None]:
    """The pages a whole poll goes through."""
    pages: list[str | None] = []
    page: str | None = None
    while True:
        page = payouts.page(provider, None, page, began=began)
        pages.append(page)
        if page is None:
            return pages


def lines(world: World, order_id: str = "shop:77") -> list[str]:
    key = keys.payouts(order_id)
    row = world.store.get([key]).get(key)
    return [one.reference for one in OrderPayouts.model_validate(row.body).lines] if row else []


def test_a_payout_is_read_to_its_end_and_then_no_more() -> None:
    world, payouts = set_up()
    pages = {"1": [Page([moved("m1", 1000)], "1"), Page([moved("m2", 2998)])]}
    provider = Provider([[head("1")]], pages)
    assert read(payouts, provider) == [FIRST, FIRST, None]
    assert lines(world) == ["m1", "m2"]
    assert read(payouts, provider) == [None]
    assert provider.asked == ["1/0", "1/1"]


def test_one_that_was_paid_after_it_was_in_transit_is_read_again() -> None:
    world, payouts = set_up()
    provider = Provider([[head("1", "IN_TRANSIT")]], {"1": [Page([moved("m1")])]})
    read(payouts, provider)
    provider.heads = [[head("1")]]
    read(payouts, provider)
    assert provider.asked == ["1/0", "1/0"]
    assert lines(world) == ["m1"]


def test_every_page_of_payouts_is_worked_through() -> None:
    world, payouts = set_up()
    pages = {"1": [Page([moved("m1", 1998)])], "2": [Page([moved("m2", 2000, payout="2")])]}
    provider = Provider([[head("1")], [head("2")]], pages)
    assert read(payouts, provider) == [FIRST, "1", "1", None]
    assert lines(world) == ["m1", "m2"]


def test_what_is_paid_out_is_missing_no_longer() -> None:
    world, payouts = set_up()
    key = keys.difference("shop:77")
    assert "payout_missing" in str(world.store.get([key])[key].body)
    read(payouts, Provider([[head("1")]], {"1": [Page([moved("m1")])]}))
    assert "payout_missing" not in str(world.store.get([key])[key].body)


def test_a_movement_of_an_order_nobody_knows_is_one_exception() -> None:
    world, payouts = set_up()
    strange = moved("m9", order_id="shop:4711")
    refusal = Refusal("m8", "type", "DISPUTE", "a dispute", "book it by hand")
    payouts.record(Page([strange, moved("m1")], refused=[refusal]))
    payouts.record(Page([strange]))
    assert lines(world) == ["m1"]
    assert sorted((one.field, one.value) for one in world.open()) == [
        ("order", "4711"),
        ("type", "DISPUTE"),
    ]


def test_a_payout_of_which_an_order_was_unknown_is_read_again_until_it_is_known() -> None:
    world, payouts = set_up()
    late = moved("m2", order_id="shop:78")
    provider = Provider([[head("1")]], {"1": [Page([moved("m1")], "1"), Page([late])]})
    read(payouts, provider)
    assert read(payouts, provider, NOW + timedelta(minutes=59)) == [None]
    world.capture.take(order(("HAT-M", 1), external_id="78", total=1999))
    assert read(payouts, provider, NOW + timedelta(hours=1)) == [FIRST, FIRST, None]
    assert (lines(world, "shop:78"), world.open()) == (["m2"], [])
    assert read(payouts, provider, NOW + timedelta(days=9)) == [None]


def test_an_order_unknown_on_an_earlier_page_is_looked_for_again_until_it_is_known() -> None:
    world, payouts = set_up()
    late = moved("m2", order_id="shop:78")
    provider = Provider([[head("1")]], {"1": [Page([late], "1"), Page([moved("m1")])]})
    read(payouts, provider)
    read(payouts, provider, NOW + timedelta(hours=1))
    world.capture.take(order(("HAT-M", 1), external_id="78", total=1999))
    read(payouts, provider, NOW + timedelta(hours=2))
    assert (lines(world, "shop:78"), world.open()) == (["m2"], [])
    assert read(payouts, provider, NOW + timedelta(days=9)) == [None]


def test_a_replay_of_that_exception_reads_the_payout_anew() -> None:
    world, payouts = set_up()
    late = moved("m2", order_id="shop:78")
    provider = Provider([[head("1")]], {"1": [Page([late])]})
    read(payouts, provider)
    (issue,) = world.open()
    assert issue.replay == {"queue": "shop-read", "read": "payout", "key": "1"}
    world.capture.take(order(("HAT-M", 1), external_id="78", total=1999))
    payouts.again("1")
    assert world.queues.take("shop-read")[-1].body == {"poll": "payout"}
    read(payouts, provider)
    assert (lines(world, "shop:78"), world.open()) == (["m2"], [])


def test_a_replay_that_meets_the_end_of_a_poll_has_it_read_anew_all_the_same() -> None:
    world, payouts = set_up()
    read(payouts, Provider([[head("1")]], {"1": [Page([moved("m2", order_id="shop:78")])]}))
    commit, row = world.store.commit, world.store.get([keys.payout("shop", "1")])

    def raced(writes: Sequence[Write]) -> list[bool]:
        world.store.commit = commit  # type: ignore[method-assign]
        [known] = row.values()
        commit([Put(known.key, {**known.body, "unknown": False}, known.rev)])
        return commit(writes)

    world.store.commit = raced  # type: ignore[method-assign]
    payouts.again("1")
    world.capture.take(order(("HAT-M", 1), external_id="78", total=1999))
    read(payouts, Provider([[head("1")]], {"1": [Page([moved("m2", order_id="shop:78")])]}))
    assert (lines(world, "shop:78"), world.open()) == (["m2"], [])


def test_a_replay_that_loses_every_race_is_for_the_queue_to_bring_again() -> None:
    world, payouts = set_up()
    world.store.commit = lambda writes: [False for _ in writes]  # type: ignore[method-assign]
    with pytest.raises(RetryableError, match="payout 1 of shop is contended"):
        payouts.again("1")
    assert world.queues.take("shop-read") == []


def test_what_failed_and_is_paid_by_another_once_its_order_is_known_is_told_of_no_longer() -> None:
    world, payouts = set_up()
    read(payouts, Provider([[head("1")]], {"1": [Page([moved("m2", order_id="shop:78")])]}))
    assert len(world.open()) == 1
    world.capture.take(order(("HAT-M", 1), external_id="78", total=1999))
    anew = moved("m2", order_id="shop:78", payout="2")
    read(payouts, Provider([[head("2")]], {"2": [Page([anew])]}))
    assert world.open() == []


def test_what_is_of_before_orders_were_taken_is_nobody_s_business() -> None:
    world, payouts = set_up(orders_from=NOW.replace(year=2027))
    payouts.record(Page([moved("m9", order_id="shop:4711")]))
    assert world.open() == []


def test_a_crash_between_a_movement_and_its_books_is_made_good_by_the_next_try() -> None:
    world, payouts = set_up()
    key = keys.difference("shop:77")
    before = world.store.get([key])[key]
    payouts.record(Page([moved("m1")]))
    now = world.store.get([key])[key]
    assert before.body != now.body
    payouts.record(Page([moved("m1")]))
    assert world.store.get([key])[key] == now
