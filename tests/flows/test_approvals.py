"""What waits for approval: told once per rule, and ruled on together without losing a ruling."""

import pytest

from shared.errors import RejectedError
from shared.model.money import Money
from tests.flows.guarded_world import HOUR, PERSON, REFUSAL, Guarded, promotion
from tests.flows.world import base_price


@pytest.fixture
def shop() -> Guarded:
    return Guarded()


def test_what_waits_is_one_exception_per_rule_until_nothing_does(shop: Guarded) -> None:
    shop.price(199, "HAT-S")
    shop.reprice(99)
    shop.tell()
    (issue,) = shop.open()
    assert issue.issue_id == "price_held#shop/max_fall"
    assert issue.at_risk == Money(amount=(1800 + 1900) * 10, currency="GBP")
    shop.tell()
    (issue,) = shop.open()
    assert issue.count == 1
    for sku in ("HAT-M", "HAT-S"):
        shop.rule(REFUSAL, sku)
    shop.tell()
    assert shop.open() == []


def test_all_of_a_channel_are_approved_only_if_they_are_as_many_as_expected(shop: Guarded) -> None:
    shop.price(199, "HAT-S")
    shop.reprice(99)
    with pytest.raises(RejectedError, match="2 changes wait there, not 1"):
        shop.approvals.rule_all(PERSON, "shop", rule="max_fall", expected=1)
    assert shop.approvals.rule_all(PERSON, "shop", rule="max_rise", expected=0)["ruled"] == 0
    said = shop.approvals.rule_all(PERSON, "shop", rule="max_fall", expected=2)
    shop.turn()
    assert said == {"ruled": 2, "remaining": 0}
    assert (shop.shown("HAT-M"), shop.shown("HAT-S")) == (99, 199)


def test_of_one_article_every_price_that_waits_is_ruled_on_together(shop: Guarded) -> None:
    """The promotion of today and that of tomorrow wait on the same target."""
    tomorrow = promotion(400, 3 * HOUR, 4 * HOUR).model_copy(update={"condition_id": "VKA1"})
    shop.conditions(base_price(1999), promotion(500, HOUR, 2 * HOUR), tomorrow)
    shop.turn()
    assert len(shop.waiting()) == 2
    said = shop.approvals.rule_all(PERSON, "shop", rule="max_fall", expected=2)
    shop.turn()
    assert said == {"ruled": 2, "remaining": 0}
    assert shop.waiting() == []
    for price in (500, 1999, 400):
        shop.later(HOUR)
        shop.turn()
        assert shop.shown() == price
