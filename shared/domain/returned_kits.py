"""Kits that come back as what they are made of: one has come once each of its components has.

A component goes to the kits that were announced, in their order, as far as they take of it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field

from shared.frozen import slotted
from shared.model.returns import Disposition, ReturnMove

type Made = dict[str, tuple[int, Disposition]]


@slotted
class Kits:
    """`parts` are the units a kit takes of each component, `announced` the units of each kit.

    `over` are units of articles that no kit takes.
    """

    parts: Mapping[str, Mapping[str, int]]
    announced: Mapping[str, int]
    over: Counter[str] = field(default_factory=Counter)
    _came: dict[str, Counter[str]] = field(default_factory=dict)
    _whole: Counter[str] = field(default_factory=Counter)
    _spoilt: dict[str, Disposition] = field(default_factory=dict)

    def take(self, move: ReturnMove) -> Made:
        """The kits that units of one movement made whole, and what became of these."""
        made: Made = {}
        left = move.quantity
        for kit in self.parts:
            if move.sku in self.parts[kit] and left:
                left -= self._taken(kit, move, left)
                self._assembled(kit, move, made)
        if left:
            self.over[move.sku] += left
        return made

    def _taken(self, kit: str, move: ReturnMove, units: int) -> int:
        came = self._came.setdefault(kit, Counter())
        room = self.announced.get(kit, 0) * self.parts[kit][move.sku] - came[move.sku]
        taken = min(units, max(room, 0))
        came[move.sku] += taken
        if taken and move.became is not Disposition.RESTOCK:
            self._spoilt.setdefault(kit, move.became)
        return taken

    def _assembled(self, kit: str, move: ReturnMove, made: Made) -> None:
        """A kit may be sold again only if each of its components may."""
        whole = min(self._came[kit][sku] // units for sku, units in self.parts[kit].items())
        if whole > self._whole[kit]:
            made[kit] = whole - self._whole[kit], self._spoilt.pop(kit, move.became)
            self._whole[kit] = whole
