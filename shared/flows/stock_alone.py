"""Articles of which nothing but stock has changed, derived from their targets and what lies where.

All else that a level follows from is noted in its target, its basis. A change of that is derived by
itself, from everything, and writes the target: so who writes on the revision it read has read a
basis that still holds, and neither article nor prices have to be read for a movement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from shared.domain.stock_rules import depends_on
from shared.flows import keys
from shared.flows.standing_targets import noted_basis
from shared.flows.stock_facts import places_in
from shared.frozen import slotted
from shared.model.ids import Entity, Facet
from shared.model.item import ItemCard
from shared.model.product import Variant
from shared.model.retailer import Channel, Retailer
from shared.model.target import Basis, Target
from shared.model.written import read
from shared.ports import Key, Row

_ANY: Final = Variant.model_construct(sku="", base_unit="")
_ANY_CARD: Final = ItemCard.model_construct(
    source="", as_of=datetime.min.replace(tzinfo=UTC), product_id="", variant=_ANY
)
"""An article of which nothing is said that levels follow from: one is copied from it."""


class Moved(NamedTuple):
    """What has changed of an article: positions at these locations, or any; and whether holds."""

    places: frozenset[str] | None = None
    holds: bool = True


def moved(rows: Iterable[tuple[str, str | None]]) -> Moved:
    """What the stream told of rows of one partition: each `stock` or `holds`, with its state."""
    places: set[str] = set()
    anywhere = holds = False
    for kind, state in rows:
        holds = holds or kind != "stock"
        anywhere = anywhere or state is None
        places.update(places_in(state))
    return Moved(None if holds or anywhere else frozenset(places), holds)


class Noted(NamedTuple):
    """An article as its `targets` note it, by channel, and the `rows` these were read from.

    `promised` is None where that has changed.
    """

    item: ItemCard
    promised: Mapping[str, int] | None
    bases: Mapping[str, Basis]
    targets: Mapping[str, Target]
    rows: Mapping[str, Row]


@slotted
class Alone:
    """Those of a derivation of which stock alone has changed, by fact partition."""

    retailer: Retailer
    moved: dict[str, Moved]
    _near: Mapping[str, frozenset[str]] = field(init=False)
    _selling: dict[frozenset[str], Sequence[Channel]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._near = depends_on(self.retailer) if self.moved else {}

    def __contains__(self, partition: str) -> bool:
        return partition in self.moved

    def channels(self, partition: str) -> Sequence[Channel]:
        """Whose levels may have changed."""
        moved = self.moved.get(partition)
        if moved is None or moved.places is None:
            return self.retailer.channels
        places, found = moved.places, self._selling.get(moved.places)
        if found is None:
            found = [c for c in self.retailer.channels if not places.isdisjoint(self._near[c.name])]
            self._selling[places] = found
        return found

    def holds_changed(self, partition: str) -> bool:
        moved = self.moved.get(partition)
        return moved is None or moved.holds

    def end(self, partitions: Iterable[str]) -> None:
        """From now on everything is read of these."""
        for partition in partitions:
            self.moved.pop(partition, None)

    def noted(self, partition: str, olds: Mapping[Key, Row]) -> Noted | None:
        """What the targets say of the article; None where not all say the same, or enough."""
        sku = partition.removeprefix("sku#")
        targets: dict[str, Target] = {}
        bases: dict[str, Basis] = {}
        rows: dict[str, Row] = {}
        for channel in self.channels(partition):
            row = olds.get(keys.target(channel.name, Facet.STOCK, sku))
            if row is None:
                return None
            target = read(row.body, Target)
            basis = noted_basis(target)
            if basis is None or basis.file != self.retailer.fingerprint:
                return None
            name = channel.name
            targets[name], bases[name], rows[name] = target, basis, row
        promised = self._promised(bases)
        if promised is None or not _agree(targets, bases):
            return None
        item = self._item(sku, *next(zip(targets.values(), bases.values(), strict=True)))
        told = None if self.holds_changed(partition) else promised
        return Noted(item, told, bases, targets, rows)

    def _promised(self, bases: Mapping[str, Basis]) -> dict[str, int] | None:
        """Units at every location that matters to one of these channels; None if they differ."""
        found: dict[str, int] = {}
        for name, basis in bases.items():
            for place in self._near[name]:
                units = basis.promised.get(place, 0)
                if found.setdefault(place, units) != units:
                    return None
        return found

    def _item(self, sku: str, target: Target, basis: Basis) -> ItemCard:
        source = self.retailer.authority[Entity.PRODUCT]
        said = {"sku": sku, "base_unit": basis.unit, "safety_stock": basis.safety_stock}
        return _ANY_CARD.model_copy(
            update={
                "source": source,
                "as_of": target.facts[f"item of {source}"],
                "product_id": target.group,
                "variant": _ANY.model_copy(update=said),
                "brand": basis.brand,
                "product_group": basis.product_group,
            }
        )


def _agree(targets: Mapping[str, Target], bases: Mapping[str, Basis]) -> bool:
    """Whether all targets of an article note the same of it."""
    return len(targets) <= 1 or len({_said(targets[name], bases[name]) for name in targets}) <= 1


def _said(target: Target, basis: Basis) -> tuple[object, ...]:
    """What the targets of one article have in common."""
    safety = tuple(sorted(basis.safety_stock.items()))
    return target.group, basis.unit, basis.product_group, basis.brand, safety
