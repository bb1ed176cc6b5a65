"""One article in one channel: what a price is by the retailer's file, the shortest way to ask."""

from datetime import datetime, timedelta
from typing import Any

from shared.domain.pricing import Priced, Unpriced, resolve
from shared.model.money import Money
from shared.model.price import PriceCondition
from shared.model.retailer import Retailer
from shared.model.target import PriceValue
from tests.factories import (
    NOW,
    make_condition,
    make_unit,
    make_variant,
    retailer_fields,
)

HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=3650)
VAT: dict[str, Any] = {"region": "GB", "percent": "20", "valid_from": LONG_AGO}


def price_list(name: str, **over: Any) -> dict[str, Any]:
    return {"name": name, "currency": "GBP", "tax_basis": "gross", "conditions": {}} | over


def retailer(channel: dict[str, Any] | None = None, **over: Any) -> Retailer:
    fields = retailer_fields(**over)
    fields["channels"][0] |= channel or {}
    return Retailer.model_validate(fields)


def condition(amount: int, currency: str = "GBP", **over: Any) -> PriceCondition:
    fields = {"condition_id": f"C{amount}", "amount": Money(amount=amount, currency=currency)}
    return make_condition(**fields | over)


def answer(
    shop: Retailer, *conditions: PriceCondition, at: datetime = NOW, **variant: Any
) -> Priced | Unpriced:
    return resolve(
        conditions,
        variant=make_variant(units=(make_unit(),), **variant),
        channel=shop.channels[0],
        retailer=shop,
        now=at,
    )


def priced(
    shop: Retailer, *conditions: PriceCondition, at: datetime = NOW, **variant: Any
) -> Priced:
    found = answer(shop, *conditions, at=at, **variant)
    assert isinstance(found, Priced), found
    return found


def shown(
    shop: Retailer, *conditions: PriceCondition, at: datetime = NOW, **variant: Any
) -> PriceValue:
    return priced(shop, *conditions, at=at, **variant).value


def rules(found: Priced) -> list[str]:
    return [step.rule for step in found.chain]


def gbp(amount: int) -> Money:
    return Money(amount=amount, currency="GBP")
