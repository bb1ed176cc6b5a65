"""Orders from dropped files: each captured once and to the cent, or refused by line and column."""

import json
from collections.abc import Iterator

import pytest

from shared.flows import import_pass
from shared.flows.import_file import Importer
from shared.flows.import_run import Run
from shared.model.case import Case, CaseState
from shared.model.retailer import Retailer
from tests.domain.world import RETAILER
from tests.fakes import MemoryFiles, MemoryJournal
from tests.flows.world import World

HEAD = (
    "order_id,placed_at,currency,taxes_included,total,line_id,sku,title,quantity,unit_price,"
    "discount,shipping_price,ship_city,email\n"
)
AT = "2026-11-27T08:00:00+00:00"


def row(order_id: str, line_id: int = 1, total: str = "19.99", **over: str) -> str:
    said = {
        "order_id": order_id,
        "placed_at": AT,
        "currency": "GBP",
        "taxes_included": "true",
        "total": total,
        "line_id": str(line_id),
        "sku": "HAT-M",
        "title": "Hat",
        "quantity": "1",
        "unit_price": "19.99",
    } | over
    return ",".join(said.get(name, "") for name in HEAD.strip().split(",")) + "\n"


class Dropped(World):
    def __init__(self, retailer: Retailer = RETAILER) -> None:
        super().__init__(retailer)
        self.know("M", "S")
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

    def drop(
        self,
        content: str,
        name: str = "today.csv",
        late: Iterator[bool] | None = None,
        **notes: str,
    ) -> Run:
        name = f"drop/shop/order/{name}"
        self.files.drop(name, content.encode(), **notes)
        version = self.files.read(name, start=0, length=1).version
        message = {"file": name, "version": version, "at": self.clock.now().isoformat()}

        def stop() -> bool:
            return late is not None and next(late, False)

        run = self.importer.handle(message, out_of_time=stop)
        while sent := self.queues.take("import"):
            run = self.importer.handle(dict(sent[0].body), out_of_time=stop) or run
        assert run is not None
        return run

    def report(self) -> list[tuple[int, str, str, str]]:
        parts = [text for name, text in self.files.kept.items() if name.startswith("report/")]
        lines = [json.loads(line) for part in parts for line in part.splitlines()]
        return [(one["line"], one["column"], one["value"], one["why"]) for one in lines]

    def case(self, order_id: str) -> Case:
        found = self.cases.find(f"shop:{order_id}")
        assert found is not None
        return found.case


@pytest.fixture
def world() -> Dropped:
    return Dropped()


def test_rows_that_follow_each_other_under_one_number_are_one_order(world: Dropped) -> None:
    rows = row("A1", 1, "44.93", shipping_price="4.95") + row("A1", 2, "44.93", sku="HAT-S")
    run = world.drop(HEAD + rows + row("A2"))
    assert (run.rows, run.refused, run.changed, run.done) == (3, 0, 2, True)
    case = world.case("A1")
    assert [line.sku for line in case.order.lines] == ["HAT-M", "HAT-S"]
    assert str(case.order.total) == "44.93 GBP"
    assert case.state is CaseState.RELEASED
    assert len(world.case("A2").order.lines) == 1
    assert world.open() == []


def test_the_same_file_and_another_with_the_same_order_capture_it_once(world: Dropped) -> None:
    world.drop(HEAD + row("A1"))
    world.sender.send("shop:A1")
    for name in ("today.csv", "again.csv"):
        world.clock.advance(minutes=1)
        run = world.drop(HEAD + row("A1"), name)
        assert (run.changed, run.unchanged, run.refused) == (0, 1, 0)
        world.sender.send("shop:A1")
    assert len(world.erp.orders) == 1


def test_a_total_that_is_not_what_the_lines_make_is_refused_to_the_cent(world: Dropped) -> None:
    run = world.drop(HEAD + row("A1", total="20.00") + row("A2"))
    assert (run.refused, run.changed) == (1, 1)
    ((line, column, value, why),) = world.report()
    assert (line, column, value) == (2, "total", "20.00")
    assert why == "total is 20.00 GBP, and the lines sum to 19.99 GBP"
    assert world.cases.find("shop:A1") is None
    assert world.kinds() == ["bad_file"]


@pytest.mark.parametrize(
    ("bad", "column", "value"),
    [
        ({"quantity": "0"}, "quantity", "0"),
        ({"quantity": "some"}, "quantity", "some"),
        ({"unit_price": "19.999"}, "unit_price", "19.999"),
        ({"currency": "EUR"}, "currency", "EUR"),
        ({"placed_at": "today"}, "placed_at", "today"),
        ({"order_id": "A 1"}, "order_id", "A 1"),
        ({"discount": "free"}, "discount", "free"),
        ({"sku": ""}, "sku", ""),
        ({"taxes_included": "perhaps"}, "taxes_included", "perhaps"),
    ],
)
def test_a_bad_cell_is_told_by_line_column_and_value(
    world: Dropped, bad: dict[str, str], column: str, value: str
) -> None:
    said = dict(bad)
    world.drop(
        HEAD + row("OK") + row(said.pop("order_id", "A1"), 1, said.pop("total", "19.99"), **said)
    )
    assert [found[:3] for found in world.report()] == [(3, column, value)]


def test_with_one_bad_line_the_whole_order_is_refused_and_each_line_says_why(
    world: Dropped,
) -> None:
    rows = row("A1", 1, "39.98") + row("A1", 2, "39.98", quantity="x") + row("A2")
    run = world.drop(HEAD + rows)
    assert (run.rows, run.refused, run.changed) == (3, 2, 1)
    assert [found[:2] for found in world.report()] == [(2, "order_id"), (3, "quantity")]
    assert world.report()[0][3] == "the order is refused for line 3"


def test_rows_of_one_order_must_agree_about_it(world: Dropped) -> None:
    rows = row("A1", 1, "39.98") + row("A1", 2, "39.97")
    world.drop(HEAD + rows)
    assert ("total", "39.97", "total is not what line 2 says") in [
        found[1:] for found in world.report()
    ]
    assert world.cases.find("shop:A1") is None


def test_an_order_whose_lines_are_scattered_is_refused_where_it_comes_again(
    world: Dropped,
) -> None:
    world.drop(HEAD + row("A1") + row("A2") + row("A1"))
    assert world.report() == [(4, "order_id", "A1", "order_id: the order began in line 2 already")]


def test_of_what_a_person_says_of_himself_only_the_length_is_told(world: Dropped) -> None:
    rows = row("A1", 1, "39.98", ship_city="London") + row("A1", 2, "39.98", ship_city="Leeds")
    world.drop(HEAD + rows)
    assert (3, "ship_city", "(5 characters)") in [found[:3] for found in world.report()]


def test_json_may_be_flat_or_hold_whole_orders(world: Dropped) -> None:
    flat = dict(zip(HEAD.strip().split(","), row("F1").strip().split(","), strict=True))
    whole = {
        "order_id": "W1",
        "placed_at": AT,
        "currency": "GBP",
        "taxes_included": True,
        "total": 59.97,
        "lines": [
            {"line_id": "1", "sku": "HAT-M", "title": "Hat", "quantity": 3, "unit_price": 19.99}
        ],
    }
    world.drop(json.dumps([flat, whole]), "both.json")
    world.drop(json.dumps({**whole, "order_id": "W2"}) + "\n", "lines.ndjson")
    assert world.report() == []
    assert str(world.case("W1").order.total) == str(world.case("W2").order.total) == "59.97 GBP"
    assert world.case("F1").order.lines[0].quantity == 1
    world.clock.advance(minutes=1)
    world.drop(json.dumps({**whole, "total": 1, "lines": [{}]}) + "\n", "bad.ndjson")
    assert {column for _, column, _, _ in world.report()} >= {"lines.0.sku", "lines.0.quantity"}


def test_a_decimal_comma_is_declared(world: Dropped) -> None:
    text = (HEAD + row("A1")).replace(",", ";").replace("19.99", "19,99")
    assert world.drop(text, decimal="comma").refused == 0


def test_an_unknown_code_holds_the_order_as_any_other(world: Dropped) -> None:
    world.drop(HEAD + row("A1", sku="HAT-X"))
    assert world.case("A1").state is CaseState.HELD
    assert world.kinds() == ["unmapped_sku"]


def test_orders_are_dropped_under_a_connection_of_a_channel(world: Dropped) -> None:
    name = "drop/erp/order/today.csv"
    world.files.drop(name, (HEAD + row("A1")).encode())
    world.importer.handle({"file": name}, out_of_time=lambda: False)
    (issue,) = world.open()
    assert (issue.kind, issue.field) == ("bad_file", "file")
    assert "no channel sells over erp" in issue.summary


@pytest.mark.parametrize("piece", [250, 400, 1024])
@pytest.mark.parametrize("chunk", [1, 2, 3, 500])
def test_orders_are_whole_wherever_reading_stops_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, piece: int, chunk: int
) -> None:
    monkeypatch.setattr(import_pass, "PIECE", piece * 2)
    monkeypatch.setattr(import_pass, "CHUNK", chunk)
    orders = [("A1", 3), ("A2", 1), ("A3", 2), ("A4", 3), ("A5", 1)]
    totals = {1: "19.99", 2: "39.98", 3: "59.97"}
    rows = "".join(row(name, i + 1, totals[n]) for name, n in orders for i in range(n))
    world = Dropped()
    late = iter([False, False, False, True] * 8)
    run = world.drop(HEAD + rows + row("B1", total="1.00"), late=late)
    assert (run.rows, run.refused, run.done) == (11, 1, True)
    assert [len(world.case(name).order.lines) for name, _ in orders] == [n for _, n in orders]
    assert world.report() == [
        (12, "total", "1.00", "total is 1.00 GBP, and the lines sum to 19.99 GBP")
    ]


def two_channels() -> Retailer:
    told = RETAILER.model_dump(mode="json")
    told["channels"].append({**told["channels"][0], "name": "outlet"})
    return Retailer.model_validate(told)


def flat(order_id: str, **over: str) -> dict[str, str]:
    names = HEAD.strip().split(",")
    return dict(zip(names, row(order_id).strip().split(","), strict=True)) | over


def test_a_row_names_its_channel_where_the_connection_has_several() -> None:
    world = Dropped(two_channels())
    rows = [flat("A1", channel="outlet"), flat("A2", channel="elsewhere"), flat("A3")]
    world.drop("\n".join(map(json.dumps, rows)), "rows.ndjson")
    found = world.cases.find("outlet:A1")
    assert found is not None
    assert found.case.state is CaseState.RELEASED
    assert [said[:3] for said in world.report()] == [
        (2, "channel", "elsewhere"),
        (3, "channel", ""),
    ]


def test_json_fields_nobody_knows_are_refused_and_addresses_are_whole(world: Dropped) -> None:
    lives = {"ship_line_1": "1 High St", "ship_line_2": "Flat 2", "ship_country": "GB"}
    rows = [flat("A1", colour="red"), flat("A2", **lives), flat("A3", ship_country="G" * 300)]
    world.drop(json.dumps(rows), "rows.json")
    assert [said[:3] for said in world.report()] == [(1, "colour", "red")]
    address = world.case("A2").order.shipping_address
    assert address is not None
    assert (address.lines, address.country) == (("1 High St", "Flat 2"), "GB")
