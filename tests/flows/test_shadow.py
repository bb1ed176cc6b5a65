"""A channel in shadow: all is derived, looked at and compared, and nothing is written to it."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InDoubtError, RetryableError
from shared.flows import keys
from shared.flows.compare import Comparer
from shared.flows.findings import Findings
from shared.flows.pending import PAGE, pending
from shared.flows.recovery import Sweep
from shared.flows.target_rows import target_put
from shared.model.base import Json
from shared.model.ids import Entity, Facet
from shared.model.parity import Comparison
from shared.model.retailer import Retailer
from shared.model.target import TargetState
from shared.ports import Put
from tests.domain.world import RETAILER
from tests.flows.world import World, order, shipment

SIZES = ("L", "M", "S")
EVERY = RETAILER.channel("shop").parity.every


def pounds(amount: int) -> Json:
    return {"price": {"amount": amount, "currency": "GBP"}, "compare_at": None}


def levels(**units: int) -> Json:
    return {"levels": dict(units)}


def with_shadow(retailer: Retailer, *, on: bool) -> Retailer:
    connections = tuple(
        c.model_copy(update={"shadow": on}) if c.name == "shop" else c for c in retailer.connections
    )
    return retailer.model_copy(update={"connections": connections})


class Shadowed(World):
    """Three hats that another system sells on the shop, at 15.00 and seven of each."""

    def __init__(self, *, on: bool = True, listed: bool = True) -> None:
        super().__init__(with_shadow(RETAILER, on=on))
        for size in SIZES if listed else ():
            self.theirs(pounds(1500), size)
            self.theirs(levels(london=7, leeds=0), size, Facet.STOCK)
        self.know(*SIZES)
        self.derive()

    def switch(self, *, on: bool) -> None:
        """Deploy the other setting."""
        self.retailer = with_shadow(self.retailer, on=on)
        self.cases = replace(self.cases, retailer=self.retailer)
        self.teller = replace(self.teller, cases=self.cases)
        self.publisher = replace(self.publisher, retailer=self.retailer)

    def theirs(self, value: Json, size: str = "M", facet: Facet = Facet.PRICE) -> None:
        """The other system writes to the shop."""
        self.channel.shows[facet, f"HAT-{size}"] = value

    def minute(self) -> None:
        """What the sweep finds, and what follows from its messages."""
        self.queues.sent.clear()
        Sweep(self.store, self.queues, self.clock, self.retailer).run()
        for message in self.queues.take("shop-write"):
            if "ship" in message.body:
                self.teller.tell(message.body["ship"])
            else:
                self.publish(withheld=message.body["look"] == "withheld")

    def compare(self, facet: Facet = Facet.PRICE) -> Comparison:
        comparer = Comparer(
            connection="shop",
            channel_client=self.channel,
            store=self.store,
            queues=self.queues,
            issues=self.issues,
            findings=Findings("shop", self.issues, self.bus, self.clock),
            deriver=self.deriver,
            clock=self.clock,
            retailer=self.retailer,
        )
        comparer.handle({"compare": facet.value}, out_of_time=lambda: False)
        (message,) = [m for m in self.queues.take("shop-read") if "run" in m.body]
        for _ in range(9):
            self.orders_are_taken_in()
            try:
                found = comparer.handle(message.body, out_of_time=lambda: False)
            except RetryableError:
                self.clock.advance(minutes=2)
            else:
                assert found is not None
                return found
        raise AssertionError("the comparison did not end")

    def orders_are_taken_in(self) -> None:
        key = keys.cursor("shop", Entity.ORDER)
        row = self.store.get([key]).get(key)
        body: dict[str, Json] = {"done": self.clock.now().isoformat(), "heard": ""}
        self.store.commit([Put(key, body, row.rev if row else 0)])

    def pending(self) -> dict[tuple[str, str], tuple[Json, Json]]:
        """What the report names: what the shop shows, and what it should."""
        page = pending(self.store, "shop")
        assert page["next"] is None
        rows = page["pending"]
        assert isinstance(rows, list)
        return {
            (str(row["facet"]), str(row["key"])): (row["shown"], row["desired"])
            for row in rows
            if isinstance(row, dict)
        }

    @property
    def written(self) -> tuple[int, int]:
        return len(self.channel.calls), len(self.channel.shipped)


def test_what_would_be_sent_is_named_with_what_is_shown_and_nothing_is_sent() -> None:
    world = Shadowed()
    published = world.publish()
    assert world.written == (0, 0)
    prices = {("price", f"HAT-{s}"): (pounds(1500), pounds(1999)) for s in SIZES}
    stock = {
        ("stock", f"HAT-{s}"): (levels(london=7, leeds=0), levels(london=10, leeds=0))
        for s in SIZES
    }
    content = {
        ("content", "HAT"): (None, {"title": "Hat", "variants": [f"HAT-{s}" for s in SIZES]})
    }
    assert world.pending() == prices | stock | content
    assert published.withheld == 7
    assert published.again is None


def test_every_line_says_by_which_rules_its_value_came() -> None:
    world = Shadowed()
    world.publish()
    rows = pending(world.store, "shop")["pending"]
    assert isinstance(rows, list)
    for row in rows:
        assert isinstance(row, dict)
        assert bool(row["why"]) == (row["facet"] != "content")


def test_what_the_shop_shows_already_is_not_pending() -> None:
    world = Shadowed()
    world.theirs(pounds(1999))
    world.publish()
    assert ("price", "HAT-M") not in world.pending()
    assert world.target().state is TargetState.APPLIED


def test_a_new_wish_takes_the_place_of_the_pending_one() -> None:
    world = Shadowed()
    world.publish()
    world.clock.advance(minutes=1)
    world.price(1750)
    world.settle()
    assert world.pending()["price", "HAT-M"] == (pounds(1500), pounds(1750))
    assert world.written == (0, 0)


def test_what_the_other_system_sets_is_seen_when_the_shop_is_looked_at_again() -> None:
    world = Shadowed()
    world.publish()
    world.theirs(pounds(1999), "M")
    world.theirs(pounds(1600), "L")
    world.clock.at += EVERY - timedelta(seconds=1)
    reads = len(world.channel.read)
    world.minute()
    assert len(world.channel.read) == reads
    world.clock.advance(seconds=1)
    world.minute()
    assert ("price", "HAT-M") not in world.pending()
    assert world.pending()["price", "HAT-L"] == (pounds(1600), pounds(1999))
    reads = len(world.channel.read)
    world.minute()
    assert len(world.channel.read) == reads
    assert world.written == (0, 0)


def test_a_channel_in_shadow_is_left_alone_between_two_looks() -> None:
    world = Shadowed()
    world.publish()
    world.clock.advance(minutes=1)
    assert Sweep(world.store, world.queues, world.clock, world.retailer).run() == 0


def test_an_article_that_is_not_listed_is_pending_and_looked_at_once_it_is() -> None:
    world = Shadowed(listed=False)
    world.publish()
    assert world.pending()["price", "HAT-M"] == (None, pounds(1999))
    assert world.channel.asked == [["HAT"]]
    for size in SIZES:
        world.theirs(pounds(1500), size)
    world.clock.at += EVERY
    world.minute()
    assert world.pending()["price", "HAT-M"] == (pounds(1500), pounds(1999))
    assert world.written == (0, 0)


def test_live_again_everything_is_published_within_a_minute() -> None:
    world = Shadowed()
    world.publish()
    world.switch(on=False)
    world.clock.advance(minutes=1)
    world.minute()
    assert world.pending() == {}
    for size in SIZES:
        assert world.channel.shows[Facet.PRICE, f"HAT-{size}"] == pounds(1999)
        assert world.channel.shows[Facet.STOCK, f"HAT-{size}"] == levels(london=10, leeds=0)
    assert world.target(Facet.CONTENT, "HAT").state is TargetState.APPLIED


def test_live_again_nothing_is_sent_that_is_shown_already() -> None:
    world = Shadowed()
    for size in SIZES:
        world.theirs(pounds(1999), size)
    world.publish()
    world.switch(on=False)
    world.minute()
    assert Facet.PRICE not in {facet for facet, _ in world.channel.calls}


def test_an_edit_is_compared_and_becomes_pending_and_nobody_is_asked() -> None:
    world = Shadowed()
    for size in SIZES:
        world.theirs(pounds(1999), size)
    world.publish()
    world.theirs(pounds(1), "M")
    world.theirs(pounds(2), "S")
    world.clock.advance(hours=1)
    found = world.compare()
    assert found.tally.differing == {"edited": 2}
    world.publish()
    assert world.pending()["price", "HAT-M"] == (pounds(1), pounds(1999))
    world.clock.advance(hours=1)
    again = world.compare()
    assert (again.tally.withheld, again.tally.equal, again.tally.moving) == (2, 1, 0)
    assert again.tally.share_equal == "0.333333"
    assert world.kinds() == []
    assert world.written == (0, 0)


def test_a_shipment_is_told_once_the_shadow_is_over() -> None:
    world = Shadowed()
    world.publish()
    world.capture.take(order(("HAT-M", 2)))
    world.sender.send("shop:77")
    world.shipments.record(shipment(2), source=world.erp)
    world.teller.tell("shop:77")
    world.clock.advance(minutes=5)
    world.minute()
    assert world.written == (0, 0)
    world.switch(on=False)
    world.minute()
    assert world.channel.shipped == ["80"]


def test_an_order_of_a_channel_in_shadow_goes_to_the_erp_as_ever() -> None:
    world = Shadowed()
    world.capture.take(order(("HAT-M", 2)))
    world.sender.send("shop:77")
    assert [reference for _, reference in world.erp.orders] == ["SHOP-77"]


def test_what_was_in_doubt_when_the_shadow_began_is_looked_at() -> None:
    world = Shadowed(on=False)
    world.publish()
    world.price(2500)
    world.channel.errors, world.channel.swallowed = [InDoubtError("lost")], True
    world.settle()
    world.switch(on=True)
    calls = list(world.channel.calls)
    world.clock.advance(minutes=2)
    world.minute()
    assert world.target().state is TargetState.APPLIED
    assert world.channel.calls == calls


def test_the_pages_of_the_report_leave_nothing_out() -> None:
    world = Shadowed()
    world.publish()
    one = world.target()
    skus = {f"HAT-{number:04}" for number in range(2 * PAGE)}
    for number, sku in enumerate(sorted(skus)):
        since = world.clock.now() + timedelta(microseconds=number // 250)
        target = one.model_copy(update={"key": sku, "since": since})
        world.store.commit([target_put(target, 0, settle=timedelta())])
    found: set[str] = set()
    after: datetime | None = None
    for _ in range(9):
        page = pending(world.store, "shop", after=after)
        rows = page["pending"]
        assert isinstance(rows, list)
        found |= {str(row["key"]) for row in rows if isinstance(row, dict)}
        if page["next"] is None:
            break
        after = datetime.fromisoformat(str(page["next"]))
    assert found >= skus
    assert page["next"] is None


STEPS = st.one_of(
    st.tuples(st.just("price"), st.sampled_from(SIZES), st.integers(1, 3)),
    st.tuples(st.just("stock"), st.sampled_from(SIZES), st.integers(0, 3)),
    st.tuples(st.just("their price"), st.sampled_from(SIZES), st.integers(1, 3)),
    st.tuples(st.just("their stock"), st.sampled_from(SIZES), st.integers(0, 3)),
    st.tuples(st.just("publish"), st.just(""), st.just(0)),
    st.tuples(st.just("minutes"), st.just(""), st.sampled_from((1, 400))),
)


def step(world: Shadowed, what: str, size: str, number: int) -> None:
    match what:
        case "price":
            world.price(number * 100, f"HAT-{size}")
        case "stock":
            world.stock(number, f"HAT-{size}")
        case "their price":
            world.theirs(pounds(number * 100), size)
        case "their stock":
            world.theirs(levels(london=number, leeds=0), size, Facet.STOCK)
        case "publish":
            world.settle()
        case _:
            world.minute()
    world.clock.advance(minutes=max(number, 1) if what == "minutes" else 1)


@given(st.lists(STEPS, max_size=20))
def test_whatever_happens_in_shadow_nothing_is_written_and_live_everything_is_shown(
    steps: list[tuple[str, str, int]],
) -> None:
    world = Shadowed()
    for one in steps:
        step(world, *one)
    world.settle()
    world.clock.at += EVERY
    for facet in (Facet.PRICE, Facet.STOCK):
        world.compare(facet)
    world.minute()
    assert world.written == (0, 0)
    for size in SIZES:
        for facet in (Facet.PRICE, Facet.STOCK):
            target = world.target(facet, f"HAT-{size}")
            shown = world.channel.shows[facet, target.key]
            assert (shown == target.desired) == ((facet.value, target.key) not in world.pending())
    world.switch(on=False)
    world.minute()
    assert world.pending() == {}
    for size in SIZES:
        for facet in (Facet.PRICE, Facet.STOCK):
            target = world.target(facet, f"HAT-{size}")
            assert world.channel.shows[facet, target.key] == target.desired
