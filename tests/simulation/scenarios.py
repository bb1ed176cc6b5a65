"""The days that are simulated: small, and each aimed at one way things go wrong."""

from tests.simulation.scenario import Scenario
from tests.simulation.scenarios_books import BOOKS
from tests.simulation.scenarios_bulk import BULK
from tests.simulation.scenarios_checkouts import CHECKOUTS
from tests.simulation.scenarios_edges import EDGES
from tests.simulation.scenarios_enrichment import ENRICHMENT
from tests.simulation.scenarios_gone import GONE
from tests.simulation.scenarios_guardrails import GUARDRAILS
from tests.simulation.scenarios_hooks import HOOKS
from tests.simulation.scenarios_markets import MARKETS
from tests.simulation.scenarios_movements import MOVEMENTS
from tests.simulation.scenarios_notices import NOTICES
from tests.simulation.scenarios_numbers import NUMBERS
from tests.simulation.scenarios_open import OPEN
from tests.simulation.scenarios_orders import ORDERS
from tests.simulation.scenarios_outages import OUTAGES
from tests.simulation.scenarios_oversold import OVERSOLD
from tests.simulation.scenarios_owners import OWNERS
from tests.simulation.scenarios_pacing import PACING
from tests.simulation.scenarios_prices import PRICES
from tests.simulation.scenarios_refunds import REFUNDS
from tests.simulation.scenarios_rejected import REJECTED
from tests.simulation.scenarios_returns import RETURNS
from tests.simulation.scenarios_rules import RULES
from tests.simulation.scenarios_shipments import SHIPMENTS
from tests.simulation.scenarios_silence import SILENCE
from tests.simulation.scenarios_tellers import TELLERS
from tests.simulation.scenarios_twice import TWICE

_ALL = (
    *ORDERS,
    *PRICES,
    *OUTAGES,
    *NUMBERS,
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
    *REFUNDS,
    *HOOKS,
    *OPEN,
    *GONE,
    *TELLERS,
    *SHIPMENTS,
    *TWICE,
    *REJECTED,
    *MARKETS,
)
SCENARIOS: dict[str, Scenario] = {each.name: each for each in _ALL}

LIGHTEST = frozenset(
    (
        "promotion at midnight in London",
        "promotion at midnight in New York",
    )
)
"""Under half of what a turn takes on average."""

LIGHT = frozenset(
    (
        "a level is set by hand",
        "a price list goes wrong",
        "a promotion beyond the limits",
        "a shop drops its webhook subscriptions",
        "a warehouse falls silent",
        "an order nobody can read",
        "levels there and back",
        "movements with gaps, duplicates and counts between",
        "prices change during an outage",
        "prices typed wrong",
        "snapshot crossing deltas",
        "the clock is down as a price begins",
        "there and back",
        "there and back among crashes",
        "there and back, and late",
        "unknown code becomes known",
    )
)
"""Under 0.95 of it."""

HEAVY = frozenset(
    (
        "Amazon's orders are sent and confirmed",
        "a bulk operation is overtaken",
        "a depot takes in what is sent back",
        "a flash sale",
        "a kit and its part at the checkout",
        "a kit sold beside its parts",
        "a plan with little room",
        "a shop falls silent",
        "a shop that is down is left alone",
        "a source falls silent",
        "a warehouse ships beside the ERP",
        "an ERP that counts its slots",
        "an article with many open orders",
        "an order is taken back with its postage",
        "an order nobody has",
        "cancellations race the warehouse",
        "customers are created",
        "customers are mailed",
        "everything at once",
        "fifty checkouts want the last unit",
        "goods and money go back",
        "goods are sent back",
        "last unit on two channels",
        "many prices while a shop is away",
        "more is sold than there is, and orders wait",
        "numbers come after the goods",
        "order storm",
        "orders are cancelled",
        "orders while the ERP is away",
        "poison among the orders",
        "posted over what is read",
        "refunds are asked for",
        "refunds on the way",
        "the books of shop and ERP",
        "the day ends in the middle",
        "the day is replayed",
        "the last units are sold in the shop and at Amazon",
        "tokens are revoked",
        "two shops divide what is there",
        "what London lacks is sold in Leeds",
        "what a provider paid out",
    )
)
"""Over 1.25 of it."""


def _turns(name: str) -> int:
    """How often it comes in a cycle: each gets about as much of a processor as any other."""
    if name in LIGHTEST:
        return 6
    if name in LIGHT:
        return 4
    return 1 if name in HEAVY else 2


TURNS = {name: _turns(name) for name in SCENARIOS}
ROTA = tuple(
    name for turn in range(max(TURNS.values())) for name in SCENARIOS if TURNS[name] > turn
)
"""Whose turn it is."""
