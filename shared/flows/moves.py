"""How many of a channel's prices have moved of late: one row per channel, written ahead.

Prices are counted before they are written to the targets, so a crash in between counts some twice
and never lets more through than the channel's `max_share`.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from shared.errors import RetryableError
from shared.flows import keys, roster
from shared.model.base import Canonical, Instant
from shared.model.guardrails import Guardrails
from shared.model.ids import Facet
from shared.model.retailer import Channel
from shared.ports import Clock, Put, Row, Store

TRIES: Final = 8
PAGE: Final = 5000


class Window(Canonical):
    """Prices that have moved since an instant, of so many that the channel showed then."""

    since: Instant
    size: int
    moved: int = 0


def reserve(store: Store, clock: Clock, channel: Channel, count: int) -> bool:
    """Whether so many more prices may move; if so they count, else none of them does."""
    rules = channel.guardrails
    if rules is None or rules.max_share is None or count == 0:
        return True
    key = keys.moves(channel.name)
    for _ in range(TRIES):
        row = store.get([key]).get(key)
        window = _window(store, clock, channel, rules, row)
        moved = window.moved + count
        if moved > most(window.size, rules):
            return False
        counted = window.model_copy(update={"moved": moved})
        if store.commit([Put(key, counted.model_dump(mode="json"), row.rev if row else 0)])[0]:
            return True
    raise RetryableError(f"the prices that moved in {channel.name} are contended")


def most(size: int, rules: Guardrails) -> int:
    """How many of so many prices may move within the window."""
    share = rules.max_share
    return size if share is None else max(rules.share_from, int(size * share / 100))


def _window(
    store: Store, clock: Clock, channel: Channel, rules: Guardrails, row: Row | None
) -> Window:
    """The one that runs, or a new one, for which the channel's prices are counted."""
    now = clock.now()
    window = Window.model_validate(row.body) if row else None
    if window is not None and now < window.since + timedelta(minutes=rules.window_minutes):
        return window
    return Window(since=now, size=sum(_shown(store, channel.name)))


def _shown(store: Store, channel: str) -> Iterator[int]:
    after = ""
    while names := roster.names(store, channel, Facet.PRICE, after=after, limit=PAGE):
        yield len(names)
        after = names[-1]
