"""The plainest way to say what a price is at an instant.

It shares nothing with the engine but the model: fractions throughout, every criterion written out,
and endings found by trying one amount after the other.
"""

from datetime import datetime
from fractions import Fraction
from math import ceil, floor

from shared.model.money import Money, exponent
from shared.model.price import PriceCondition, PriceKind
from shared.model.price_rules import Criterion, Dated, Rounding
from shared.model.target import PriceValue, ScaledPrice, SegmentPrice
from tests.domain.price_worlds import PriceWorld


def value_at(world: PriceWorld, at: datetime) -> PriceValue | None:
    """What is shown at an instant, worked out from nothing but that instant."""
    general = _of_segment(world, world.channel.segment, at)
    if general is None:
        return None
    own = {name: _of_segment(world, name, at) for name in world.channel.segments}
    return PriceValue(
        **general.model_dump(),
        segments={name: value for name, value in own.items() if value and value != general},
    )


def _of_segment(world: PriceWorld, segment: str | None, at: datetime) -> SegmentPrice | None:
    lists = {p.name: p for p in world.retailer.price_lists}
    held = [
        c
        for c in world.conditions
        if c.price_list in world.channel.price_lists
        and lists[c.price_list].segment in {None, segment}
        and c.window.start <= at
        and (c.window.end is None or at < c.window.end)
    ]
    held.sort(key=lambda c: (_ranks(world, c, at), c.condition_id))
    sold = [c for c in held if c.kind in {PriceKind.BASE, PriceKind.PROMOTIONAL}]
    price = _shown(world, sold[0], at, 1) if sold else None
    costs = [c for c in held if c.kind is PriceKind.COST]
    limit = _least(world, costs[0], at) if costs else 0
    if price is None or limit is None:
        return None
    price = _kept(world, price, limit)
    if price is None:
        return None
    return SegmentPrice(
        price=_money(price),
        compare_at=_struck(world, held, sold[0], price, at),
        scales=_scales(world, sold[0], price, limit, at),
    )


def _kept(world: PriceWorld, price: int, limit: int) -> int | None:
    margin = world.channel.min_margin
    if price >= limit or margin is None:
        return price
    if margin.below == "hold":
        return None
    rule = _rule(world)
    return _ended(limit, rule, "up") if rule and rule.endings else limit


def _least(world: PriceWorld, cost: PriceCondition, at: datetime) -> int | None:
    """The floor under a price; None when it is needed and cannot be said."""
    margin = world.channel.min_margin
    if margin is None:
        return 0
    exact = _exact(world, cost, at, 1)
    if exact is None or exact <= 0:
        return None
    return ceil(ceil(exact) / (1 - Fraction(margin.percent) / 100))


def _struck(
    world: PriceWorld, held: list[PriceCondition], sold: PriceCondition, price: int, at: datetime
) -> Money | None:
    if not world.channel.compare_at:
        return None
    for kind in (PriceKind.REFERENCE, PriceKind.BASE):
        first = next((c for c in held if c.kind is kind), None)
        if first is None or first is sold:
            continue
        amount = _shown(world, first, at, 1, zero=True)
        if amount is not None and amount > price:
            return _money(amount)
    return None


def _scales(
    world: PriceWorld, sold: PriceCondition, price: int, limit: int, at: datetime
) -> tuple[ScaledPrice, ...]:
    if not world.channel.scales:
        return ()
    found: list[ScaledPrice] = []
    for quantity in range(2, 40 * 12 + 1):
        if not any(ceil(_units(s.unit) * Fraction(s.quantity)) == quantity for s in sold.scales):
            continue
        amount = _shown(world, sold, at, quantity)
        kept = None if amount is None else _kept(world, amount, limit)
        before = found[-1].price.amount if found else price
        if amount == before or kept is None or kept == before:
            continue
        found.append(ScaledPrice(quantity=quantity, price=_money(kept)))
    return tuple(found)


def _money(minor: int) -> Money:
    return Money(amount=minor, currency="GBP")


def _ranks(world: PriceWorld, condition: PriceCondition, at: datetime) -> list[Fraction]:
    lists = {p.name: p for p in world.retailer.price_lists}
    start, end = condition.window.start, condition.window.end
    exact = _exact(world, condition, at, 1)
    far = Fraction(10**12)
    ranks = {
        Criterion.KIND: Fraction(
            {k: i for i, k in enumerate(world.retailer.precedence.kinds)}.get(condition.kind, 0)
        ),
        Criterion.SEGMENT: Fraction(0 if lists[condition.price_list].segment else 1),
        Criterion.PRICE_LIST: Fraction(world.channel.price_lists.index(condition.price_list)),
        Criterion.LATEST_START: -Fraction(start.timestamp()),
        Criterion.SOONEST_END: Fraction(end.timestamp()) if end else far,
        Criterion.LOWEST: far if exact is None else exact,
        Criterion.HIGHEST: far if exact is None else -exact,
    }
    return [ranks[criterion] for criterion in world.retailer.precedence.order]


def _units(unit: str) -> int:
    return {"PC": 1, "CS": 12}.get(unit, 0)


def _rate[D: Dated](rates: list[D], at: datetime) -> D | None:
    holding = [r for r in rates if r.valid_from <= at and (not r.valid_to or at < r.valid_to)]
    return max(holding, key=lambda r: r.valid_from, default=None)


def _exact(
    world: PriceWorld, condition: PriceCondition, at: datetime, quantity: int
) -> Fraction | None:
    """Minor units of the channel's currency for one base unit, not rounded."""
    channel, retailer = world.channel, world.retailer
    source = retailer.price_list(condition.price_list)
    if not _units(condition.unit):
        return None
    stated = condition.amount
    for scale in sorted(condition.scales, key=lambda s: s.quantity * _units(s.unit)):
        if scale.quantity * _units(scale.unit) <= quantity:
            stated = scale.amount
    amount = Fraction(stated.amount, 10 ** exponent(stated.currency))
    amount /= Fraction(condition.per) * _units(condition.unit)
    if stated.currency != channel.currency:
        rates = [r for r in retailer.exchange_rates if r.base == stated.currency]
        rate = _rate(rates, at)
        if rate is None:
            return None
        amount *= Fraction(rate.rate)
    taxed = _retaxed(world, amount, str(source.tax_basis), source.region, at)
    return None if taxed is None else taxed * 10 ** exponent(channel.currency)


def _retaxed(
    world: PriceWorld, amount: Fraction, basis: str, region: str | None, at: datetime
) -> Fraction | None:
    channel = world.channel
    tax_class = world.variant.tax_class or channel.tax_class

    def tax(where: str | None) -> Fraction | None:
        rates = [
            r for r in world.retailer.tax_rates if (r.region, r.tax_class) == (where, tax_class)
        ]
        rate = _rate(rates, at)
        return None if rate is None else 1 + Fraction(rate.percent) / 100

    shown, origin = str(channel.tax_display), region or channel.region
    if basis == shown and (shown == "net" or origin == channel.region):
        return amount
    net: Fraction | None = amount
    if basis == "gross":
        off = tax(origin)
        net = None if off is None else amount / off
    if shown == "net" or net is None:
        return net
    on = tax(channel.region)
    return None if on is None else net * on


def _shown(
    world: PriceWorld,
    condition: PriceCondition,
    at: datetime,
    quantity: int,
    *,
    zero: bool = False,
) -> int | None:
    exact = _exact(world, condition, at, quantity)
    if exact is None:
        return None
    rule = _rule(world)
    minor = {
        "half_up": lambda: floor(exact + Fraction(1, 2)),
        "half_even": lambda: round(exact),
        "up": lambda: ceil(exact),
        "down": lambda: floor(exact),
    }[rule.mode if rule else "half_up"]()
    if minor <= 0:
        return 0 if zero else None
    source = world.retailer.price_list(condition.price_list)
    as_stated = (
        condition.per == 1
        and condition.unit == "PC"
        and condition.amount.currency == world.channel.currency
        and _retaxed(world, Fraction(1), str(source.tax_basis), source.region, at) == 1
        and not _moved(world, condition)
    )
    if rule and rule.endings and (rule.applies_to == "all" or not as_stated):
        return _ended(minor, rule, rule.direction)
    return minor


def _moved(world: PriceWorld, condition: PriceCondition) -> bool:
    """Whether taxes are at work, be it at no percent."""
    source, channel = world.retailer.price_list(condition.price_list), world.channel
    elsewhere = source.region is not None and source.region != channel.region
    both_gross = source.tax_basis == channel.tax_display == "gross"
    return source.tax_basis != channel.tax_display or (both_gross and elsewhere)


def _rule(world: PriceWorld) -> Rounding | None:
    return world.retailer.roundings[0] if world.channel.rounding else None


def _ended(minor: int, rule: Rounding, direction: str) -> int:
    ends = tuple(ending.replace(".", "") for ending in rule.endings)

    def fits(amount: int) -> bool:
        return amount > 0 and f"{amount:012d}".endswith(ends)

    above = next(minor + step for step in range(10_001) if fits(minor + step))
    below = next((minor - step for step in range(minor) if fits(minor - step)), None)
    if below is None or direction == "up":
        return above
    if direction == "down":
        return below
    return below if minor - below <= above - minor else above
