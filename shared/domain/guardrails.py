"""What may be published unseen, and what a person should look at first.

One value is held against the last good one, the cost and the channel's limits; a batch, and the
feed it came from, against the catalogue as it was. Nothing is changed here, only let pass or held.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.domain.margins import floor
from shared.domain.rounding import plain
from shared.model.money import Money
from shared.model.price_rules import Guardrails
from shared.model.retailer import Channel
from shared.model.target import PriceValue


@dataclass(frozen=True, slots=True)
class Held:
    """Why something is not published: `value` of `field` is beyond `bound`."""

    field: str
    value: str
    bound: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field} {self.value} is beyond {self.bound}; {self.remedy}"


def guard(
    new: PriceValue, last: PriceValue | None, *, cost: Money | None, channel: Channel
) -> tuple[Held, ...]:
    """Every reason to hold a value back; none lets it pass.

    `last` is the last good value, if there was one. `cost` is that of one base unit in the
    channel's currency and tax display, as `resolve` gives it.
    """
    prices = _prices(new)
    strange = [*_currencies(prices, channel)]
    if strange:
        return tuple(strange)
    held = [*_not_positive(prices), *_below_floor(prices, cost, channel)]
    if last is not None and last.price.currency == new.price.currency:
        before = _prices(last)
        for field, price in prices.items():
            if field in before:
                held += _moves(field, before[field], price, channel.guardrails)
    return tuple(held)


def guard_batch(
    new: Mapping[str, Money | None], last: Mapping[str, Money], *, channel: Channel
) -> tuple[Held, ...]:
    """Every reason to hold a whole batch back; by SKU, what it sets and what was last good.

    A SKU set to None is taken out of sale. SKUs that the batch does not name stay as they are.
    """
    limits = channel.guardrails
    known = new.keys() & last.keys()
    moved = sum(new[sku] != last[sku] for sku in known)
    return tuple(
        _share(
            "share of the catalogue moved",
            moved,
            len(last),
            limits.max_moved_percent,
            limits.least_rows,
            "publish it in parts, or release it after a look at the largest moves",
        )
    )


def guard_feed(
    new: Mapping[str, Money], last: Mapping[str, Money], *, channel: Channel
) -> tuple[Held, ...]:
    """Every reason to hold a feed whole: it leaves out, zeroes or re-denominates too much."""
    limits, least = channel.guardrails, channel.guardrails.least_rows
    missing = len(last.keys() - new.keys())
    empty = sum(price.amount <= 0 for price in new.values())
    known = new.keys() & last.keys()
    changed = sum(new[sku].currency != last[sku].currency for sku in known)
    return (
        *_share(
            "share of rows missing",
            missing,
            len(last),
            limits.max_missing_percent,
            least,
            "send the feed whole, or confirm that these articles left it",
        ),
        *_share(
            "share of prices of zero or less",
            empty,
            len(new),
            limits.max_zero_percent,
            least,
            "correct the amounts where the feed is made, and send it again",
        ),
        *_share(
            "share of prices in another currency",
            changed,
            len(known),
            limits.max_currency_percent,
            least,
            "correct the currency where the feed is made, and send it again",
        ),
    )


def _prices(value: PriceValue) -> dict[str, Money]:
    """Every price somebody would pay, by its place in the value."""
    found = {"price": value.price}
    found |= {f"scales.{scale.quantity}": scale.price for scale in value.scales}
    for name, own in value.segments.items():
        found[f"segments.{name}.price"] = own.price
        found |= {f"segments.{name}.scales.{s.quantity}": s.price for s in own.scales}
    return found


def _currencies(prices: Mapping[str, Money], channel: Channel) -> Iterator[Held]:
    for field, price in prices.items():
        if price.currency != channel.currency:
            remedy = f"correct the currency of the price list, or of channel {channel.name}"
            yield Held(f"{field}.currency", price.currency, channel.currency, remedy)


def _not_positive(prices: Mapping[str, Money]) -> Iterator[Held]:
    for field, price in prices.items():
        if price.amount <= 0:
            yield Held(field, str(price), "zero", "correct the price conditions of this article")


def _below_floor(
    prices: Mapping[str, Money], cost: Money | None, channel: Channel
) -> Iterator[Held]:
    if cost is None or channel.min_margin is None:
        return
    least = floor(cost, channel.min_margin.percent)
    for field, price in prices.items():
        if 0 < price.amount < least.amount:
            bound = f"{least}, the floor of a margin of {channel.min_margin.percent} %"
            yield Held(field, str(price), bound, "raise the price, or correct the cost")


def _moves(field: str, before: Money, after: Money, limits: Guardrails) -> Iterator[Held]:
    if before.amount <= 0 or after.amount <= 0:
        return
    change = Fraction(100 * (after.amount - before.amount), before.amount)
    sides = (("rise", limits.max_rise_percent, 1), ("fall", limits.max_fall_percent, -1))
    for side, limit, sign in sides:
        if limit is not None and sign * change > plain(limit):
            value = f"{after} after {before}, a {side} of {_percent(sign * change)}"
            remedy = "release it if it is meant, or correct the price conditions"
            yield Held(field, value, f"a {side} of {limit} %", remedy)


def _share(
    field: str, part: int, whole: int, limit: Decimal | None, least: int, remedy: str
) -> Iterator[Held]:
    if limit is None or whole < least:
        return
    share = Fraction(100 * part, whole)
    if share > plain(limit):
        yield Held(field, f"{_percent(share)}, {part} of {whole}", f"{limit} %", remedy)


def _percent(share: Fraction) -> str:
    """To a hundredth, and never rounded down to a bound that was passed."""
    hundredths = -(-share * 100 // 1)
    return f"{Decimal(int(hundredths)).scaleb(-2):.2f} %"
