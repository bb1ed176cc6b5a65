"""Dropped files of movements and of counts: taken in as calls are, each refused row reported."""

import json
from datetime import timedelta

from shared.flows.import_file import Importer
from shared.flows.import_run import Run
from shared.model.returns import Return, ReturnLine
from tests.domain.world import NOW
from tests.fakes import MemoryFiles
from tests.flows.stock_world import AT, StockWorld, move
from tests.flows.world import order

MOVES = "movement_id;kind;sku;quantity;unit;to_location;occurred_at\n"
COUNTS = "sku,location,unit,on_hand,damaged\n"


class Dropped(StockWorld):
    def __init__(self, *, capture: bool = False) -> None:
        super().__init__()
        self.files = MemoryFiles(clock=self.clock)
        self.importer = Importer(
            self.store,
            self.files,
            self.queues,
            self.issues,
            self.clock,
            self.retailer,
            self.journal,
            self.capture if capture else None,
        )

    def drop(self, name: str, content: str, **notes: str) -> Run | None:
        self.files.drop(name, content.encode(), **notes)
        version = self.files.read(name, start=0, length=1).version
        message = {"file": name, "version": version, "at": self.clock.now().isoformat()}
        run = self.importer.handle(message, out_of_time=lambda: False)
        while sent := self.queues.take("import"):
            run = self.importer.handle(dict(sent[0].body), out_of_time=lambda: False) or run
        return run

    def report(self) -> list[dict[str, object]]:
        parts = [text for name, text in self.files.kept.items() if name.startswith("report/")]
        return [json.loads(line) for part in parts for line in part.splitlines()]


def test_a_file_of_movements_is_counted_and_its_refused_rows_are_reported() -> None:
    world = Dropped()
    rows = (
        f"m1;receipt;HAT-M;5;PC;leeds;{AT}\n"
        f"m2;receipt;HAT-M;5,5;PC;leeds;{AT}\n"
        f"m3;receipt;HAT-M;2;PC;DEPOT;{AT}\n"
        f"m4;receipt;HAT-M;1;CS;leeds;{AT}\n"
        f"m1;receipt;HAT-M;5;PC;leeds;{AT}\n"
    )
    run = world.drop("drop/wms/movement/today.csv", MOVES + rows)
    assert run is not None
    assert (run.rows, run.refused, run.done) == (5, 3, True)
    assert [(line["line"], line["column"]) for line in world.report()] == [
        (3, "quantity"),
        (4, "to_location"),
        (5, "unit"),
    ]
    assert world.kinds() == ["bad_file"]
    assert world.on_hand() == 5


def test_the_same_file_again_counts_nothing_again() -> None:
    world = Dropped()
    row = f"m1;receipt;HAT-M;5;PC;leeds;{AT}\n"
    world.drop("drop/wms/movement/today.csv", MOVES + row)
    world.clock.advance(minutes=1)
    run = world.drop("drop/wms/movement/again.csv", MOVES + row)
    assert run is not None
    assert (run.changed, run.unchanged, world.on_hand()) == (0, 1, 5)


def test_what_a_file_says_came_back_is_on_its_return() -> None:
    world = Dropped(capture=True)
    world.know("M")
    line = ReturnLine(line_id="1", quantity=1)
    said = {"origin": "shop", "status": "open", "told_at": NOW, "lines": (line,)}
    one = Return.model_validate({"return_id": "shop:31", **said})
    world.capture.take(order(updated_at=NOW + timedelta(minutes=1), returns=(one,)))
    columns = MOVES.replace("occurred_at", "occurred_at;document;to_status")
    row = f"m1;return;HAT-M;1;PC;leeds;{AT};31;damaged\n"
    row += f"m2;return;HAT-M;1;PC;leeds;{AT};32;damaged\n"
    for name in ("today", "again"):
        world.clock.advance(minutes=1)
        world.drop(f"drop/wms/movement/{name}.csv", columns + row)
    found = world.cases.find("shop:77")
    assert found is not None
    assert found.case.counts.returned == {"1": 1}
    assert (world.on_hand(), world.kinds()) == (2, ["return_unknown"])


def test_a_file_of_counts_is_of_when_it_was_dropped() -> None:
    world = Dropped()
    world.drop("drop/wms/stock/monday.csv", COUNTS + "HAT-M,L2,PC,7,2\nHAT-M,york,PC,-1,\n")
    leeds, york = world.card().positions
    assert [int(leeds.on_hand), int(leeds.damaged), int(york.on_hand)] == [7, 2, -1]
    assert world.take(move()).results == ["covered"]
    world.clock.advance(hours=1)
    lines = json.dumps([{"sku": "HAT-M", "location": "leeds", "unit": "PC", "on_hand": 4.5}])
    world.drop("drop/wms/stock/tuesday.json", lines)
    assert str(world.card().positions[0].on_hand) == "4.5"


def test_a_decimal_comma_is_declared() -> None:
    world = Dropped()
    row = f'm1;receipt;HAT-M;"1,5";PC;leeds;{AT}\n'
    run = world.drop("drop/wms/movement/today.csv", MOVES + row, decimal="comma")
    assert run is not None
    assert run.refused == 0
    assert str(world.card().positions[0].on_hand) == "1.5"


def test_who_tells_no_stock_and_who_can_be_read_is_told_so() -> None:
    world = Dropped()
    world.drop("drop/shop/stock/monday.csv", COUNTS + "HAT-M,leeds,PC,7,\n")
    world.drop("drop/erp/movement/monday.csv", MOVES)
    issues = {issue.kind.value: issue for issue in world.open()}
    assert issues["not_the_owner"].subject == "shop/stock"
    assert "it is read itself" in issues["bad_file"].summary


def test_a_first_line_names_the_columns_of_its_kind_of_file() -> None:
    world = Dropped()
    world.drop("drop/wms/movement/today.csv", COUNTS)
    (issue,) = world.open()
    assert (issue.kind, issue.field) == ("bad_file", "columns")
    assert "movement_id" in issue.remedy
