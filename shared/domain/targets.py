"""How a target moves: desired by derivation, sent, and settled by what the channel said."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.ahead import current
from shared.domain.level_values import READ_BACK, just_told, one_returns
from shared.domain.partly import left_by_refusal, mended
from shared.domain.wishes import Wish, promotional
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.steps import Step
from shared.model.target import (
    NOT_SENT,
    Attempt,
    Basis,
    Guard,
    Outcome,
    StockTerms,
    Target,
    TargetState,
    Verdict,
)

KEPT_ATTEMPTS = 5
KEPT_SENT = 4
_TICK = timedelta(microseconds=1)
_NO_TRY = (READ_BACK, NOT_SENT)
_MARK = "sent"
_MAY_SHOW = frozenset({Verdict.APPLIED, Verdict.ACCEPTED, Verdict.UNKNOWN})


class Priority:
    """Lower goes first; the channel's lane is named after it."""

    SOLD_OUT = 0
    NEW_LISTING = 1
    STOCK = 2
    CORRECTION = 3
    PROMOTION = 4
    PRICE = 5
    CONTENT = 6
    ALL = range(7)


class Draft(NamedTuple):
    """What derivation found a channel should show.

    `wishes` are what a price is judged by where its channel has guardrails, `guard` is what came of
    that; `moves` says that it counts as moved, `blocked` that no price may be shown yet. `told` is
    the price with what lies ahead of it, for a channel that takes dates. `emptied` is what is free
    per location where the source says that nothing of the article is left. `basis` is what a level
    follows from beside positions, where that is all.
    """

    channel: str
    facet: Facet
    key: str
    group: str
    desired: Json
    priority: int
    chain: tuple[Step, ...]
    facts: dict[str, datetime]
    next_change: datetime | None = None
    terms: StockTerms | None = None
    basis: Basis | None = None
    wishes: tuple[Wish, ...] = ()
    guard: Guard | None = None
    emptied: Mapping[str, int] | None = None
    moves: bool = False
    blocked: bool = False
    told: Json = None


def desire(old: Target | None, draft: Draft, *, now: datetime) -> Target | None:
    """The target after a derivation, or None when nothing has to be written."""
    if old is None:
        return Target(
            channel=draft.channel,
            facet=draft.facet,
            key=draft.key,
            group=draft.group,
            desired=draft.desired,
            version=1,
            state=TargetState.DIRTY if draft.desired is not None else TargetState.HELD,
            priority=draft.priority,
            since=now,
            derived_at=now,
            next_change=draft.next_change,
            terms=draft.terms,
            basis=draft.basis,
            why=draft.chain,
            facts=draft.facts,
            guard=draft.guard,
        )
    if old.desired == draft.desired and old.group == draft.group and not mended(old, draft.basis):
        return _same_wish(old, draft)
    if _switched(old, draft, now):
        return _looked_for(old, draft, now)
    version = old.version + 1
    state = _state_after(old, draft)
    shown = state is TargetState.APPLIED
    return old.model_copy(
        update={
            "group": draft.group,
            "desired": draft.desired,
            "version": version,
            "published_version": version if shown else old.published_version,
            "state": state,
            "priority": draft.priority,
            "since": old.since if old.dirty else now,
            "derived_at": now,
            "next_change": draft.next_change,
            "terms": draft.terms,
            "basis": draft.basis,
            "why": draft.chain,
            "facts": draft.facts,
            "attempts": _attempts_after(old, state, now),
            "guard": draft.guard,
        }
    )


def _switched(old: Target, draft: Draft, now: datetime) -> bool:
    """Whether the channel was told of this before, and does it by itself at this moment."""
    told = old.state is TargetState.APPLIED and old.published == old.desired
    return told and current(old.published, now) == draft.desired


def _looked_for(old: Target, draft: Draft, now: datetime) -> Target:
    """Nothing is sent: the channel has its dates. Whether it kept them is read back."""
    version = old.version + 1
    said = "told before, and switches by itself"
    attempt = Attempt(at=now, version=version, verdict=Verdict.ACCEPTED, detail=said)
    return old.model_copy(
        update={
            "group": draft.group,
            "desired": draft.desired,
            "version": version,
            "published": draft.desired,
            "state": TargetState.IN_DOUBT,
            "priority": draft.priority,
            "since": now,
            "derived_at": now,
            "next_change": draft.next_change,
            "why": draft.chain,
            "facts": draft.facts,
            "guard": draft.guard,
            "sent": _sent(old, draft.desired),
            "attempts": kept(old, attempt),
        }
    )


def _same_wish(old: Target, draft: Draft) -> Target | None:
    """What is wished stays, but perhaps not until when or on what terms, or a price not why.

    Nothing is to send.
    """
    same_chain = old.why == draft.chain or draft.facet is not Facet.PRICE
    same_terms = old.next_change == draft.next_change and old.terms == draft.terms
    same_terms = same_terms and old.basis == draft.basis
    if same_terms and same_chain and old.guard == draft.guard:
        return None
    return old.model_copy(
        update={
            "next_change": draft.next_change,
            "terms": draft.terms,
            "basis": draft.basis,
            "why": draft.chain,
            "facts": draft.facts,
            "guard": draft.guard,
        }
    )


def corrects(old: Target | None, desired: Json, *, now: datetime) -> bool:
    """Whether a price replaces a wrong one: refused by the channel, or of a promotion under way."""
    if old is None or old.desired is None or old.desired == desired:
        return False
    running = old.next_change is not None and now < old.next_change
    return old.state is TargetState.REJECTED or (running and promotional(old.why))


def _state_after(old: Target, draft: Draft) -> TargetState:
    """Applied only if the channel shows it already and nothing else can still land.

    Stock is guarded by the vendor's compare-and-set and mostly not marked before it is sent: it may
    be under way while dirty, and what is shown is read back, also if one place alone returns to it.
    So it has of what was accepted and not yet seen, and of a refused level: some may be sold since.
    """
    if old.state is TargetState.IN_DOUBT:
        return TargetState.IN_DOUBT
    if old.published != draft.desired:
        returns = old.state is TargetState.DIRTY and one_returns(
            draft.desired, shown=old.published, wished=old.desired
        )
        return TargetState.IN_DOUBT if returns else TargetState.DIRTY
    stock = draft.facet is Facet.STOCK
    may_show = {TargetState.DIRTY: stock or _unconfirmed(old), TargetState.REJECTED: stock}
    return TargetState.IN_DOUBT if may_show.get(old.state) else TargetState.APPLIED


def _unconfirmed(target: Target) -> bool:
    """Whether the channel accepted something that it has not shown since."""
    said = [a.verdict for a in target.attempts if a.verdict in {Verdict.ACCEPTED, Verdict.APPLIED}]
    return said[-1:] == [Verdict.ACCEPTED]


def _attempts_after(old: Target, state: TargetState, now: datetime) -> tuple[Attempt, ...]:
    if state is not TargetState.IN_DOUBT or old.state is TargetState.IN_DOUBT:
        return old.attempts
    doubt = Attempt(at=now, version=old.version, verdict=Verdict.UNKNOWN, detail="may be under way")
    return kept(old, doubt)


def sent(target: Target, *, now: datetime) -> Target:
    """Recorded before the call: from here on, something may land."""
    attempt = Attempt(at=now, version=target.version, verdict=Verdict.UNKNOWN, detail=_MARK)
    return target.model_copy(
        update={
            "state": TargetState.IN_DOUBT,
            "sent": _sent(target, target.desired),
            "attempts": kept(target, attempt),
        }
    )


def settle(target: Target, outcome: Outcome, *, sent_version: int, sent_value: Json, now: datetime
) -> Target:  # fmt: skip
    """The target after the channel's answer for what was sent, which may be an older version."""
    attempt = Attempt(
        at=now,
        version=sent_version,
        verdict=outcome.verdict,
        detail=_detail(outcome),
        receipt=outcome.receipt,
        look_at=outcome.look_at,
    )
    update: dict[str, object] = {"attempts": _answered(target, attempt)}
    if outcome.verdict in _MAY_SHOW or outcome.shown is not None:
        update["sent"] = _sent(target, sent_value)
    newest = target.version == sent_version
    match outcome.verdict:
        case Verdict.APPLIED:
            update |= {
                "published": sent_value,
                "published_version": max(target.published_version, sent_version),
                "state": TargetState.APPLIED if newest else TargetState.DIRTY,
            }
        case Verdict.REJECTED:
            update["state"] = TargetState.REJECTED if newest else TargetState.DIRTY
            update |= left_by_refusal(outcome)
        case Verdict.RETRY:
            update["state"] = TargetState.DIRTY
        case Verdict.ACCEPTED | Verdict.UNKNOWN | Verdict.STALE:
            update["state"] = TargetState.IN_DOUBT
    return target.model_copy(update=update)


def seen(target: Target, shown: Json, *, now: datetime) -> Target:
    """The target after a read-back: what the channel shows is what is published.

    Where it differs, what is sent next is a new operation: a vendor that remembers the key of an
    earlier one would answer from memory and do nothing.
    """
    same = shown == current(target.desired, now)
    attempt = Attempt(
        at=now,
        version=target.version if same else target.version + 1,
        verdict=Verdict.APPLIED if same else Verdict.RETRY,
        detail=f"{READ_BACK}: " + ("shown" if same else "differs"),
    )
    return target.model_copy(
        update={
            "version": target.version if same else target.version + 1,
            "published": target.desired if same else shown,
            "published_version": target.version if same else target.published_version,
            "state": TargetState.APPLIED if same else TargetState.DIRTY,
            "attempts": kept(target, attempt),
        }
    )


def withheld(target: Target, shown: Json, *, now: datetime) -> Target:
    """The target after a look at a channel in shadow: as a read-back, but nothing is to be sent.

    `since` becomes the instant of the look, by which withheld targets are found and looked at anew.
    """
    if target.state is TargetState.WITHHELD and shown == target.published:
        return target.model_copy(update={"since": now})
    looked = seen(target, shown, now=now)
    if not looked.dirty:
        return looked
    return looked.model_copy(update={"state": TargetState.WITHHELD, "since": now})


def merged(current: Target, new: Target) -> Target:
    """`current` holds a newer wish, or a doubt; `new` says what became of an older one."""
    told = current.attempts[-1:]
    since = told and told[0].verdict is Verdict.STALE and told[0] not in new.attempts
    if since and new.state is not TargetState.IN_DOUBT:  # which is looked at later, when all landed
        said = {"published": new.published, "sent": new.sent, "attempts": kept(new, told[0])}
        return current.model_copy(update=said)  # what the channel changed since is not in `new`
    state = TargetState.IN_DOUBT if new.state is TargetState.IN_DOUBT else TargetState.DIRTY
    if state is TargetState.DIRTY and new.published == current.desired:
        unsure = _unconfirmed(new) or (new.facet is Facet.STOCK and not just_told(new))
        state = TargetState.IN_DOUBT if unsure else TargetState.APPLIED
    return current.model_copy(
        update={
            "published": new.published,
            "published_version": current.version
            if state is TargetState.APPLIED
            else new.published_version,
            "state": state,
            "sent": new.sent,
            "attempts": new.attempts,
            "derived_at": _noticed(current, new),
        }
    )


def _noticed(current: Target, new: Target) -> datetime:
    """A wish that came while its channel was asked counts as one that came after."""
    last = new.attempts[-1]
    missed = bool(last.receipt) and last.version < current.version
    return max(current.derived_at, last.at + _TICK) if missed else current.derived_at


def changed_there(target: Target, *, now: datetime, look_at: datetime | None = None) -> Target:
    """The channel changed the value by itself: it is read back before anything else is sent.

    At once, or at `look_at` where a lost request may still land before.
    """
    attempt = Attempt(
        at=now,
        version=target.version,
        verdict=Verdict.STALE,
        detail="changed on the channel",
        receipt=target.receipt,
        look_at=look_at,
    )
    return target.model_copy(
        update={"state": TargetState.IN_DOUBT, "attempts": kept(target, attempt)}
    )


def due(target: Target, *, settle_after: timedelta) -> datetime | None:
    """When the target is next to be looked at; None when there is nothing to do."""
    if not target.dirty:
        return None
    if not target.attempts:
        return target.since
    last = target.attempts[-1]
    if target.state is TargetState.IN_DOUBT:
        if last.look_at is not None:
            return min(last.look_at, target.derived_at) if _wished_since(target) else last.look_at
        return last.at if last.verdict is Verdict.STALE else last.at + settle_after
    backoff = _backoff(target)
    return last.at + backoff if backoff else target.since


def _wished_since(target: Target) -> bool:
    """Whether something else, that may go out, was wished since a receipt was given."""
    last = target.attempts[-1]
    may_land = last.overtook and last.verdict is Verdict.UNKNOWN
    newer = last.version < target.version and target.derived_at > last.at
    return bool(last.receipt) and newer and not may_land


def _backoff(target: Target) -> timedelta:
    """Doubles from 5 s with each kept try of this version that was fruitless; the first is free."""
    tries = 0
    for attempt in reversed(target.attempts):
        if attempt.version != target.version or attempt.verdict is not Verdict.RETRY:
            break
        tries += not attempt.detail.startswith(_NO_TRY)
    return timedelta(seconds=5) * 2 ** (tries - 1) if tries else timedelta()


def kept(target: Target, attempt: Attempt) -> tuple[Attempt, ...]:
    return (*target.attempts, attempt)[-KEPT_ATTEMPTS:]


def _answered(target: Target, attempt: Attempt) -> tuple[Attempt, ...]:
    """An answer takes the place of the mark of its call: the two are one try."""
    last = target.attempts[-1:]
    marked = [(one.detail, one.version) for one in last] == [(_MARK, attempt.version)]
    return (*target.attempts[:-1], attempt) if marked else kept(target, attempt)


def _sent(target: Target, value: Json) -> tuple[Json, ...]:
    if value is None or target.facet is Facet.CONTENT:
        return target.sent
    return (value, *(one for one in target.sent if one != value))[:KEPT_SENT]


def _detail(outcome: Outcome) -> str:
    return ": ".join(part for part in (outcome.code, outcome.message) if part)[:200]
