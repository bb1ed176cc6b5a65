"""The price a channel should show now, the chain that led to it, and when it will differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.model.money import Money
from shared.model.price import PriceCondition, PriceKind
from shared.model.product import Variant
from shared.model.retailer import Channel, Retailer
from shared.model.target import PriceValue, Step


@dataclass(frozen=True, slots=True)
class Priced:
    value: PriceValue
    chain: tuple[Step, ...]
    next_change: datetime | None
    promotional: bool


@dataclass(frozen=True, slots=True)
class Unpriced:
    """No price may be shown, and why."""

    reason: str
    next_change: datetime | None = None


def resolve(
    conditions: Sequence[PriceCondition],
    *,
    variant: Variant,
    channel: Channel,
    retailer: Retailer,
    now: datetime,
) -> Priced | Unpriced:
    """Choose by list order, then the latest start; a promotion in its window beats the base."""
    listed = [c for c in conditions if c.price_list in channel.price_lists]
    next_change = _next_change(listed, now)
    effective = [c for c in listed if c.window.holds(now)]
    base = _choose(effective, PriceKind.BASE, channel)
    promotion = _choose(effective, PriceKind.PROMOTIONAL, channel)
    chosen = promotion or base
    if chosen is None:
        lists = ", ".join(channel.price_lists)
        return Unpriced(f"no condition of {lists} is effective", next_change)
    basis = retailer.price_list(chosen.price_list).tax_basis
    if basis != channel.tax_display:
        reason = f"list {chosen.price_list} is {basis}, {channel.name} shows {channel.tax_display}"
        return Unpriced(reason, next_change)
    price = _each(chosen, variant)
    if price is None or price.amount <= 0:
        return Unpriced(f"condition {chosen.condition_id} gives {price}", next_change)
    struck = _each(base, variant) if base and promotion and channel.compare_at else None
    higher = struck if struck is not None and struck.amount > price.amount else None
    chain = (_step(base, variant),) if base else ()
    if promotion:
        chain = (*chain, _step(promotion, variant))
    return Priced(
        PriceValue(price=price, compare_at=higher), chain, next_change, promotion is not None
    )


def _choose(
    effective: Iterable[PriceCondition], kind: PriceKind, channel: Channel
) -> PriceCondition | None:
    """The first list, then the latest start; what follows only makes the order total."""
    rank = {name: i for i, name in enumerate(channel.price_lists)}
    return min(
        (c for c in effective if c.kind == kind),
        key=lambda c: (
            rank[c.price_list],
            -c.window.start.timestamp(),
            c.condition_id,
            c.window.end is None,
            c.window.end or c.window.start,
            c.amount.amount,
            c.per,
            c.unit,
        ),
        default=None,
    )


def _each(condition: PriceCondition, variant: Variant) -> Money | None:
    """The price of one base unit, or None when the condition's unit is not one of the variant's."""
    units = {unit.code: unit for unit in variant.units}
    if condition.unit == variant.base_unit:
        per = condition.per
    elif condition.unit in units:
        unit = units[condition.unit]
        per = condition.per * Decimal(unit.numerator) / Decimal(unit.denominator)
    else:
        return None
    return Money.rounded(condition.amount.decimal() / per, condition.amount.currency)


def _next_change(conditions: Iterable[PriceCondition], now: datetime) -> datetime | None:
    edges = (edge for c in conditions for edge in (c.window.start, c.window.end))
    return min((edge for edge in edges if edge is not None and edge > now), default=None)


def _step(condition: PriceCondition, variant: Variant) -> Step:
    end = condition.window.end.isoformat() if condition.window.end else "open"
    return Step(
        rule=f"{condition.kind} price",
        detail=(
            f"condition {condition.condition_id} of {condition.price_list}: {condition.amount} per "
            f"{condition.per} {condition.unit}, {condition.tax_basis}, from "
            f"{condition.window.start.isoformat()} to {end} ({condition.window.zone}) "
            f"= {_each(condition, variant)} each"
        ),
    )
