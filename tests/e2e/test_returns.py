"""What a warehouse of the deployed template takes back is on its return, once, and in the stock."""

import uuid
from typing import Any

import pytest

from sandbox.api import Api
from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import poll
from tests.e2e.story import LOOPBACK, UNCLOSED, Story
from tests.e2e.test_movements import AT, GLASGOW, Warehouse

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
SKU = "PONCHO"


class Depot(Story):
    """Two capes were sent, and one comes back to Glasgow, of which the warehouse tells."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.warehouse = Warehouse(world)
        self.clerk = Api(world.deployed, client="operator")

    def sell(self) -> dict[str, Json]:
        placed = self.order((SKU, 2))
        self.settle()
        (row,) = self.in_erp(placed)
        self.control("erp", "deliver", order=row["number"], tracking="JJD7")
        poll(self.world, "erp", "shipment")
        return placed

    def open(self, placed: dict[str, Json]) -> str:
        (line,) = _rows(placed["lines"])
        rows: list[Json] = [{"line": line["id"], "quantity": 1}]
        opened = self.control("shop", "open_return", order=placed["id"], lines=rows)
        self.settle()
        return str(opened)

    def take_back(self, name: str, document: str, **over: str) -> list[str]:
        row = {"movement_id": name, "sku": SKU, "quantity": "1", "unit": "PC", "occurred_at": AT}
        said = {"kind": "return", "to_location": "glasgow", "document": document}
        body = {"connection": "wms", "movements": [row | said | over]}
        answer = self.warehouse.post(body)
        assert answer.status_code == 200
        return [line["status"] for line in answer.json()["lines"]]

    def seen(self, document: str, step: str, disposition: str) -> None:
        """An EPCIS event of one cape in Glasgow."""
        event: dict[str, Json] = {
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, document + step)}",
            "eventTime": "2026-11-27T09:00:00Z",
            "eventTimeZoneOffset": "+00:00",
            "action": "OBSERVE",
            "bizStep": step,
            "disposition": disposition,
            "quantityList": [{"epcClass": f"urn:shelfwire:sku:{SKU}", "quantity": 1}],
            "readPoint": {"id": "urn:shelfwire:location:glasgow"},
            "bizLocation": {"id": "urn:shelfwire:location:glasgow"},
            "bizTransactionList": [{"type": "rma", "bizTransaction": f"urn:example:{document}"}],
        }
        whole: dict[str, Json] = {
            "@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-27T09:00:00Z",
            "epcisBody": {"eventList": [event]},
        }
        headers = {"idempotency-key": uuid.uuid4().hex}
        client = Api(self.world.deployed, client="warehouse")
        found = client.call(
            "POST", "v1", "movements", query={"connection": "wms"}, body=whole, headers=headers
        )
        (line,) = _rows(found["lines"])
        assert line["status"] == "counted"

    def returned(self, placed: dict[str, Json]) -> dict[str, Any]:
        (found,) = self.trace(placed)["returns"]
        view: Any = self.clerk.call("GET", "v1", "returns", str(found["return_id"]))
        return {"state": view["state"], "became": view["became"], "document": view["document"]}

    def sellable(self) -> int:
        self.settle()
        levels: Any = self.control("shop", "read_stock")
        return int(levels[SKU].get(GLASGOW, {}).get("available", 0))


def _rows(listed: Json) -> list[dict[str, Json]]:
    assert isinstance(listed, list)
    return [row for row in listed if isinstance(row, dict)]


@pytest.fixture(scope="module")
def depot(world: World) -> Depot:
    made = Depot(world)
    made.article(SKU, "49.99")
    made.settle()
    return made


def test_a_return_that_comes_before_its_word_is_told_kept_and_on_its_order_at_last(
    depot: Depot,
) -> None:
    placed = depot.sell()
    before = depot.sellable()
    assert depot.take_back("C-1", "5000001") == ["counted"]
    (issue,) = [one for one in depot.issues("return_unknown") if one["subject"] == "wms/C-1"]
    assert (issue["field"], issue["value"]) == ("document", "5000001")
    name = depot.open(placed)
    assert depot.take_back("C-1", name) == ["duplicate"]
    assert depot.returned(placed)["became"] == {SKU: {"quarantine": 1}}
    assert not [one for one in depot.issues("return_unknown") if one["subject"] == "wms/C-1"]
    assert depot.sellable() == before
    depot.seen(name, "inspecting", "sellable_accessible")
    found = depot.returned(placed)
    assert (found["state"], found["became"]) == ("received", {SKU: {"restock": 1}})
    assert depot.sellable() == before + 1


def test_shop_and_warehouse_tell_of_one_unit_and_what_broke_is_not_sold(depot: Depot) -> None:
    placed = depot.sell()
    name, before = depot.open(placed), depot.sellable()
    (line,) = _rows(placed["lines"])
    rows: list[Json] = [{"line": line["id"], "quantity": 1, "disposition": "NOT_RESTOCKED"}]
    depot.control(
        "shop", "process_return", order=placed["id"], number=int(name), lines=rows, refund=True
    )
    depot.settle()
    depot.seen(f"{name}", "receiving", "damaged")
    s3 = depot.world.deployed.aws.client("s3")
    columns = "movement_id,kind,sku,quantity,unit,from_location,from_status,occurred_at,document"
    content = f"{columns}\nC-3,scrap,{SKU},1,PC,glasgow,damaged,2026-11-27T10:00:00Z,shop:{name}\n"
    s3.put_object(
        Bucket=depot.world.deployed.files,
        Key="drop/wms/movement/thrown-away.csv",
        Body=content.encode(),
    )
    depot.settle()
    found = depot.returned(placed)
    assert (found["state"], found["became"]) == ("received", {SKU: {"scrap": 1}})
    assert found["document"]
    case = depot.trace(placed)
    assert case["standing"]["fulfilment"] == "partly_returned"
    assert depot.sellable() == before


def test_a_refund_by_call_is_made_by_the_shop_once_and_credited_once(depot: Depot) -> None:
    placed = depot.sell()
    order_id = f"shop:{placed['id']}"
    (line,) = _rows(placed["lines"])
    desk = Api(depot.world.deployed, client="shopfront")
    units: list[Json] = [{"line_id": str(line["id"]), "quantity": 1}]
    body: dict[str, Json] = {
        "order_id": order_id,
        "refund_id": "CS-1",
        "reason": "damaged",
        "lines": units,
        "appeasement": "1.01",
    }
    for key in ("one", "two"):
        headers = {"idempotency-key": f"{key}-{placed['id']}"}
        said = desk.call("POST", "v1", "refunds", body=body, headers=headers)
    assert (said["total"], said["left"]) == ("21.00", "18.98")
    depot.settle()
    paid: Any = depot.control("shop", "payments", order=placed["id"])
    assert [one["amount"] for one in paid if one["kind"] == "REFUND"] == [2100]
    case = depot.trace(placed)
    (refund,) = case["refunds"]
    assert (refund["asked"], refund["total"]["amount"]) == (said["name"], 2100)
    kept: Any = depot.control("erp", "credits")
    reference = f"SHOP-R{refund['refund_id']}"
    assert len([one for one in kept if one["reference"] == reference]) == 1
