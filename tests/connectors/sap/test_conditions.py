"""Condition records: for whom they are, by quantity, deleted, and what is refused of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.connectors.sap.client import SapS4, connect
from shared.model.base import Json
from shared.model.facts import PriceCard
from shared.model.ids import Entity
from shared.model.price import PriceCondition
from shared.model.retailer import PriceList, Retailer
from shared.ports import Page, Refusal
from tests.connectors.sap.world import SECRET, Tenant, price
from tests.domain.world import RETAILER
from tests.flows.world import gbp

RETAIL = RETAILER.price_list("retail")
TRADE = RETAIL.model_copy(update={"name": "trade", "keys": {"CustomerPriceGroup": "02"}})
VIP = RETAIL.model_copy(
    update={"name": "vip", "keys": {"PriceListType": "07", "CustomerGroup": "01"}}
)
EURO = RETAIL.model_copy(update={"name": "euro", "currency": "EUR"})


class World(Tenant):
    """A tenant read for the lists of a retailer."""

    def __init__(self, *lists: PriceList, **settings: Json) -> None:
        self.retailer: Retailer = RETAILER.model_copy(update={"price_lists": (RETAIL, *lists)})
        super().__init__(page=1000, **settings)

    def connected(self, secret: dict[str, object] | None = None, **settings: Json) -> SapS4:
        return connect(
            self.retailer.connection("erp").model_copy(update={"settings": settings}),
            self.retailer,
            secret or dict(SECRET),
            pacer=self.pacer,
            clock=self.clock,
            transport=self.transport,
        )

    def read(self, sku: str = "HAT-M") -> tuple[tuple[PriceCondition, ...], list[Refusal]]:
        page = self.client.read(Entity.PRICE, [sku])
        (card,) = page.items
        assert isinstance(card, PriceCard)
        return card.conditions, list(page.refused)


def by_list(conditions: tuple[PriceCondition, ...]) -> dict[str, int]:
    return {c.price_list: c.amount.amount for c in conditions}


def test_a_price_for_a_customer_group_is_no_price_for_everybody() -> None:
    world = World(TRADE, VIP)
    world.load(
        prices=[
            price(amount="20.00"),
            price(amount="15.00", keys={"CustomerPriceGroup": "02"}),
            price(amount="12.00", keys={"PriceListType": "07", "CustomerGroup": "01"}),
        ]
    )
    conditions, refused = world.read()
    assert by_list(conditions) == {"retail": 2000, "trade": 1500, "vip": 1200}
    assert refused == []


def test_keys_no_list_names_are_one_exception_for_all_articles() -> None:
    world = World(TRADE)
    keys: dict[str, Json] = {"CustomerPriceGroup": "99"}
    world.load(prices=[price(), price(keys=keys), price("HAT-S"), price("HAT-S", keys=keys)])
    page: Page[PriceCard] = world.client.changed(Entity.PRICE, since=None, page=None)  # type: ignore[assignment]
    assert [by_list(card.conditions) for card in page.items] == [{"retail": 1999}] * 2
    (refusal,) = page.refused
    assert (refusal.subject, refusal.field) == ("keys", "PR00 with CustomerPriceGroup")
    assert refusal.value == 'CustomerPriceGroup = "99"'
    assert 'keys = { CustomerPriceGroup = "99" }' in refusal.remedy


def test_keys_that_are_not_ours_can_be_left_alone() -> None:
    world = World(ignored_keys=["Customer"])
    world.load(prices=[price(), price(amount="9.00", keys={"Customer": "0017100001"})])
    conditions, refused = world.read()
    assert (by_list(conditions), refused) == ({"retail": 1999}, [])


def test_of_lists_with_the_same_keys_the_one_in_its_currency_takes_a_record() -> None:
    world = World(EURO)
    world.load(prices=[price(amount="20.00"), price(amount="23.00", currency="EUR")])
    conditions, refused = world.read()
    assert (by_list(conditions), refused) == ({"retail": 2000, "euro": 2300}, [])


def test_the_record_s_own_unit_as_a_key_says_nothing_more() -> None:
    world = World()
    world.load(prices=[price(unit="CT", keys={"OrderQuantityUnit": "CT"})])
    (condition,), refused = world.read()
    assert (condition.unit, refused) == ("CT", [])


def test_a_scale_says_what_the_first_and_what_many_cost() -> None:
    world = World()
    lines: list[Json] = [["10", "17.50"], ["0", "19.99"], ["100", "15.00"]]
    world.load(prices=[price(amount="0", scale=lines, scale_type="A", scale_basis="C")])
    (condition,), refused = world.read()
    assert (condition.amount, refused) == (gbp(1999), [])
    assert [(s.quantity, s.unit, s.amount) for s in condition.scales] == [
        (Decimal(10), "PC", gbp(1750)),
        (Decimal(100), "PC", gbp(1500)),
    ]


TWO: list[Json] = [["1", "19.99"], ["10", "17.50"]]


@pytest.mark.parametrize(
    ("over", "field", "value"),
    [
        ({"scale": TWO, "scale_type": "B"}, "PricingScaleType", "B"),
        ({"scale": TWO, "scale_basis": "D"}, "PricingScaleBasis", "D"),
        ({"scale": [["5", "9.00"]]}, "ConditionScaleQuantity", "5"),
        ({"scale": [["1", "9.00"], ["5", "8.999"]]}, "scale", "line 2: 8.999 GBP from 5 PC"),
        ({"calculation": "A"}, "ConditionCalculationType", "A"),
        ({"unit": ""}, "ConditionQuantityUnit", ""),
        ({"amount": "9.999"}, "", "9.999 GBP"),
    ],
)
def test_what_is_not_understood_is_refused_by_field_and_value(
    over: dict[str, Any], field: str, value: str
) -> None:
    world = World()
    world.load(prices=[price(**over), price(kind="VKA0", amount="5.00")])
    (kept,), (refusal,) = world.read()
    assert kept.amount == gbp(500)
    assert refusal.subject == "HAT-M"
    assert refusal.field.endswith(field)
    assert refusal.value.startswith(value)
    assert refusal.remedy


def test_other_letters_count_where_the_tenant_s_customising_says_so() -> None:
    world = World(quantity_scales=["B"], quantity_bases=["D"], amount_types=["X"])
    world.load(prices=[price(scale=TWO, scale_type="B", scale_basis="D", calculation="X")])
    (condition,), refused = world.read()
    assert (len(condition.scales), refused) == (1, [])


def test_a_record_that_is_not_released_is_no_price_unless_its_status_counts() -> None:
    plan = price(amount="1.00", released="C")
    world, planning = World(), World(released_statuses=["", "C"])
    for each in (world, planning):
        each.load(prices=[price(kind="VKA0"), plan])
    assert len(world.read()[0]) == 1
    assert len(planning.read()[0]) == 2


@pytest.mark.parametrize("archive", [False, True])
def test_a_deleted_record_is_gone_from_its_article(archive: bool) -> None:  # noqa: FBT001
    world = World()
    world.load(prices=[price(), price(kind="VKA0", amount="9.99")])
    before, _ = world.read()
    promotion = next(c for c in before if c.amount == gbp(999))
    world.simulator.control("delete_price", record=promotion.condition_id, archive=archive)
    after, refused = world.read()
    assert ([c.amount for c in after], refused) == ([gbp(1999)], [])


def test_the_periods_of_one_record_are_conditions_of_their_own() -> None:
    world = World()
    world.load(prices=[price(start="2026-01-01", end="2026-12-31"), price(start="2027-01-01")])
    first, second = world.simulator.tenant.conditions.of("HAT-M")
    second.record = first.record
    conditions, _ = world.read()
    assert len({c.condition_id for c in conditions}) == 2
    assert conditions[1].window.start == datetime(2027, 1, 1, tzinfo=UTC)


def test_prices_of_no_material_are_left_to_those_who_have_them() -> None:
    world = World()
    world.load(prices=[price("", amount="1.00"), price()])
    page = world.client.changed(Entity.PRICE, since=None, page=None)
    assert ([card.sku for card in page.items], page.refused) == (["HAT-M"], ())  # type: ignore[union-attr]
