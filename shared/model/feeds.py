"""What the prices of one feed look like as a whole."""

from shared.model.base import Canonical


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
