"""What a channel is told of the time to come, and what it then shows by its own clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import targets
from shared.domain.ahead import (
    Coming,
    as_of,
    current,
    dated,
    foretold,
    plain,
    scheduled,
    undated,
)
from shared.domain.pricing import Priced, Unpriced, resolve
from shared.domain.targets import Draft
from shared.domain.wishes import name_of
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.price import PriceCondition, PriceKind
from shared.model.steps import Decision
from shared.model.target import (
    Attempt,
    Guard,
    NextPrice,
    PriceValue,
    Proposal,
    Ruling,
    Target,
    TargetState,
    Verdict,
)
from tests.factories import make_condition, make_retailer, make_variant, make_window

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHOP = make_retailer()


def value(pence: int, *ahead: tuple[int, int]) -> PriceValue:
    """A price, and prices some hours ahead."""
    return PriceValue(price=_gbp(pence), ahead=tuple(_next(*each) for each in ahead))


def _gbp(pence: int) -> Money:
    return Money(amount=pence, currency="GBP")


def _next(hours: int, pence: int) -> NextPrice:
    return NextPrice(at=NOW + hours * HOUR, price=_gbp(pence))


def coming(hours: float, pence: int, *, promotional: bool = False) -> Coming:
    return Coming(NOW + hours * HOUR, value(pence), promotional)


def test_a_promotion_and_its_end_are_told_before_it_begins() -> None:
    told = scheduled(
        value(2000), [coming(1, 1500, promotional=True), coming(3, 2000)], promotional=False
    )
    assert told == value(2000, (1, 1500), (3, 2000))


def test_the_end_of_a_promotion_and_the_price_after_it_are_told_while_it_runs() -> None:
    told = scheduled(value(1500), [coming(3, 2200), coming(5, 1000)], promotional=True)
    assert told == value(1500, (3, 2200))


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [coming(1, 1500, promotional=True)],  # no end is known
        [coming(1, 1500, promotional=True), coming(3, 2100)],  # another price comes after it
        [coming(1, 2500, promotional=True), coming(3, 2000)],  # it is no lower
        [coming(1, 1500), coming(3, 2000)],  # a base price that changes is no sale
        [coming(1, 1500, promotional=True), coming(3, 1200, promotional=True)],
        [coming(0.00001, 1500, promotional=True), coming(3, 2000)],  # not a whole second
    ],
)
def test_what_is_no_sale_is_left_to_our_own_clock(steps: list[Coming]) -> None:
    assert scheduled(value(2000), steps, promotional=False) == value(2000)


def test_a_promotion_that_follows_another_is_left_to_our_own_clock() -> None:
    steps = [coming(2, 1200, promotional=True), coming(3, 2000)]
    assert scheduled(value(1500), steps, promotional=True) == value(1500)


def said(told: PriceValue) -> Json:
    return told.model_dump(mode="json")


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        (0, value(2000, (1, 1500), (3, 2000))),
        (1, value(1500, (3, 2000))),
        (2, value(1500, (3, 2000))),
        (3, value(2000)),
        (9, value(2000)),
    ],
)
def test_a_channel_switches_at_the_instants_it_was_told(hours: int, shown: PriceValue) -> None:
    told = said(value(2000, (1, 1500), (3, 2000)))
    assert current(told, NOW + hours * HOUR) == said(shown)


def test_what_was_told_nothing_ahead_stays_the_very_same() -> None:
    told = said(value(2000))
    assert current(told, NOW) is told
    assert current(None, NOW) is None
    assert plain(said(value(2000, (1, 1500)))) == told


# what is told ahead is what the engine says at the time

windows = st.tuples(st.integers(0, 40), st.integers(1, 40), st.integers(500, 3000))


def conditions(promotions: list[tuple[int, int, int]], base: int) -> list[PriceCondition]:
    made = [make_condition(condition_id="base", amount=_gbp(base))]
    for number, (start, length, pence) in enumerate(promotions):
        window = make_window(start=NOW + start * HOUR, end=NOW + (start + length) * HOUR)
        made.append(
            make_condition(
                condition_id=f"p{number}",
                kind=PriceKind.PROMOTIONAL,
                amount=_gbp(pence),
                window=window,
            )
        )
    return made


@given(st.lists(windows, max_size=4), st.integers(500, 3000), st.integers(0, 90))
def test_until_the_last_instant_told_a_channel_shows_what_the_engine_says(
    promotions: list[tuple[int, int, int]], base: int, later: int
) -> None:
    known = conditions(promotions, base)

    def at(now: datetime) -> Priced | Unpriced:
        return resolve(
            known, variant=make_variant(), channel=SHOP.channels[0], retailer=SHOP, now=now
        )

    priced = at(NOW)
    assert isinstance(priced, Priced)
    told = foretold(priced, at)
    then = NOW + later * HOUR
    if not told.ahead or then > told.ahead[-1].at:
        return
    wanted = at(then)
    assert isinstance(wanted, Priced)
    shown = PriceValue.model_validate(plain(current(said(told), then)))
    assert shown == wanted.value


# a target whose channel has its dates


def target(told: PriceValue, **over: object) -> Target:
    fields = {
        "channel": "shop",
        "facet": Facet.PRICE,
        "key": "HAT",
        "group": "HAT",
        "desired": said(told),
        "version": 4,
        "published": said(told),
        "published_version": 4,
        "state": TargetState.APPLIED,
        "since": NOW - HOUR,
        "derived_at": NOW - HOUR,
    }
    return Target.model_validate(fields | over)


def draft(told: PriceValue) -> Draft:
    return Draft("shop", Facet.PRICE, "HAT", "HAT", said(told), 3, (), {})


def desired(old: Target, told: PriceValue, hours: int) -> Target:
    new = targets.desire(old, draft(told), now=NOW + hours * HOUR)
    assert new is not None
    return new


def test_at_the_switch_nothing_is_sent_and_what_is_shown_is_read_back_later() -> None:
    old = target(value(2000, (1, 1500), (3, 2000)))
    new = desired(old, value(1500, (3, 2000)), 1)
    assert (new.state, new.published) == (TargetState.IN_DOUBT, new.desired)
    minute = timedelta(minutes=1)
    assert targets.due(new, settle_after=minute) == NOW + HOUR + minute
    seen = targets.seen(new, said(value(1500, (3, 2000))), now=NOW + HOUR + minute)
    assert (seen.state, seen.published_version) == (TargetState.APPLIED, 5)


def test_a_channel_that_did_not_switch_is_sent_the_price() -> None:
    new = desired(target(value(2000, (1, 1500), (3, 2000))), value(1500, (3, 2000)), 1)
    seen = targets.seen(new, said(value(2000)), now=NOW + HOUR)
    assert seen.state is TargetState.DIRTY


@pytest.mark.parametrize("told", [value(2000), value(2000, (1, 1400), (3, 2000))])
def test_a_correction_or_withdrawal_before_the_start_replaces_what_was_told(
    told: PriceValue,
) -> None:
    new = desired(target(value(2000, (1, 1500), (3, 2000))), told, 0)
    assert new.state is TargetState.DIRTY


def test_another_price_at_the_switch_than_was_told_is_sent() -> None:
    new = desired(target(value(2000, (1, 1500), (3, 2000))), value(1400, (3, 2000)), 1)
    assert new.state is TargetState.DIRTY


@pytest.mark.parametrize("state", [TargetState.DIRTY, TargetState.IN_DOUBT, TargetState.REJECTED])
def test_only_what_the_channel_is_known_to_have_switches_by_itself(state: TargetState) -> None:
    attempts = (Attempt(at=NOW, version=4, verdict=Verdict.UNKNOWN),)
    old = target(value(2000, (1, 1500), (3, 2000)), state=state, published=None, attempts=attempts)
    new = desired(old, value(1500, (3, 2000)), 1)
    assert new.published is None
    assert new.dirty


def test_a_read_back_after_the_switch_counts_though_nothing_was_derived_since() -> None:
    old = target(value(2000, (1, 1500), (3, 2000)), state=TargetState.IN_DOUBT)
    seen = targets.seen(old, said(value(1500, (3, 2000))), now=NOW + HOUR)
    assert seen.state is TargetState.APPLIED
    assert desired(seen, value(1500, (3, 2000)), 1).state is TargetState.IN_DOUBT


def test_held_against_the_channel_is_what_it_should_show_by_now() -> None:
    old = target(value(2000, (1, 1500), (3, 2000)))
    assert as_of(old, NOW) is old
    assert as_of(old, NOW + 2 * HOUR).desired == said(value(1500, (3, 2000)))


# beside guardrails


def guarded(*held: PriceValue, rejected: PriceValue | None = None) -> Guard:
    proposals = [
        Proposal(name=name_of(said(one)), value=said(one), since=NOW, reasons=()) for one in held
    ]
    rulings = [
        Ruling(
            name=name_of(said(one)),
            value=said(one),
            decision=Decision.REJECTED,
            by="somebody",
            why="too low",
            at=NOW,
        )
        for one in ([rejected] if rejected else [])
    ]
    return Guard(held=tuple(proposals), rulings=tuple(rulings))


TOLD = value(2000, (1, 1500), (3, 2000))


@pytest.mark.parametrize("guard", [None, guarded(), guarded(value(999), rejected=value(998))])
def test_what_is_not_held_is_told_ahead(guard: Guard | None) -> None:
    assert dated(said(value(2000)), said(TOLD), guard) == said(TOLD)


@pytest.mark.parametrize("guard", [guarded(value(1500)), guarded(rejected=value(1500))])
def test_a_promotion_that_waits_or_was_rejected_is_not_told_ahead(guard: Guard) -> None:
    assert dated(said(value(2000)), said(TOLD), guard) == said(value(2000))


def test_while_the_price_of_now_is_held_nothing_is_told_ahead() -> None:
    shown = said(value(1900))
    assert dated(shown, said(TOLD), guarded(value(2000))) == shown


def test_prices_are_judged_as_if_nothing_had_been_told_ahead() -> None:
    old = target(TOLD)
    assert undated(old, NOW).desired == said(value(2000))
    assert undated(old, NOW + 2 * HOUR).published == said(value(1500))
    assert undated(target(value(2000)), NOW) == target(value(2000))
