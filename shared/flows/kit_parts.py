"""What kits are made of."""

from collections.abc import Iterable, Mapping, Sequence

from shared.domain import orders
from shared.flows import keys
from shared.model.case import Case
from shared.model.ids import Entity
from shared.model.item import ItemCard
from shared.model.product import Component
from shared.model.retailer import Retailer
from shared.model.returns import ReturnMove
from shared.ports import Key, Row, Store

type Parts = Mapping[str, dict[str, int]]
"""By kit, how many units of each component one of it takes."""


def components_of(sku: str, facts: Mapping[Key, Row], retailer: Retailer) -> Sequence[Component]:
    """What a kit is made of: as the retailer's file defines it, or else as its source says."""
    if retailer.kits is None:
        return ()
    defined = next((kit.components for kit in retailer.kits.defined if kit.sku == sku), None)
    if defined is not None:
        return defined
    item = facts.get(keys.item(sku, retailer.authority[Entity.PRODUCT]))
    return ItemCard.model_validate(item.body).variant.components if item else ()


def came_apart(
    case: Case, moves: Iterable[ReturnMove], store: Store, retailer: Retailer
) -> dict[str, dict[str, int]]:
    """The kits of an order, and what each takes of its components; none if only its own moved."""
    sold = sorted({line.sku for line in orders.lines_of(case) if line.sku})
    if retailer.kits is None or {move.sku for move in moves} <= {*sold}:
        return {}
    owner = retailer.authority[Entity.PRODUCT]
    facts = store.get(keys.item(sku, owner) for sku in sold)
    made = {sku: components_of(sku, facts, retailer) for sku in sold}
    return {sku: {c.sku: c.quantity for c in listed} for sku, listed in made.items() if listed}
