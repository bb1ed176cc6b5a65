"""What becomes of a target whose channel shows something else: sent anew, or left as it is."""

from datetime import datetime

from shared.domain.targets import Priority, kept
from shared.model.base import Json
from shared.model.ids import Facet
from shared.model.target import Attempt, Target, TargetState, Verdict


def overwritten(target: Target, shown: Json, *, why: str, now: datetime) -> Target:
    """The channel shows something else for good: it is sent the wish anew, over what it shows."""
    version = target.version + 1
    attempt = Attempt(
        at=now, version=version, verdict=Verdict.RETRY, detail=f"read back: {why}"[:200]
    )
    return target.model_copy(
        update={
            "version": version,
            "published": shown,
            "state": TargetState.DIRTY,
            "priority": Priority.CORRECTION if target.facet is Facet.PRICE else target.priority,
            "since": now,
            "attempts": kept(target, attempt),
        }
    )


def accepted(target: Target, shown: Json, *, why: str, now: datetime) -> Target:
    """The channel's own value stays, until another one is wished."""
    detail = f"accepted: {why}"[:200]
    attempt = Attempt(at=now, version=target.version, verdict=Verdict.APPLIED, detail=detail)
    return target.model_copy(
        update={
            "published": shown,
            "accepted_version": target.version,
            "attempts": kept(target, attempt),
        }
    )
