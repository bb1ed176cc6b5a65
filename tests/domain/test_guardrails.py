"""Limits of prices: examples of each rule, and laws over whole lives of a price."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.domain import targets
from shared.domain.guardrails import breaches, judge
from shared.domain.targets import Draft, Priority
from shared.domain.wishes import Wish
from shared.model.base import Json
from shared.model.guardrails import Guardrails
from shared.model.ids import Facet
from shared.model.money import Money
from shared.model.steps import Decision, Step
from shared.model.target import (
    Outcome,
    PriceValue,
    Ruling,
    ScaledPrice,
    SegmentPrice,
    Target,
    Verdict,
)
from tests.domain.world import NOW

LIMITS = Guardrails(max_rise=Decimal(40), max_fall=Decimal(30), max_markdown=Decimal(80))
MINUTE = timedelta(minutes=1)


def gbp(amount: int) -> Money:
    return Money(amount=amount, currency="GBP")


def broken(
    value: PriceValue,
    rules: Guardrails = LIMITS,
    *,
    before: int | None = 1000,
    cost: int | None = None,
) -> list[str]:
    reference = PriceValue(price=gbp(before)) if before is not None else None
    found = breaches(
        value, rules, "GBP", reference=reference, cost=gbp(cost) if cost is not None else None
    )
    return [step.rule for step in found]


@pytest.mark.parametrize(
    ("amount", "rules"),
    [(1400, []), (1401, ["max_rise"]), (700, []), (699, ["max_fall"]), (0, ["not_positive"])],
)
def test_a_limit_holds_what_is_beyond_it_and_not_what_reaches_it(
    amount: int, rules: list[str]
) -> None:
    assert broken(PriceValue(price=gbp(amount))) == rules


def test_a_first_price_has_nothing_to_be_measured_against() -> None:
    assert broken(PriceValue(price=gbp(1)), before=None) == []


def test_the_floor_is_a_share_of_the_price_and_its_step_does_not_tell_the_cost() -> None:
    rules = Guardrails(floor=Decimal(20))
    assert broken(PriceValue(price=gbp(1000)), rules, cost=800) == []
    assert broken(PriceValue(price=gbp(999)), rules, cost=800) == ["floor"]
    (step,) = breaches(PriceValue(price=gbp(999)), rules, "GBP", reference=None, cost=gbp(800))
    assert "8.00" not in step.detail


def test_a_price_too_far_below_the_one_struck_through_is_held() -> None:
    assert broken(PriceValue(price=gbp(1000), compare_at=gbp(5000))) == []
    assert broken(PriceValue(price=gbp(1000), compare_at=gbp(5001))) == ["max_markdown"]


def test_money_of_another_currency_is_held() -> None:
    assert broken(PriceValue(price=Money(amount=1000, currency="EUR"))) == ["currency"]
    strange = PriceValue(price=gbp(1000), compare_at=Money(amount=2000, currency="EUR"))
    assert broken(strange) == ["currency"]


def test_prices_of_segments_and_by_quantity_are_measured_as_well() -> None:
    value = PriceValue(
        price=gbp(1000),
        scales=(ScaledPrice(quantity=10, price=gbp(0)),),
        segments={"trade": SegmentPrice(price=gbp(600))},
    )
    assert broken(value) == ["not_positive", "max_fall"]


# laws


@dataclass
class Life:
    """One price through derivations, publications that may not happen, and rulings."""

    rules: Guardrails = LIMITS
    target: Target | None = None
    now: datetime = NOW
    shown: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    approved: set[int] = field(default_factory=set)

    def derive(self, base: int, promotion: int | None = None) -> None:
        self.now += MINUTE
        wish = self._wish(promotion, "promotional price") if promotion else self._wish(base)
        ahead = [self._wish(base, at=self.now + MINUTE)] if promotion else []
        judged = judge(self.target, [wish, *ahead], self.rules, "GBP", room=True, now=self.now)
        draft = Draft(
            channel="shop", facet=Facet.PRICE, key="HAT", group="HAT", desired=judged.value,
            priority=Priority.PRICE, chain=judged.chain, facts={}, guard=judged.guard,
            next_change=wish.until,
        )  # fmt: skip
        self.target = targets.desire(self.target, draft, now=self.now) or self.target

    def _wish(self, amount: int, rule: str = "base price", at: datetime | None = None) -> Wish:
        chain = (Step(rule=rule, detail=str(amount)),)
        until = self.now + MINUTE if rule.startswith("promotional") else None
        return Wish(PriceValue(price=gbp(amount)), chain, at=at, until=until)

    def publish(self) -> None:
        target = self.target
        if target is None or not target.dirty:
            return
        said = Outcome(key="HAT", verdict=Verdict.APPLIED)
        self.target = targets.settle(
            target, said, sent_version=target.version, sent_value=target.desired, now=self.now
        )
        amount = amount_of(target.desired)
        self.shown.append(amount)
        regular = target.guard is not None and target.guard.let == target.desired
        if regular:
            self.seen.append(amount)

    def rule(self, decision: Decision) -> None:
        target = self.target
        guard = target.guard if target else None
        if target is None or guard is None or not guard.held:
            return
        one = guard.held[0]
        ruling = Ruling(
            name=one.name, value=one.value, decision=decision, by="anna", why="", at=self.now
        )
        ruled = guard.model_copy(update={"rulings": (*guard.rulings, ruling)})
        self.target = target.model_copy(update={"guard": ruled})
        if decision is Decision.APPROVED:
            self.approved.add(amount_of(one.value))


def amount_of(value: Json) -> int:
    return PriceValue.model_validate(value).price.amount


AMOUNTS = st.sampled_from((290, 400, 550, 750, 1000, 1350, 1800))  # each within reach of the next
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("derive"), AMOUNTS, st.none() | AMOUNTS),
        st.sampled_from([("publish",), ("approve",), ("reject",)]),
    ),
    max_size=25,
)


def lived(acts: list[tuple[object, ...]]) -> Life:
    life = Life()
    for name, *said in acts:
        match name:
            case "derive":
                life.derive(*said)  # type: ignore[arg-type]
            case "publish":
                life.publish()
            case _:
                life.rule(Decision.APPROVED if name == "approve" else Decision.REJECTED)
    return life


@example(
    [
        ("derive", 1000, None),
        ("publish",),
        ("derive", 750, None),
        ("derive", 550, None),
        ("publish",),
    ]
)
@settings(max_examples=200)
@given(ACTS)
def test_nothing_beyond_the_limits_is_shown_that_nobody_approved(
    acts: list[tuple[object, ...]],
) -> None:
    """Each price shown is near one the channel showed or a person approved, or is the first."""
    life = Life()
    measures: set[int] = set()
    for act in acts:
        before = len(life.shown)
        _did(life, act)
        for amount in life.shown[before:]:
            near = any(700 * m <= amount * 1000 <= 1400 * m for m in measures)
            first = not life.seen[:-1] if life.seen else True
            assert near or first or amount in life.approved, (amount, measures)
        measures |= {*life.seen, *life.approved}


def _did(life: Life, act: tuple[object, ...]) -> None:
    match act:
        case ("derive", int(base), promotion):
            life.derive(base, promotion if isinstance(promotion, int) else None)
        case ("publish",):
            life.publish()
        case (name,):
            life.rule(Decision.APPROVED if name == "approve" else Decision.REJECTED)
        case _:
            raise AssertionError(act)


@given(ACTS, AMOUNTS)
def test_deriving_again_changes_nothing(acts: list[tuple[object, ...]], base: int) -> None:
    life = lived(acts)
    life.derive(base)
    life.derive(base)
    first = life.target
    life.derive(base)
    assert life.target == first


@given(ACTS)
def test_whatever_waits_is_asked_for_and_ruled_on_by_nobody(
    acts: list[tuple[object, ...]],
) -> None:
    life = Life()
    asked: set[int] = set()
    for act in acts:
        _did(life, act)
        if act[0] != "derive":
            continue
        asked = {int(str(amount)) for amount in act[1:] if amount is not None}
        guard = life.target.guard if life.target else None
        assert guard is not None
        assert {amount_of(p.value) for p in guard.held} <= asked
        assert all(guard.ruling(p.name) is None for p in guard.held)


@given(ACTS, AMOUNTS, AMOUNTS)
def test_after_a_promotion_no_promotional_price_is_wished(
    acts: list[tuple[object, ...]], base: int, promotion: int
) -> None:
    """Held or not: what is shown once it is over is a regular price, or the article is off sale."""
    life = lived(acts)
    life.derive(base, promotion)
    life.publish()
    life.derive(base)
    target = life.target
    assert target is not None
    assert target.guard is not None
    assert target.guard.let is None or target.desired == target.guard.let


@given(ACTS, AMOUNTS)
def test_an_approved_price_is_shown_and_approving_it_again_changes_nothing(
    acts: list[tuple[object, ...]], base: int
) -> None:
    life = lived(acts)
    life.derive(base)
    life.rule(Decision.APPROVED)
    life.derive(base)
    target = life.target
    assert target is not None
    rejected = target.guard is not None and target.guard.keeps_back(_name(base))
    assert rejected or amount_of(target.desired) == base
    life.rule(Decision.APPROVED)
    life.derive(base)
    assert life.target == target


def _name(amount: int) -> str:
    return Wish(PriceValue(price=gbp(amount)), ()).name
