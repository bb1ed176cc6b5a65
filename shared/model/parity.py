"""What channels really show beside what they should: causes, findings, figures."""

from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from shared.model.base import Canonical, Instant, Json
from shared.model.ids import Facet, Name
from shared.model.policies import Repair

_SHARE = Decimal("0.000001")


class Cause(StrEnum):
    """Why a channel shows something else than it should."""

    OURS = "ours"  # an older value of ours: lost, or landed late
    EDITED = "edited"  # a value that was never ours
    MISSING = "missing"  # nothing: the article is gone from the channel
    ERP = "erp"  # the facts say something newer than what was derived from them
    REFUSED = "refused"  # the channel refused what it should show, and an exception says so


class Finding(Canonical):
    """One difference: the values in the shape of their facet, `evidence` for the cause."""

    key: str
    cause: Cause
    repair: Repair | None
    desired: Json
    shown: Json
    evidence: str


class Tally(Canonical):
    """How many targets there were of each sort.

    `accepted` show a value of the channel's own that was accepted before; `moving` could not be
    judged, because something was under way, too recent, or changed while being looked at;
    `withheld` showed something else when last looked at, and were not sent it: in shadow. `held`
    are those, among all of these, of which another price waits for approval.
    """

    equal: int = 0
    accepted: int = 0
    moving: int = 0
    withheld: int = 0
    held: int = 0
    differing: dict[Cause, int] = {}

    @property
    def compared(self) -> int:
        return self.equal + self.accepted + self.withheld + sum(self.differing.values())

    @property
    def share_equal(self) -> str | None:
        """Of those compared, as a decimal of six places, never rounded up; None of none."""
        if not self.compared:
            return None
        return str((Decimal(self.equal) / self.compared).quantize(_SHARE, ROUND_DOWN))


class Comparison(Canonical):
    """What one comparison of a channel and facet found; `examples` are a few of each cause."""

    channel: Name
    facet: Facet
    policy: Repair
    started: Instant
    finished: Instant
    tally: Tally
    examples: tuple[Finding, ...] = ()
