"""The days that are simulated: small, and each aimed at one way things go wrong."""

from tests.simulation.scenario import Scenario
from tests.simulation.scenarios_orders import CANCELLED, ORDERS, UNREADABLE
from tests.simulation.scenarios_outages import OUTAGES
from tests.simulation.scenarios_prices import NEW_YORK_PROMOTION, PRICES

SCENARIOS: dict[str, Scenario] = {each.name: each for each in (*ORDERS, *PRICES, *OUTAGES)}
PENDING: dict[str, Scenario] = {
    each.name: each for each in (CANCELLED, UNREADABLE, NEW_YORK_PROMOTION)
}
"""Days that do not end well yet: `test_pending` has a seed of each, and says why."""
