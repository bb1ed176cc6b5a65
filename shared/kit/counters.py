"""The one kind of row that is not written on its revision: units that many draw from at once."""

from collections.abc import Sequence
from typing import Protocol

from shared.ports import Key, Row


class Counters(Protocol):
    """Rows with `units`, drawn from by one conditional write that no other writer can outrun."""

    def draw(self, key: Key, units: int, token: str, *, settled: Sequence[str] = ()) -> Row | None:
        """Take units if there are as many and this token has not drawn; None if not.

        The token is kept beside the units until it is among the `settled` of a later draw.
        """
        ...

    def undo(self, key: Key, units: int, token: str) -> Row | None:
        """Give back what this token drew, once; None if it is not kept here."""
        ...
