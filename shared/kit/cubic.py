"""How fast to ask a vendor that states no limit: a cubic curve, as TCP and the AWS SDK use one.

After a refusal the rate falls to 0.7 of what it was. Then it rises along a cubic curve: fast at
first, flat around the rate that was refused, and beyond it ever faster, to look for more. Shape and
factor are those of RFC 9438, section 4.2 (`C(t - K)^3 + W_max`, beta 0.7). There `C` is a constant,
which for a few calls a second would ask for more every other second; here the way back to the
refused rate takes `BACK_MS` whatever that rate is. Whole thousandths of a call a second.
"""

from copy import replace
from datetime import datetime, timedelta
from typing import Final

from shared.frozen import frozen

FLOOR: Final = 500
START: Final = 2000
BACK_MS: Final = 20_000
IDLE: Final = timedelta(seconds=10)
ONE_EVENT: Final = timedelta(seconds=1)
_MS: Final = timedelta(milliseconds=1)


@frozen
class Curve:
    """`peak` is the rate that was last refused, and `cut_at` when; at first, where it began."""

    peak: int
    cut_at: datetime
    refused: bool = False

    def rate(self, now: datetime, *, most: int) -> int:
        """Thousandths of a call a second that may be asked now."""
        after_ms = max(0, (now - self.cut_at) // _MS) - (BACK_MS if self.refused else 0)
        risen = 3 * self.peak * after_ms**3 // (10 * BACK_MS**3)
        return max(FLOOR, min(most, self.peak + risen))

    def cut(self, now: datetime, *, most: int) -> "Curve":
        """After a refusal; those of one second are one, for they were under way together."""
        if self.refused and now - self.cut_at < ONE_EVENT:
            return self
        return Curve(self.rate(now, most=most), now, refused=True)

    def rested(self, since: datetime, now: datetime) -> "Curve":
        """Time in which nothing was asked teaches nothing, so the curve stands still in it."""
        idle = now - since
        return replace(self, cut_at=self.cut_at + idle) if idle > IDLE else self
