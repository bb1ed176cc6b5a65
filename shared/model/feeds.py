"""How the prices of one feed may look as a whole; what looks otherwise is held as a whole."""

from typing import Annotated

from pydantic import Field

from shared.model.base import Canonical
from shared.model.guardrails import Share
from shared.model.price_rules import Exact, Percent


class FeedLimits(Canonical):
    """Limits of dropped files; one that is left out is not tested. Percent, as text."""

    max_refused: Share | None = Field(default=None, description="of the rows, that are refused")
    max_unpriced: Share | None = Field(
        default=None, description="of the rows, whose amount is missing or no positive decimal"
    )
    max_foreign: Share | None = Field(
        default=None, description="of the rows, in another currency than their list"
    )
    max_changed: Share | None = Field(
        default=None, description="of the rows of known prices, that change them"
    )
    max_median: Percent | None = Field(
        default=None, description="by which the median of the changed prices differs"
    )
    min_rows: Annotated[Exact, Field(ge=0, le=100)] | None = Field(
        default=None, description="of the rows of the last file in the same folder"
    )
    rows_from: int = Field(default=20, ge=1, description="files of fewer rows are not judged")


class Example(Canonical):
    """One row that speaks for others: where it stands, and what is the matter with it."""

    line: int
    what: str


class Survey(Canonical):
    """What a file looks like, as far as it has been read.

    `known` rows state a price that was stated before, of those that were compared; `changes` are
    how many of these differ, by the whole percent they differ by.
    """

    rows: int = 0
    refused: int = 0
    unpriced: int = 0
    foreign: int = 0
    known: int = 0
    changes: dict[int, int] = {}
    examples: tuple[Example, ...] = ()
    done: bool = False

    @property
    def changed(self) -> int:
        return sum(self.changes.values())

    @property
    def median(self) -> int:
        """The percent that half of the changes do not exceed; 0 where nothing changes."""
        left = (self.changed + 1) // 2
        for percent in sorted(self.changes):
            left -= self.changes[percent]
            if left <= 0:
                return percent
        return 0
