from collections.abc import Callable
from copy import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.targets import Draft, changed_there, desire, due, merged, seen, sent, settle
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.steps import Step
from shared.model.target import Outcome, Target, TargetState, Verdict
from tests.domain.world import NOW

SETTLE = timedelta(seconds=60)


def draft(value: str = "10.00") -> Draft:
    return Draft("shop", Facet.PRICE, "HAT-M", "HAT", value, 4, (), {})


def fresh(value: str = "10.00") -> Target:
    target = desire(None, draft(value), now=NOW)
    assert target is not None
    return target


def answered(target: Target, verdict: Verdict, version: int | None = None) -> Target:
    return settle(
        target,
        Outcome(key=target.key, verdict=verdict),
        sent_version=version or target.version,
        sent_value=target.desired,
        now=NOW,
    )


def wanting(target: Target, value: str) -> Target:
    return desire(target, draft(value), now=NOW) or target


def test_a_new_target_is_dirty_at_once() -> None:
    assert due(fresh(), settle_after=SETTLE) == NOW


def test_an_unchanged_wish_writes_nothing() -> None:
    assert desire(fresh(), draft(), now=NOW) is None


def test_a_wish_that_holds_until_another_time_is_noted_and_not_sent() -> None:
    shown = answered(fresh(), Verdict.APPLIED)
    later = desire(shown, replace(draft(), next_change=NOW + timedelta(days=1)), now=NOW)
    assert later is not None
    assert (later.next_change, later.version) == (NOW + timedelta(days=1), shown.version)
    assert due(later, settle_after=SETTLE) is None


def test_a_price_that_stays_for_another_reason_says_so_and_is_not_sent() -> None:
    shown = answered(fresh(), Verdict.APPLIED)
    chain = (Step(rule="base price", detail="condition PR00-2"),)
    again = desire(shown, replace(draft(), chain=chain), now=NOW)
    assert again is not None
    assert (again.why, again.version) == (chain, shown.version)
    assert due(again, settle_after=SETTLE) is None


def test_an_applied_target_is_clean_and_knows_what_is_shown() -> None:
    target = answered(fresh(), Verdict.APPLIED)
    assert (target.state, target.published, target.published_version) == (
        TargetState.APPLIED,
        "10.00",
        1,
    )
    assert due(target, settle_after=SETTLE) is None


def test_a_wish_that_returns_to_what_is_shown_costs_no_call() -> None:
    shown = answered(fresh("10.00"), Verdict.APPLIED)
    back = wanting(wanting(shown, "12.00"), "10.00")
    assert back.state is TargetState.APPLIED
    assert back.published_version == back.version == 3


def test_a_wish_that_returns_to_what_is_shown_is_read_back_while_another_may_still_land() -> None:
    shown = answered(fresh("10.00"), Verdict.APPLIED)
    accepted = answered(wanting(shown, "12.00"), Verdict.ACCEPTED)
    not_yet = seen(accepted, "10.00", now=NOW + SETTLE)
    assert not_yet.state is TargetState.DIRTY
    assert wanting(not_yet, "10.00").state is TargetState.IN_DOUBT


def test_a_wish_that_returned_during_the_read_back_is_read_back_again() -> None:
    accepted = answered(wanting(answered(fresh(), Verdict.APPLIED), "12.00"), Verdict.ACCEPTED)
    meanwhile = wanting(accepted, "10.00")
    not_yet = seen(accepted, "10.00", now=NOW + SETTLE)
    assert merged(meanwhile, not_yet).state is TargetState.IN_DOUBT


def test_a_value_the_channel_changed_itself_is_still_asked_about_by_its_receipt() -> None:
    outcome = Outcome(key="HAT-M", verdict=Verdict.ACCEPTED, receipt="feed 7")
    target = settle(fresh(), outcome, sent_version=1, sent_value="10.00", now=NOW)
    assert changed_there(target, now=NOW).receipt == "feed 7"


def test_an_answer_from_before_the_channel_changed_a_value_leaves_the_doubt() -> None:
    meanwhile = changed_there(fresh("10.00"), now=NOW)
    both = merged(meanwhile, answered(fresh("10.00"), Verdict.APPLIED))
    assert both.state is TargetState.IN_DOUBT
    assert due(both, settle_after=SETTLE) == NOW


def test_a_request_lost_before_the_channel_changed_a_value_may_still_land() -> None:
    meanwhile = changed_there(fresh("10.00"), now=NOW)
    both = merged(meanwhile, answered(fresh("10.00"), Verdict.UNKNOWN))
    assert both.state is TargetState.IN_DOUBT
    assert due(both, settle_after=SETTLE) == NOW + SETTLE


def test_a_doubt_that_waits_for_a_lost_request_goes_on_waiting() -> None:
    lost = sent(fresh("10.00"), now=NOW)
    doubted = changed_there(lost, now=NOW + SETTLE / 2, look_at=due(lost, settle_after=SETTLE))
    assert due(doubted, settle_after=SETTLE) == NOW + SETTLE


def test_what_was_accepted_and_then_seen_leaves_no_doubt() -> None:
    accepted = answered(fresh("10.00"), Verdict.ACCEPTED)
    shown = seen(accepted, "10.00", now=NOW + SETTLE)
    assert wanting(wanting(shown, "12.00"), "10.00").state is TargetState.APPLIED


def test_what_the_channel_decides_later_is_looked_at_when_it_says() -> None:
    when = NOW + timedelta(minutes=30)
    outcome = Outcome(key="HAT-M", verdict=Verdict.ACCEPTED, receipt="feed 7", look_at=when)
    target = settle(fresh(), outcome, sent_version=1, sent_value="10.00", now=NOW)
    assert (target.receipt, due(target, settle_after=SETTLE)) == ("feed 7", when)


def test_a_level_that_returns_to_what_was_shown_is_read_back_for_a_call_may_be_under_way() -> None:
    stock = replace(draft("3"), facet=Facet.STOCK)
    shown = answered(desire(None, stock, now=NOW) or fresh(), Verdict.APPLIED)
    changed = desire(shown, replace(stock, desired="2"), now=NOW)
    back = desire(changed, stock, now=NOW)
    assert back is not None
    assert back.state is TargetState.IN_DOUBT
    assert due(back, settle_after=SETTLE) == NOW + SETTLE


@pytest.mark.parametrize("verdict", [Verdict.RETRY, Verdict.REJECTED])
def test_a_level_wished_back_while_a_call_failed_is_read_back_for_some_may_have_been_sold(
    verdict: Verdict,
) -> None:
    """The channel takes off what it sells; what it showed before the call is not what it shows."""
    stock = replace(draft("3"), facet=Facet.STOCK)
    shown = answered(desire(None, stock, now=NOW) or fresh(), Verdict.APPLIED)
    changed = sent(desire(shown, replace(stock, desired="4"), now=NOW) or fresh(), now=NOW)
    meanwhile = desire(changed, stock, now=NOW) or fresh()
    assert merged(meanwhile, answered(changed, verdict)).state is TargetState.IN_DOUBT
    looked = seen(changed, "3", now=NOW)
    assert merged(meanwhile, looked).state is TargetState.APPLIED


def test_a_level_that_returns_after_a_refusal_is_read_back_for_some_may_have_been_sold() -> None:
    """The channel takes off what it sells, and of a refused level nobody looked since."""
    stock = replace(draft("3"), facet=Facet.STOCK)
    shown = answered(desire(None, stock, now=NOW) or fresh(), Verdict.APPLIED)
    changed = desire(shown, replace(stock, desired="4"), now=NOW) or fresh()
    back = desire(answered(changed, Verdict.REJECTED), stock, now=NOW)
    assert back is not None
    assert back.state is TargetState.IN_DOUBT


@pytest.mark.parametrize(
    ("london", "leeds", "state"),
    [(1, 0, TargetState.IN_DOUBT), (1, 6, TargetState.DIRTY), (1, 5, TargetState.DIRTY)],
)
def test_one_place_that_returns_to_what_was_shown_is_read_back_with_the_others(
    london: int, leeds: int, state: TargetState
) -> None:
    def levels(london: int, leeds: int) -> Draft:
        desired: Json = {"levels": {"london": london, "leeds": leeds}}
        return replace(draft("3"), facet=Facet.STOCK, desired=desired)

    first = desire(None, levels(3, 0), now=NOW) or fresh()
    shown = answered(first, Verdict.APPLIED)
    changed = desire(shown, levels(3, 6), now=NOW)
    after = desire(changed, levels(london, leeds), now=NOW)
    assert after is not None
    assert after.state is state


def test_a_wish_that_returns_while_a_call_is_in_doubt_is_still_looked_at() -> None:
    shown = answered(fresh("10.00"), Verdict.APPLIED)
    doubtful = sent(wanting(shown, "12.00"), now=NOW)
    assert wanting(doubtful, "10.00").state is TargetState.IN_DOUBT


def test_an_answer_about_an_older_value_leaves_the_newer_wish_dirty() -> None:
    newer = wanting(fresh("10.00"), "12.00")
    target = settle(
        newer,
        Outcome(key="HAT-M", verdict=Verdict.APPLIED),
        sent_version=1,
        sent_value="10.00",
        now=NOW,
    )
    assert target.state is TargetState.DIRTY
    assert (target.published, target.published_version) == ("10.00", 1)


def test_a_lost_answer_is_looked_at_only_when_nothing_can_land_any_more() -> None:
    target = answered(sent(fresh(), now=NOW), Verdict.UNKNOWN)
    assert target.state is TargetState.IN_DOUBT
    assert due(target, settle_after=SETTLE) == NOW + SETTLE


def test_a_lost_compare_and_set_is_looked_at_at_once() -> None:
    assert due(answered(fresh(), Verdict.STALE), settle_after=SETTLE) == NOW


def test_reading_back_what_was_wanted_ends_the_doubt() -> None:
    target = seen(sent(fresh(), now=NOW), "10.00", now=NOW)
    assert (target.state, target.published_version) == (TargetState.APPLIED, 1)


def test_reading_back_something_else_makes_it_dirty_without_delay() -> None:
    target = seen(sent(fresh(), now=NOW), "9.00", now=NOW)
    assert (target.state, target.published) == (TargetState.DIRTY, "9.00")
    assert due(target, settle_after=SETTLE) == NOW


def test_what_is_sent_after_a_read_back_is_another_operation() -> None:
    """An idempotency key made of the version would be answered from memory, and nothing done."""
    doubtful = answered(fresh("10.00"), Verdict.UNKNOWN)
    assert seen(doubtful, "9.00", now=NOW).version == doubtful.version + 1
    assert seen(doubtful, "10.00", now=NOW).version == doubtful.version


def test_a_rejected_line_waits_for_another_value() -> None:
    target = answered(fresh(), Verdict.REJECTED)
    assert due(target, settle_after=SETTLE) is None
    assert wanting(target, "11.00").state is TargetState.DIRTY


def waits(target: Target, answer: Callable[[Target], Target], tries: int) -> list[float]:
    found = []
    for _ in range(tries):
        target = answer(target)
        at = due(target, settle_after=SETTLE)
        assert at is not None
        found.append((at - NOW).total_seconds())
    return found


def test_fruitless_tries_are_spaced_out_up_to_eighty_seconds() -> None:
    fruitless = partial(answered, verdict=Verdict.RETRY)
    assert waits(fresh(), fruitless, 7) == [5, 10, 20, 40, 80, 80, 80]


def test_a_try_that_is_marked_before_it_is_sent_counts_once() -> None:
    def marked(target: Target) -> Target:
        return answered(sent(target, now=NOW), Verdict.RETRY)

    assert waits(fresh(), marked, 7) == [5, 10, 20, 40, 80, 80, 80]


def test_an_answer_about_another_version_leaves_the_mark_of_the_one_under_way() -> None:
    under_way = sent(wanting(fresh(), "12.00"), now=NOW)
    late = answered(under_way, Verdict.RETRY, version=1)
    assert [one.verdict for one in late.attempts] == [Verdict.UNKNOWN, Verdict.RETRY]


VALUES = st.sampled_from(["1.00", "2.00", "3.00"])
STEPS = st.lists(
    st.one_of(VALUES, st.sampled_from([v for v in Verdict if v is not Verdict.REJECTED])),
    max_size=20,
)


@given(steps=STEPS)
def test_a_target_is_clean_only_when_the_channel_shows_the_wish(steps: list[str]) -> None:
    target = fresh("0.50")
    for step in steps:
        if isinstance(step, Verdict):
            target = answered(target, step) if target.dirty else target
        else:
            target = wanting(target, step)
        assert target.dirty or target.published == target.desired
        assert target.published_version <= target.version


def test_a_target_that_moves_to_another_product_is_written() -> None:
    moved = desire(fresh(), replace(draft(), group="CAP"), now=NOW)
    assert moved is not None
    assert moved.group == "CAP"
