"""Payouts as Shopify Payments tells them."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.connectors.shopify.schema import Amount, Connected, Identified, Theirs


class Coins(Amount):
    currency_code: str


class Payout(Theirs):
    legacy_resource_id: Annotated[str, Field(coerce_numbers_to_str=True)]
    issued_at: AwareDatetime
    status: str


class Movement(Theirs):
    id: str
    type: str
    test: bool
    transaction_date: AwareDatetime
    associated_order: Identified | None = None
    amount: Coins
    fee: Coins


class PayoutsOf(Theirs):
    payouts: Connected[Payout]


class PayoutsAnswer(Theirs):
    shopify_payments_account: PayoutsOf | None


class MovementsOf(Theirs):
    balance_transactions: Connected[Movement]


class MovementsAnswer(Theirs):
    shopify_payments_account: MovementsOf | None
