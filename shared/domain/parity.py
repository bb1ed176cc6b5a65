"""Why a channel shows something else than it should, and what follows from that."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared.frozen import frozen
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.parity import Cause, Finding, Tally
from shared.model.policies import Repair
from shared.model.target import PriceValue, StockValue, Target, TargetState

EXAMPLES = 3  # findings of one cause that are kept as they are


@frozen
class Look:
    """A target, and what the channel showed after it had been read; None is nothing."""

    target: Target
    shown: Json

    @property
    def equal(self) -> bool:
        return self.shown == self.target.desired

    @property
    def accepted(self) -> bool:
        """Whether this very value was accepted for this very wish."""
        target = self.target
        return target.accepted_version == target.version and self.shown == target.published


def comparable(target: Target, *, now: datetime, settle: timedelta) -> bool:
    """Whether what the channel shows may be held against it: nothing under way, nothing recent."""
    if target.dirty or target.state is TargetState.WITHHELD:
        return False
    latest = max([target.derived_at, *(attempt.at for attempt in target.attempts[-1:])])
    return now >= latest + settle


def found(look: Look, *, implied: Json, policy: Repair) -> Finding:
    """The finding of a look that differs; `implied` is what the facts say now, None if unknown."""
    cause, evidence = _attributed(look, implied)
    return Finding(
        key=look.target.key,
        cause=cause,
        repair=repair_of(cause, policy),
        desired=look.target.desired,
        shown=look.shown,
        evidence=evidence,
    )


def repair_of(cause: Cause, policy: Repair) -> Repair | None:
    """What the policy makes of a cause; None where another exception asks already.

    A value of ours is not the channel's to keep, so accepting does not spare it. What is missing
    cannot be overwritten, and what lags behind the facts must not be sent again.
    """
    match cause:
        case Cause.EDITED:
            return policy
        case Cause.OURS:
            return Repair.ASK if policy is Repair.ASK else Repair.OVERWRITE
        case Cause.MISSING | Cause.ERP:
            return Repair.ASK
        case Cause.REFUSED:
            return None


def counted(tally: Tally, findings: Iterable[Finding]) -> Tally:
    differing = dict(tally.differing)
    for finding in findings:
        differing[finding.cause] = differing.get(finding.cause, 0) + 1
    return tally.model_copy(update={"differing": differing})


def exemplary(kept: Sequence[Finding], new: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first few findings of each cause."""
    examples = list(kept)
    for finding in new:
        if sum(one.cause is finding.cause for one in examples) < EXAMPLES:
            examples.append(finding)
    return tuple(examples)


def readable(facet: Facet, value: Json) -> str:
    """A value as a person reads it: `19.99 GBP`, `london 5, leeds 0`, `nothing`."""
    if value is None:
        return "nothing"
    try:
        if facet is Facet.PRICE:
            price = PriceValue.model_validate(value)
            before = f" (before: {price.compare_at})" if price.compare_at else ""
            return f"{price.price}{before}"
        levels = StockValue.model_validate(value).levels
    except ValidationError:
        return str(value)
    return ", ".join(f"{place} {units}" for place, units in sorted(levels.items()))


def _attributed(look: Look, implied: Json) -> tuple[Cause, str]:
    target = look.target
    if target.state is TargetState.REJECTED:
        said = target.attempts[-1].detail if target.attempts else ""
        return Cause.REFUSED, f"version {target.version} was refused: {said}"
    if implied is not None and implied != target.desired:
        should = readable(target.facet, implied)
        at = target.derived_at.isoformat()
        return Cause.ERP, f"the facts imply {should}; last derived at {at}"
    last = f"the channel last confirmed version {target.published_version}" + _when(target)
    if look.shown is None:
        return Cause.MISSING, f"the channel shows nothing of it; {last}"
    if was_ours(target, look.shown):
        return Cause.OURS, f"it was sent this before; {last}"
    count = len(target.sent)
    return Cause.EDITED, f"none of the last {count} values it was sent; {last}"


def _when(target: Target) -> str:
    return f" at {target.attempts[-1].at.isoformat()}" if target.attempts else ""


def was_ours(target: Target, shown: Json) -> bool:
    """Whether everything that differs is something the channel was sent: levels place by place."""
    if target.facet is not Facet.STOCK:
        return shown in target.sent
    before = [_levels(value) for value in target.sent]
    desired = _levels(target.desired)
    levels = _levels(shown)
    differing = {p for p in levels.keys() | desired.keys() if levels.get(p) != desired.get(p)}
    return all(place in levels and _had(before, place, levels[place]) for place in differing)


def _had(before: Iterable[dict[str, int]], place: str, units: int) -> bool:
    return any(levels.get(place) == units for levels in before)


def _levels(value: Json) -> dict[str, int]:
    return StockValue.model_validate(value).levels
