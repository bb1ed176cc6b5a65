"""A promotion entered seconds before it begins, on the deployed template and by the wall clock."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.world import World
from shared.aws.store import DynamoStore
from shared.flows import keys
from shared.model.facts import PriceCard
from shared.model.price import EffectiveWindow, PriceKind
from shared.ports import Put, Table
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]

SKU = "HAT-S"
LOOK_S = 0.1
LATE_MAX = timedelta(seconds=15)  # all of AWS on this machine; the minute alone would take longer


def _entered(world: World, start: datetime, end: datetime) -> None:
    """Somebody adds a promotion to the facts, as a source that knows seconds would."""
    names = {Table(name): physical for name, physical in world.deployed.tables.items()}
    store = DynamoStore(world.deployed.aws.dynamodb, names)
    key = keys.price(SKU, "erp")
    row = store.get([key])[key]
    card = PriceCard.model_validate(row.body)
    (base,) = card.conditions
    promotion = base.model_copy(
        update={
            "condition_id": "seconds",
            "kind": PriceKind.PROMOTIONAL,
            "amount": base.amount.model_copy(update={"amount": 999}),
            "window": EffectiveWindow(start=start, end=end),
        }
    )
    told = card.model_copy(update={"conditions": (base, promotion)})
    assert store.commit([Put(key, told.model_dump(mode="json"), row.rev)]) == [True]


def _shown(story: Story) -> object:
    prices = story.control("shop", "read_prices")
    assert isinstance(prices, dict)
    price = prices[SKU]
    assert isinstance(price, dict)
    return price["price"]


def _changed_by(story: Story, price: int, deadline: datetime) -> datetime:
    while _shown(story) != price:
        assert datetime.now(UTC) < deadline, f"{SKU} does not cost {price} by {deadline}"
        time.sleep(LOOK_S)
    return datetime.now(UTC)


def test_a_promotion_entered_just_before_it_begins_begins_and_ends_by_itself(world: World) -> None:
    story = Story(world)
    before = _shown(story)
    assert isinstance(before, int)
    start = datetime.now(UTC) + timedelta(seconds=10)
    end = start + LATE_MAX + timedelta(seconds=10)
    _entered(world, start, end)
    assert _changed_by(story, 999, start + LATE_MAX) >= start
    assert _changed_by(story, before, end + LATE_MAX) >= end
    story.settle()
