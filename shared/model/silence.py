"""How often orders usually come over a channel."""

from shared.model.base import Canonical, Instant


class Rhythm(Canonical):
    """Of one channel: when its last order was placed, and seconds between the last ones."""

    last: Instant
    gaps: tuple[int, ...] = ()
