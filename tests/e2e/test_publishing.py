"""Prices on the deployed template: thousands as one bulk operation, and those of companies."""

import pytest

from sandbox.world import World
from shared.model.base import Json
from tests.e2e.conftest import TRADE, TRADE_LIST, poll
from tests.e2e.story import LOOPBACK, UNCLOSED, Story

pytestmark = [pytest.mark.sandbox, LOOPBACK, UNCLOSED]

SKUS = tuple(f"CAP{i}" for i in range(6))


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    """Articles of our own: as many as the retailer's file lets go by bulk operation."""
    made = Story(world)
    for sku in SKUS:
        made.article(sku, "10.00")
    made.settle()
    return made


def test_many_prices_go_as_one_bulk_operation_and_each_is_shown(story: Story) -> None:
    before = len(_jobs(story))
    for sku in SKUS:
        story.control("erp", "set_price", sku=sku, amount="12.50", tell=False)
    poll(story.world, "erp", "price")
    prices = story.control("shop", "read_prices")
    assert isinstance(prices, dict)
    assert all(prices[sku] == {"price": 1250, "compare_at": None} for sku in SKUS)
    after = _jobs(story)
    assert len(after) > before
    assert {job["status"] for job in after} == {"COMPLETED"}


def test_companies_pay_by_their_list_and_everybody_else_does_not(story: Story) -> None:
    story.control("erp", "set_price", sku="CAP0", amount="9.00", kind=TRADE)
    story.settle()
    fixed = story.control("shop", "read_price_list", name=TRADE_LIST)
    assert fixed == {"CAP0": {"price": 900, "compare_at": None, "scales": []}}
    prices = story.control("shop", "read_prices")
    assert isinstance(prices, dict)
    assert prices["CAP0"] == {"price": 1250, "compare_at": None}


def _jobs(story: Story) -> list[dict[str, Json]]:
    found = story.control("shop", "jobs")
    assert isinstance(found, list)
    return [job for job in found if isinstance(job, dict)]
