"""From capture to the ERP and back with the goods: once, whatever happens in between."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.domain import orders
from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    RetryableError,
    ThrottledError,
)
from shared.flows import keys
from shared.flows.rechecks import recheck
from shared.flows.recovery import Mapper, Sweep
from shared.model.case import CaseState
from shared.model.holds import HoldCard
from shared.model.ids import Entity, Facet
from shared.model.order import Refund
from shared.model.retailer import Retailer
from shared.model.target import TargetState
from shared.ports import Delete, Table, Write
from tests.domain.world import NOW, RETAILER
from tests.flows.order_world import accepted, case, held, ordering
from tests.flows.world import World, gbp, order, product


@pytest.fixture
def world() -> World:
    return ordering()


def test_an_order_not_paid_yet_takes_stock_and_waits(world: World) -> None:
    world.capture.take(order(("HAT-M", 2), pending=True))
    assert case(world).state is CaseState.HELD
    world.derive()
    assert world.target(Facet.STOCK).desired == {"levels": {"london": 8, "leeds": 0}}
    assert world.queues.take("erp-write") == []
    assert world.kinds() == []
    world.capture.take(order(("HAT-M", 2), updated_at=NOW + timedelta(minutes=30)))
    assert case(world).state is CaseState.RELEASED
    assert len(world.queues.take("erp-write")) == 1


def test_an_order_that_is_never_paid_gives_its_stock_back(world: World) -> None:
    world.capture.take(order(("HAT-M", 2), pending=True))
    later = NOW + timedelta(minutes=30)
    world.capture.take(order(("HAT-M", 2), updated_at=later, cancelled_at=later))
    world.derive()
    assert world.target(Facet.STOCK).desired == {"levels": {"london": 10, "leeds": 0}}


def test_a_captured_order_is_released_holds_its_stock_and_asks_to_be_sent(world: World) -> None:
    world.capture.take(order(("HAT-M", 2), ("HAT-S", 1)))
    assert case(world).state is CaseState.RELEASED
    assert (held(world, "HAT-M"), held(world, "HAT-S")) == (2, 1)
    assert [(m.queue, dict(m.body)) for m in world.queues.sent] == [
        ("erp-write", {"case": "shop:77"})
    ]


def test_held_units_are_not_offered_again(world: World) -> None:
    world.capture.take(order(("HAT-M", 4)))
    world.settle()
    assert world.target(Facet.STOCK).desired == {"levels": {"london": 6, "leeds": 0}}


def test_the_same_order_told_five_times_makes_one_case_and_one_erp_order(world: World) -> None:
    for _ in range(5):
        world.capture.take(order())
    for _ in range(5):
        world.sender.send("shop:77")
    assert len(world.erp.orders) == 1
    assert held(world) == 2
    assert case(world).erp_order == "5001"


def test_an_accepted_order_is_news_on_the_bus(world: World) -> None:
    accepted(world)
    assert world.bus.types == ["OrderAccepted"]


def test_a_total_that_does_not_add_up_holds_the_order(world: World) -> None:
    world.capture.take(order(total=3999))
    assert case(world).state is CaseState.HELD
    issue = world.open()[0]
    assert issue.kind == "totals_differ"
    assert "39.99 GBP" in issue.summary
    assert "39.98 GBP" in issue.summary


def test_an_unmapped_line_holds_the_order_with_its_value_and_drops_nothing(world: World) -> None:
    world.capture.take(order(("HAT-M", 1), ("gift_0001_40", 1)))
    held_case = case(world)
    assert held_case.state is CaseState.HELD
    assert [line.channel_sku for line in held_case.order.lines] == ["HAT-M", "gift_0001_40"]
    issue = world.open()[0]
    assert (issue.kind, issue.value, issue.at_risk) == ("unmapped_sku", "gift_0001_40", gbp(3998))


def release(world: World) -> None:
    for message in world.queues.take("shop-read"):
        world.capture.release(message.body["release"])


def test_mapping_the_code_releases_every_order_that_waited_once(world: World) -> None:
    world.capture.take(order(("hat m", 1), external_id="1"))
    world.capture.take(order(("hat m", 2), external_id="2"))
    mapper = Mapper(world.store, world.queues, world.retailer)
    assert mapper.map("shop", "hat m", "HAT-M") == 2
    release(world)
    assert case(world, "shop:1").state is case(world, "shop:2").state is CaseState.RELEASED
    assert world.open() == []
    assert mapper.map("shop", "hat m", "HAT-M") == 0
    assert world.bus.types.count("OrderReleased") == 2


def test_a_code_mapped_just_before_its_order_can_be_found_releases_it_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapper, commit = Mapper(world.store, world.queues, world.retailer), world.store.commit

    def mapped_first(writes: Sequence[Write]) -> list[bool]:
        if any(write.key.pk == keys.WAITING for write in writes):
            monkeypatch.setattr(world.store, "commit", commit)
            assert mapper.map("shop", "hat m", "HAT-M") == 0
        return commit(writes)

    monkeypatch.setattr(world.store, "commit", mapped_first)
    world.capture.take(order(("hat m", 1)))
    assert case(world).state is CaseState.RELEASED
    assert world.open() == []
    assert world.store.query(Table.ORDERS, keys.WAITING) == []


def test_an_article_that_appears_in_the_erp_releases_what_waited_for_it(world: World) -> None:
    world.capture.take(order(("CAP-M", 1)))
    world.apply(Entity.PRODUCT, world.product_card(product("M", product_id="CAP")))
    Mapper(world.store, world.queues, world.retailer).release(["CAP-M"])
    release(world)
    assert case(world).state is CaseState.RELEASED


def test_an_answer_lost_after_the_erp_stored_the_order_makes_one_order(world: World) -> None:
    world.erp.errors = [InDoubtError("no answer")]
    world.capture.take(order())
    with pytest.raises(RetryableError) as raised:
        world.sender.send("shop:77")
    assert raised.value.after == timedelta(seconds=60)
    assert case(world).state is CaseState.IN_DOUBT
    assert world.kinds() == ["order_in_doubt"]
    world.sender.send("shop:77")
    assert case(world).erp_order == "5001"
    assert len(world.erp.orders) == 1
    assert world.open() == []


def test_an_order_that_never_arrived_is_posted_again_only_after_asking_and_waiting(
    world: World,
) -> None:
    world.erp.errors, world.erp.keeps = [InDoubtError("no answer")], False
    world.capture.take(order())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    assert world.erp.orders == []
    world.clock.advance(seconds=61)
    world.sender.send("shop:77")
    assert len(world.erp.orders) == 1
    assert len(world.erp.asked) == 2


def test_a_worker_killed_after_the_erp_stored_the_order_makes_one_order(world: World) -> None:
    world.erp.errors = [KeyboardInterrupt()]  # type: ignore[list-item]
    world.capture.take(order())
    with pytest.raises(KeyboardInterrupt):
        world.sender.send("shop:77")
    assert case(world).state is CaseState.SENDING
    world.sender.send("shop:77")
    assert len(world.erp.orders) == 1


def test_a_killed_worker_s_order_is_found_by_the_sweep(world: World) -> None:
    world.capture.take(order())
    world.queues.sent.clear()
    world.clock.advance(minutes=2)
    Sweep(world.store, world.queues, world.clock, world.retailer).run()
    assert {"case": "shop:77"} in [dict(m.body) for m in world.queues.take("erp-write")]


def test_an_order_the_erp_holds_twice_is_reported_with_the_repair(world: World) -> None:
    world.erp.errors = [InDoubtError("no answer")]
    world.capture.take(order())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    world.erp.orders.append(("5002", "SHOP-77"))
    world.sender.send("shop:77")
    issue = next(i for i in world.open() if i.kind == "duplicate_in_erp")
    assert issue.remedy == "replay, which rejects all items of 5002 in the ERP; 5001 is kept"


def test_a_throttled_erp_delays_the_order_and_leaves_no_doubt(world: World) -> None:
    world.erp.errors = [ThrottledError("busy", after=timedelta(seconds=9))]
    world.erp.keeps = False
    world.capture.take(order())
    with pytest.raises(ThrottledError):
        world.sender.send("shop:77")
    assert case(world).state is CaseState.RELEASED
    world.sender.send("shop:77")
    assert world.erp.asked == []
    assert case(world).state is CaseState.ACCEPTED


def test_an_erp_that_locks_us_out_is_an_exception_and_the_order_waits(world: World) -> None:
    world.erp.errors, world.erp.keeps = [AccessError("401")], False
    world.capture.take(order())
    with pytest.raises(RetryableError):
        world.sender.send("shop:77")
    assert world.kinds() == ["access"]
    world.sender.send("shop:77")
    assert case(world).state is CaseState.ACCEPTED


def test_a_refused_order_is_held_until_an_operator_replays_it(world: World) -> None:
    refusal = RejectedError("material blocked", field="Material", value="HAT-M")
    world.erp.errors, world.erp.keeps = [refusal], False
    world.capture.take(order())
    world.sender.send("shop:77")
    issue = world.open()[0]
    assert (issue.kind, issue.field, issue.value) == ("order_rejected", "Material", "HAT-M")
    assert held(world) == 2
    world.sender.send("shop:77")
    assert world.erp.orders == []
    world.sender.send("shop:77", retry_rejected=True)
    assert case(world).state is CaseState.ACCEPTED
    assert world.open() == []


def test_an_erp_that_computes_another_total_is_an_exception(world: World) -> None:
    world.erp.total = 3997
    accepted(world)
    issue = world.open()[0]
    assert issue.summary == "order #77: captured 39.98 GBP, ERP 39.97 GBP"


def test_an_order_cancelled_before_it_was_sent_frees_its_stock(world: World) -> None:
    world.capture.take(order())
    world.capture.take(order(cancelled_at=NOW, updated_at=NOW + timedelta(minutes=1)))
    world.sender.send("shop:77")
    assert case(world).state is CaseState.CANCELLED
    assert held(world) == 0
    assert world.erp.orders == []


def test_a_refund_is_recorded_once(world: World) -> None:
    accepted(world)
    refund = Refund(refund_id="9", created_at=NOW, total=gbp(500))
    for _ in range(3):
        world.capture.take(order(refunds=(refund,)))
    assert [r.refund_id for r in case(world).refunds] == ["9"]
    assert world.bus.types.count("OrderRefunded") == 1


def test_an_order_from_before_the_connection_is_known_but_not_sent() -> None:
    shop = RETAILER.connection("shop").model_copy(update={"orders_from": NOW})
    retailer: Retailer = RETAILER.model_copy(
        update={"connections": (RETAILER.connection("erp"), shop)}
    )
    world = World(retailer)
    world.know("M")
    world.capture.take(order(placed_at=NOW - timedelta(days=1)))
    assert case(world).state is CaseState.RECORDED
    assert held(world) == 0
    assert world.queues.take("erp-write") == []


def test_units_the_shop_put_back_on_sale_are_taken_off_again(world: World) -> None:
    accepted = order(updated_at=NOW)
    world.capture.take(accepted)
    world.sender.send("shop:77")
    world.settle()
    world.queues.sent.clear()
    refund = Refund(refund_id="9", created_at=NOW, total=gbp(1999), lines=())
    told = accepted.model_copy(update={"refunds": (refund,), "updated_at": NOW})
    for _ in range(2):
        world.capture.take(told)
    [check] = world.queues.take("shop-write")
    assert check.body["check"] == "shop#stock#HAT-M"
    world.channel.shows[Facet.STOCK, "HAT-M"] = {"levels": {"london": 9, "leeds": 0}}
    recheck(check.body["check"], store=world.store, settle=timedelta(seconds=60), now=NOW)
    world.publish()
    assert world.channel.shows[Facet.STOCK, "HAT-M"] == world.target(Facet.STOCK).desired


def test_a_level_the_shop_changed_is_read_before_what_waits_is_sent_again(world: World) -> None:
    """The answer of a write is lost in a crash; sent again, the shop answers it from memory."""
    world.settle()
    world.stock(7)
    world.derive()
    before = world.target(Facet.STOCK)
    assert before.state is TargetState.DIRTY
    recheck("shop#stock#HAT-M", store=world.store, settle=timedelta(seconds=60), now=NOW)
    after = world.target(Facet.STOCK)
    assert (after.state, after.version) == (TargetState.IN_DOUBT, before.version)
    calls = len(world.channel.calls)
    world.channel.shows[Facet.STOCK, "HAT-M"] = {"levels": {"london": 9, "leeds": 0}}
    world.publish()
    assert len(world.channel.calls) == calls + 1
    assert world.target(Facet.STOCK).version == before.version + 1
    assert world.channel.shows[Facet.STOCK, "HAT-M"] == world.target(Facet.STOCK).desired


def test_a_hold_written_while_the_case_moves_on_is_put_right(world: World) -> None:
    world.capture.take(order())
    commit = world.store.commit

    def racing(writes: Sequence[Write]) -> list[bool]:
        done = commit(writes)
        if any(w.key.table is Table.FACTS for w in writes):
            world.store.commit = commit  # type: ignore[method-assign]
            world.cases.change(
                "shop:77", lambda c: c.model_copy(update={"state": CaseState.CANCELLED})
            )
        return done

    key = keys.hold("HAT-M")
    world.store.commit([Delete(key, world.store.get([key])[key].rev)])
    world.store.commit = racing  # type: ignore[method-assign]
    world.cases.sync_holds("shop:77")
    row = world.store.get([key])[key]
    assert HoldCard.model_validate(row.body).holds == {}


def test_orders_of_one_batch_are_read_at_once_and_each_is_told(world: World) -> None:
    placed = [order().model_copy(update={"external_id": name}) for name in ("1", "2", "3")]
    for one in placed:
        world.capture.take(one)
    world.sender.look(one.order_id for one in placed)
    told = []
    for one in placed:
        world.sender.send(one.order_id)
        told.append(world.bus.types.count("OrderAccepted"))
    assert told == [1, 2, 3]


def test_a_case_that_changed_since_its_batch_was_read_is_read_again(world: World) -> None:
    world.capture.take(order())
    world.sender.look(["shop:77"])
    world.cases.change("shop:77", lambda old: orders.noted(old, "changed", now=NOW))
    world.sender.send("shop:77")
    assert case(world).erp_order is not None
    assert "changed" in [hop.what for hop in case(world).timeline]


def test_an_order_whose_sums_are_corrected_is_no_exception_any_more(world: World) -> None:
    world.capture.take(order(total=1))
    assert world.kinds() == ["totals_differ"]
    world.capture.take(order(updated_at=NOW + timedelta(minutes=1)))
    assert world.open() == []


def test_a_refused_order_that_is_cancelled_is_no_exception_any_more(world: World) -> None:
    world.capture.take(order())
    world.erp.errors, world.erp.keeps = [RejectedError("no such customer")], False
    world.sender.send("shop:77")
    assert world.kinds() == ["order_rejected"]
    at = NOW + timedelta(minutes=1)
    for _ in range(2):
        world.capture.take(order(updated_at=at, cancelled_at=at))
    assert (case(world).state, world.open()) == (CaseState.CANCELLED, [])
    assert held(world) == 0


def test_an_edit_that_was_undone_before_anybody_heard_of_it_has_the_level_read_back(
    world: World,
) -> None:
    sold = order(updated_at=NOW)
    world.capture.take(sold)
    world.sender.send("shop:77")
    world.settle()
    world.queues.sent.clear()
    lines = tuple(line.model_copy(update={"removed": 1}) for line in sold.lines)
    world.capture.take(sold.model_copy(update={"lines": lines, "updated_at": NOW}))
    [check] = world.queues.take("shop-write")
    assert check.body["check"] == "shop#stock#HAT-M"
