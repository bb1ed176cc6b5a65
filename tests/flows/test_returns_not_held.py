"""A return is known by its name a moment before its order holds it."""

import pytest

from shared.flows import keys
from shared.ports import Put
from tests.flows.test_returns_moved import Moved


@pytest.fixture
def setup() -> Moved:
    return Moved()


def test_what_came_under_a_return_its_order_does_not_hold_yet_is_not_lost(setup: Moved) -> None:
    """Whoever took the name of the return in died before the order was written."""
    named = Put(keys.return_of("api:RMA-1"), {"order_id": "shop:77"}, 0)
    assert setup.world.store.commit([named]) == [True]
    setup.post()
    assert [one.kind for one in setup.issues()] == ["return_unknown"]
    setup.grant()
    setup.later()
    assert (setup.view()["state"], setup.view()["became"]) == (
        "received",
        {"HAT-M": {"restock": 1}},
    )
    assert setup.case().counts.returned == {"1": 1}
    assert setup.issues() == []
