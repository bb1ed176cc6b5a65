"""What payment providers paid out for an order, against what the shop took and gave back.

A line of a payout file is one movement of a provider's balance: a charge, or a refund, and its fee.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from shared.domain import books
from shared.domain.columns import Columns, Row
from shared.frozen import frozen
from shared.model.books import Bucket, Entry, EntryKind, PayoutKind, PayoutLine, Share, Side
from shared.model.case import Case
from shared.model.money import Money

NAME_MAX: Final = 128
_SIGNED: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")
_AMOUNT: Final = "write a decimal of the currency, such as 19.99"

REQUIRED: Final[Mapping[str, str]] = {
    "payout": "write what the provider calls the payout",
    "reference": "write what the provider calls the movement, the same every time",
    "order": "write the channel's own id of the order",
    "kind": f"write one of {', '.join(PayoutKind)}",
    "gross": f"{_AMOUNT}, without a sign: the kind says which way it goes",
    "fee": f"{_AMOUNT}; negative if the provider gave it back",
    "currency": "write the ISO 4217 code, such as GBP",
    "paid_on": "write a date such as 2026-11-27",
}
COLUMNS: Final[Mapping[str, str]] = {
    **REQUIRED,
    "channel": "name the channel, where a connection has several",
}

_COLUMNS: Final = Columns(COLUMNS)
refusal: Final = _COLUMNS.refusal


@frozen
class PayoutReader:
    """Reads rows of one connection. `comma` says that decimals are written 1,5."""

    channels: Sequence[str]
    comma: bool = False

    def line(self, row: Row) -> tuple[str, PayoutLine]:
        """The order a row is of, and what it says; RejectedError with field, value and remedy."""
        said = _COLUMNS.texts(row, COLUMNS, REQUIRED)
        gross = self._money("gross", said)
        if gross.amount < 0:
            raise refusal("gross", said["gross"], "has a sign")
        for name in ("payout", "reference", "order"):
            if len(said[name]) > NAME_MAX:
                raise refusal(name, said[name], f"is longer than {NAME_MAX} characters")
        line = PayoutLine(
            payout=said["payout"],
            reference=said["reference"],
            kind=self._kind(said["kind"]),
            gross=gross,
            fee=self._money("fee", said),
            day=_day(said["paid_on"]),
        )
        return f"{self._channel(said['channel'])}:{said['order']}", line

    def _channel(self, name: str) -> str:
        if name in self.channels:
            return name
        if name or len(self.channels) != 1:
            raise refusal("channel", name, f"is none of {', '.join(self.channels)}")
        return self.channels[0]

    def _kind(self, said: str) -> PayoutKind:
        if said not in set(PayoutKind):
            raise refusal("kind", said, "is not known")
        return PayoutKind(said)

    def _money(self, name: str, said: Mapping[str, str]) -> Money:
        try:
            Money.zero(said["currency"])
        except ValueError as error:
            raise refusal("currency", said["currency"], "is not known") from error
        number = _COLUMNS.decimal(name, said[name], _SIGNED, comma=self.comma)
        try:
            return Money.parse(number, said["currency"])
        except ValueError as error:
            raise refusal(name, said[name], "has more digits than its currency") from error


def entries(lines: Sequence[PayoutLine]) -> Iterator[Entry]:
    """The facts of payouts, each on the day it was paid."""
    kinds = {PayoutKind.CHARGE: EntryKind.PAID_OUT, PayoutKind.REFUND: EntryKind.PAID_BACK}
    for line in lines:
        name, day = line.reference, line.day
        yield Entry(kind=kinds[line.kind], reference=name, day=day, amount=line.gross)
        if line.fee.amount:
            yield Entry(kind=EntryKind.FEE, reference=name, day=day, amount=line.fee)


def shares(
    case: Case,
    lines: Sequence[PayoutLine],
    *,
    without: Collection[str] = (),
    untold: bool = False,
) -> Iterator[Share]:
    """Where every cent of a captured payment, of a refund and of a payout lies.

    `without` are gateways that nobody pays out, such as gift cards. Where captures are `untold`
    what was invoiced is held against a payout, once there is one.
    """
    took = EntryKind.CAPTURED
    if untold and any(line.kind is PayoutKind.CHARGE for line in lines):
        took = EntryKind.INVOICED
    taken, given = (
        (books.summed(case, kind, without=without), _gross(case, lines, way))
        for kind, way in (
            (took, PayoutKind.CHARGE),
            (EntryKind.REFUNDED, PayoutKind.REFUND),
        )
    )
    currency = case.order.currency
    for (shop, provider), agreed in ((taken, Bucket.PAID_OUT), (given, Bucket.PAID_BACK)):
        both = min(shop, provider)
        yield books.in_bucket(agreed, Side.BOTH, both, currency)
        yield books.in_bucket(Bucket.NOT_PAID_OUT, Side.SHOP, shop - both, currency, agreed)
        yield books.in_bucket(Bucket.PAYOUT_DIFFERS, Side.PAYOUT, provider - both, currency, agreed)
    for line in lines:
        if line.gross.currency != currency:
            yield Share(
                bucket=Bucket.PAYOUT_DIFFERS,
                side=Side.PAYOUT,
                amount=line.gross,
                reference=line.reference,
            )


def _gross(case: Case, lines: Sequence[PayoutLine], kind: PayoutKind) -> int:
    currency = case.order.currency
    return sum(
        line.gross.amount for line in lines if line.kind is kind and line.gross.currency == currency
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise refusal("paid_on", text, "is no date") from error
