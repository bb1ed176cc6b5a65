"""The price a channel should show now, the chain that led to it, and when it will differ.

From the amount the owner stated to the one shown: by unit and quantity, currency, tax, one
rounding, and the least margin. Nothing is rounded before the end.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.domain.margins import floor
from shared.domain.price_choice import LOOK_AHEAD, Choice, Market, Quote, edges, markets
from shared.domain.rounding import lowest_from, plain, rounded, whole
from shared.domain.taxes import taxed
from shared.frozen import frozen
from shared.model.money import Money
from shared.model.price import PriceCondition, PriceKind
from shared.model.price_rules import Rounding
from shared.model.product import Variant
from shared.model.retailer import Channel, Retailer
from shared.model.steps import Step
from shared.model.target import PriceValue, ScaledPrice, SegmentPrice


@frozen
class Priced:
    """`cost` is what one base unit costs us, in the channel's currency and tax display."""

    value: PriceValue
    chain: tuple[Step, ...]
    next_change: datetime | None
    promotional: bool
    cost: Money | None = None


@frozen
class Unpriced:
    """No price may be shown, and why."""

    reason: str
    next_change: datetime | None = None


@frozen
class _Shown:
    """What the buyers of one market see."""

    value: SegmentPrice
    chain: tuple[Step, ...]
    cost: Money | None


def resolve(
    conditions: Sequence[PriceCondition],
    *,
    variant: Variant,
    channel: Channel,
    retailer: Retailer,
    now: datetime,
) -> Priced | Unpriced:
    """The price of one article in a channel, and the next instant at which this answer differs.

    Nothing differs before `next_change`; at it, something may.
    """
    asked = [(m, m.conditions(conditions, now)) for m in markets(retailer, channel, variant)]
    choices = [market.choose(known, now) for market, known in asked]
    next_change = _next_change(asked, choices, now)
    (market, _), chosen = asked[0], choices[0]
    shown = _shown(market, chosen)
    if isinstance(shown, str):
        return Unpriced(shown, next_change)
    segments, steps = _segments(asked, choices, shown)
    value = PriceValue(
        price=shown.value.price,
        compare_at=shown.value.compare_at,
        scales=shown.value.scales,
        segments=segments,
    )
    promotional = chosen.sold is not None and chosen.sold.condition.kind is PriceKind.PROMOTIONAL
    return Priced(value, (*shown.chain, *steps), next_change, promotional, shown.cost)


def _next_change(
    asked: Sequence[tuple[Market, list[PriceCondition]]],
    choices: Sequence[Choice],
    now: datetime,
) -> datetime | None:
    """The first edge at which any market chooses otherwise; an edge too far is not looked at."""
    known = [condition for _, found in asked for condition in found]
    coming = {edge for market, _ in asked for edge in edges(market, known, now)}
    for seen, edge in enumerate(sorted(coming)):
        if seen == LOOK_AHEAD or choices != [m.choose(found, edge) for m, found in asked]:
            return edge
    return None


def _segments(
    asked: Sequence[tuple[Market, object]], choices: Sequence[Choice], general: _Shown
) -> tuple[dict[str, SegmentPrice], list[Step]]:
    """The segments that pay otherwise than everybody, and a step for each."""
    found: dict[str, SegmentPrice] = {}
    steps = []
    for (market, _), chosen in zip(asked[1:], choices[1:], strict=True):
        shown = _shown(market, chosen)
        name = str(market.segment)
        if isinstance(shown, str):
            steps.append(Step(rule=f"segment {name}", detail=f"no price of its own: {shown}"))
        elif shown.value != general.value:
            found[name] = shown.value
            steps += [Step(rule=f"segment {name}: {s.rule}", detail=s.detail) for s in shown.chain]
    return found, steps


def _shown(market: Market, choice: Choice) -> _Shown | str:
    """What is shown for a choice, or why nothing may be."""
    if choice.sold is None:
        return f"no condition of {', '.join(market.channel.price_lists)} is effective"
    price = _money(market, choice.sold)
    if price is None or price.amount <= 0:
        identity = choice.sold.condition.condition_id
        return choice.sold.missing or f"condition {identity} gives {price}"
    cost = _cost(market, choice)
    if isinstance(cost, str):
        return cost
    price, margin = _with_margin(market, price, cost)
    if price is None:
        return margin[0].detail
    value = SegmentPrice(
        price=price,
        compare_at=_struck(market, choice, price),
        scales=_scales(market, choice.sold, price, cost),
    )
    chain = (*_chain(market, choice, value), *margin)
    return _Shown(value, chain, cost)


def _money(market: Market, quote: Quote, quantity: int = 1) -> Money | None:
    rule, computed = _rule(market), _computed(market, quote)
    if rule is None and not computed and not quote.condition.scales and not quote.missing:
        return quote.condition.amount  # as its owner stated it
    amount = market.exact(quote, quantity)
    if amount is None:
        return None
    return rounded(amount, market.channel.currency, rule, computed=computed)


def _rule(market: Market) -> Rounding | None:
    name = market.channel.rounding
    return market.retailer.rounding(name) if name else None


def _computed(market: Market, quote: Quote) -> bool:
    """Whether the amount is anything else than what the owner stated for one base unit."""
    stated = quote.condition.per == 1 and quote.condition.unit == market.variant.base_unit
    return not stated or quote[1:4] != (None, None, None)


def _struck(market: Market, choice: Choice, price: Money) -> Money | None:
    """The reference price, or what a promotion is taken off; only if it is higher."""
    if not market.channel.compare_at:
        return None
    candidates = [choice.reference, choice.base if choice.base is not choice.sold else None]
    amounts = (_money(market, quote) for quote in candidates if quote)
    return next((a for a in amounts if a is not None and a.amount > price.amount), None)


def _scales(
    market: Market, sold: Quote, price: Money, cost: Money | None
) -> tuple[ScaledPrice, ...]:
    """From how many base units on each costs otherwise; a scale below the margin is left out."""
    if not market.channel.scales:
        return ()
    starts: set[int] = set()
    for scale in sold.condition.scales:
        content = market.base_units(scale.unit)
        if content is not None:
            starts.add(-int(-plain(scale.quantity) * content // 1))  # the next whole base unit
    found: list[ScaledPrice] = []
    for start in sorted(s for s in starts if s > 1):
        each = _money(market, sold, start)
        before = found[-1].price if found else price
        if each is None or each.amount <= 0 or each == before:
            continue
        kept, _ = _with_margin(market, each, cost)
        if kept is not None and kept != before:
            found.append(ScaledPrice(quantity=start, price=kept))
    return tuple(found)


def _cost(market: Market, choice: Choice) -> Money | str | None:
    """What one base unit costs, rounded up; where it cannot be said, why."""
    if choice.cost is None:
        return None
    amount = market.exact(choice.cost)
    if amount is not None and amount > 0:
        return Money(amount=whole(amount, "up"), currency=market.channel.currency)
    if market.channel.min_margin is None:
        return None
    told = choice.cost.missing or "its unit is not one of the article's, or it is zero"
    return f"the minimum margin needs cost {choice.cost.condition.condition_id}: {told}"


def _with_margin(
    market: Market, price: Money, cost: Money | None
) -> tuple[Money | None, tuple[Step, ...]]:
    """The price that keeps the least margin, if there is one. The steps never tell the cost."""
    least = market.channel.min_margin
    if least is None:
        return price, ()
    if cost is None:
        return price, (Step(rule="minimum margin", detail="not tested: no cost is known"),)
    limit = floor(cost, least.percent)
    if price.amount >= limit.amount:
        return price, ()
    if least.below == "hold":
        return None, (Step(rule="minimum margin", detail=f"{price} is below the minimum margin"),)
    raised = lowest_from(limit, _rule(market))
    return raised, (Step(rule="minimum margin", detail=f"{price} raised to {raised}"),)


def _chain(market: Market, choice: Choice, value: SegmentPrice) -> Iterator[Step]:
    sold = choice.sold
    quotes = [choice.base, sold if sold is not choice.base else None]
    if choice.reference and value.compare_at:
        quotes.append(choice.reference)
    for quote in quotes:
        if quote:
            yield _step(market, quote)
    if sold is not None:
        yield from _conversions(market, sold)
    for scale in value.scales:
        yield Step(rule="scale", detail=f"from {scale.quantity} on {scale.price} each")


def _step(market: Market, quote: Quote) -> Step:
    condition = quote.condition
    end = condition.window.end.isoformat() if condition.window.end else "open"
    return Step(
        rule=f"{condition.kind} price",
        detail=(
            f"condition {condition.condition_id} of {condition.price_list}: {condition.amount} per "
            f"{condition.per} {condition.unit}, {condition.tax_basis}, from "
            f"{condition.window.start.isoformat()} to {end} ({condition.window.zone}) "
            f"= {_money(market, quote)} each"
        ),
    )


def _conversions(market: Market, quote: Quote) -> Iterator[Step]:
    """How the stated amount became the shown one, where it is not the same."""
    rate, rule = quote.exchange, _rule(market)
    if rate:
        since = rate.valid_from.isoformat()
        said = f"1 {rate.base} is {rate.rate} {rate.quote} since {since}"
        yield Step(rule="exchange rate", detail=said)
    for tax, what in ((quote.untaxed, "taken off"), (quote.taxed, "put on")):
        if tax:
            said = f"{tax.percent} % of {tax.region} for {tax.tax_class} {what}"
            yield Step(rule="tax", detail=said)
    if rule is None and quote.taxed is None:
        return
    shown, exact = _money(market, quote), market.exact(quote)
    if rule and shown is not None and exact != shown.amount:
        yield Step(rule=f"rounding {rule.name}", detail=f"to {shown}")
    if quote.taxed and shown is not None:
        mode = rule.mode if rule else "half_up"
        parts = taxed(shown, market.channel.tax_display, quote.taxed.percent, mode)
        said = f"{parts.net} net and {parts.tax} tax are {parts.gross}"
        yield Step(rule="tax contained", detail=said)
