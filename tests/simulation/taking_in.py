"""A depot that takes in what customers send back and sorts it, and that only tells."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.domain.return_moves import fates
from shared.domain.returns import whole
from shared.model.issue import IssueKind, IssueState
from shared.ports import Table
from tests.simulation.engine import SECOND
from tests.simulation.invariants_orders import cases
from tests.simulation.warehouse import Row, Warehouse

PLACE = "depot"
RULES = """
[[sources]]
name = "wms"
returns = true

[[locations]]
name = "depot"
source = "wms"
external = { shop = "gid://shopify/Location/3" }
"""
SOLD, BROKEN, GONE = "available", "damaged", "scrap"
LOOKED_AT = "quality_inspection"
FATES = {SOLD: "restock", BROKEN: "damaged", GONE: "scrap", LOOKED_AT: "quarantine"}


@dataclass(slots=True)
class Depot(Warehouse):
    """`came` is what it took in, by return and article, `lies` the fates of that."""

    shop: str = "shop"
    came: dict[str, Counter[str]] = field(default_factory=dict)
    lies: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What lies here is not for sale, so the levels of the shop are none of its business."""

    def take_in(self) -> None:
        """A parcel of every return that was granted and has not come, under one of its names."""
        for order in self._vendor.shop.orders.values():
            for one in order.returns:
                name = f"{self.shop}:{one.return_id}"
                if one.status in {"OPEN", "CLOSED"} and name not in self.came:
                    self.names[name] = self.play.rng.choice(self._called(one))
                    skus = {line.line_id: line.sku for line in order.lines}
                    units = {skus[line]: n for line, n in one.units.items()}
                    self.came[name] = Counter(units)
                    self.play.truth.taken_in[name] = Counter(
                        {str(line): n for line, n in one.units.items()}
                    )
                    self._into(name, units)

    def sort(self) -> None:
        """What came and was not looked at yet is sold again, set aside, or thrown away."""
        for name, lies in self.lies.items():
            for (sku, state), units in list(lies.items()):
                if state == LOOKED_AT and units:
                    self._sorted(name, sku, units)

    def _into(self, name: str, units: dict[str, int]) -> None:
        self.lies[name] = Counter({(sku, LOOKED_AT): n for sku, n in units.items()})
        spot = PLACE, LOOKED_AT
        document = self.names[name]
        rows = [self._moved(s, "return", n, None, spot, document) for s, n in units.items()]
        self._somehow(rows)

    def _sorted(self, name: str, sku: str, units: int) -> None:
        state = self.play.rng.choice((SOLD, BROKEN, GONE))
        self.lies[name][sku, LOOKED_AT] -= units
        self.lies[name][sku, state] += units
        kind, end = ("scrap", None) if state == GONE else ("reclassify", (PLACE, state))
        spot = PLACE, LOOKED_AT
        self._somehow([self._moved(sku, kind, units, spot, end, self.names[name])])

    def _somehow(self, rows: list[Row]) -> None:
        """Late or at once, and now and then twice."""
        rng = self.play.rng
        self.tell(rows, rng.choice((0, rng.randint(0, 15) * SECOND)))
        if rng.random() < 0.3:
            self.tell(rows, rng.randint(0, 15) * SECOND)

    def _called(self, one: Any) -> list[str]:
        """The names under which a parcel may come: the shop's, and the ERP's once it has one."""
        reference = f"{self.shop}-V{one.return_id}".upper()
        kept = self.play.world.vendors["erp"].tenant.credits.after(None)
        made = [d.number for d in kept if d.reference == reference]
        return [str(one.return_id), f"{self.shop}:{one.return_id}", *made]

    @property
    def _vendor(self) -> Any:
        return self.play.world.vendors[self.shop]

    # what must be so in the end

    def amiss(self) -> Iterator[str]:
        """Where its books are not those of Shelfwire, or what became of units is not known."""
        skus = {sku for units in self.came.values() for sku in units}
        for sku in skus:
            yield from self.differences(sku)
        told = {one.return_id: one for c in cases(self.play.truth).values() for one in whole(c)}
        for name, lies in self.lies.items():
            wanted: dict[str, Counter[str]] = {}
            for (sku, state), units in lies.items():
                wanted.setdefault(sku, Counter())[FATES[state]] += units
            known = fates(told[name]) if name in told else {}
            if known != {sku: dict(+units) for sku, units in wanted.items()}:
                yield f"of return {name} {wanted} is so, and {known} is known"
        for row in self.play.world.store.rows(Table.ISSUES):
            unknown = row.body["kind"] == IssueKind.RETURN_UNKNOWN
            if unknown and row.body["state"] == IssueState.OPEN:
                yield f"{row.body['subject']} is still told of, and its return is known"
