"""What of a source's telling is taken: five ways to be wrong, each with a policy."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.stock_guards import begun, doubted, ended, guarded
from shared.model.facts import StockCard
from shared.model.stock_rules import StockGuards
from tests.domain.stock_worlds import PLACES, position, positions
from tests.factories import NOW, make_stock_card

LATER = NOW + timedelta(minutes=5)
POLICIES = ("accept", "keep", "floor", "suppress")


def card(*places: Any, **over: Any) -> StockCard:
    return make_stock_card(positions=places, **over)


def guards(**policies: str) -> StockGuards:
    return StockGuards.model_validate({name: {"then": then} for name, then in policies.items()})


def on_hand(found: StockCard) -> dict[str, int]:
    return {one.location: int(one.on_hand) for one in found.positions}


KNOWN = card(position("london", 10), position("leeds", 4))


def test_what_is_told_well_is_taken_as_it_is() -> None:
    told = card(position("london", 9), as_of=LATER)
    assert guarded(KNOWN, told, StockGuards()) is told


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("null", card(position("leeds", 4), untold=("london",), as_of=LATER)),
        ("missing", card(position("leeds", 4), as_of=LATER)),
        ("negative", card(position("london", -3), position("leeds", 4), as_of=LATER)),
        ("absurd", card(position("london", 2_000_000), position("leeds", 4), as_of=LATER)),
    ],
)
@pytest.mark.parametrize("then", POLICIES)
def test_what_is_not_believed_leaves_what_was_known(kind: str, told: StockCard, then: str) -> None:
    policy = guards(**{kind: then})
    found = guarded(KNOWN, told, policy)
    if then == "accept":
        assert on_hand(found) == on_hand(told)
        assert doubted(found, policy) == {}
        return
    assert on_hand(found) == {"london": 10, "leeds": 4}
    (doubt,) = found.doubts
    assert (doubt.location, doubt.kind, doubt.since) == ("london", kind, LATER)
    (one,) = doubted(found, policy)["london"]
    assert one.policy.then == then


def test_any_quantity_can_be_absurd() -> None:
    told = card(position("london", 5, in_transit=3_000_000))
    assert [d.kind for d in guarded(None, told, StockGuards()).doubts] == ["absurd"]


def test_of_a_location_never_told_of_well_nothing_is_known() -> None:
    assert guarded(None, card(untold=("london",)), StockGuards()).positions == ()


def test_a_doubt_lasts_since_it_began_until_a_good_telling() -> None:
    bad = card(position("leeds", 4), untold=("london",), as_of=LATER)
    first = guarded(KNOWN, bad, StockGuards())
    again = bad.model_copy(update={"as_of": LATER + timedelta(hours=1)})
    second = guarded(first, again, StockGuards())
    assert second.doubts == first.doubts
    assert begun(first, second) == []
    good = card(position("london", 8), position("leeds", 4), as_of=LATER + timedelta(hours=2))
    third = guarded(second, good, StockGuards())
    assert third.doubts == ()
    assert [d.location for d in ended(second, third)] == ["london"]


def tellings() -> st.SearchStrategy[StockCard]:
    strange = st.sampled_from((Decimal(-7), Decimal(5_000_000)))

    def odd(goods: list[Any], where: str | None, units: Decimal) -> tuple[Any, ...]:
        return tuple(
            one.model_copy(update={"on_hand": units}) if one.location == where else one
            for one in goods
        )

    goods = st.builds(odd, positions(), st.none() | st.sampled_from(PLACES), strange)
    return st.builds(
        lambda goods, untold: card(*(g for g in goods if g.location not in untold), untold=untold),
        goods,
        st.lists(st.sampled_from(PLACES), max_size=1, unique=True).map(tuple),
    )


@given(told=st.lists(tellings(), min_size=1, max_size=4), then=st.sampled_from(POLICIES[1:]))
def test_no_level_rests_on_a_telling_that_is_not_believed(told: list[StockCard], then: str) -> None:
    policy = guards(null=then, missing=then, negative=then, absurd=then)
    known: StockCard | None = None
    for one in told:
        known = guarded(known, one, policy)
        assert all(0 <= p.on_hand <= policy.absurd.above for p in known.positions)
        assert known.untold == ()
        assert guarded(known, one, policy) == known
