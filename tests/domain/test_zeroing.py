"""The last good level of an article that waits, less what is sold of it meanwhile."""

import pytest

from shared.domain import targets, zeroing
from shared.domain.targets import Draft, Priority
from shared.model.ids import Facet
from shared.model.stock_rules import Zeroed
from shared.model.target import StockValue, Target
from tests.factories import NOW

LAST = {"london": 2, "leeds": 5}
RULES = Zeroed(percent=1, least=1, within_minutes=15, hold_minutes=60)


def drafted(levels: dict[str, int], **emptied: int) -> Draft:
    return Draft(
        channel="shop",
        facet=Facet.STOCK,
        key="HAT-M",
        group="HAT",
        desired=StockValue(levels=levels).model_dump(mode="json"),
        priority=Priority.STOCK,
        chain=(),
        facts={},
        emptied=emptied or None,
    )


def waiting() -> Target:
    """Told that nothing is left anywhere, and held."""
    before = targets.desire(None, drafted(LAST), now=NOW)
    assert before is not None
    none = drafted(dict.fromkeys(LAST, 0), london=0, leeds=0)
    held = targets.desire(before, zeroing.held(none, before, RULES, now=NOW), now=NOW)
    assert held is not None
    return held


@pytest.mark.parametrize(
    ("sold", "left"),
    [
        ({"london": 1}, {"london": 1, "leeds": 5}),
        ({"london": 4}, {"london": 0, "leeds": 3}),
        ({"leeds": 6}, {"london": 1, "leeds": 0}),
        ({"london": 9}, {"london": 0, "leeds": 0}),
    ],
)
def test_what_is_sold_beyond_the_last_level_of_a_location_comes_off_the_others(
    sold: dict[str, int], left: dict[str, int]
) -> None:
    free = {place: -sold.get(place, 0) for place in LAST}
    none = drafted(dict.fromkeys(LAST, 0), **free)
    found = zeroing.decided(none, waiting(), RULES, now=NOW)
    assert found is not None
    assert StockValue.model_validate(found.desired).levels == left
