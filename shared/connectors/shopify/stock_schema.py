"""Answers about levels."""

from shared.connectors.shopify.schema import Identified, Theirs, UserError


class Quantity(Theirs):
    name: str
    quantity: int


class Level(Theirs):
    quantities: tuple[Quantity, ...]

    def available(self) -> int | None:
        return next((q.quantity for q in self.quantities if q.name == "available"), None)


class StockSetPayload(Theirs):
    inventory_adjustment_group: Identified | None = None
    user_errors: tuple[UserError, ...]


class StockSetAnswer(Theirs):
    inventory_set_quantities: StockSetPayload


class ActivatePayload(Theirs):
    inventory_level: Level | None = None
    user_errors: tuple[UserError, ...]


class ActivateAnswer(Theirs):
    inventory_activate: ActivatePayload


class LevelsAnswer(Theirs):
    """Each node holds `id` and, under our own aliases `l0`, `l1`, ..., a level or null."""

    nodes: tuple[dict[str, object] | None, ...]
