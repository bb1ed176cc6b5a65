"""Lines a channel accepted and has not decided about: what is decided, and what overtakes them.

A newer value may be sent while an older one is undecided, and then either may land last. So a line
that was overtaken stays in doubt until the older one is decided, and is then read back. A call
that overtook and was not answered may itself land late: nothing newer follows it before that.
"""

from datetime import datetime, timedelta

from shared.domain import targets
from shared.model.target import Attempt, Outcome, Target, TargetState, Verdict

AGAIN = timedelta(seconds=5)  # after an overtaking call that did nothing


def newer_wish(target: Target) -> bool:
    """Whether something else is wished than what the channel has yet to decide about."""
    return bool(target.receipt) and target.attempts[-1].version < target.version


def decided(target: Target, outcome: Outcome | None, *, now: datetime) -> Target | None:
    """The target after what was said about its receipt; None if it has to be read back.

    Applied says what the channel shows. It settles the line unless something overtook it, whose
    call may have landed before or after.
    """
    if outcome is None:
        return None
    last = target.attempts[-1]
    if outcome.verdict is Verdict.ACCEPTED:
        waiting = _settled(target, outcome, last, now)
        kept = waiting.attempts[-1].model_copy(update={"overtook": last.overtook})
        return waiting.model_copy(update={"attempts": (*waiting.attempts[:-1], kept)})
    other = last.version == target.version and outcome.shown != target.desired
    if last.overtook or (outcome.verdict is Verdict.APPLIED and other):
        return None
    return _settled(target, outcome, last, now)


def overtaking(target: Target, *, now: datetime, settle: timedelta) -> Target:
    """Recorded before the call that overtakes: its receipt is still to be decided about."""
    last = target.attempts[-1]
    mark = Attempt(
        at=now,
        version=target.version,
        verdict=Verdict.UNKNOWN,
        detail="sent while an older value is undecided",
        receipt=last.receipt,
        look_at=now + settle,
        overtook=True,
    )
    sent = targets.sent(target, now=now)
    return sent.model_copy(update={"attempts": (*sent.attempts[:-1], mark)})


def overtaken(
    target: Target, outcome: Outcome, asked: Target, *, now: datetime, settle: timedelta
) -> Target:
    """The target after the call that overtook: in doubt until its receipt is decided about.

    When that pays stands in what was `asked` before; after a call that was not answered the settle
    time has to be over too.
    """
    last = target.attempts[-1]
    settled = targets.settle(
        target, outcome, sent_version=target.version, sent_value=target.desired, now=now
    )
    nothing_happened = outcome.verdict is Verdict.RETRY
    look_at = asked.attempts[-1].look_at
    match outcome.verdict:
        case Verdict.RETRY:
            look_at = now + AGAIN
        case Verdict.UNKNOWN:
            look_at = now + settle
    kept = settled.attempts[-1].model_copy(
        update={
            "version": target.version - 1 if nothing_happened else target.version,
            "receipt": last.receipt,
            "look_at": look_at,
            "overtook": True,
        }
    )
    return settled.model_copy(
        update={"state": TargetState.IN_DOUBT, "attempts": (*settled.attempts[:-1], kept)}
    )


def _settled(target: Target, outcome: Outcome, last: Attempt, now: datetime) -> Target:
    return targets.settle(
        target, outcome, sent_version=last.version, sent_value=outcome.shown, now=now
    )
