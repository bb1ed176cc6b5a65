"""A newer value may overtake one that is undecided, and nothing counts until both are known."""

from datetime import timedelta

from shared.domain import receipts, targets
from shared.model.base import Json
from shared.model.target import Outcome, Target, TargetState, Verdict
from tests.factories import NOW, make_target

OLD: Json = {"price": {"amount": 1, "currency": "GBP"}}
NEW: Json = {"price": {"amount": 2, "currency": "GBP"}}
LATER = NOW + timedelta(minutes=5)
SETTLE = timedelta(minutes=2)


def undecided() -> Target:
    """Its first value was accepted with a receipt."""
    target = make_target(desired=OLD, version=1)
    said = Outcome(key=target.key, verdict=Verdict.ACCEPTED, receipt="job", look_at=LATER)
    return targets.settle(target, said, sent_version=1, sent_value=OLD, now=NOW)


def wished(target: Target) -> Target:
    now = NOW + timedelta(seconds=10)
    return target.model_copy(update={"desired": NEW, "version": 2, "derived_at": now})


def overtaken(verdict: Verdict = Verdict.APPLIED) -> Target:
    now = NOW + timedelta(seconds=11)
    asked = wished(undecided())
    marked = receipts.overtaking(asked, now=now, settle=SETTLE)
    outcome = Outcome(key=marked.key, verdict=verdict)
    return receipts.overtaken(marked, outcome, asked, now=now, settle=SETTLE)


def said(verdict: Verdict, shown: Json = None) -> Outcome:
    return Outcome(key="HAT-M", verdict=verdict, shown=shown, receipt="job", look_at=LATER)


def test_a_newer_wish_is_looked_at_at_once_and_the_same_one_when_it_pays() -> None:
    assert targets.due(undecided(), settle_after=SETTLE) == LATER
    assert not receipts.newer_wish(undecided())
    newer = wished(undecided())
    assert receipts.newer_wish(newer)
    assert targets.due(newer, settle_after=SETTLE) == newer.derived_at


def test_what_was_asked_about_since_is_not_asked_about_again_at_once() -> None:
    asked = receipts.decided(wished(undecided()), said(Verdict.ACCEPTED), now=LATER)
    assert asked is not None
    assert targets.due(asked, settle_after=SETTLE) == LATER


def test_what_overtook_stays_in_doubt_with_the_receipt_of_what_it_overtook() -> None:
    target = overtaken()
    assert (target.state, target.published, target.receipt) == (TargetState.IN_DOUBT, NEW, "job")
    assert targets.due(target, settle_after=SETTLE) == LATER
    assert not receipts.newer_wish(target)


def test_what_a_result_says_does_not_settle_what_was_overtaken() -> None:
    for verdict in (Verdict.APPLIED, Verdict.REJECTED):
        assert receipts.decided(overtaken(), said(verdict, OLD), now=LATER) is None
    waiting = receipts.decided(overtaken(), said(Verdict.ACCEPTED), now=LATER)
    assert waiting is not None
    assert waiting.attempts[-1].overtook


def test_a_call_that_did_nothing_is_made_again_soon() -> None:
    target = overtaken(Verdict.RETRY)
    at = targets.due(target, settle_after=SETTLE)
    assert at is not None
    assert NOW < at < NOW + timedelta(minutes=1)
    assert receipts.newer_wish(target)
    assert target.published is None


def test_nothing_newer_follows_what_overtook_and_was_not_answered_while_it_may_land() -> None:
    lost = overtaken(Verdict.UNKNOWN)
    marked = receipts.overtaking(wished(undecided()), now=NOW, settle=SETTLE)
    for target in (lost, marked):
        newest = target.model_copy(update={"version": 3, "derived_at": NOW + SETTLE / 2})
        at = targets.due(newest, settle_after=SETTLE)
        assert at == target.attempts[-1].at + SETTLE


def test_a_line_that_is_shown_is_applied_if_it_is_what_is_wished() -> None:
    settled = receipts.decided(undecided(), said(Verdict.APPLIED, OLD), now=LATER)
    assert settled is not None
    assert (settled.state, settled.published) == (TargetState.APPLIED, OLD)
    assert receipts.decided(undecided(), said(Verdict.APPLIED, NEW), now=LATER) is None


def test_a_line_that_is_shown_and_no_longer_wished_is_followed_by_what_is() -> None:
    settled = receipts.decided(wished(undecided()), said(Verdict.APPLIED, OLD), now=LATER)
    assert settled is not None
    assert (settled.state, settled.published) == (TargetState.DIRTY, OLD)


def test_a_wish_that_came_during_the_call_is_looked_at_as_soon_as_it_is_over() -> None:
    during = NOW + timedelta(seconds=10, milliseconds=500)
    newest = wished(undecided()).model_copy(update={"version": 3, "derived_at": during})
    merged = targets.merged(newest, overtaken())
    assert merged.state is TargetState.IN_DOUBT
    at = targets.due(merged, settle_after=SETTLE)
    assert at is not None
    assert at < NOW + timedelta(seconds=12)


def test_a_line_nobody_mentions_is_read_back() -> None:
    assert receipts.decided(undecided(), None, now=LATER) is None
