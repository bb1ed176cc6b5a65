"""Levels of which a channel took some places and refused others, and when those go again."""

from shared.model.base import Json
from shared.model.target import Basis, Outcome, Target, TargetState


def left_by_refusal(outcome: Outcome) -> dict[str, Json]:
    """What of a target a refusal changes: what is published, where some places were taken."""
    return {} if outcome.shown is None else {"published": outcome.shown}


def mended(old: Target, basis: Basis | None) -> bool:
    """Whether a level was refused under another retailer's file: this one may map the place."""
    if old.state is not TargetState.REJECTED or old.basis is None or basis is None:
        return False
    return old.basis.file != basis.file
