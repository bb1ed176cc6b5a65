"""Movements onto cards: in batches, once, with what is missing told and what is wrong named."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.domain.ledger import Verdict
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.ledger import READ_AGAIN
from shared.flows.missing import PATIENCE
from shared.model.ids import Entity, Facet
from shared.model.issue import IssueKind
from shared.model.product import UnitOfMeasure
from shared.ports import Key, Put, Row, Table, Write
from tests.fakes import MemoryStore
from tests.flows.stock_world import StockWorld, level, move, transfer
from tests.flows.world import order, product, shipment


def minutes(world: StockWorld, count: int) -> None:
    world.clock.advance(minutes=count)


def test_a_receipt_and_a_transfer_end_in_what_the_channel_is_to_show() -> None:
    world = StockWorld()
    world.know("M", units=3)
    out, into = transfer(1, 2)
    assert world.take(move(), out).results == [Verdict.COUNTED, Verdict.COUNTED]
    world.derive()
    shown = world.target(Facet.STOCK).desired
    assert shown == {"levels": {"london": 3, "leeds": 3, "york": 0}}
    world.take(into)
    world.derive()
    assert world.target(Facet.STOCK).desired == {"levels": {"london": 3, "leeds": 3, "york": 2}}


def test_many_skus_are_one_read_and_one_commit_and_a_repeat_writes_nothing() -> None:
    world = StockWorld()
    rows = [move(sku=f"S{n}", movement_id=f"m{n}") for n in range(100)]
    taken = world.take(*rows)
    assert (taken.changed, set(taken.results)) == (100, {Verdict.COUNTED})
    written = len(world.store.written)
    again = world.take(*rows)
    assert set(again.results) == {Verdict.DUPLICATE}
    assert len(world.store.written) == written
    assert (again.changed, again.unchanged) == (0, 100)


def test_one_wrong_entry_of_a_sku_does_not_stop_its_others() -> None:
    world = StockWorld()
    world.know("M")
    taken = world.take(move(), move(movement_id="m2", unit="PAL"), move(movement_id="m3"))
    assert [taken.results[0], taken.results[2]] == [Verdict.COUNTED, Verdict.COUNTED]
    refused = taken.results[1]
    assert isinstance(refused, RejectedError)
    assert (refused.field, refused.value) == ("unit", "PAL")
    assert world.on_hand() == 10


def test_units_are_converted_by_the_article_and_exactly() -> None:
    world = StockWorld()
    made = product("M")
    case = UnitOfMeasure(code="CS", numerator=12)
    variant = made.variants[0].model_copy(update={"units": (case,)})
    made = made.model_copy(update={"variants": (variant,)})
    world.apply(Entity.PRODUCT, world.product_card(made))
    world.take(move(unit="CS", quantity="2"), level(unit="CS", on_hand="1", damaged="0.5"))
    (position,) = world.card().positions
    assert position.unit == "PC"
    assert [position.on_hand, position.damaged] == [12, 6]


def test_a_card_begun_before_its_article_was_known_is_put_into_its_base_unit() -> None:
    world = StockWorld()
    world.take(move(unit="CS", quantity="1"), move(unit="CS", sequence="9", movement_id="m9"))
    refused = world.take(move(movement_id="m2")).results[0]
    assert isinstance(refused, RejectedError)
    made = product("M")
    case = UnitOfMeasure(code="CS", numerator=12)
    variant = made.variants[0].model_copy(update={"units": (case,)})
    world.apply(
        Entity.PRODUCT, world.product_card(made.model_copy(update={"variants": (variant,)}))
    )
    assert world.take(move(movement_id="m2")).results == [Verdict.COUNTED]
    card = world.card()
    assert [(p.unit, p.on_hand) for p in card.positions] == [("PC", Decimal(17))]
    assert card.book is not None
    assert [m.quantity for m in card.book.parked] == [60]


def test_what_can_be_read_is_read_again_and_not_counted() -> None:
    world = StockWorld()
    taken = world.take(move(to_location="london"), source="erp")
    assert taken.results == [READ_AGAIN]
    assert [(m.queue, dict(m.body)) for m in world.queues.sent] == [
        ("erp-read", {"read": "stock", "key": "HAT-M"})
    ]
    assert world.store.written == []


class Contended(MemoryStore):
    """Somebody else writes the cards in between, so many times."""

    times = 0

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        if self.times > 0:
            self.times -= 1
            for write in writes:
                row: Row | None = self.get([write.key]).get(write.key)
                body = row.body if row else {}
                if isinstance(write, Put) and row:
                    super().commit([Put(write.key, body, row.rev)])
        return super().commit(writes)


def test_a_lost_race_is_run_again_and_counts_once() -> None:
    world = StockWorld()
    world.take(move())
    store = Contended()
    store.commit([Put(k, r.body, 0) for k, r in _rows(world).items()])
    world.store = store
    object.__setattr__(world.ledger, "store", store)
    store.times = 2
    assert world.take(move(movement_id="m2")).results == [Verdict.COUNTED]
    assert world.on_hand() == 10
    store.times = 99
    with pytest.raises(RetryableError):
        world.take(move(movement_id="m3"))


def _rows(world: StockWorld) -> dict[Key, Row]:
    return world.store.get([k for k in world.store.written if k.table is Table.FACTS])


# what is missing


def test_a_gap_is_told_once_it_has_lasted_and_closed_by_what_was_missing() -> None:
    world = StockWorld()
    rows = [move(sequence=str(n), movement_id=f"m{n}") for n in (1, 2, 3)]
    assert world.take(rows[2]).results == [Verdict.PARKED]
    assert world.missing.tell() == 0
    minutes(world, 11)
    assert world.missing.tell() == 1
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == ("movement_gap", "wms/HAT-M")
    assert "leeds: numbers 1 to 2" in issue.summary
    assert world.missing.tell() == 0
    minutes(world, 361)
    assert world.missing.tell() == 1
    world.take(rows[0])
    assert world.kinds() == ["movement_gap"]
    world.take(rows[1])
    assert (world.kinds(), world.on_hand()) == ([], 15)


def test_a_count_closes_a_gap() -> None:
    world = StockWorld()
    world.take(move(sequence="3"))
    minutes(world, 11)
    world.missing.tell()
    world.take(level(on_hand="4", sequence="2"))
    assert (world.kinds(), world.on_hand()) == ([], 9)


def test_a_gap_that_closes_in_time_is_told_to_nobody() -> None:
    world = StockWorld()
    world.take(move(sequence="2"))
    world.take(move(sequence="1", movement_id="m0"))
    world.clock.at += PATIENCE + timedelta(minutes=1)
    assert world.missing.tell() == 0
    assert world.open() == []


def test_a_short_receipt_is_told_until_the_rest_is_received_or_written_off() -> None:
    world = StockWorld()
    out, into = transfer(1)
    world.take(out, into | {"quantity": "3"})
    minutes(world, 11)
    world.missing.tell()
    (issue,) = world.open()
    assert (issue.kind, issue.value) == ("transfer_differs", "T1")
    assert "5 were sent and 3 received" in issue.summary
    lost = move(
        movement_id="lost",
        kind="scrap",
        quantity="2",
        from_location="york",
        from_status="in_transit",
        to_location="",
        document="T1",
    )
    world.take(lost)
    assert world.kinds() == []
    assert {p.location: int(p.in_transit) for p in world.card().positions}["york"] == 0


# what is recorded


def test_what_is_counted_is_recorded_before_it_counts() -> None:
    world = StockWorld()
    world.take(move(), move(movement_id="bad", unit="PAL"), move(movement_id="m2"))
    world.take(move())
    (name,) = world.journal.kept
    assert name.startswith("ledger/wms/2026-11-27T09:00:00.000000+00:00-")
    lines = zlib.decompress(world.journal.kept[name]).splitlines()
    assert [json.loads(line)["movement"]["movement_id"] for line in lines] == ["m1", "m2"]


def test_goods_that_leave_do_not_have_another_than_the_owner_of_stock_read() -> None:
    """The warehouse tells of them itself; what was held for the order is held no more."""
    world = StockWorld()
    owners = {**world.retailer.authority, Entity.STOCK: "wms"}
    retailer = world.retailer.model_copy(update={"authority": owners})
    shipments = replace(world.shipments, retailer=retailer)
    world.know("M")
    world.capture.take(order(("HAT-M", 2)))
    world.sender.send("shop:77")
    world.erp.stock = {"HAT-M": 8}
    written = len(world.store.written)
    shipments.record(shipment(2), source=world.erp)
    assert keys.stock("HAT-M", "erp") not in world.store.written[written:]
    assert "not_the_owner" not in world.kinds()
    held = world.store.get([keys.hold("HAT-M")])[keys.hold("HAT-M")]
    assert held.body["holds"] == {}


def test_a_count_below_nothing_is_told_of_until_there_is_something_again() -> None:
    world = StockWorld()
    world.take(level(on_hand="-3"))
    (issue,) = world.open()
    assert (issue.kind, issue.subject) == (IssueKind.STOCK_NEGATIVE, "wms/HAT-M/leeds")
    assert "told to be -3; it counts as told, and below 0 as none" in issue.summary
    world.take(move(quantity="2", occurred_at="2026-11-27T09:01:00Z"))
    assert world.kinds() == ["stock_negative"]
    world.take(move(movement_id="m2", quantity="2", occurred_at="2026-11-27T09:02:00Z"))
    assert world.open() == []
    assert world.on_hand() == 1


# read at a glance


class Behind(MemoryStore):
    """What is glanced at is as it was before the last write of it."""

    def __init__(self) -> None:
        super().__init__()
        self._old: dict[Key, Row | None] = {}

    def glance(self, keys: Iterable[Key]) -> dict[Key, Row]:
        found = self.get(keys)
        seen = {key: self._old.get(key, row) for key, row in found.items()}
        return {key: row for key, row in seen.items() if row is not None}

    def commit(self, writes: Sequence[Write]) -> list[bool]:
        before = {write.key: self.get([write.key]).get(write.key) for write in writes}
        done = super().commit(writes)
        self._old |= {key: before[key] for key, kept in zip(before, done, strict=True) if kept}
        return done


def behind() -> StockWorld:
    world = StockWorld()
    world.store = Behind()
    object.__setattr__(world.ledger, "store", world.store)
    return world


def test_a_card_that_lags_behind_counts_nothing_twice_and_loses_nothing() -> None:
    world = behind()
    for n in (1, 2, 3):
        assert world.take(move(sequence=str(n), movement_id=f"m{n}")).results == [Verdict.COUNTED]
        assert world.take(move(sequence=str(n), movement_id=f"m{n}")).results == [Verdict.DUPLICATE]
    assert world.on_hand() == 15


def test_what_is_refused_at_a_glance_is_judged_by_the_present_card() -> None:
    """What could not be told in pieces yet can be since the last write."""
    world = behind()
    world.take(level(sequence="0"))
    world.take(move(sequence="1", movement_id="m1"))
    (refused,) = world.take(level()).results
    assert isinstance(refused, RejectedError)
    assert world.take(level(sequence="1", on_hand="9")).results == [Verdict.COUNTED]
    assert world.on_hand() == 9


def test_a_line_of_the_journal_is_written_once_for_a_repeat_and_a_lagging_card() -> None:
    world = behind()
    world.take(move(sequence="1", movement_id="m1"))
    pieces = len(world.journal.names("ledger/"))
    world.take(move(sequence="1", movement_id="m1"))
    assert len(world.journal.names("ledger/")) == pieces
