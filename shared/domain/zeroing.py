"""Whether an article that ran out is shown so at once, or waits with the many that did."""

from collections.abc import Mapping, Sequence
from copy import replace
from datetime import datetime, timedelta

from shared.domain.spill import spilled
from shared.domain.targets import Draft, Priority
from shared.domain.wishes import name_of
from shared.model.base import Json
from shared.model.guardrails import Rule
from shared.model.steps import Decision, Step
from shared.model.stock_rules import Zeroed
from shared.model.target import (
    Guard,
    LastGood,
    Proposal,
    StockTerms,
    StockValue,
    Target,
)


def runs_out(draft: Draft, old: Target | None) -> bool:
    """Whether the source's word takes an article off sale that was on it."""
    return draft.emptied is not None and old is not None and any(_levels(old.desired).values())


def decided(draft: Draft, old: Target, rules: Zeroed, *, now: datetime) -> Draft | None:
    """What follows from a hold there was before; None if there was none and it has to be counted.

    Approved, or after the retailer's time limit, it is shown as told. Rejected, the last good level
    stays until the source tells another.
    """
    guard, name = old.guard, name_of(draft.desired)
    if guard is None or guard.last is None:
        return None
    ruling = guard.ruling(name)
    if ruling is not None and ruling.decision is Decision.APPROVED:
        return draft
    if ruling is not None:
        kept = guard.model_copy(update={"held": (), "rulings": (ruling,)})
        return _kept(draft, kept, guard.last, "rejected as wrong")
    if not guard.held:
        return None
    until = guard.held[0].since + timedelta(minutes=rules.hold_minutes)
    if until <= now:
        return draft
    waits = guard.held[0].model_copy(update={"name": name, "value": draft.desired})
    kept = guard.model_copy(update={"held": (waits,)})
    return _kept(draft, kept, guard.last, f"held until {until.isoformat()}", until)


def held(draft: Draft, old: Target, rules: Zeroed, *, now: datetime) -> Draft:
    """The last good level, while what the source tells waits for a person or its time."""
    reason = Step(
        rule=Rule.ZEROED,
        detail=f"one of many that ran out; {rules.percent} % of the channel's articles may, "
        f"or {rules.least}, within {rules.within_minutes} min",
    )
    proposal = Proposal(
        name=name_of(draft.desired),
        value=draft.desired,
        since=now,
        reasons=(reason,),
        why=draft.chain,
    )
    last = LastGood(levels=_levels(old.desired), free=dict(draft.emptied or {}))
    until = now + timedelta(minutes=rules.hold_minutes)
    guard = Guard(held=(proposal,), last=last)
    return _kept(draft, guard, last, f"held until {until.isoformat()}", until)


def _kept(
    draft: Draft, guard: Guard, last: LastGood, why: str, until: datetime | None = None
) -> Draft:
    """The last good level less what was ordered since; `draft` says what is told."""
    levels = _unsold(last, draft.emptied or {}, tuple(_levels(draft.desired)))
    said = ", ".join(f"{place} {units}" for place, units in levels.items())
    step = Step(rule=Rule.ZEROED, detail=f"{why}: last good level less later orders ({said})")
    terms = draft.terms or StockTerms()
    unknown = dict.fromkeys(levels, f"zeroed, {why}")
    return draft._replace(
        desired=StockValue(levels=levels).model_dump(mode="json"),
        priority=Priority.STOCK if any(levels.values()) else Priority.SOLD_OUT,
        chain=(*draft.chain, step),
        next_change=until,
        terms=replace(terms, unknown=unknown),
        guard=guard,
    )


def _unsold(last: LastGood, free: Mapping[str, int], pool: Sequence[str]) -> dict[str, int]:
    """What is ordered at a location beyond its last good level comes off the channel's others."""
    since = {name: max(0, last.free.get(name, 0) - free.get(name, 0)) for name in last.levels}
    left = {name: max(0, units - since[name]) for name, units in last.levels.items()}
    beyond = {name: max(0, since[name] - units) for name, units in last.levels.items()}
    off = spilled(left, beyond, [[name for name in pool if name in left]])
    return {name: units - (off[name].units if name in off else 0) for name, units in left.items()}


def _levels(value: Json) -> Mapping[str, int]:
    return StockValue.model_validate(value).levels if value is not None else {}
