from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import parity, repairs, targets
from shared.domain.parity import EXAMPLES, Look
from shared.domain.targets import Draft, Priority
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.parity import Cause, Finding, Tally
from shared.model.policies import Repair
from shared.model.target import Outcome, Target, TargetState, Verdict
from tests.domain.world import NOW

SETTLE = timedelta(seconds=60)
LATER = NOW + timedelta(minutes=5)


def price(amount: int) -> Json:
    return {"price": {"amount": amount, "currency": "GBP"}, "compare_at": None}


def levels(**units: int) -> Json:
    return {"levels": dict(units)}


def published(*wishes: Json, facet: Facet = Facet.PRICE) -> Target:
    """A target that wished one value after the other, each applied."""
    target: Target | None = None
    for wish in wishes:
        draft = Draft(
            channel="shop", facet=facet, key="HAT-M", group="HAT", desired=wish,
            priority=Priority.PRICE, chain=(), facts={},
        )  # fmt: skip
        desired = targets.desire(target, draft, now=NOW)
        assert desired is not None
        done = Outcome(key="HAT-M", verdict=Verdict.APPLIED)
        version = desired.version
        target = targets.settle(desired, done, sent_version=version, sent_value=wish, now=NOW)
    assert target is not None
    return target


def cause(target: Target, shown: Json, *, implied: Json = None) -> Cause:
    return parity.found(Look(target, shown), implied=implied, policy=Repair.ASK).cause


def test_an_older_value_we_sent_is_ours() -> None:
    assert cause(published(price(1999), price(1499)), price(1999)) is Cause.OURS


def test_a_value_that_was_never_ours_was_edited_on_the_channel() -> None:
    assert cause(published(price(1999), price(1499)), price(1)) is Cause.EDITED


def test_a_value_sent_so_long_ago_that_it_is_forgotten_counts_as_edited() -> None:
    many = published(*(price(amount) for amount in range(1000, 1000 + targets.KEPT_SENT + 1)))
    assert cause(many, price(1001)) is Cause.OURS
    assert cause(many, price(1000)) is Cause.EDITED


def test_a_value_whose_answer_was_lost_is_ours_when_it_lands_late() -> None:
    target = published(price(1999))
    sent = target.model_copy(update={"desired": price(500), "version": 2})
    marked = targets.sent(sent, now=NOW)
    back = targets.seen(marked, price(1999), now=NOW)
    assert cause(back.model_copy(update={"desired": price(700)}), price(500)) is Cause.OURS


def test_an_article_the_channel_shows_nothing_of_is_missing() -> None:
    assert cause(published(price(1999)), None) is Cause.MISSING


def test_a_wish_that_does_not_follow_from_the_facts_is_not_the_channel_s_fault() -> None:
    target = published(price(1999))
    assert cause(target, price(1), implied=price(1499)) is Cause.ERP
    assert cause(target, price(1), implied=price(1999)) is Cause.EDITED


def test_what_the_channel_refused_is_told_as_refused() -> None:
    target = published(price(1999)).model_copy(
        update={"state": TargetState.REJECTED, "desired": price(1)}
    )
    assert cause(target, price(1999)) is Cause.REFUSED


def test_levels_are_ours_place_by_place() -> None:
    target = published(
        levels(london=9, leeds=4), levels(london=7, leeds=3), levels(london=5, leeds=2),
        facet=Facet.STOCK,
    )  # fmt: skip
    assert cause(target, levels(london=9, leeds=3)) is Cause.OURS
    assert cause(target, levels(london=9, leeds=8)) is Cause.EDITED
    assert cause(target, levels(london=5)) is Cause.EDITED


def test_content_is_not_kept_twice() -> None:
    assert published({"title": "Hat"}, facet=Facet.CONTENT).sent == ()


@pytest.mark.parametrize("policy", Repair)
def test_a_policy_decides_on_what_was_edited_and_spares_no_older_value_of_ours(
    policy: Repair,
) -> None:
    assert parity.repair_of(Cause.EDITED, policy) is policy
    ours = Repair.ASK if policy is Repair.ASK else Repair.OVERWRITE
    assert parity.repair_of(Cause.OURS, policy) is ours


@pytest.mark.parametrize("policy", Repair)
def test_nothing_is_sent_for_what_is_missing_refused_or_lagging(policy: Repair) -> None:
    assert parity.repair_of(Cause.MISSING, policy) is Repair.ASK
    assert parity.repair_of(Cause.ERP, policy) is Repair.ASK
    assert parity.repair_of(Cause.REFUSED, policy) is None


def test_overwriting_is_a_new_operation_on_what_is_really_shown() -> None:
    target = published(price(1999))
    anew = repairs.overwritten(target, price(1), why="edited", now=LATER)
    assert (anew.published, anew.state, anew.version) == (price(1), TargetState.DIRTY, 2)
    assert targets.due(anew, settle_after=SETTLE) == LATER


def test_an_accepted_value_stays_until_another_one_is_wished() -> None:
    target = repairs.accepted(published(price(1999)), price(1), why="edited", now=LATER)
    assert Look(target, price(1)).accepted
    assert not Look(target, price(2)).accepted
    draft = Draft(
        channel="shop", facet=Facet.PRICE, key="HAT-M", group="HAT", desired=price(1999),
        priority=Priority.PRICE, chain=(), facts={},
    )  # fmt: skip
    assert targets.desire(target, draft, now=LATER) is None
    other = Draft(
        channel="shop", facet=Facet.PRICE, key="HAT-M", group="HAT", desired=price(1899),
        priority=Priority.PRICE, chain=(), facts={},
    )  # fmt: skip
    changed = targets.desire(target, other, now=LATER)
    assert changed is not None
    assert changed.state is TargetState.DIRTY
    assert not Look(changed, price(1)).accepted


def test_what_is_under_way_or_too_recent_is_not_compared() -> None:
    target = published(price(1999))
    assert not parity.comparable(target, now=NOW + SETTLE / 2, settle=SETTLE)
    assert parity.comparable(target, now=NOW + SETTLE, settle=SETTLE)
    for state in (TargetState.DIRTY, TargetState.IN_DOUBT):
        moving = target.model_copy(update={"state": state})
        assert not parity.comparable(moving, now=LATER, settle=SETTLE)


def finding(cause: Cause) -> Finding:
    return Finding(key="A", cause=cause, repair=None, desired=1, shown=2, evidence="")


@given(st.lists(st.lists(st.sampled_from(Cause), max_size=9), max_size=5))
def test_each_finding_is_counted_once_and_a_few_of_each_cause_are_kept(
    batches: list[list[Cause]],
) -> None:
    tally = Tally(equal=1)
    kept: tuple[Finding, ...] = ()
    for batch in batches:
        new = [finding(one) for one in batch]
        tally = parity.counted(tally, new)
        kept = parity.exemplary(kept, new)
    every = [one for batch in batches for one in batch]
    assert tally.compared == 1 + len(every)
    for one in Cause:
        assert tally.differing.get(one, 0) == every.count(one)
        assert sum(f.cause is one for f in kept) == min(every.count(one), EXAMPLES)


@pytest.mark.parametrize(
    ("equal", "differing", "share"),
    [(0, 0, None), (3, 0, "1.000000"), (2, 1, "0.666666"), (9_999_999, 1, "0.999999")],
)
def test_the_share_of_what_is_equal_is_never_rounded_up(
    equal: int, differing: int, share: str | None
) -> None:
    assert Tally(equal=equal, differing={Cause.EDITED: differing}).share_equal == share


def test_values_are_told_as_people_write_them() -> None:
    assert parity.readable(Facet.PRICE, price(1999)) == "19.99 GBP"
    assert parity.readable(Facet.STOCK, levels(leeds=0, london=5)) == "leeds 0, london 5"
    assert parity.readable(Facet.PRICE, None) == "nothing"
    assert parity.readable(Facet.PRICE, "odd") == "odd"
    struck: Json = {"amount": 1999, "currency": "GBP"}
    before: Json = {"price": {"amount": 1499, "currency": "GBP"}, "compare_at": struck}
    assert parity.readable(Facet.PRICE, before) == "14.99 GBP (before: 19.99 GBP)"
