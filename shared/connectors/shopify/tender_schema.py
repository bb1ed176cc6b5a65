"""Payments of an order as Shopify tells what they belong to and what the shopper paid."""

from datetime import datetime

from shared.connectors.shopify.schema import Amount, Identified, Theirs


class ShoppersMoney(Theirs):
    presentment_money: Amount


class Tender(Theirs):
    id: str
    parent_transaction: Identified | None = None
    amount_set: ShoppersMoney


class TendersOf(Theirs):
    updated_at: datetime
    total_price_set: ShoppersMoney
    transactions: tuple[Tender, ...]


class TendersAnswer(Theirs):
    order: TendersOf | None
