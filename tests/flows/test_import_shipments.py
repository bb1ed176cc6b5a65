"""Shipments from dropped files: put on their orders as posted ones are, or refused by line."""

import json

import pytest

from shared.flows.import_file import Importer
from shared.flows.import_run import Run
from shared.model.case import CaseState
from tests.fakes import MemoryFiles, MemoryJournal
from tests.flows.shipped_world import ShippedWorld

HEAD = (
    "shipment_id,version,order_id,location,shipped_at,line_id,sku,quantity,"
    "carrier,tracking_number\n"
)
AT = "2026-11-27T09:00:00Z"


def row(name: str = "P1", line: str = "1", units: int = 1, number: str = "J1", **over: str) -> str:
    said = {
        "shipment_id": name,
        "order_id": "shop:77",
        "location": "W1",
        "shipped_at": AT,
        "line_id": line,
        "quantity": str(units),
        "carrier": "DHL",
        "tracking_number": number,
    } | over
    return ",".join(said.get(column, "") for column in HEAD.strip().split(",")) + "\n"


class Dropped(ShippedWorld):
    """An order of a hat in each of two sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.order(("HAT-M", 1), ("HAT-S", 1))
        self.files = MemoryFiles(clock=self.clock)
        self.importer = Importer(
            self.store,
            self.files,
            self.queues,
            self.issues,
            self.clock,
            self.retailer,
            MemoryJournal(),
            self.capture,
        )

    def drop(self, content: str, name: str = "wms/shipment/today.csv") -> Run | None:
        name = f"drop/{name}"
        self.files.drop(name, content.encode())
        version = self.files.read(name, start=0, length=1).version
        message = {"file": name, "version": version, "at": self.clock.now().isoformat()}
        run = self.importer.handle(message, out_of_time=lambda: False)
        while sent := self.queues.take("import"):
            run = self.importer.handle(dict(sent[0].body), out_of_time=lambda: False) or run
        return run

    def counts(self, content: str, name: str = "wms/shipment/today.csv") -> tuple[int, int, int]:
        run = self.drop(content, name)
        assert run is not None
        return run.changed, run.unchanged, run.refused

    def report(self) -> list[tuple[int, str, str]]:
        parts = [text for name, text in self.files.kept.items() if name.startswith("report/")]
        lines = [json.loads(line) for part in parts for line in part.splitlines()]
        return [(one["line"], one["column"], one["value"]) for one in lines]


@pytest.fixture
def world() -> Dropped:
    return Dropped()


def test_rows_of_one_number_are_one_shipment_with_its_parcels(world: Dropped) -> None:
    assert world.counts(HEAD + row() + row(line="2", number="J2")) == (1, 0, 0)
    [shipment] = world.case.shipments
    assert [line.line_id for line in shipment.lines] == ["1", "2"]
    assert [one.number for one in shipment.tracking] == ["J1", "J2"]
    assert world.case.state is CaseState.SHIPPED
    assert world.tell_channel() == ["wms:P1"]


def test_a_file_and_a_call_of_the_same_shipment_are_one(world: Dropped) -> None:
    content = HEAD + row() + row("P2", line="2")
    assert world.counts(content) == (2, 0, 0)
    world.clock.advance(minutes=1)
    assert world.counts(content, "wms/shipment/again.csv") == (0, 2, 0)
    parcels = [{"carrier": "DHL", "number": "J1"}]
    assert world.tell(1, parcels=parcels)["status"] == "placed"
    assert len(world.case.shipments) == 2


def test_a_record_with_lines_is_a_shipment_as_it_is_posted(world: Dropped) -> None:
    said = {
        "shipment_id": "P1",
        "order_id": "shop:77",
        "location": "W1",
        "shipped_at": AT,
        "lines": [{"sku": "HAT-S", "quantity": 1}],
        "parcels": [{"number": "J1"}],
    }
    assert world.counts(json.dumps(said) + "\n", "wms/shipment/today.jsonl") == (1, 0, 0)
    assert world.case.shipments[0].lines[0].line_id == "2"


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        (row(units=0), (2, "quantity", "0")),
        (row() + row(line="2", units=0), (3, "quantity", "0")),
        (row(shipped_at="today"), (2, "shipped_at", "today")),
        (row() + row(line="2", location="leeds"), (3, "location", "leeds")),
        (row() + row("P2", line="2") + row(line="2"), (4, "shipment_id", "P1")),
        (row(tracking_number="J" * 101), (2, "tracking_number", "J" * 100)),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(
    world: Dropped, rows: str, refused: tuple[int, str, str]
) -> None:
    world.drop(HEAD + rows)
    assert refused in world.report()


def test_other_content_under_one_version_is_refused_with_its_rows(world: Dropped) -> None:
    world.drop(HEAD + row())
    world.clock.advance(minutes=1)
    assert world.counts(HEAD + row(units=2), "wms/shipment/again.csv") == (0, 0, 1)
    assert world.report() == [(2, "shipment_id", "P1")]


def test_what_fits_no_order_is_kept_as_when_it_is_posted(world: Dropped) -> None:
    assert world.counts(HEAD + row(order_id="shop:99")) == (1, 0, 0)
    assert world.kinds() == ["shipment_unplaced"]


def test_only_a_source_drops_shipments(world: Dropped) -> None:
    assert world.drop(HEAD + row(), "erp/shipment/today.csv") is None
    [issue] = world.open()
    assert (issue.kind, issue.remedy) == ("bad_file", "drop it under a source: wms")
