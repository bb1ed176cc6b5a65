"""Shopify Payments: a balance of charges and refunds by card, and payouts that empty it.

A payout that fails or is cancelled gives its movements back to the balance, and another one pays
them out. Gift cards are no money of the provider's. Whoever lacks the scope is told so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from graphql import GraphQLError

from sandbox.vendors.shopify.state import Shop, gid, instant
from sandbox.vendors.shopify.tills import GIFT_CARD, TAKEN
from sandbox.vendors.shopify.views import View, page

SCOPE: Final = "read_shopify_payments_payouts"
LOST: Final = frozenset({"FAILED", "CANCELED"})
STATES: Final = frozenset({"SCHEDULED", "IN_TRANSIT", "PAID"}) | LOST
FEE_THOUSANDTHS, FEE_ONCE = 15, 25
_ISSUED = re.compile(r"^issued_at:>='(?P<since>[^']+)'$")
_PAID_BY = re.compile(r"^payments_transfer_id:(?P<number>[0-9]+)$")


@dataclass(slots=True)
class Payout:
    number: int
    issued_at: datetime
    state: str
    movements: list[int]


@dataclass(frozen=True, slots=True)
class Movement:
    """Of a transaction of an order; without an order it is an adjustment of the account."""

    number: int
    kind: str
    amount: int
    fee: int
    at: datetime
    order_id: int | None


@dataclass(slots=True)
class Balance:
    """`granted` says whether the app has the scope, `activated` whether there is an account."""

    shop: Shop
    granted: bool = True
    activated: bool = True
    payouts: dict[int, Payout] = field(default_factory=dict)
    movements: dict[int, Movement] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)

    def add(self, kind: str, amount: int, now: datetime, order_id: int | None = None) -> int:
        """A movement that is of no payment, such as an adjustment or a chargeback."""
        made = Movement(self.shop.next(), kind, amount, 0, now, order_id)
        self.movements[made.number] = made
        return made.number

    def pay_out(self, now: datetime, state: str) -> Payout:
        """A payout of everything no other one pays out."""
        self._collect()
        gone = {n for one in self.payouts.values() if one.state not in LOST for n in one.movements}
        made = Payout(self.shop.next(), now, state, [n for n in self.movements if n not in gone])
        self.payouts[made.number] = made
        return made

    def _collect(self) -> None:
        """What was charged and given back by card since the last time."""
        for order in self.shop.orders.values():
            for one in order.transactions:
                kind = "CHARGE" if one.kind in TAKEN else one.kind
                known = one.transaction_id in self._known or one.gateway == GIFT_CARD
                if known or kind not in {"CHARGE", "REFUND"}:
                    continue
                self._known.add(one.transaction_id)
                charge = kind == "CHARGE"
                amount = one.amount if charge else -one.amount
                fee = one.amount * FEE_THOUSANDTHS // 1000 + FEE_ONCE if charge else 0
                made = Movement(self.shop.next(), kind, amount, fee, one.done_at, order.order_id)
                self.movements[made.number] = made

    def resolvers(self) -> Mapping[str, object]:
        return {"shopifyPaymentsAccount": self._account}

    def _account(self, _info: object) -> View | None:
        if not self.granted:
            said = f"Access denied for shopifyPaymentsAccount field. Required access: `{SCOPE}`"
            raise GraphQLError(said, extensions={"code": "ACCESS_DENIED"})
        if not self.activated:
            return None
        return {"payouts": self._payouts, "balanceTransactions": self._balance}

    def _payouts(
        self,
        _info: object,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "ISSUED_AT",  # noqa: N803 - the vendor's argument
    ) -> View:
        if sortKey != "ISSUED_AT":
            raise GraphQLError(f"the simulator does not sort payouts by {sortKey}")
        since = _matched(_ISSUED, query)["since"]
        rows = [one for one in self.payouts.values() if instant(one.issued_at) >= since]
        rows.sort(key=lambda one: (one.issued_at, one.number))
        return page(rows, _payout_view, first, after)

    def _balance(
        self,
        _info: object,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        hideTransfers: bool = False,  # noqa: FBT001, FBT002, N803 - the vendor's argument
    ) -> View:
        del hideTransfers  # the transfers to the bank are not kept as movements
        payout = self.payouts.get(int(_matched(_PAID_BY, query)["number"]))
        rows = [self.movements[number] for number in payout.movements] if payout else []
        return page(rows, self._view, first, after)

    def _view(self, one: Movement) -> View:
        order = self.shop.orders.get(one.order_id or 0)
        return {
            "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{one.number}",
            "type": one.kind,
            "test": False,
            "transactionDate": instant(one.at),
            "associatedOrder": {"id": gid("Order", order.order_id)} if order else None,
            "amount": self._money(one.amount),
            "fee": self._money(one.fee),
        }

    def _money(self, amount: int) -> View:
        return {"amount": self.shop.text(amount), "currencyCode": self.shop.currency}


def _payout_view(one: Payout) -> View:
    return {
        "__typename": "ShopifyPaymentsPayout",
        "id": f"gid://shopify/ShopifyPaymentsPayout/{one.number}",
        "legacyResourceId": str(one.number),
        "issuedAt": instant(one.issued_at),
        "status": one.state,
    }


def _matched(pattern: re.Pattern[str], query: str | None) -> re.Match[str]:
    match = pattern.match(query or "")
    if match is None:
        raise GraphQLError(f"the simulator cannot filter by {query!r}")
    return match
