"""What Shopify Payments pays out is in the books of the deployed template."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import poll
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]


def today() -> date:
    return datetime.now(UTC).date()


def entries(world: World, order_id: str, since: date) -> list[tuple[str, int, str]]:
    """(kind, minor units, gateway) of what the ledger has of an order since a day."""
    found: list[Any] = []
    for day in {since, today()}:
        after = ""
        while True:
            said: Any = world.api.finance(day.isoformat(), after=after)
            found += [row for row in said["orders"] if row["order_id"] == order_id]
            after = str(said.get("next") or "")
            if not after:
                break
    return sorted(
        (one["kind"], one["amount"]["amount"], one.get("tender", ""))
        for row in found
        for one in row["entries"]
    )


def test_a_payout_is_read_and_agrees_with_what_was_taken_and_given_back_by_card(
    world: World,
) -> None:
    story, begun = Story(world), today()
    lines: list[Json] = [{"sku": "HAT-S", "quantity": 1, "title": "Hat", "price": "19.99"}]
    placed = story.control("shop", "place_order", lines=lines, oversell=True, gift_card="5.00")
    assert isinstance(placed, dict)
    order_id, tenders = f"shop:{placed['id']}", {"gift_card": "1.00", "sandbox": "2.00"}
    story.settle()
    story.control(
        "shop", "refund", order=placed["id"], lines=[], amount="3.00", tenders={**tenders}
    )
    story.settle()
    story.control("shop", "pay_out")
    told = [
        ("captured", 500, "gift_card"),
        ("captured", 1499, "sandbox"),
        ("fee", 47, ""),
        ("ordered", 1999, ""),
        ("paid_back", 200, ""),
        ("paid_out", 1499, ""),
        ("refunded", 100, "gift_card"),
        ("refunded", 200, "sandbox"),
    ]
    for _ in range(2):  # a payout that was read is not read again
        poll(world, "shop", "payout")
        assert entries(world, order_id, begun) == told
    case: Any = world.api.trace_order(order_id)
    (refund,) = case["refunds"]
    shares = {one["gateway"]: one["amount"]["amount"] for one in refund["shares"]["tenders"]}
    assert shares == {"gift_card": 100, "sandbox": 200}
