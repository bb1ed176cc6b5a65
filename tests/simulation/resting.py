"""Which orders waited for an ERP that was away, and which of them it was sent first."""

from dataclasses import dataclass, field

from shared.flows import keys
from shared.ports import Key, Put, Row, Table
from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play

EXPRESS_HOURS, USUAL_HOURS = 4, 48
RULES = f"""
[[order_rules]]
shipping_codes = ["express"]
ship_within_hours = {EXPRESS_HOURS}

[[order_rules]]
ship_within_hours = {USUAL_HOURS}
"""
LAG_MS = 5 * SECOND  # what an index may show late


@dataclass(slots=True)
class Rested:
    """When each order came to rest for the last time, when it was taken, and the ERP's number."""

    play: Play
    since: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    express: set[str] = field(default_factory=set)
    placed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.play.world.store.tell(self._wrote, Table.ORDERS)

    def buys(self, code: str) -> None:
        """A shopper orders by this method."""
        number = self.play.basket(
            "shop", [{"sku": "HAT-M", "quantity": 1}], shipping={"price": "2.00", "code": code}
        )
        order = f"shop:{number}"
        self.placed[order] = self.play.world.engine.now_ms
        if code == "express":
            self.express.add(order)

    def _wrote(self, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
        del old
        order, now = key.pk.removeprefix("order#"), self.play.world.engine.now_ms
        if put is not None and put.lane == keys.backlog_lane("erp"):
            self.since[order] = now
            self.taken.pop(order, None)
        elif order in self.since:
            self.taken.setdefault(order, now)
        if new is not None and new.body.get("erp_order"):
            self.numbers[order] = int(str(new.body["erp_order"]))

    def out_of_turn(self) -> list[str]:
        """Orders the ERP got before one that rested as they were taken and has to leave sooner."""
        return [
            f"the ERP got {late} before {soon}, which has to leave sooner"
            for late, at in self.taken.items()
            for soon, since in self.since.items()
            if self._leaves(soon) < self._leaves(late)
            and since + LAG_MS < at <= self.taken.get(soon, at)
            and self.numbers.get(late, 0) < self.numbers.get(soon, 0)
        ]

    def _leaves(self, order: str) -> int:
        hours = EXPRESS_HOURS if order in self.express else USUAL_HOURS
        return self.placed[order] // SECOND + hours * 3600
