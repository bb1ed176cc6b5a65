"""What happens to an order once the ERP has it: judged late, there twice, taken back by staff."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.cli import app
from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import BLOCK, poll
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]
SKU = "GILET"


class Desk(Story):
    """Scarves are sold, and what goes wrong with their orders is seen to."""

    def sell(self, units: int) -> dict[str, Json]:
        placed = self.order((SKU, units))
        self.settle()
        return placed

    def held(self, placed: dict[str, Json]) -> dict[str, Any]:
        """The order as the ERP has it, which has it once."""
        (row,) = self.in_erp(placed)
        return row

    def judge(self, placed: dict[str, Json], recommendation: str) -> None:
        self.control("shop", "assess", order=placed["id"], recommendation=recommendation)
        self.settle()

    def judged_again(self, placed: dict[str, Json]) -> None:
        """The same verdict, told by a topic of its own, and again."""
        body = json.dumps({"order_id": placed["id"]}).encode()
        for _ in range(2):
            assert self.post(body, topic="orders/risk_assessment_changed").status_code == 202
        self.settle()

    def deliver(self, number: str) -> None:
        self.control("erp", "deliver", order=number, tracking="JJD5")
        poll(self.world, "erp", "shipment")

    def shown(self, placed: dict[str, Json]) -> dict[str, Any]:
        """The order as `GET /v1/orders` answers it, and the trace says the same."""
        found: Any = self.world.api.order(f"shop:{placed['id']}")
        traced = self.trace(placed)
        for aspect in ("state", "holds", "standing"):
            assert traced[aspect] == found[aspect]
        return dict(found)

    def told(self, placed: dict[str, Json]) -> dict[str, dict[str, Any]]:
        """Open exceptions about the order, by kind; one of each."""
        listed: list[Any] = self.world.api.exceptions()
        order_id = f"shop:{placed['id']}"
        mine = [one for one in listed if one["subject"].split("/")[0] == order_id]
        found = {one["kind"]: one for one in mine}
        assert len(found) == len(mine)
        return found

    def details(self, placed: dict[str, Json]) -> list[str]:
        return [hop["detail"] for hop in self.trace(placed)["timeline"]]


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    made = Desk(world)
    made.article(SKU)
    made.settle()
    return made


def test_an_order_judged_bad_is_blocked_in_the_erp_and_let_go_once_by_a_better_verdict(
    desk: Desk,
) -> None:
    placed = desk.sell(2)
    assert desk.held(placed)["block"] == ""
    desk.judge(placed, "CANCEL")
    blocked = desk.held(placed)
    assert blocked["block"] == BLOCK
    with pytest.raises(ValueError, match="blocked for delivery"):
        desk.control("erp", "deliver", order=blocked["number"])
    shown = desk.shown(placed)
    assert (shown["state"], shown["holds"]) == ("accepted", ["fraud"])
    assert shown["standing"]["fraud"] == "held"
    issue = desk.told(placed)["order_held"]
    assert issue["value"] == f"rejected: 2 x {SKU}"
    desk.judged_again(placed)
    assert desk.held(placed) == blocked
    desk.judge(placed, "ACCEPT")
    lifted = desk.held(placed)
    assert lifted["block"] == ""
    desk.judged_again(placed)
    assert desk.held(placed) == lifted
    shown = desk.shown(placed)
    assert (shown["holds"], shown["standing"]["fraud"]) == ([], "none")
    assert desk.told(placed) == {}
    said = desk.details(placed)
    assert (said.count("delivery blocked"), said.count("delivery block lifted")) == (1, 1)
    desk.deliver(lifted["number"])
    assert desk.shown(placed)["state"] == "shipped"


def test_a_verdict_on_what_has_all_left_blocks_nothing_and_is_one_exception_with_a_remedy(
    desk: Desk,
) -> None:
    placed = desk.sell(2)
    desk.deliver(desk.held(placed)["number"])
    gone = desk.held(placed)
    desk.judge(placed, "CANCEL")
    desk.judged_again(placed)
    assert desk.held(placed) == gone
    (issue,) = desk.told(placed).values()
    assert issue["issue_id"] == f"fraud_too_late#shop:{placed['id']}"
    assert f"order {placed['name']} of 39.98 GBP" in issue["summary"]
    assert issue["remedy"].startswith("have the carrier stop the parcel")
    assert (issue["count"], issue["value"]) == (1, f"rejected: 2 x {SKU}")
    assert issue["at_risk"] == {"amount": 3998, "currency": "GBP"}
    shown = desk.shown(placed)
    assert (shown["state"], shown["holds"]) == ("shipped", [])
    assert shown["standing"]["fraud"] == "too_late"
    desk.judge(placed, "ACCEPT")
    assert desk.told(placed) == {}
    assert desk.shown(placed)["standing"]["fraud"] == "none"


def test_a_second_order_in_the_erp_is_one_exception_whose_replay_rejects_it_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = desk.sell(1)
    kept = desk.held(placed)
    second = str(desk.control("erp", "land_again", order=kept["number"]))
    for _ in range(2):
        poll(desk.world, "erp", "allocation")
    (issue,) = desk.told(placed).values()
    name = f"duplicate_in_erp#shop:{placed['id']}"
    assert (issue["issue_id"], issue["value"]) == (name, kept["reference"])
    assert second in issue["remedy"]
    assert rejected(desk, placed) == {kept["number"]: [False], second: [False]}
    monkeypatch.setenv("SHELFWIRE_SANDBOX", str(desk.world.home.directory))
    asked = CliRunner().invoke(app, ["replay", name, "--json"])
    assert asked.exit_code == 0, asked.output
    desk.settle()
    assert rejected(desk, placed) == {kept["number"]: [False], second: [True]}
    assert desk.told(placed) == {}
    ended = desk.in_erp(placed)
    desk.world.api.replay(name)
    desk.settle()
    poll(desk.world, "erp", "allocation")
    assert (desk.in_erp(placed), desk.told(placed)) == (ended, {})
    traced = desk.trace(placed)
    assert traced["erp_order"] == kept["number"]
    withdrawn = [one for one in traced["intents"] if one["kind"] == "withdraw"]
    assert [(one["reference"], one["state"]) for one in withdrawn] == [(second, "applied")]
    desk.deliver(kept["number"])
    assert desk.shown(placed)["state"] == "shipped"


def rejected(desk: Desk, placed: dict[str, Json]) -> dict[str, list[bool]]:
    """Whether each item is rejected, by order of the ERP."""
    rows = desk.in_erp(placed)
    return {row["number"]: [item["rejected"] for item in row["items"]] for row in rows}


def test_a_return_of_the_erp_is_opened_in_the_shop_once_and_ends_alike_on_both_sides(
    desk: Desk,
) -> None:
    placed = desk.sell(2)
    number = desk.held(placed)["number"]
    desk.deliver(number)
    document = str(desk.control("erp", "make_return", order=number, items={"10": 1}))
    desk.settle()
    (opened,) = in_shop(desk, placed)
    (line,) = lines_of(placed)
    assert (opened["status"], opened["units"]) == ("OPEN", {str(line["id"]): 1})
    desk.post(json.dumps({"id": placed["id"]}).encode(), topic="orders/updated")
    poll(desk.world, "erp", "return")
    assert in_shop(desk, placed) == [opened]
    (made,) = desk.trace(placed)["returns"]
    names = (f"erp:{document}", [f"shop:{opened['id']}"], document)
    assert (made["return_id"], made["called"], made["document"]) == names
    assert documents(desk, number) == [(document, "")]
    desk.control("erp", "receive_return", number=document)
    desk.settle()
    wish: list[Json] = [{"line": line["id"], "quantity": 1, "disposition": "RESTOCKED"}]
    desk.control(
        "shop", "process_return", order=placed["id"], number=opened["id"], lines=wish, refund=True
    )
    desk.settle()
    for entity in ("return", "invoice"):
        poll(desk.world, "erp", entity)
    assert [one["status"] for one in in_shop(desk, placed)] == ["CLOSED"]
    assert documents(desk, number) == [(document, "")]
    view: Any = desk.world.api.call("GET", "v1", "returns", f"erp:{document}")
    (unit,) = view["lines"]
    assert (view["state"], unit["announced"], unit["received"]) == ("received", 1, 1)
    assert {"erp", "shop"} <= {one["told_by"] for one in view["receipts"]}
    assert [one["total"] for one in view["refunds"]] == ["19.99 GBP"]
    case = desk.trace(placed)
    assert [one["state"] for one in case["returns"]] == ["received"]
    assert case["standing"]["fulfilment"] == "partly_returned"
    assert desk.told(placed) == {}


def test_what_staff_reject_in_the_erp_is_one_exception_that_ends_when_they_undo_it(
    desk: Desk,
) -> None:
    placed = desk.sell(2)
    number = desk.held(placed)["number"]
    for _ in range(2):
        desk.control("erp", "reject", order=number)
        desk.settle()
    (issue,) = desk.told(placed).values()
    assert (issue["kind"], issue["count"]) == ("change_rejected", 1)
    assert issue["value"].endswith("2 are wanted, 2 were rejected in the ERP")
    assert desk.shown(placed)["state"] == "accepted"
    desk.control("erp", "reject", order=number, reason="")
    desk.settle()
    assert desk.told(placed) == {}
    desk.deliver(number)
    assert desk.shown(placed)["state"] == "shipped"


def test_a_credit_memo_read_before_its_return_is_on_the_order_once_that_is_known(
    desk: Desk,
) -> None:
    """A return that staff made in the ERP names none of our orders, and its bill less so."""
    placed = desk.sell(2)
    number = desk.held(placed)["number"]
    desk.deliver(number)
    desk.control("erp", "tell", on=False)
    document = str(desk.control("erp", "make_return", order=number, items={"10": 1}))
    desk.control("erp", "bill")
    poll(desk.world, "erp", "invoice")
    assert [one["kind"] for one in desk.trace(placed)["bills"]] == ["invoice"]
    poll(desk.world, "erp", "return")
    desk.control("erp", "tell", on=True)
    assert [one["document"] for one in desk.trace(placed)["returns"]] == [document]
    assert [one["kind"] for one in desk.trace(placed)["bills"]] == ["invoice", "credit_memo"]
    assert documents(desk, number) == [(document, "")]
    assert set(desk.told(placed)) == {"refund_due"}


def lines_of(placed: dict[str, Json]) -> list[dict[str, Json]]:
    rows = placed["lines"]
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def in_shop(desk: Desk, placed: dict[str, Json]) -> list[dict[str, Any]]:
    found: Any = desk.control("shop", "returns", order=placed["id"])
    return list(found)


def documents(desk: Desk, number: str) -> list[tuple[str, str]]:
    """Every return and credit of an order in the ERP, with the reference it was given."""
    found: Any = desk.control("erp", "credits")
    return [(one["number"], one["reference"]) for one in found if one["order"] == number]
