"""Which conditions make a price at an instant, by the precedence the retailer declared.

A choice names conditions and rates and works nothing out, so that whether anything differs at
another instant is a comparison. The choice follows from the set of conditions, never their order.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final, NamedTuple

from shared.domain.rounding import Exact, plain
from shared.domain.taxes import factor
from shared.domain.units import content_of
from shared.frozen import frozen
from shared.model.money import exponent
from shared.model.price import PriceCondition, PriceKind, TaxBasis
from shared.model.price_rules import SOLD_KINDS, Criterion, ExchangeRate, TaxRate, current
from shared.model.product import Variant
from shared.model.retailer import Channel, PriceList, Retailer

LOOK_AHEAD: Final = 8  # edges compared with now; beyond them the next edge is taken for a change
_BY_AMOUNT: Final = frozenset({Criterion.LOWEST, Criterion.HIGHEST})
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Quote(NamedTuple):
    """A condition, and by which rates it becomes an amount of the channel; or what is missing."""

    condition: PriceCondition
    exchange: ExchangeRate | None = None
    untaxed: TaxRate | None = None
    taxed: TaxRate | None = None
    missing: str = ""


class Choice(NamedTuple):
    """`sold` is what is paid. `base` is the best of the base prices, sold or not."""

    sold: Quote | None
    base: Quote | None
    reference: Quote | None
    cost: Quote | None


@frozen
class Market:
    """One article as the buyers of one segment see it in a channel; None is everybody."""

    retailer: Retailer
    channel: Channel
    variant: Variant
    lists: dict[str, PriceList]
    segment: str | None

    def conditions(self, known: Iterable[PriceCondition], now: datetime) -> list[PriceCondition]:
        """Those of this market's lists that have not ended, the first by precedence first."""
        mine = {p.name for p in self.lists.values() if p.segment in {None, self.segment}}
        left = [
            c
            for c in known
            if c.price_list in mine and (c.window.end is None or now < c.window.end)
        ]
        return self._ordered(left, now)

    def choose(self, ordered: Sequence[PriceCondition], at: datetime) -> Choice:
        """The first of each kind that holds, of conditions in the order of precedence."""
        if self._by_amount:
            ordered = self._ordered(ordered, at)  # rates move amounts, and so this order
        first: dict[PriceKind, PriceCondition] = {}
        sold: PriceCondition | None = None
        for condition in ordered:
            if condition.window.holds(at):
                first.setdefault(condition.kind, condition)
                if sold is None and condition.kind in SOLD_KINDS:
                    sold = condition
        base = self._quoted(first.get(PriceKind.BASE), at)
        return Choice(
            base if base and base.condition is sold else self._quoted(sold, at),
            base,
            self._quoted(first.get(PriceKind.REFERENCE), at) if self.channel.compare_at else None,
            self._quoted(first.get(PriceKind.COST), at),
        )

    def exact(self, quote: Quote, quantity: int = 1) -> Exact | None:
        """What one of so many base units costs, in the channel's currency and tax display.

        None when a rate is missing, or a unit is not one of the variant's.
        """
        condition = quote.condition
        content = self.base_units(condition.unit)
        if quote.missing or content is None:
            return None
        minor = self._stated(condition, quantity)
        if minor is None:
            return None
        amount: Exact = minor
        if condition.per != 1 or content != 1:
            amount = minor / (plain(condition.per) * content)
        if quote.exchange:
            amount *= plain(quote.exchange.rate) * _shift(quote.exchange)
        if quote.untaxed:
            amount /= factor(quote.untaxed.percent)
        if quote.taxed:
            amount *= factor(quote.taxed.percent)
        return amount

    def base_units(self, unit: str) -> Exact | None:
        """How many base units one of a unit is, or None when the variant does not know it."""
        return content_of(self.variant, unit)

    def _stated(self, condition: PriceCondition, quantity: int) -> int | None:
        """The amount for `per` units, by the scale that so many base units reach."""
        minor, reached = condition.amount.amount, Fraction(0)
        for scale in condition.scales:
            content = self.base_units(scale.unit)
            if content is None:
                return None
            start = plain(scale.quantity) * content
            if reached <= start <= quantity:
                minor, reached = scale.amount.amount, start
        return minor

    @property
    def _by_amount(self) -> bool:
        return not _BY_AMOUNT.isdisjoint(self.retailer.precedence.order)

    def _ordered(self, conditions: Sequence[PriceCondition], at: datetime) -> list[PriceCondition]:
        """By the declared criteria; what follows them only makes the order total."""
        if len(conditions) <= 1:
            return list(conditions)
        order = self.retailer.precedence.order
        keyed = [(tuple(self._rank(c, by, at) for by in order), c) for c in conditions]
        if len({key for key, _ in keyed}) < len(keyed):
            keyed.sort(key=lambda pair: _identity(pair[1]))
        keyed.sort(key=lambda pair: pair[0])
        return [condition for _, condition in keyed]

    def _rank(self, condition: PriceCondition, by: Criterion, at: datetime) -> tuple[bool, Exact]:
        """Lower comes first, and what has no amount last."""
        if by not in _BY_AMOUNT:
            return False, self._place(condition, by)
        sign = 1 if by is Criterion.LOWEST else -1
        amount = self.exact(self._quote(condition, at))
        return (True, 0) if amount is None else (False, sign * amount)

    def _place(self, condition: PriceCondition, by: Criterion) -> int:
        """Where the retailer's file puts it; instants are microseconds, so that none is rounded."""
        window = condition.window
        match by:
            case Criterion.KIND:
                kinds = self.retailer.precedence.kinds
                return kinds.index(condition.kind) if condition.kind in SOLD_KINDS else 0
            case Criterion.SEGMENT:
                return int(self.lists[condition.price_list].segment is None)
            case Criterion.PRICE_LIST:
                return self.channel.price_lists.index(condition.price_list)
            case Criterion.LATEST_START:
                return -_ticks(window.start)
            case _:
                return _ticks(window.end or _NEVER)

    def _quoted(self, condition: PriceCondition | None, at: datetime) -> Quote | None:
        return self._quote(condition, at) if condition else None

    def _quote(self, condition: PriceCondition, at: datetime) -> Quote:
        """The condition with the rates that hold."""
        source, channel = self.lists[condition.price_list], self.channel
        currency = condition.amount.currency
        exchange = None
        if currency != channel.currency:
            exchange = current(self._exchanges(currency), at)
            if exchange is None:
                told = f"{condition.condition_id} is in {currency}, {channel.name} sells in"
                return Quote(
                    condition, missing=f"{told} {channel.currency}, and no exchange rate holds"
                )
        off, on = _taxes(source, channel)
        origin = source.region or channel.region
        untaxed = current(self.tax_rates(origin), at) if off else None
        taxed = current(self.tax_rates(channel.region), at) if on else None
        if (off and untaxed is None) or (on and taxed is None):
            where = (origin if off and untaxed is None else channel.region) or "its region"
            told = f"list {source.name} is {source.tax_basis}, {channel.name} shows"
            lacking = (
                f"{channel.tax_display}, and no tax rate of {where} for {self.tax_class} holds"
            )
            return Quote(condition, missing=f"{told} {lacking}")
        return Quote(condition, exchange, untaxed, taxed)

    @property
    def tax_class(self) -> str:
        return self.variant.tax_class or self.channel.tax_class

    def tax_rates(self, region: str | None) -> list[TaxRate]:
        wanted = (region, self.tax_class)
        return [r for r in self.retailer.tax_rates if (r.region, r.tax_class) == wanted]

    def _exchanges(self, base: str) -> list[ExchangeRate]:
        wanted = (base, self.channel.currency)
        return [r for r in self.retailer.exchange_rates if (r.base, r.quote) == wanted]


def markets(retailer: Retailer, channel: Channel, variant: Variant) -> list[Market]:
    """The channel's own buyers first, then each segment whose prices it shows beside."""
    lists = {p.name: p for p in retailer.price_lists if p.name in channel.price_lists}
    buyers = (channel.segment, *channel.segments)
    return [
        Market(retailer, _abroad(retailer, channel, segment), variant, lists, segment)
        for segment in buyers
    ]


def _abroad(retailer: Retailer, channel: Channel, segment: str | None) -> Channel:
    """The channel as the buyers of a segment pay there: in their money, with their tax.

    A rounding is one of a currency, so that of the channel is not theirs if they pay in another.
    """
    buyers = next((s for s in retailer.segments if s.name == segment), None)
    if buyers is None or segment == channel.segment:
        return channel
    own = {"currency": buyers.currency, "region": buyers.region, "rounding": buyers.rounding}
    said: dict[str, object] = {name: value for name, value in own.items() if value is not None}
    if buyers.currency not in {None, channel.currency}:
        said.setdefault("rounding", None)
    return channel.model_copy(update=said) if said else channel


def edges(market: Market, conditions: Iterable[PriceCondition], now: datetime) -> list[datetime]:
    """Every instant after now at which a condition, or a rate it may need, begins or ends."""
    found: set[datetime | None] = set()
    for condition in conditions:
        found |= {condition.window.start, condition.window.end}
    if found:
        for rate in _rates(market):
            found |= {rate.valid_from, rate.valid_to}
    return sorted(edge for edge in found if edge is not None and edge > now)


def _rates(market: Market) -> Iterator[TaxRate | ExchangeRate]:
    regions = {market.channel.region, *(p.region for p in market.lists.values())}
    for tax in market.retailer.tax_rates:
        if tax.region in regions and tax.tax_class == market.tax_class:
            yield tax
    currencies = {p.currency for p in market.lists.values()}
    for rate in market.retailer.exchange_rates:
        if rate.quote == market.channel.currency and rate.base in currencies:
            yield rate


def _taxes(source: PriceList, channel: Channel) -> tuple[bool, bool]:
    """Whether tax is to be taken off a list's amounts, and whether some is to be put on."""
    gross, shown = source.tax_basis is TaxBasis.GROSS, channel.tax_display is TaxBasis.GROSS
    moved = source.region is not None and source.region != channel.region
    if gross and shown:
        return moved, moved
    return gross, shown


def _shift(rate: ExchangeRate) -> Fraction:
    """Minor units of `base` and of `quote` may be of different size."""
    return Fraction(10 ** exponent(rate.quote), 10 ** exponent(rate.base))


def _ticks(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _identity(condition: PriceCondition) -> tuple[object, ...]:
    """Everything a condition says, in an order that any two conditions can be put in."""
    window, amount = condition.window, condition.amount
    return (
        condition.condition_id,
        window.end is None,
        window.end or window.start,
        amount.amount,
        condition.per,
        condition.unit,
        condition.kind,
        condition.price_list,
        window.start,
        window.zone,
        amount.currency,
        condition.tax_basis,
        tuple((s.quantity, s.unit, s.amount.amount) for s in condition.scales),
    )
