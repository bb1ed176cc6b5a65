"""The law of stock over the real flows: what is not there is not offered, and all comes right.

A warehouse tells movements and counts of Leeds and London in any order and doubled; readings of the
ERP for York overtake each other; two channels sell by themselves, orders come and go twice. What is
there, what is promised and what may be offered is worked out here once more, in plain sums.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.flows import keys
from shared.flows.leases import Leases
from shared.flows.publish import Publisher
from shared.flows.rechecks import recheck
from shared.model.facts import StockCard
from shared.model.ids import Entity, Facet
from shared.model.movement import Entry
from shared.model.order import Order
from shared.model.stock import StockPosition
from shared.ports import Key, Table
from shared.settings import load_retailer
from tests.domain.movements import PLACES, History, histories, mixed
from tests.domain.world import MARKET_TOML, NOW, RETAILER_TOML
from tests.flows.channel import FakeChannel
from tests.flows.stock_world import StockWorld
from tests.flows.test_kits import described, quiet
from tests.flows.world import LEASE, order
from tests.strategies import a_share

ERP, BUFFER, SAFETY, HATS = "york", 1, 2, 2
POOLS = {"shop": ("london", "leeds", "york"), "market": ("york", "london")}
MARKET = MARKET_TOML.replace('connection = "shop"', 'connection = "market"').replace(
    '["london"]', '["york", "london"]'
)
TOML = (
    RETAILER_TOML.replace('name = "london"', 'name = "london"\nsource = "wms"')
    .replace('name = "leeds"', 'name = "leeds"\nsource = "wms"')
    .replace('locations = ["london", "leeds"]', 'locations = ["london", "leeds", "york"]')
    + MARKET
    + f"""
[[sources]]
name = "wms"

[[locations]]
name = "york"
external = {{ erp = "1730/173A", shop = "gid://shopify/Location/3" }}

[[connections]]
name = "market"
system = "shopify"
base_url = "http://127.0.0.1:9003"
secret = "market"
settle_seconds = 60
limits = {{ points_per_second = 1000, bucket = 2000 }}

[[stock_rules]]
safety_stock = {SAFETY}

[[stock_rules]]
channels = ["shop"]
buffer = {BUFFER}

[kits]
per_component = 3

[[kits.defined]]
sku = "SET-M"
components = [{{ sku = "HAT-M", quantity = {HATS} }}]
"""
)
RETAILER = load_retailer(TOML)

type Reading = tuple[int, int, int]
"""When the ERP was read, what lay in York by then, and how many of it were in quarantine."""

type Step = tuple[str, str, str, str, int]
"""What is done, on which channel, of which article, at which location, with how many units."""


@dataclass
class Day:
    """The flows, and beside them what a bookkeeper writes down of what is told."""

    world: StockWorld = field(default_factory=lambda: StockWorld(RETAILER))
    open: dict[str, tuple[Order, str, str, int]] = field(default_factory=dict)
    read: Reading = (0, 0, 0)
    count: int = 0

    def __post_init__(self) -> None:
        for name in ("HAT", "SET"):
            described(self.world, name)
        world = self.world
        self.shops = {"shop": world.channel, "market": FakeChannel()}
        leases = Leases(world.store, world.clock, length=LEASE)
        self.publishers = [
            Publisher(
                connection=name,
                channel_client=shop,
                guarded=frozenset({Facet.STOCK}),
                store=world.store,
                leases=leases,
                issues=world.issues,
                clock=world.clock,
                retailer=RETAILER,
            )
            for name, shop in self.shops.items()
        ]

    # what happens

    def tell(self, told: Entry | Reading) -> None:
        if not isinstance(told, tuple):
            self.world.ledger.take([told], source="wms")
            return
        at, units, aside = told
        position = StockPosition(
            location=ERP, unit="PC", on_hand=Decimal(units), quarantine=Decimal(aside)
        )
        as_of = NOW + timedelta(milliseconds=at)
        card = StockCard(source="erp", as_of=as_of, sku="HAT-M", positions=(position,))
        self.world.apply(Entity.STOCK, card)
        self.read = max(self.read, told)

    def order(self, shop: str, sku: str, place: str, units: int) -> None:
        self.count += 1
        made = order((sku, units), external_id=str(self.count), channel=shop)
        place = place if place in POOLS[shop] else POOLS[shop][0]
        lines = tuple(line.model_copy(update={"location": place}) for line in made.lines)
        self.open[str(self.count)] = (made.model_copy(update={"lines": lines}), sku, place, units)
        self.capture(self.open[str(self.count)][0])

    def capture(self, made: Order) -> None:
        """Heard twice: by webhook and by poll."""
        for _ in range(2):
            self.world.capture.take(made)

    def sale(self, shop: str, sku: str, place: str, units: int) -> None:
        """The channel sells what it shows there, takes it off itself, and tells."""
        shown = self.shows(shop, sku)
        if shown.get(place, 0) >= units:
            self.shops[shop].shows[Facet.STOCK, sku] = {
                "levels": {**shown, place: shown[place] - units}
            }
            self.order(shop, sku, place, units)

    def cancel(self, *, heard_first: bool) -> None:
        """The oldest order; then the telling of before comes once more."""
        if not self.open:
            return
        made = self.open.pop(min(self.open, key=int))[0]
        at = NOW + timedelta(seconds=1)
        gone = made.model_copy(update={"cancelled_at": at, "updated_at": at})
        self.capture(gone)
        if not heard_first:
            self.capture(made)

    def do(self, step: Step) -> None:
        what, shop, sku, place, units = step
        match what:
            case "order":
                self.order(shop, sku, place, units)
            case "sale":
                self.sale(shop, sku, place, units)
            case "cancel":
                self.cancel(heard_first=units % 2 == 0)
            case "publish":
                quiet(self.world)
                self.publish()
            case "look":
                self.look()
            case _:
                pass

    def look(self) -> None:
        """What each channel shows is read back, whatever it is."""
        for shop in self.shops:
            for sku in ("HAT-M", "SET-M"):
                name = f"{shop}#stock#{sku}"
                settle, now = timedelta(seconds=60), self.world.clock.now()
                recheck(name, store=self.world.store, settle=settle, now=now)

    def publish(self) -> None:
        for publisher in self.publishers:
            publisher.run(out_of_time=lambda: False)

    # what is seen

    def shows(self, shop: str, sku: str) -> dict[str, int]:
        said = self.shops[shop].shows.get((Facet.STOCK, sku), {"levels": {}})
        return dict(said["levels"])  # type: ignore[index,call-overload,arg-type]

    def offers(self, shop: str, sku: str) -> dict[str, int]:
        key = Key(Table.TARGETS, f"{shop}#stock#{sku}")
        row = self.world.store.get([key]).get(key)
        return dict(row.body["desired"]["levels"]) if row else {}  # type: ignore[index,call-overload,arg-type]

    # the bookkeeper

    def there(self) -> Counter[str]:
        """Units that may be sold, by location, as far as it has been told of."""
        found: Counter[str] = Counter()
        for key in (keys.stock("HAT-M", "wms"), keys.stock("HAT-M", "erp")):
            row = self.world.store.get([key]).get(key)
            for p in StockCard.model_validate(row.body).positions if row else ():
                aside = p.reserved + p.quality_inspection + p.quarantine + p.damaged + p.blocked
                found[p.location] += int(p.on_hand - aside)
        return found

    def promised(self) -> Counter[str]:
        """Hats that open orders take, those in sets too."""
        found: Counter[str] = Counter()
        for _, sku, place, units in self.open.values():
            found[place] += units * (HATS if sku == "SET-M" else 1)
        return found

    def holds_good(self) -> None:
        """No level is above what is there less what is promised and kept back, nor are all."""
        there, promised = self.there(), self.promised()
        left = sum(max(0, units) for units in there.values()) - sum(promised.values())
        for shop, places in POOLS.items():
            hats, sets = self.offers(shop, "HAT-M"), self.offers(shop, "SET-M")
            kept = SAFETY + (BUFFER if shop == "shop" else 0)
            for place in places:
                free = max(0, there[place] - promised[place])
                assert 0 <= hats.get(place, 0) <= max(0, free - kept), (shop, place)
                assert 0 <= HATS * sets.get(place, 0) <= max(0, free - SAFETY), (shop, place)
            assert sum(hats.values()) <= max(0, left)
            assert HATS * sum(sets.values()) <= max(0, left)

    def ends_as(self, history: History) -> None:
        """All is told: the books are what happened, and each channel shows what follows."""
        there: Counter[str] = Counter({ERP: self.read[1] - self.read[2]})
        for place in PLACES:
            there[place] = history.truth[place, "available"]
        assert {p: n for p, n in self.there().items() if n} == {p: n for p, n in there.items() if n}
        promised = self.promised()
        free = {place: there[place] - promised[place] - SAFETY for place in POOLS["shop"]}
        lacking = any(promised[place] > max(0, there[place]) for place in POOLS["shop"])
        for shop, places in POOLS.items():
            assert self.shows(shop, "HAT-M") == self.offers(shop, "HAT-M")
            assert self.shows(shop, "SET-M") == self.offers(shop, "SET-M")
            if not lacking:
                kept = BUFFER if shop == "shop" else 0
                wanted = {place: max(0, free[place] - kept) for place in places}
                assert self.shows(shop, "HAT-M") == wanted
                sets = {p: max(0, max(0, free[p]) // HATS - kept) for p in places}
                assert self.shows(shop, "SET-M") == sets


@st.composite
def days(draw: st.DrawFn) -> tuple[History, list[Entry | Reading], list[Step]]:
    history = draw(histories(numbered=True, longest=6, stocked=12))
    figures = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=3))
    readings: list[Entry | Reading] = [(n, *both) for n, both in enumerate(figures, 1)]
    first, told = history.told[: len(PLACES)], draw(mixed(history.told[len(PLACES) :]))
    everything = [*first, *draw(st.permutations([*told, *first, *readings, *readings[:1]]))]
    step = st.tuples(
        st.sampled_from(("order", "sale", "sale", "cancel", "publish", "look", "told", "told")),
        st.sampled_from(tuple(POOLS)),
        st.sampled_from(("HAT-M", "SET-M")),
        st.sampled_from(POOLS["shop"]),
        st.integers(1, 6),
    )
    return history, everything, draw(st.lists(step, min_size=4, max_size=12))


@a_share(2)
@given(days())
def test_what_is_not_there_is_not_offered_and_every_channel_ends_at_what_is(
    day: tuple[History, list[Entry | Reading], list[Step]],
) -> None:
    history, left, steps = day
    made = Day()
    for entry in left[: len(PLACES)]:
        made.tell(entry)
    for step in [*steps, *(("told", "shop", "HAT-M", ERP, 1) for _ in left)]:
        made.world.clock.advance(seconds=1)
        if step[0] == "told" and left:
            made.tell(left.pop(0))
        made.do(step)
        quiet(made.world)
        made.holds_good()
    made.look()
    for _ in range(3):
        made.world.clock.advance(minutes=2)
        quiet(made.world)
        made.publish()
    made.ends_as(history)
