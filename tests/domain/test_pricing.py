from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.pricing import Priced, Unpriced, resolve
from shared.model.money import Money
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind, TaxBasis
from shared.model.product import UnitOfMeasure, Variant
from shared.model.target import PriceValue
from tests.domain.world import CHANNEL, NOW, RETAILER

VARIANT = Variant(
    sku="HAT-M", base_unit="PC", units=(UnitOfMeasure(code="CS", numerator=12, denominator=1),)
)
HOUR = timedelta(hours=1)


def condition(
    amount: int,
    kind: PriceKind = PriceKind.BASE,
    start: datetime = NOW - HOUR,
    end: datetime | None = None,
    **over: object,
) -> PriceCondition:
    fields = {
        "condition_id": f"{kind}-{amount}",
        "sku": "HAT-M",
        "kind": kind,
        "price_list": "retail",
        "amount": Money(amount=amount, currency="GBP"),
        "unit": "PC",
        "tax_basis": TaxBasis.GROSS,
        "window": EffectiveWindow(start=start, end=end),
    }
    return PriceCondition.model_validate(fields | over)


def promotion(amount: int, start: datetime, end: datetime) -> PriceCondition:
    return condition(amount, PriceKind.PROMOTIONAL, start, end)


def price(*conditions: PriceCondition, at: datetime = NOW) -> Priced | Unpriced:
    return resolve(conditions, variant=VARIANT, channel=CHANNEL, retailer=RETAILER, now=at)


def shown(*conditions: PriceCondition, at: datetime = NOW) -> PriceValue:
    found = price(*conditions, at=at)
    assert isinstance(found, Priced)
    return found.value


def gbp(amount: int) -> Money:
    return Money(amount=amount, currency="GBP")


def test_the_base_price_is_shown_when_nothing_else_is_effective() -> None:
    assert shown(condition(1999)) == PriceValue(price=gbp(1999))


def test_a_promotion_is_shown_with_the_base_price_struck_through() -> None:
    value = shown(condition(1999), promotion(1499, NOW - HOUR, NOW + HOUR))
    assert value == PriceValue(price=gbp(1499), compare_at=gbp(1999))


def test_a_promotion_holds_from_its_start_until_just_before_its_end() -> None:
    offer = promotion(1499, NOW, NOW + HOUR)
    base = condition(1999)
    last = NOW + HOUR - timedelta(microseconds=1)
    assert shown(base, offer, at=NOW - timedelta(microseconds=1)).price == gbp(1999)
    assert shown(base, offer, at=NOW).price == gbp(1499)
    assert shown(base, offer, at=last).price == gbp(1499)
    assert shown(base, offer, at=NOW + HOUR).price == gbp(1999)


def test_a_promotion_above_the_base_price_strikes_nothing_through() -> None:
    value = shown(condition(1000), promotion(1200, NOW - HOUR, NOW + HOUR))
    assert value == PriceValue(price=gbp(1200))


def test_of_two_base_prices_the_one_that_started_later_is_shown() -> None:
    assert shown(condition(1999, start=NOW - 2 * HOUR), condition(2099)).price == gbp(2099)


def test_a_price_for_many_is_divided_and_rounded_half_up() -> None:
    assert shown(condition(1000, per=Decimal(3))).price == gbp(333)
    assert shown(condition(25, per=Decimal(10))).price == gbp(3)


def test_a_price_for_a_case_is_divided_by_its_content() -> None:
    assert shown(condition(2400, unit="CS")).price == gbp(200)


def test_a_price_in_an_unknown_unit_is_not_guessed_at() -> None:
    found = price(condition(2400, unit="PAL"))
    assert isinstance(found, Unpriced)
    assert "gives None" in found.reason


def test_a_zero_price_is_never_shown() -> None:
    assert isinstance(price(condition(0)), Unpriced)


def test_a_list_of_the_wrong_tax_basis_is_refused() -> None:
    net = RETAILER.price_lists[0].model_copy(update={"tax_basis": TaxBasis.NET})
    retailer = RETAILER.model_copy(update={"price_lists": (net,)})
    found = resolve([condition(1999)], variant=VARIANT, channel=CHANNEL, retailer=retailer, now=NOW)
    assert isinstance(found, Unpriced)
    assert "is net" in found.reason


def test_a_condition_of_another_list_is_ignored() -> None:
    assert isinstance(price(condition(1999, price_list="wholesale")), Unpriced)


INSTANTS = st.integers(-48, 48).map(lambda h: NOW + timedelta(hours=h))
CONDITIONS = st.lists(
    st.builds(
        lambda amount, kind, start, hours: condition(
            amount, kind, start, start + timedelta(hours=hours) if hours else None
        ),
        st.integers(1, 9999),
        st.sampled_from(PriceKind),
        INSTANTS,
        st.integers(0, 24),
    ),
    max_size=6,
)


@given(conditions=CONDITIONS, at=INSTANTS)
def test_nothing_changes_before_the_instant_announced(
    conditions: list[PriceCondition], at: datetime
) -> None:
    now = price(*conditions, at=at)
    end = now.next_change or at + timedelta(days=9)
    between = at + (end - at) / 2
    then = price(*conditions, at=between)
    assert getattr(then, "value", None) == getattr(now, "value", None)


@given(conditions=CONDITIONS, at=INSTANTS)
def test_the_order_of_conditions_does_not_matter(
    conditions: list[PriceCondition], at: datetime
) -> None:
    assert price(*conditions, at=at) == price(*reversed(conditions), at=at)
