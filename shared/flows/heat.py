"""What a container remembers between two checkouts."""

from dataclasses import field
from datetime import datetime

from shared.frozen import frozen, slotted
from shared.ports import Key


@frozen
class Hot:
    """Where an article is drawn from counters, and by which channels, unless looked up since."""

    location: str
    channels: tuple[str, ...]
    until: datetime


@slotted
class Heat:
    """What one container remembers: which articles are hot, and what it drew that is settled."""

    hot: dict[str, Hot] = field(default_factory=dict)
    settled: dict[Key, str] = field(default_factory=dict)
    touched: dict[str, datetime] = field(default_factory=dict)
    home: int | None = None
