"""`shelfwire check` on rules of stock."""

import pytest

from tests.domain.world import MARKET_TOML
from tests.sandbox.test_check import GOOD, found_in

LEEDS = '[[locations]]\nname = "leeds"\nexternal = {}\n'
SHARED = """
[[allocations]]
name = "online"
by = "share"
parts = [{ channel = "shop", weight = 2 }, { channel = "market", weight = 1 }]
"""
RULES = """
[[location_groups]]
name = "stores"
locations = ["leeds"]

[[stock_rules]]
safety_stock = 2

[[stock_rules]]
locations = ["stores"]
suppress = true

[[stock_rules]]
brands = ["Acme"]
channels = ["market"]
threshold = 3
cap = 20

[[stock_rules]]
skus = ["HAT-M"]
later = { kind = "backorder", units = 10, lead_days = 7 }

[stock_guards.zeroed]
percent = 40
"""


def test_good_rules_have_no_mistakes() -> None:
    assert found_in(GOOD + LEEDS + MARKET_TOML + SHARED + RULES) == {}


@pytest.mark.parametrize(
    ("rule", "path", "said"),
    [
        ('[[stock_rules]]\nbrands = ["Acme"]', "stock_rules.0", "sets nothing"),
        ("[[stock_rules]]\ncap = -1", "stock_rules.0.cap", "greater than or equal to 0"),
        ("[[stock_rules]]\ncapp = 1", "stock_rules.0.capp", "did you mean 'cap'?"),
        (
            '[[stock_rules]]\ncap = 9\nlocations = ["leeds"]',
            "stock_rules.0",
            "cap holds for a channel over all its locations; leave locations out",
        ),
        (
            '[[stock_rules]]\nsafety_stock = 1\nchannels = ["market"]',
            "stock_rules.0",
            "safety_stock holds for a location and so for all its channels",
        ),
        (
            '[[stock_rules]]\nbuffer = 1\nlocations = ["paris"]',
            "stock_rules.0.locations.0",
            "no location or group is called 'paris'",
        ),
        (
            '[[stock_rules]]\ncap = 1\nchannels = ["ebay"]',
            "stock_rules.0.channels.0",
            "known: market, shop",
        ),
        (
            '[[stock_rules]]\nbuffer = 1\nlocations = ["leeds"]\nchannels = ["market"]',
            "stock_rules.0.channels.0",
            "sells from none of the rule's locations",
        ),
        (
            '[[stock_rules]]\nlater = { kind = "preorder", units = 1 }',
            "stock_rules.0.later",
            "a preorder needs available_from",
        ),
        (
            '[[location_groups]]\nname = "leeds"\nlocations = ["leeds"]',
            "location_groups.0.name",
            "names another location too",
        ),
        (
            '[[location_groups]]\nname = "all"\nlocations = ["paris"]',
            "location_groups.0.locations.0",
            "no location is called 'paris'",
        ),
        (
            '[[allocations]]\nname = "a"\nby = "share"\nparts = [{channel = "shop", weight = 1}]',
            "allocations.0.parts",
            "channel 'market' sells from london and has no part of it",
        ),
        (
            (
                '[[allocations]]\nname = "a"\nby = "fixed"\nlocations = ["leeds"]\n'
                'parts = [{channel = "shop", units = 1}]'
            ),
            "allocations.0.parts.0.channel",
            "sells from none of its locations",
        ),
        (
            (
                '[[allocations]]\nname = "a"\nby = "fixed"\n'
                'parts = [{channel = "shop"}, {channel = "market", units = 1}]'
            ),
            "allocations.0",
            "shop needs units",
        ),
        (SHARED + SHARED, "allocations.1.name", "names another allocation too"),
        (
            '[stock_guards.null]\nthen = "guess"',
            "stock_guards.null.then",
            "choose 'accept', 'keep', 'floor' or 'suppress'",
        ),
        (
            '[[kits.defined]]\nsku = "A"\ncomponents = [{ sku = "A" }]',
            "kits.defined.0",
            "it is a component of itself",
        ),
        (
            "[stock_guards.stale]\nafter_minutes = 9",
            "stock_guards.stale.after_minutes",
            "erp is polled every 5 min allow for two polls, so more than 10",
        ),
        ("[stock_guards.stale]\nafter_minutes = 1", "stock_guards.stale.after_minutes", "5"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(rule: str, path: str, said: str) -> None:
    found = found_in(GOOD + LEEDS + MARKET_TOML + "\n" + rule)
    assert path in found, found
    assert said in f"{found[path].problem} {found[path].remedy}"
