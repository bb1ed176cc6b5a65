"""Base prices of one owner and promotions of another: merged, and each believed about its own."""

from datetime import timedelta

import pytest

from shared.errors import RejectedError
from shared.flows.apply import Applied, apply
from shared.flows.calls import NOT_THE_OWNER
from shared.flows.price_calls import PriceCalls
from shared.flows.trace import Tracer
from shared.model.facts import PriceCard, PriceChange
from shared.model.ids import Entity
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind
from shared.model.retailer import Retailer, Source
from tests.domain.world import NOW, RETAILER
from tests.fakes import MemoryFiles
from tests.flows.world import World, base_price

SPLIT: Retailer = RETAILER.model_copy(
    update={
        "sources": (Source(name="engine"),),
        "authority": RETAILER.authority | {Entity.PROMOTION: "engine"},
    }
)
HOUR = timedelta(hours=1)


def promotion(amount: int, *, hours: int = 2, name: str = "WEEKEND") -> PriceCondition:
    window = EffectiveWindow(start=NOW + HOUR, end=NOW + HOUR * (1 + hours))
    fields = {"condition_id": name, "kind": PriceKind.PROMOTIONAL, "window": window}
    return base_price(amount).model_copy(update=fields)


def told(world: World, source: str, *conditions: PriceCondition) -> Applied:
    """What a source drops or posts: single conditions."""
    at = world.clock.now()
    change = PriceChange(source=source, as_of=at, sku="HAT-M", conditions=conditions)
    return kept(world, change)


def kept(world: World, card: PriceCard | PriceChange) -> Applied:
    return apply(
        [card],
        entity=Entity.PRICE,
        store=world.store,
        issues=world.issues,
        retailer=world.retailer,
    )


def whole(world: World, *conditions: PriceCondition) -> Applied:
    """What the ERP is read to say, whole."""
    at = world.clock.now()
    return kept(world, PriceCard(source="erp", as_of=at, sku="HAT-M", conditions=conditions))


def price(world: World) -> int:
    world.derive()
    desired = world.target().desired
    assert isinstance(desired, dict)
    assert isinstance(desired["price"], dict)
    return int(str(desired["price"]["amount"]))


@pytest.fixture
def world() -> World:
    world = World(SPLIT)
    world.know("M", price=1999)
    return world


def test_a_promotion_of_the_engine_is_taken_off_the_base_price_of_the_erp(world: World) -> None:
    told(world, "engine", promotion(1499))
    assert price(world) == 1999
    world.clock.advance(hours=1)
    assert price(world) == 1499
    assert {"price of erp", "price of engine"} <= world.target().facts.keys()
    world.clock.advance(hours=2)
    assert price(world) == 1999


def test_a_base_price_that_changes_meanwhile_is_the_one_that_comes_back(world: World) -> None:
    told(world, "engine", promotion(1499))
    world.clock.advance(hours=2)
    whole(world, base_price(2199))
    assert price(world) == 1499
    world.clock.advance(hours=1)
    assert price(world) == 2199


def test_a_promotion_withdrawn_early_ends_early_whatever_the_erp_is_read_to_say(
    world: World,
) -> None:
    told(world, "engine", promotion(1499, hours=5))
    world.clock.advance(hours=2)
    assert price(world) == 1499
    told(world, "engine", promotion(1499, hours=1))
    assert price(world) == 1999


def test_what_the_erp_says_of_promotions_is_a_finding_and_its_base_prices_count(
    world: World,
) -> None:
    whole(world, base_price(1899), promotion(999, name="VKA0"))
    world.clock.advance(hours=1)
    assert price(world) == 1899
    (issue,) = [i for i in world.open() if i.kind.value == "not_the_owner"]
    assert issue.subject == "erp/promotion"
    assert "engine owns them" in issue.summary


def test_what_the_engine_says_of_base_prices_is_a_finding(world: World) -> None:
    told(world, "engine", base_price(1))
    assert price(world) == 1999
    assert world.kinds() == ["not_the_owner"]


def test_without_a_base_price_nothing_is_shown_of_a_promotion() -> None:
    world = World(SPLIT)
    told(world, "engine", promotion(1499))
    world.clock.advance(hours=1)
    assert world.derive().written == 0


def test_an_owner_no_more_is_believed_no_more(world: World) -> None:
    """The file says anew who owns promotions: what the engine told before counts no longer."""
    told(world, "engine", promotion(1499))
    world.clock.advance(hours=1)
    assert price(world) == 1499
    after = World(RETAILER)
    after.store, after.clock = world.store, world.clock
    after.deriver = type(world.deriver)(
        world.store, world.queues, world.issues, world.clock, RETAILER
    )
    assert price(after) == 1999


def post(world: World, connection: str, kind: str) -> dict[str, object]:
    files = MemoryFiles(clock=world.clock)
    calls = PriceCalls(world.store, world.issues, world.clock, world.retailer, files)
    row = {
        "sku": "HAT-M",
        "price_list": "retail",
        "kind": kind,
        "amount": "9.99",
        "currency": "GBP",
        "tax_basis": "gross",
        "unit": "PC",
        "valid_from": NOW.isoformat(),
    }
    said = calls.take(
        {"connection": connection, "conditions": [row]}, caller="c", key=f"{connection}{kind}"
    )
    lines = said["lines"]
    assert isinstance(lines, list)
    assert isinstance(lines[0], dict)
    return dict(lines[0])


@pytest.mark.parametrize(
    ("connection", "kind", "owner"),
    [("engine", "base", "erp"), ("erp", "promotional", "engine"), ("engine", "cost", "erp")],
)
def test_a_line_of_prices_that_are_another_s_is_refused_by_kind(
    world: World, connection: str, kind: str, owner: str
) -> None:
    line = post(world, connection, kind)
    assert (line["status"], line["field"], line["value"]) == ("refused", "kind", kind)
    assert str(line["remedy"]).startswith(f"send it as {owner}")


def test_each_owner_posts_what_is_its_own(world: World) -> None:
    assert post(world, "engine", "promotional")["status"] == "accepted"
    assert price(world) == 999
    assert post(world, "erp", "base")["status"] == "accepted"


def test_who_owns_no_prices_at_all_is_refused_whole(world: World) -> None:
    with pytest.raises(RejectedError) as raised:
        post(world, "shop", "base")
    assert raised.value.code == NOT_THE_OWNER
    assert "erp and engine" in str(raised.value.remedy)


def test_the_trace_shows_what_each_owner_said(world: World) -> None:
    told(world, "engine", promotion(1499))
    found = Tracer(world.store, world.retailer).sku("HAT-M")
    assert found is not None
    facts = found["facts"]
    assert isinstance(facts, dict)
    assert facts.keys() >= {"price", "promotion", "item"}


# one connection that is both read and drops prices


def test_what_was_dropped_outlives_the_next_reading(world: World) -> None:
    world = World()
    world.know("M", price=1999)
    told(world, "erp", promotion(1499))
    world.clock.advance(minutes=5)
    whole(world, base_price(1999))
    world.clock.advance(hours=1)
    assert price(world) == 1499


def test_a_reading_that_says_nothing_new_writes_nothing_beside_what_was_dropped() -> None:
    world = World()
    world.know("M", price=1999)
    told(world, "erp", promotion(1499))
    world.clock.advance(minutes=5)
    assert whole(world, base_price(1999)).unchanged == 1


def test_what_the_reading_no_longer_says_is_gone_all_the_same() -> None:
    world = World()
    world.know("M", price=1999)
    whole(world, base_price(1999), promotion(999, name="VKA0"))
    told(world, "erp", promotion(1499))
    world.clock.advance(minutes=5)
    whole(world, base_price(1999))
    world.clock.advance(hours=1)
    assert price(world) == 1499


def test_a_condition_dropped_and_read_is_the_later_of_the_two() -> None:
    world = World()
    world.know("M", price=1999)
    told(world, "erp", promotion(1499))
    world.clock.advance(hours=1)
    assert price(world) == 1499
    whole(world, base_price(1999), promotion(1299))
    assert price(world) == 1299
    world.clock.advance(minutes=1)
    told(world, "erp", promotion(1199))
    assert price(world) == 1199
