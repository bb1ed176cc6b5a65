"""`shelfwire reconcile finance`: pages of a day become one, and what differs is an exit code."""

from contextlib import nullcontext
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sandbox import reconciling
from sandbox.cli import Out
from shared.model.base import Json


class Paged:
    """A day of two pages."""

    def finance(self, day: str = "", *, after: str = "") -> dict[str, Json]:
        number = 2 if after else 1
        return {
            "day": day or "2026-11-27",
            "sums": [{"kind": "captured", "amount": 100 * number, "currency": "GBP"}],
            "orders": [{"order_id": f"shop:{number}", "entries": []}],
            "differences": [difference(f"shop:{number}")] if after else [],
            "next": None if after else "shop:1",
        }


def difference(order: str) -> dict[str, Json]:
    one: Json = {
        "bucket": "captured_not_invoiced",
        "amount": {"amount": 200, "currency": "GBP"},
        "repair": "run billing",
    }
    return {"order_id": order, "since": "2026-11-27T09:00:00Z", "differences": [one]}


def test_pages_are_one_day_and_their_sums_one_sum() -> None:
    api: Any = Paged()
    found = reconciling.whole(api, "")
    assert found["sums"] == [{"kind": "captured", "amount": 300, "currency": "GBP"}]
    assert found["orders"] == [
        {"order_id": "shop:1", "entries": []},
        {"order_id": "shop:2", "entries": []},
    ]
    assert found["next"] is None


def test_what_differs_is_shown_with_its_repair_and_is_an_exit_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sandbox import world  # noqa: PLC0415

    class Here:
        api = Paged()

    monkeypatch.setattr(world.World, "attached", lambda _: Here())
    app = typer.Typer()
    reconciling.register(app, lambda as_json: nullcontext(Out(as_json)), 1)
    result = CliRunner().invoke(app, ["reconcile", "finance"])
    assert result.exit_code == 1
    assert "captured_not_invoiced" in result.output
