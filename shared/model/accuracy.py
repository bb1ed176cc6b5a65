"""How well the stock we know agrees with what its source says: causes, figures, examples."""

from decimal import Decimal
from enum import StrEnum

from shared.model.base import Canonical, Instant
from shared.model.ids import Name, Sku
from shared.model.policies import Repairing


class Variance(StrEnum):
    """Why a position is not what its source says."""

    MISSED = "missed"  # a movement was never told of, or its read was lost
    LATE = "late"  # it changed since the source was last read, and nobody has told of it yet
    GONE = "gone"  # its source lists no position of the article any more
    UNIT = "unit"  # it is kept in another unit
    LOCATION = "location"  # it lies where no location of ours is
    UNEXPLAINED = "unexplained"


class Difference(Canonical):
    """One position: units known, and what its source says; None where one of them has none."""

    sku: Sku
    location: str
    cause: Variance
    known: Decimal | None = None
    said: Decimal | None = None


class Accuracy(Canonical):
    """What one comparison of a source's stock found, position by position."""

    source: Name
    policy: Repairing
    started: Instant
    heard: Instant
    finished: Instant | None = None
    compared: int = 0
    equal: int = 0
    differing: dict[Variance, int] = {}
    examples: tuple[Difference, ...] = ()
