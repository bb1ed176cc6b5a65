"""Payments of an order: taken by card and gift card, and given back to where they were taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.vendors.shopify.order_views import converted
from sandbox.vendors.shopify.state import Order, Refund, Shop, Transaction

GATEWAY: Final = "sandbox"
GIFT_CARD: Final = "gift_card"
TAKEN: Final = frozenset({"SALE", "CAPTURE"})


@dataclass(frozen=True, slots=True)
class Tills:
    """No payment gives back more than it took, in the shop's currency and in the shopper's."""

    shop: Shop

    def taken(self, order: Order) -> int:
        return sum(one.amount for one in order.transactions if one.kind in TAKEN)

    def redeem(self, order: Order, amount: int) -> None:
        """A gift card pays so much of the order."""
        self.take(order, "SALE", min(amount, order.total), order.updated_at, GIFT_CARD)

    def take(
        self, order: Order, kind: str, amount: int, now: datetime, gateway: str = GATEWAY
    ) -> Transaction:
        """Money is authorised, captured or sold; what was shown of all of it adds up."""
        before = self.taken(order)
        shown = self._shown(order, before + amount) - self._shown(order, before)
        made = Transaction(self.shop.next(), kind, gateway, amount, shown, now)
        order.transactions.append(made)
        return made

    def due(self, order: Order, worth: int) -> int:
        """What may be given back for parts of this worth."""
        return min(worth, sum(left for _, left in self.open(order)))

    def give(self, order: Order, refund: Refund, tenders: Mapping[str, int] | None) -> None:
        """Book what a refund gives back: by gateway or payment as told, else as it was paid."""
        rest = refund.total
        wanted = None if tenders is None else dict(tenders)
        if wanted is not None and sum(wanted.values()) != rest:
            raise ValueError(f"{wanted} are not the {rest} that go back")
        for one, left in self.open(order):
            number = str(one.transaction_id)
            key = number if wanted is not None and number in wanted else one.gateway
            most = rest if wanted is None else wanted.get(key, 0)
            amount = min(most, left)
            if amount:
                self._back(order, one, amount, refund)
                rest -= amount
                if wanted is not None:
                    wanted[key] -= amount
        if rest:
            raise ValueError(f"{refund.total} exceeds what can still be refunded by {rest}")

    def open(self, order: Order) -> list[tuple[Transaction, int]]:
        """Each payment that was taken, and what of it is not given back."""
        gone: dict[int, int] = {}
        for one in order.transactions:
            if one.parent is not None:
                gone[one.parent] = gone.get(one.parent, 0) + one.amount
        taken = [one for one in order.transactions if one.kind in TAKEN]
        return [(one, one.amount - gone.get(one.transaction_id, 0)) for one in taken]

    def _back(self, order: Order, of: Transaction, amount: int, refund: Refund) -> None:
        before = [one for one in order.transactions if one.parent == of.transaction_id]
        gone, shown = sum(one.amount for one in before), sum(one.shown for one in before)
        made = Transaction(
            self.shop.next(),
            "REFUND",
            of.gateway,
            amount,
            of.shown * (gone + amount) // of.amount - shown,
            refund.created_at,
            parent=of.transaction_id,
            refund_id=refund.refund_id,
        )
        order.transactions.append(made)

    def _shown(self, order: Order, amount: int) -> int:
        return converted(order, self.shop.currency, amount)
