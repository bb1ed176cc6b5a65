"""A promotion told before it begins: Amazon switches by itself, and we look whether it did."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.connectors.amazon import mapping, offers
from shared.connectors.amazon.listing_schema import Listing
from shared.connectors.amazon.settings import AmazonSettings
from shared.errors import RejectedError
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.price import PriceCondition, PriceKind
from shared.model.target import NextPrice, PriceValue, TargetState
from tests.connectors.amazon.test_publishing import Shop, base_of, shop
from tests.connectors.amazon.world import NOW, UK, gbp, world
from tests.factories import make_condition, make_window

SKU = "S00000"
SETTINGS = AmazonSettings(seller_id="A3SELLER", marketplace_id=UK)
START, END = NOW + timedelta(hours=5), NOW + timedelta(hours=9)
SECOND = timedelta(seconds=1)


def promotion(amount: int, *, start: datetime = START, end: datetime = END) -> PriceCondition:
    return make_condition(
        sku=SKU,
        kind=PriceKind.PROMOTIONAL,
        condition_id="SALE",
        amount=gbp(amount),
        window=make_window(start=start, end=end),
    )


@pytest.fixture(params=["offers", "attributes"])
def told(request: pytest.FixtureRequest) -> Shop:
    """One article at 19.99, its promotion at 14.99 told hours before it begins."""
    made = shop(dates=True, price_shown_in=request.param)
    made.open(1, price=1999, units=5)
    made.run(timedelta(hours=1))
    made.clock.at = NOW + timedelta(hours=1)
    made.tell(base_of(SKU, 1999), promotion(1499))
    made.run(timedelta(hours=1))
    assert made.target(Facet.PRICE, SKU).state is TargetState.APPLIED
    return made


def shown(made: Shop, at: datetime) -> Json:
    made.clock.at = at
    return made.there.prices()[SKU]


def patches(made: Shop) -> int:
    return sum(path.startswith("PATCH") for path in made.there.wire.paths())


def switched(made: Shop, at: datetime) -> None:
    """The clock wakes the article, and everything settles."""
    made.clock.at = at
    made.wake(SKU)
    made.run(timedelta(minutes=30))
    assert made.target(Facet.PRICE, SKU).state is TargetState.APPLIED


def test_it_begins_and_ends_to_the_second_and_nothing_is_sent_at_either(told: Shop) -> None:
    sent = patches(told)
    assert shown(told, START - SECOND) == 1999
    assert shown(told, START) == 1499
    switched(told, START)
    assert shown(told, END - SECOND) == 1499
    assert shown(told, END) == 1999
    switched(told, END)
    assert patches(told) == sent


def test_what_amazon_did_not_do_by_itself_is_sent(told: Shop) -> None:
    told.clock.at = START - timedelta(hours=1)
    told.there.control("set_price", sku=SKU, price="19.99")
    switched(told, START)
    assert shown(told, told.clock.now()) == 1499


@pytest.mark.parametrize("at", [START - timedelta(hours=1), START + timedelta(hours=1)])
def test_a_correction_replaces_what_was_told(told: Shop, at: datetime) -> None:
    if at > START:
        switched(told, START)
    told.clock.at = at
    told.tell(base_of(SKU, 1999), promotion(1299))
    told.run(timedelta(minutes=30))
    assert shown(told, START + timedelta(hours=2)) == 1299
    assert shown(told, END) == 1999


def test_one_that_is_withdrawn_before_it_begins_never_does(told: Shop) -> None:
    told.tell(base_of(SKU, 1999))
    told.run(timedelta(minutes=30))
    assert shown(told, START) == 1999
    assert shown(told, END) == 1999


def test_one_that_is_withdrawn_early_ends_early(told: Shop) -> None:
    switched(told, START)
    told.tell(base_of(SKU, 1999), promotion(1499, end=START + timedelta(hours=2)))
    told.run(timedelta(minutes=30))
    assert shown(told, START + timedelta(hours=2) - SECOND) == 1499
    assert shown(told, START + timedelta(hours=2)) == 1999


def test_a_base_price_that_changes_meanwhile_is_the_one_that_comes_back(told: Shop) -> None:
    switched(told, START)
    told.tell(base_of(SKU, 2199), promotion(1499))
    told.run(timedelta(minutes=30))
    assert shown(told, END - SECOND) == 1499
    assert shown(told, END) == 2199


def test_by_feed_it_is_told_ahead_as_well() -> None:
    there = world()
    skus = [f"S{i}" for i in range(6)]
    there.listed(*skus, price="19.99")
    wish = value(1999, (START, 1499), (END, 1999)).model_dump(mode="json")
    outcomes = there.push(Facet.PRICE, *(there.line(sku, wish) for sku in skus))
    assert all(outcome.receipt for outcome in outcomes)
    there.clock.at = START
    assert set(there.prices().values()) == {1499}


# the offer itself


def value(pence: int, *ahead: tuple[datetime, int]) -> PriceValue:
    steps = tuple(NextPrice(at=at, price=gbp(amount)) for at, amount in ahead)
    return PriceValue(price=gbp(pence), ahead=steps)


def said(told_value: PriceValue, now: datetime = NOW) -> dict[str, Any]:
    made = offers.offer(told_value, SETTINGS, "GBP", now)
    return dict(json.loads(json.dumps(made, default=str)))


def test_a_sale_to_come_is_a_discounted_price_with_both_its_ends() -> None:
    offer = said(value(1999, (START, 1499), (END, 1999)))
    assert offer["our_price"] == [{"schedule": [{"value_with_tax": "19.99"}]}]
    assert offer["discounted_price"] == [
        {
            "schedule": [
                {
                    "value_with_tax": "14.99",
                    "start_at": "2026-11-23T14:00:00Z",
                    "end_at": "2026-11-23T18:00:00Z",
                }
            ]
        }
    ]


def test_a_sale_under_way_began_by_now_and_the_price_after_it_is_beside_it() -> None:
    offer = said(value(1499, (END, 2199)), START)
    assert offer["our_price"] == [{"schedule": [{"value_with_tax": "21.99"}]}]
    (sale,) = offer["discounted_price"][0]["schedule"]
    assert (sale["value_with_tax"], sale["start_at"]) == ("14.99", "2026-11-23T14:00:00Z")


def test_a_price_without_dates_holds_no_sale() -> None:
    assert "discounted_price" not in said(value(1999))


def test_what_is_no_sale_of_amazon_s_is_refused() -> None:
    with pytest.raises(RejectedError, match="lies ahead"):
        said(value(1999, (START, 1499), (END, 1899)))


@pytest.mark.parametrize(
    "sale",
    [
        {"value_with_tax": 20},
        {"value_with_tax": 19, "start_at": "2026-11-23", "end_at": "2026-11-23"},
        {"value_with_tax": 19, "start_at": "2026-11-23"},
        {"value_with_tax": 19, "start_at": "soon", "end_at": "2026-11-24"},
        {"value_with_tax": 0, "start_at": "2026-11-23", "end_at": "2026-11-24"},
    ],
)
def test_the_simulated_amazon_refuses_a_sale_that_is_none(sale: dict[str, Json]) -> None:
    there = world()
    there.listed("HAT", price="19.99")
    offer: dict[str, Json] = {
        "marketplace_id": UK,
        "currency": "GBP",
        "our_price": [{"schedule": [{"value_with_tax": 20}]}],
        "discounted_price": [{"schedule": [sale]}],
    }
    body: dict[str, Json] = {
        "productType": "LUGGAGE",
        "patches": [{"op": "replace", "path": mapping.PRICE_PATH, "value": [offer]}],
    }
    answer: Any = there.simulator.catalogue.patch("HAT", {"marketplaceIds": UK}, body)
    assert answer["status"] == "INVALID"


def test_a_sale_is_read_as_what_holds_now_and_what_follows() -> None:
    listing = Listing.model_validate(
        {"sku": SKU, "attributes": {"purchasable_offer": [_as_read(END)]}}
    )
    settings = SETTINGS.model_copy(update={"price_shown_in": "attributes"})
    before = offers.shown(listing, value(1), settings, "GBP", NOW)
    during = offers.shown(listing, value(1), settings, "GBP", START)
    after = offers.shown(listing, value(1), settings, "GBP", END)
    assert before == value(1999, (START, 1499), (END, 1999)).model_dump(mode="json")
    assert during == value(1499, (END, 1999)).model_dump(mode="json")
    assert after == value(1999).model_dump(mode="json")
    undated = offers.shown(listing, value(1), settings, "GBP", None)
    assert undated == value(1999).model_dump(mode="json")


def _as_read(end: datetime) -> dict[str, object]:
    offer = offers.offer(value(1999, (START, 1499), (end, 1999)), SETTINGS, "GBP", NOW)
    return {**offer, "our_price": [{"schedule": [{"value_with_tax": gbp(1999).decimal()}]}]}
