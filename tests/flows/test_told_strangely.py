"""What a source tells and nobody believes: set aside, told once, judged again on replay."""

from typing import Any

import pytest

from shared.flows.asides import Asides, Where
from shared.flows.recovery import Replay
from shared.model.ids import Facet
from shared.model.retailer import Retailer
from shared.model.target import StockValue
from tests.flows.stock_world import STOCK_RETAILER, StockWorld, level, move
from tests.flows.test_import_stock import COUNTS, Dropped
from tests.flows.test_movement_calls import epcis, with_gtins
from tests.flows.test_zeroed import RULES

LATER = "2026-11-27T09:01:00Z"
TOLD = {
    "absurd": level(on_hand="5000000", as_of=LATER),
    "negative": level(on_hand="-3", as_of=LATER),
    "null": level(on_hand="", as_of=LATER),
}
SAID = {"absurd": "5000000", "negative": "-3", "null": "nothing"}
SHOWN = {"keep": 7, "floor": 5, "suppress": 0}


def ruled(**guards: Any) -> Retailer:
    said = STOCK_RETAILER.model_dump(mode="json") | {"stock_guards": guards}
    return Retailer.model_validate(said)


def guarded(kind: str, then: str) -> StockWorld:
    """Seven hats in Leeds, and none anywhere else."""
    above = {"above": 1000} if kind == "absurd" else {}
    world = StockWorld(ruled(**{kind: {"then": then, "units": 2} | above}))
    world.know("M", units=0)
    world.take(level())
    return world


def leeds(world: StockWorld) -> int:
    world.derive()
    return StockValue.model_validate(world.target(Facet.STOCK).desired).levels["leeds"]


@pytest.mark.parametrize("kind", TOLD)
@pytest.mark.parametrize("then", SHOWN)
def test_a_count_that_is_not_believed_is_shown_by_policy_until_a_good_one(
    kind: str, then: str
) -> None:
    world = guarded(kind, then)
    (line,) = world.post(TOLD[kind], what="levels")["lines"]
    assert line["status"] == "doubted"
    assert leeds(world) == SHOWN[then]
    (issue,) = world.open()
    assert (issue.kind, issue.subject, issue.value) == (
        f"stock_{kind}",
        "wms/HAT-M/leeds",
        SAID[kind],
    )
    assert "set aside" in issue.remedy
    terms = world.target(Facet.STOCK).terms
    assert terms is not None
    assert terms.unknown["leeds"] == f"{kind} since 2026-11-27T09:01:00+00:00"
    world.take(level(on_hand="9", as_of="2026-11-27T09:02:00Z"))
    assert (leeds(world), world.open()) == (9, [])


@pytest.mark.parametrize("kind", TOLD)
def test_what_the_retailer_accepts_counts_as_told_and_is_told_of(kind: str) -> None:
    world = guarded(kind, "accept")
    (line,) = world.post(TOLD[kind], what="levels")["lines"]
    assert line["status"] == "counted"
    assert leeds(world) == (5_000_000 if kind == "absurd" else 0)
    (issue,) = world.open()
    assert (issue.kind, issue.replay) == (f"stock_{kind}", None)
    assert "counts as told" in issue.summary
    world.take(level(on_hand="9", as_of="2026-11-27T09:02:00Z"))
    assert (leeds(world), world.open()) == (9, [])


@pytest.mark.parametrize("then", SHOWN)
def test_a_movement_that_is_not_believed_is_shown_by_policy_and_corrected_under_its_name(
    then: str,
) -> None:
    world = guarded("absurd", then)
    wild = move(quantity="5000000", occurred_at=LATER)
    assert [one["status"] for one in world.post(wild)["lines"]] == ["doubted"]
    assert leeds(world) == SHOWN[then]
    assert [(i.kind, i.value) for i in world.open()] == [("stock_absurd", "5000007")]
    world.post(move(occurred_at=LATER), key="k2")
    assert (leeds(world), world.open()) == (12, [])


def test_what_is_told_again_writes_nothing_and_is_told_of_once() -> None:
    world = guarded("absurd", "keep")
    world.post(TOLD["absurd"], what="levels")
    written = len(world.store.written)
    assert world.take(TOLD["absurd"]).results == ["doubted"]
    assert len(world.store.written) == written
    assert [issue.count for issue in world.open()] == [1]


def test_what_is_set_aside_is_not_recorded_as_counted() -> None:
    world = guarded("absurd", "keep")
    pieces = len(world.journal.names("ledger/"))
    world.take(TOLD["absurd"])
    assert len(world.journal.names("ledger/")) == pieces


def test_a_count_seen_by_epcis_is_guarded_alike() -> None:
    world = guarded("absurd", "keep")
    with_gtins(world)
    seen = {"epcClass": "https://id.gs1.org/01/04006381333948", "quantity": "1000"}
    said = epcis(bizStep="cycle_counting", quantityList=[seen], eventTime=LATER)
    answer: Any = world.calls.take(said, caller="warehouse", key="k1", connection="wms")
    assert [one["status"] for one in answer["lines"]] == ["doubted"]
    assert [issue.value for issue in world.open()] == ["12000"]


def test_an_empty_cell_of_a_file_is_doubted_and_a_count_without_the_field_is_refused() -> None:
    world = Dropped()
    world.know("M", units=0)
    world.take(level())
    run = world.drop("drop/wms/stock/today.csv", COUNTS + "HAT-M,leeds,PC,,\n")
    assert run is not None
    assert (run.refused, world.kinds(), leeds(world)) == (0, ["stock_null"], 6)
    bare = {name: text for name, text in level().items() if name != "on_hand"}
    (line,) = world.post(bare, what="levels")["lines"]
    assert (line["status"], line["field"]) == ("refused", "on_hand")


def test_of_a_file_that_would_empty_the_catalogue_the_rest_is_held() -> None:
    world = Dropped()
    retailer = ruled(zeroed=RULES)
    for part in (world.deriver, world.ledger, world.importer):
        object.__setattr__(part, "retailer", retailer)
    sizes = [f"S{i}" for i in range(10)]
    world.know(*sizes, units=0)
    for size in sizes:
        world.take(level(sku=f"HAT-{size}"))
    world.settle()
    world.clock.advance(minutes=20)
    world.drop(
        "drop/wms/stock/today.csv", COUNTS + "".join(f"HAT-{s},leeds,PC,0,\n" for s in sizes)
    )
    for size in sizes:
        world.deriver.derive([f"sku#HAT-{size}"])
    held = [size for size in sizes if world.target(Facet.STOCK, f"HAT-{size}").guard]
    assert len(held) == 7


# its replay


def judged(world: StockWorld) -> list[object]:
    """A person replays what is open, and the function of the import queue takes it up."""
    replay = Replay(world.store, world.queues, world.issues, world.clock)
    for issue in world.open():
        replay.issue(issue.issue_id, by="anna")
    found: list[object] = []
    for message in world.queues.take("import"):
        where = Where.named(message.body)
        assert where is not None
        found += Asides(world.store, world.ledger, world.returned).judge(where).results
    return found


def believing(world: StockWorld, **guards: Any) -> None:
    object.__setattr__(world.ledger, "retailer", ruled(**guards))


def test_a_replay_changes_nothing_while_it_is_as_strange_as_before() -> None:
    world = guarded("absurd", "keep")
    world.take(TOLD["absurd"])
    assert (judged(world), leeds(world), world.kinds()) == (["doubted"], 7, ["stock_absurd"])


def test_once_the_limit_is_raised_a_replay_counts_it_and_what_came_after_it_stays() -> None:
    world = guarded("absurd", "keep")
    world.take(level(sequence="4"), level(on_hand="5000", sequence="6"))
    world.take(move(sequence="7"), move(movement_id="m0", sequence="5", quantity="1"))
    assert leeds(world) == 13
    believing(world, absurd={"then": "keep", "above": 10_000})
    assert (judged(world), leeds(world), world.open()) == (["counted"], 5005, [])
    assert judged(world) == []


def test_a_replayed_movement_counts_once() -> None:
    world = guarded("absurd", "keep")
    wild = move(quantity="5000", occurred_at=LATER)
    world.take(wild)
    believing(world, absurd={"then": "keep", "above": 10_000})
    assert (judged(world), leeds(world), world.open()) == (["counted"], 5007, [])
    assert world.take(wild).results == ["duplicate"]


def test_a_return_that_is_not_believed_is_told_to_its_return_once_it_is() -> None:
    world = guarded("absurd", "keep")
    back = move(kind="return", quantity="5000", document="R-1", occurred_at=LATER)
    world.post(back)
    assert "return_unknown" not in world.kinds()
    believing(world, absurd={"then": "keep", "above": 10_000})
    assert judged(world) == ["counted"]
    assert world.kinds() == ["return_unknown"]


# what waited


def test_one_that_waited_and_cannot_be_counted_is_an_exception_of_its_own() -> None:
    world = StockWorld()
    said = {"kind": "transfer_out", "from_location": "leeds", "to_location": "york"}
    roads = [
        move(movement_id=f"t{n}", sequence=str(n), document=f"T{n}") | said for n in range(1, 101)
    ]
    world.take(*roads, move(movement_id="more", sequence="102", document="more") | said)
    assert world.take(move(sequence="101")).results == ["counted"]
    (issue,) = world.open()
    assert (issue.kind, issue.subject, issue.field) == ("bad_movement", "wms/more", "document")
    assert "waited" in issue.summary
