"""What Shopify Payments paid out: every movement of every payout that left, order by order.

A payout tells no instant of its last change, only that of its issue, and is scheduled, in transit,
paid or failed later. So each poll looks back some days, and what it has read before says nothing
new. One that failed or was cancelled counts for nothing; Shopify pays its movements out by another.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.connectors.shopify import payout_schema as schema
from shared.connectors.shopify.amounts import money
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.orders import legacy_id
from shared.connectors.shopify.payout_queries import MOVEMENTS, PAYOUTS
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.books import PaidOut, Payout, PayoutKind, PayoutLine
from shared.model.money import Money
from shared.ports import Clock, Page, Refusal

_LEFT: Final = frozenset({"IN_TRANSIT", "PAID"})
_NEVER: Final = frozenset({"FAILED", "CANCELED"})
_YET: Final = frozenset({"SCHEDULED"})
_KINDS: Final = {"CHARGE": PayoutKind.CHARGE, "REFUND": PayoutKind.REFUND}
_INSTANT: Final = "%Y-%m-%dT%H:%M:%SZ"
_SIGNS: Final = {PayoutKind.CHARGE: 1, PayoutKind.REFUND: -1}


@frozen
class Payouts:
    """`zone` is whose days they are paid on; `days_back` how long one may change its state."""

    api: AdminApi
    clock: Clock
    channel: str
    zone: str
    days_back: int

    def since(self, since: datetime | None, *, page: str | None) -> Page[Payout]:
        """Payouts that have left or never will, by the instant they were issued."""
        now = self.clock.now()
        back = min(since or now, now) - timedelta(days=self.days_back)
        asked = {"after": page, "query": f"issued_at:>='{back.astimezone(UTC):{_INSTANT}}'"}
        account = self.api.call(PAYOUTS, asked, schema.PayoutsAnswer).shopify_payments_account
        if account is None:
            raise RejectedError(
                "the shop has no account with Shopify Payments",
                code="no_account",
                field="settings.payouts",
                value=True,
                remedy="leave `payouts` out, and drop the provider's payout files instead",
            )
        found = account.payouts
        items = [self._payout(one) for one in found.nodes if one.status in _LEFT | _NEVER]
        strange = [_strange(one) for one in found.nodes if one.status not in _LEFT | _NEVER | _YET]
        return Page(items, found.next, strange)

    def _payout(self, theirs: schema.Payout) -> Payout:
        day = theirs.issued_at.astimezone(ZoneInfo(self.zone)).date().isoformat()
        return Payout(
            payout=theirs.legacy_resource_id,
            day=day,
            state=theirs.status,
            left=theirs.status in _LEFT,
        )

    def movements(self, payout: Payout, *, page: str | None) -> Page[PaidOut]:
        """What a payout pays out of orders; an adjustment of the account is of none."""
        asked = {"after": page, "query": f"payments_transfer_id:{payout.payout}"}
        account = self.api.call(MOVEMENTS, asked, schema.MovementsAnswer).shopify_payments_account
        if account is None:
            return Page(())
        found, items, refused = account.balance_transactions, list[PaidOut](), list[Refusal]()
        for row in found.nodes:
            if row.test or row.associated_order is None:
                continue
            try:
                items.append(to_movement(row, payout, channel=self.channel))
            except RejectedError as error:
                said = str(error.value), str(error), error.remedy or ""
                refused.append(Refusal(legacy_id(row.id), error.field or "", *said))
        return Page(items, found.next, refused)


def to_movement(row: schema.Movement, payout: Payout, *, channel: str) -> PaidOut:
    """One movement of an order; RejectedError where it is neither a charge nor a refund."""
    order = legacy_id(row.associated_order.id) if row.associated_order else ""
    kind = _KINDS.get(row.type)
    amount = _coins(row.amount, "amount")
    if kind is None or amount.amount * _SIGNS[kind] < 0:
        raise RejectedError(
            f"payout {payout.payout}: {row.type} of {amount} for order {order}"
            " is neither a charge nor a refund",
            code="unknown_type",
            field="type",
            value=row.type,
            remedy="book it in the ERP by hand; it is compared with nothing",
        )
    line = PayoutLine(
        payout=payout.payout,
        reference=legacy_id(row.id),
        kind=kind,
        gross=Money(amount=abs(amount.amount), currency=amount.currency),
        fee=_coins(row.fee, "fee"),
        day=payout.day,
    )
    return PaidOut(order_id=f"{channel}:{order}", at=row.transaction_date, line=line)


def _coins(theirs: schema.Coins, where: str) -> Money:
    return money(theirs.amount, theirs.currency_code, f"balanceTransactions.{where}")


def _strange(payout: schema.Payout) -> Refusal:
    said = f"payout {payout.legacy_resource_id} has the unknown status {payout.status!r}"
    return Refusal(payout.legacy_resource_id, "status", payout.status, said, "report it to support")
