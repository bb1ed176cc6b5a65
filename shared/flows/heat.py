"""What a container remembers between two checkouts."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.ports import Key


@dataclass(slots=True)
class Heat:
    """What one container remembers: which articles are hot, and what it drew that is settled."""

    until: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    settled: dict[Key, str] = field(default_factory=dict)
    touched: dict[str, datetime] = field(default_factory=dict)
    home: int | None = None
