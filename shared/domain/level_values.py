"""Levels of an article by place, as a target wishes and a channel shows them."""

from collections.abc import Mapping

from shared.model.base import Json
from shared.model.target import Target, Verdict

READ_BACK = "read back"
"""How the detail of an attempt begins that was a look at what is shown."""


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
