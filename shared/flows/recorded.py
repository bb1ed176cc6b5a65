"""The names of what the ledger recorded: by source, in the order of their instants."""

import hashlib
from datetime import datetime

from shared.ports import Journal


def begin(source: str) -> str:
    """What the names of all pieces of a source begin with."""
    return f"ledger/{source}/"


def before(source: str, at: datetime) -> str:
    """A name behind all that was recorded before an instant, and before all of that instant."""
    return begin(source) + at.isoformat(timespec="microseconds")


def named(source: str, at: datetime, content: bytes) -> str:
    """`ledger/<source>/<instant>-<digest>.z`: in order of instants, one name for one content."""
    return f"{before(source, at)}-{hashlib.sha256(content).hexdigest()[:12]}.z"


def since(journal: Journal, source: str, at: datetime | None = None) -> bool:
    """Whether anything of a source was recorded since then, or ever."""
    after = before(source, at) if at is not None else begin(source)
    return bool(journal.names(begin(source), after=after, limit=1))
