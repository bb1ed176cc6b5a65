"""Kits: as many as their scarcest component makes, within one location.

A component tells each of its kits what is free of it, and each kit tells its components what was
ordered of it. Both are rows of whoever is told, so a change of either derives the other.
"""

from collections.abc import Iterable, Mapping

from shared.domain.availability import Place, Pool, spread
from shared.domain.stock_rules import ArticleRules
from shared.model.kits import KitOrders, KitPart
from shared.model.product import Component, Lifecycle, Variant
from shared.model.steps import Step


def kit_pool(
    variant: Variant,
    components: Iterable[Component],
    parts: Mapping[str, KitPart],
    promised: Mapping[str, int],
    rules: ArticleRules,
) -> Pool:
    """What can be sold of a kit at each location; `promised` are units of the kit itself.

    A component counts orders of the kit a moment after they were taken. Until it has, they come off
    here, and beyond what one location makes of what the others do; once it has, they no longer do.
    """
    if variant.lifecycle is Lifecycle.DISCONTINUED:
        return Pool({name: _none(name, "discontinued") for name in rules.pools}, {})
    listed = tuple(components)
    places = {n: _place(n, listed, parts, promised.get(n, 0)) for n in rules.pools}
    return Pool(spread(places, rules), {})


def taken(kits: Mapping[str, KitOrders]) -> dict[str, int]:
    """Units of a component that orders of its kits took, per location."""
    found: dict[str, int] = {}
    for kit in kits.values():
        for place, units in kit.promised.items():
            found[place] = found.get(place, 0) + units * kit.quantity
    return found


def _place(
    name: str, components: tuple[Component, ...], parts: Mapping[str, KitPart], promised: int
) -> Place:
    said, makes, beyond = [], [], 0
    for component in components:
        part = parts.get(component.sku)
        if part is None:
            return _none(name, f"nothing is known of {component.sku}")
        uncounted = promised - part.counted.get(name, 0)
        there = part.free.get(name, 0)
        beyond = max(beyond, uncounted - max(0, there // component.quantity))
        free = there - uncounted * component.quantity
        makes.append(free // component.quantity)
        said.append(f"{component.sku} {free} / {component.quantity}")
    found = max(0, min(makes))
    step = Step(f"kit at {name}", f"least of {', '.join(said)} = {found}")
    return Place(found, found, (step,), beyond=beyond)


def _none(name: str, why: str) -> Place:
    return Place(0, 0, (Step(f"kit at {name}", f"{why} = 0"),))
