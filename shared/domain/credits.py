"""What a refund gives back, part by part: lines, freight, taxes by name. Sums are exact.

A channel says how much went back, and of some of it which units it was for. What it does not say,
a goodwill amount or a fee kept back, is divided over the parts of the order by what of them is
left. Every division is by what is left: no part gives back more than was paid for it, and the
last refund of an order takes exactly the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.frozen import frozen, slotted
from shared.model.money import Money, split, total
from shared.model.order import Order, OrderLine, Refund, RefundLine, ShippingLine


@frozen
class Credit:
    """What of one part goes back; without a `line_id` it is the freight.

    `net` is without tax whatever the order's prices contain, `taxes` are by their names.
    `quantity` is of the units the refund names, 0 where it only lowers what was paid for them.
    `cancelled` units had not left, `restock` says that they may be sold again.
    """

    line_id: str | None
    net: Money
    taxes: dict[str, Money]
    quantity: int = 0
    cancelled: bool = False
    restock: bool = False

    @property
    def tax(self) -> Money:
        return Money(amount=sum(t.amount for t in self.taxes.values()), currency=self.net.currency)

    @property
    def gross(self) -> Money:
        return self.net + self.tax


@frozen
class OverRefund:
    """More goes back than is left of what was paid; by one `gateway`, if one is named."""

    stated: Money
    left: Money
    gateway: str = ""


@frozen
class CreditWish:
    """One refund as the ERP is to know it; `reference` is what it can be asked for.

    With `goods_back` units come back and are received; else only money went back. `erp_items`
    maps our line ids to the items of `erp_order`.
    """

    order: Order
    credits: Sequence[Credit]
    reference: str
    erp_order: str
    erp_items: Mapping[str, str]
    goods_back: bool


def worth(wish: CreditWish) -> Money:
    """What all of it comes to, as the order's prices are: with tax only where they contain it."""
    parts = (c.gross if wish.order.taxes_included else c.net for c in wish.credits)
    return total(wish.order.currency, parts)


@frozen
class PostedCredit:
    """The document the ERP keeps of a refund; `differs` is its total if that is another one."""

    document: str
    differs: Money | None = None


@slotted
class _Left:
    """What of one part has not gone back yet, in minor units."""

    line_id: str | None
    net: int
    taxes: dict[str, int]

    @property
    def gross(self) -> int:
        return self.net + sum(self.taxes.values())

    def take(self, net: int, tax: int) -> "_Taken":
        """As much of this net and this tax as is left, the tax off each name in proportion."""
        net = min(net, self.net)
        tax = min(tax, self.gross - self.net)
        parts = dict(zip(self.taxes, by(tax, list(self.taxes.values())), strict=True))
        return self._off(net, parts)

    def take_gross(self, amount: int) -> "_Taken":
        net, *taxes = by(amount, [self.net, *self.taxes.values()])
        return self._off(net, dict(zip(self.taxes, taxes, strict=True)))

    def _off(self, net: int, taxes: dict[str, int]) -> "_Taken":
        self.net -= net
        for name, amount in taxes.items():
            self.taxes[name] -= amount
        return _Taken(self, net, taxes)


@slotted
class _Taken:
    left: _Left
    net: int
    taxes: dict[str, int]

    @property
    def gross(self) -> int:
        return self.net + sum(self.taxes.values())

    def give_back(self, amount: int) -> None:
        net, *taxes = by(amount, [self.net, *self.taxes.values()])
        self.net -= net
        self.left.net += net
        for name, part in zip(self.taxes, taxes, strict=True):
            self.taxes[name] -= part
            self.left.taxes[name] += part

    def add(self, other: "_Taken") -> None:
        self.net += other.net
        for name, amount in other.taxes.items():
            self.taxes[name] += amount


def credits_of(order: Order, refunds: Sequence[Refund]) -> tuple[Credit, ...] | OverRefund:
    """What the last of `refunds` gives back; those before it, in the order they came, went first.

    The gross amounts sum to exactly what the refund states.
    """
    found: tuple[Credit, ...] | OverRefund = ()
    for found in steps(order, refunds):  # noqa: B007 - the last is the answer
        pass
    return found


def steps(order: Order, refunds: Iterable[Refund]) -> Iterator[tuple[Credit, ...] | OverRefund]:
    """What each refund gives back, one after another."""
    left = _paid(order)
    for refund in refunds:
        yield _credited(order, refund, left)


def paid_parts(order: Order) -> dict[tuple[str | None, str | None], int]:
    """What was paid: by line, None for all freight, and by tax, None for what is without tax."""
    found: dict[tuple[str | None, str | None], int] = {}
    for line_id, part in _paid(order).items():
        found[line_id, None] = part.net
        found |= {(line_id, tax): amount for tax, amount in part.taxes.items()}
    return found


def _credited(
    order: Order, refund: Refund, left: dict[str | None, _Left]
) -> tuple[Credit, ...] | OverRefund:
    rest_of_all = sum(part.gross for part in left.values())
    if refund.total.amount > rest_of_all:
        return OverRefund(refund.total, Money(amount=rest_of_all, currency=order.currency))
    named = [(line, _named(order, line, left)) for line in refund.lines]
    freight = None
    if refund.freight is not None:
        net = _net(order, refund.freight.amount, refund.freight.tax)
        freight = left[None].take(net, refund.freight.tax.amount)
    told = [taken for _, taken in named] + ([freight] if freight else [])
    rest = refund.total.amount - sum(taken.gross for taken in told)
    goodwill: list[_Taken] = []
    if rest < 0:
        weights = [taken.gross for taken in told]
        for taken, part in zip(told, by(-rest, weights), strict=True):
            taken.give_back(part)
    elif rest > 0:
        goodwill = _spread(rest, left)
    return tuple(_rows(order.currency, named, freight, goodwill))


def _spread(rest: int, left: dict[str | None, _Left]) -> list[_Taken]:
    parts = list(left.values())
    amounts = by(rest, [part.gross for part in parts])
    return [part.take_gross(amount) for part, amount in zip(parts, amounts, strict=True) if amount]


def _rows(
    currency: str,
    named: Iterable[tuple[RefundLine, _Taken]],
    freight: _Taken | None,
    goodwill: Sequence[_Taken],
) -> Iterable[Credit]:
    """One credit a named line; goodwill on its line is one of its own, without units."""
    for line, taken in named:
        if line.quantity or taken.gross:
            yield _credit(currency, taken, line)
    bare = list(goodwill)
    if freight is not None:
        more = [taken for taken in bare if taken.left is freight.left]
        bare = [taken for taken in bare if taken.left is not freight.left]
        for taken in more:
            freight.add(taken)
        bare += [freight] if freight.gross else []
    for taken in bare:
        yield _credit(currency, taken)


def _credit(currency: str, taken: _Taken, line: RefundLine | None = None) -> Credit:
    return Credit(
        line_id=taken.left.line_id,
        net=Money(amount=taken.net, currency=currency),
        taxes={
            name: Money(amount=amount, currency=currency)
            for name, amount in taken.taxes.items()
            if amount
        },
        quantity=line.quantity if line else 0,
        cancelled=line.cancelled if line else False,
        restock=line.restock if line else False,
    )


def _named(order: Order, line: RefundLine, left: dict[str | None, _Left]) -> _Taken:
    part = left.get(line.line_id)
    if part is None:  # a line that was edited away: it can only be goodwill
        return _Left(line.line_id, 0, {}).take(0, 0)
    return part.take(_net(order, line.amount, line.tax), line.tax.amount)


def _net(order: Order, amount: Money, tax: Money) -> int:
    return amount.amount - (tax.amount if order.taxes_included else 0)


def _paid(order: Order) -> dict[str | None, _Left]:
    """What was paid for each line, and for all freight together."""
    found: dict[str | None, _Left] = {
        line.line_id: _left(order, line.line_id, [line]) for line in order.lines
    }
    found[None] = _left(order, None, order.shipping)
    return found


def _left(order: Order, line_id: str | None, parts: Sequence[OrderLine | ShippingLine]) -> _Left:
    taxes: dict[str, int] = {}
    amount = 0
    for part in parts:
        amount += _price(part) - sum(d.amount.amount for d in part.discounts)
        for tax in part.taxes:
            taxes[tax.title] = taxes.get(tax.title, 0) + tax.amount.amount
    net = amount - (sum(taxes.values()) if order.taxes_included else 0)
    return _Left(line_id, net, taxes)


def _price(part: OrderLine | ShippingLine) -> int:
    if isinstance(part, OrderLine):
        return part.unit_price.amount * part.quantity
    return part.price.amount


def by(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide by weight; nothing to divide by is nothing divided."""
    return split(amount, weights) if amount and any(weights) else [0] * len(weights)
