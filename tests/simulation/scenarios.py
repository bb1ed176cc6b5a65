"""The days that are simulated: small, and each aimed at one way things go wrong."""

from tests.simulation.scenario import Scenario
from tests.simulation.scenarios_books import BOOKS
from tests.simulation.scenarios_bulk import BULK
from tests.simulation.scenarios_checkouts import CHECKOUTS
from tests.simulation.scenarios_edges import EDGES
from tests.simulation.scenarios_enrichment import ENRICHMENT
from tests.simulation.scenarios_guardrails import GUARDRAILS
from tests.simulation.scenarios_hooks import HOOKS
from tests.simulation.scenarios_movements import MOVEMENTS
from tests.simulation.scenarios_notices import NOTICES
from tests.simulation.scenarios_orders import ORDERS
from tests.simulation.scenarios_outages import OUTAGES
from tests.simulation.scenarios_oversold import OVERSOLD
from tests.simulation.scenarios_owners import OWNERS
from tests.simulation.scenarios_pacing import PACING
from tests.simulation.scenarios_prices import PRICES
from tests.simulation.scenarios_returns import RETURNS
from tests.simulation.scenarios_rules import RULES
from tests.simulation.scenarios_silence import SILENCE

_ALL = (
    *ORDERS,
    *PRICES,
    *OUTAGES,
    *EDGES,
    *CHECKOUTS,
    *OWNERS,
    *MOVEMENTS,
    *RULES,
    *PACING,
    *GUARDRAILS,
    *BULK,
    *OVERSOLD,
    *ENRICHMENT,
    *BOOKS,
    *SILENCE,
    *NOTICES,
    *RETURNS,
    *HOOKS,
)
SCENARIOS: dict[str, Scenario] = {each.name: each for each in _ALL}
