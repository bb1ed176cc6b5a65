"""How connections fare where the rate is found by asking and slots are counted."""

from shared.flows.standing import connections
from shared.model.limits import Limits
from tests.domain.world import RETAILER
from tests.flows.test_breaker import Vendor


def test_what_is_known_of_an_adaptive_connection_with_counted_slots() -> None:
    said = {"adaptive": True, "slots": 3, "slots_are_counted": True}
    vendor = Vendor(**said)
    limits = Limits.model_validate(said)
    shop = RETAILER.connection("shop").model_copy(update={"limits": limits})
    retailer = RETAILER.model_copy(update={"connections": (shop,)})
    vendor.container().take(1)
    (found,) = connections(vendor.store, retailer, now=vendor.clock.now())
    assert found["pace"] == "unknown"
    assert found["calls_per_second"] == "2.0"
    assert found["calls_under_way"] == 1
    assert found["circuit"] == "closed"
