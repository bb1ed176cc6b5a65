"""What a movement costs: calls to AWS, DynamoDB's units, money, and the time of a processor."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Final

from shared.domain.availability import Known, offered, pooled
from shared.domain.ledger import posted
from tests.bench.hundred import MANY, Hundred, retailer
from tests.bench.metric import Line, Size
from tests.bench.naive import naive_movements
from tests.bench.spent import Spent
from tests.bench.timing import UNIT, in_digests
from tests.domain.movements import GUARDS
from tests.domain.stock_worlds import VARIANT, position, rules_of
from tests.domain.stock_worlds import retailer as ruled
from tests.domain.world import NOW
from tests.flows.stock_world import StockWorld, level, move

CALLS_MOST: Final = Decimal("0.15")
USD_MOST: Final = Decimal("2.3")
CPU_MOST, DOMAIN_MOST = Decimal(230), Decimal(40)
USD: Final = "US dollars a million"
ROUNDS: Final = 40


def costs(size: Size) -> Iterator[Line]:
    """A hundred movements of as many articles: kept, derived, and the publishers told."""
    del size
    four, all_four, naive = (
        spent(4),
        spent(4, shared=True),
        naive_movements(Hundred(retailer(shared=False))),
    )
    calls = "calls a movement"
    yield Line("stock.aws_calls", spent(1).calls_each, CALLS_MOST, calls, Decimal(1))
    yield Line("stock.aws_calls.four_channels", four.calls_each, CALLS_MOST, calls)
    yield Line("stock.aws_calls.of_the_door", _door(), CALLS_MOST, calls)
    yield Line("stock.aws_calls.naive", naive.calls_each, CALLS_MOST, calls)
    for name, found, changed in (("", four, 1), (".all_four", all_four, 4)):
        units = Decimal(found.write_units) / MANY
        yield Line(f"stock.write_units{name}", units, Decimal(1 + 2 * changed), "units", Decimal(1))
    yield Line("stock.write_units.naive", Decimal(naive.write_units) / MANY, Decimal(3), "units")
    yield Line("stock.cost_per_million_usd", four.usd, USD_MOST, USD, Decimal(1))
    yield Line("stock.cost_per_million_usd.all_four", all_four.usd, USD_MOST, USD)
    yield Line("stock.cost_per_million_usd.naive", naive.usd, USD_MOST, USD)


def cpu(size: Size) -> Iterator[Line]:
    """The engine alone with every kind of rule in force; then all of it, but for the network."""
    del size
    yield Line("stock.cpu_domain", in_digests(_engine()), DOMAIN_MOST, UNIT, Decimal(1))
    for name, channels, most in (("", 1, Decimal(1)), (".four_channels", 4, None)):
        hundred = Hundred(retailer(shared=False, channels=channels))
        with hundred.deployed(), _loaded():
            took = in_digests(hundred.post, rounds=ROUNDS, each=1)
        hundred.move()
        with hundred.deployed(), _loaded():
            took += in_digests(hundred.derive, rounds=ROUNDS, each=1)
        yield Line(f"stock.cpu{name}", took / MANY, CPU_MOST, UNIT, most)


@contextmanager
def _loaded() -> Iterator[None]:
    """As in a container: what was there before the first message is not looked through again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@cache
def spent(channels: int, *, shared: bool = False) -> Spent:
    """Counted twice: calls where boto3 sends them, units on the rows that are read and written."""
    hundred = Hundred(retailer(shared=shared, channels=channels))
    store, calls = hundred.store, hundred.stub.calls
    calls.clear()
    with hundred.deployed():
        hundred.take()
    asked = Counter(calls)
    before = store.write_units, store.read_units
    hundred.move()
    calls.clear()
    with hundred.deployed():
        hundred.derive()
    asked += Counter(calls)
    with hundred.deployed(store):
        hundred.derive()
    return Spent(asked, store.write_units - before[0], store.read_units - before[1], 2)


def _door() -> Decimal:
    """What makes a call repeatable under its key, whatever is in it."""
    hundred = Hundred(retailer(shared=False, channels=1))
    calls = hundred.stub.calls
    calls.clear()
    with hundred.deployed():
        hundred.take()
        taken = Counter(calls)
        hundred.post()
    return Decimal(sum(calls.values()) - 2 * taken.total()) / MANY


def _engine() -> Callable[[], object]:
    """A movement posted, what is then free at two locations, and a channel's levels with why."""
    share = [{"channel": "shop", "weight": 3}]
    later = {"kind": "backorder", "units": 50, "lead_days": 14}
    ours = ruled(
        rules=[
            {"safety_stock": 2},
            {"locations": ["london"], "buffer": 2},
            {"channels": ["shop"], "buffer_percent": 10},
            {"threshold": 5, "cap": 20, "running_low": 3},
            {"skus": ["HAT-M"], "locations": ["london"], "later": later},
        ],
        allocations=[{"name": "online", "by": "share", "parts": share}],
        pools={"shop": ("london", "leeds")},
    )
    rules, channel, world = rules_of(ours), ours.channels[0], StockWorld()
    places = (
        position("london", 40, reserved=2, quarantine=1),
        position("leeds", 30, damaged=1, blocked=2),
    )
    known = Known(VARIANT, places, promised={"london": 3})
    card = posted(None, world.entry(level(sequence="0")), guards=GUARDS, now=NOW).card
    receipt = world.entry(move(sequence="1", document="PO-4711"))

    def work() -> object:
        posted(card, receipt, guards=GUARDS, now=NOW)
        return offered(pooled(known, rules, now=NOW), channel, rules).chain

    return work
