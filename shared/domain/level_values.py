"""Levels of an article by place, as a target wishes and a channel shows them."""

from collections.abc import Mapping

from shared.model.base import Json
from shared.model.target import Target, TargetState, Verdict

READ_BACK = "read back"
"""How the detail of an attempt begins that was a look at what is shown."""
_SENDS_OR_RESTS = frozenset({TargetState.APPLIED, TargetState.DIRTY})


def one_returns(desired: Json, *, shown: Json, wished: Json) -> bool:
    """Whether a place is to show again what it showed, after something else was wished for it."""
    before, meanwhile = levels(shown), levels(wished)
    return any(
        level == before.get(place) != meanwhile.get(place, level)
        for place, level in levels(desired).items()
    )


def all_known(desired: Json, shown: Json) -> bool:
    """Whether it is known of each place what it shows, so that a call can name what it replaces."""
    return shown is not None and levels(desired).keys() <= levels(shown).keys()


def levels(value: Json) -> Mapping[str, Json]:
    """By place; none of a value that is not of stock."""
    found = value.get("levels") if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def just_told(target: Target) -> bool:
    """Whether the channel said last what is published, and not only before a call that failed."""
    last = target.attempts[-1]
    return last.verdict is Verdict.APPLIED or last.detail.startswith(READ_BACK)


def sold_beneath(old: Target, new: Target) -> bool:
    """Whether more was sold at a place whose level stays: what came in took its place.

    The channel took the sale off and shows less than it was sent, so what it shows is to be read.
    """
    if old.state is not TargetState.APPLIED or new.state not in _SENDS_OR_RESTS:
        return False
    if old.basis is None or new.basis is None or old.basis.promised == new.basis.promised:
        return False
    was, stays = old.basis.promised, levels(old.desired).items() & levels(new.desired).items()
    return any(new.basis.promised.get(place, 0) > was.get(place, 0) for place, _ in stays)
