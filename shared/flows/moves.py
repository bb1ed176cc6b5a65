"""How many articles of a channel have moved of late: one row per limit, written ahead.

They are counted before they are written to the targets, so a crash in between counts some twice and
never lets more through than the limit.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from shared.errors import RetryableError
from shared.flows import keys, roster
from shared.frozen import frozen
from shared.model.base import Canonical, Instant
from shared.model.ids import Facet
from shared.model.retailer import Channel
from shared.ports import Clock, Key, Put, Row, Store

TRIES: Final = 8
PAGE: Final = 5000


class Window(Canonical):
    """Articles that have moved since an instant, of so many that the channel showed then."""

    since: Instant
    size: int
    moved: int = 0


@frozen
class Limit:
    """So many percent of what the channel shows of a facet may move within the minutes.

    Or `least`, if that is more. A `lasting` window goes on for as long as anything is refused.
    """

    key: Key
    channel: str
    facet: Facet
    percent: Decimal | int
    least: int
    minutes: int
    lasting: bool = False

    def most(self, size: int) -> int:
        return max(self.least, int(size * self.percent / 100))


def limit_of(channel: Channel) -> Limit | None:
    """How many of its prices may move; None where the channel does not say."""
    rules = channel.guardrails
    if rules is None or rules.max_share is None:
        return None
    return Limit(
        key=keys.moves(channel.name),
        channel=channel.name,
        facet=Facet.PRICE,
        percent=rules.max_share,
        least=rules.share_from,
        minutes=rules.window_minutes,
    )


def reserve(store: Store, clock: Clock, limit: Limit | None, count: int) -> bool:
    """Whether so many more may move; if so they count, else none of them does."""
    if limit is None or count == 0:
        return True
    for _ in range(TRIES):
        row = store.get([limit.key]).get(limit.key)
        window = _window(store, clock, limit, row)
        moved = window.moved + count
        refused = moved > limit.most(window.size)
        if refused and not limit.lasting:
            return False
        update = {"since": clock.now()} if refused else {"moved": moved}
        counted = window.model_copy(update=update).model_dump(mode="json")
        if store.commit([Put(limit.key, counted, row.rev if row else 0)])[0]:
            return not refused
    raise RetryableError(f"what moved in {limit.channel} is contended")


def _window(store: Store, clock: Clock, limit: Limit, row: Row | None) -> Window:
    """The one that runs, or a new one, for which what the channel shows is counted."""
    now = clock.now()
    window = Window.model_validate(row.body) if row else None
    if window is not None and now < window.since + timedelta(minutes=limit.minutes):
        return window
    return Window(since=now, size=sum(_shown(store, limit)))


def _shown(store: Store, limit: Limit) -> Iterator[int]:
    after = ""
    while names := roster.names(store, limit.channel, limit.facet, after=after, limit=PAGE):
        yield len(names)
        after = names[-1]
