"""What the ERP is told of an order beside what its channel says: by the retailer's rules."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from shared.domain.held import Held
from shared.model.case import HoldReason
from shared.model.order import Order, OrderLine, ShippingLine
from shared.model.order_rules import OrderRule, TaxCode
from shared.model.order_terms import OrderTerms
from shared.model.retailer import Retailer

_HUNDRED: Final = Decimal(100)
_WORDS: Final = (
    "sales_organization",
    "distribution_channel",
    "division",
    "order_type",
    "shipping_condition",
    "payment_terms",
    "customer_tax",
    "customer",
    "house_account",
    "send_address",
    "freight_sku",
)


def enriched(order: Order, retailer: Retailer) -> Order:
    """The order with its terms; without rules it has none, and the ERP's settings hold."""
    if not retailer.order_rules:
        return order
    return order.model_copy(update={"terms": terms(order, retailer)})


def completed(order: Order, retailer: Retailer, before: Order) -> Order:
    """The order as its channel changed it, with terms of every line; the others stay.

    What follows from its shipping stays too, unless that is not what it was `before`.
    """
    if order.terms is None:
        return order
    now = terms(order, retailer)
    sent = before.terms if before.terms and order.shipping == before.shipping else now
    said = {
        "tax_codes": now.tax_codes,
        "ship_from": now.ship_from,
        "freight_tax_codes": sent.freight_tax_codes,
        "shipping_condition": sent.shipping_condition,
    }
    return order.model_copy(update={"terms": order.terms.model_copy(update=said)})


def terms(order: Order, retailer: Retailer) -> OrderTerms:
    """Of each word what the first rule says that is about this order and says it."""
    ours = [rule for rule in retailer.order_rules if about(rule, order)]
    said = {word: _first(ours, word) for word in _WORDS}
    codes = _codes(ours)
    return OrderTerms.model_validate(
        {word: value for word, value in said.items() if value is not None}
        | {
            "tax_codes": _known({x.line_id: _code(x, codes) for x in order.lines}),
            "ship_from": _leaves(order, _first(ours, "ship_from"), retailer),
            "freight_tax_codes": [_code(part, codes) or "" for part in order.shipping],
        }
    )


def _first(rules: Sequence[OrderRule], word: str) -> object:
    said = (getattr(rule, word) for rule in rules)
    return next((value for value in said if value is not None), None)


def _known(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _leaves(order: Order, place: object, retailer: Retailer) -> dict[str, str]:
    """Where each line leaves from, in the ERP's words; its own location before the rule's."""
    if not isinstance(place, str):
        return {}
    erp = retailer.channel(order.channel).erp
    own = {line.line_id: line.location or place for line in order.lines}
    return _known({x: retailer.external_location(erp, name) for x, name in own.items()})


def untaxed(order: Order, rules: Sequence[OrderRule]) -> Held | None:
    """Whether a line has a rate no rule has a code for, where rules have codes at all."""
    codes = _codes([rule for rule in rules if about(rule, order)])
    if not codes:
        return None
    parts: list[tuple[str, OrderLine | ShippingLine]] = [
        (f"lines.{line.line_id}", line) for line in order.lines
    ]
    parts += [(f"shipping.{i}", line) for i, line in enumerate(order.shipping)]
    without = [(field, part) for field, part in parts if _code(part, codes) is None]
    if not without:
        return None
    return Held(
        HoldReason.TAX_CODE,
        f"{without[0][0]}.taxes",
        ", ".join(dict.fromkeys(_said(_percent(part)) for _, part in without)),
        "name the ERP's code for this rate in `tax_codes` of an order rule, then replay",
    )


def about(rule: OrderRule, order: Order) -> bool:
    """Whether a rule holds of an order: each of its conditions does, or it has none."""
    country = order.shipping_address.country if order.shipping_address else ""
    codes = {part.code for part in order.shipping}
    return (
        (not rule.channels or order.channel in rule.channels)
        and (not rule.countries or country.upper() in rule.countries)
        and (not rule.currencies or order.currency in rule.currencies)
        and (not rule.shipping_codes or bool(codes.intersection(rule.shipping_codes)))
        and (not rule.credit_days or order.terms_days in rule.credit_days)
    )


def _codes(rules: Sequence[OrderRule]) -> tuple[TaxCode, ...]:
    return next((rule.tax_codes for rule in rules if rule.tax_codes), ())


def _percent(part: OrderLine | ShippingLine) -> Decimal | None:
    """All rates of a line together; None where one of them is not told."""
    rates = [tax.rate for tax in part.taxes]
    known = [rate for rate in rates if rate is not None]
    return sum(known, Decimal(0)) * _HUNDRED if len(known) == len(rates) else None


def _code(part: OrderLine | ShippingLine, codes: Sequence[TaxCode]) -> str | None:
    percent = _percent(part)
    return next((one.code for one in codes if one.percent == percent and _of(one, part)), None)


def _of(code: TaxCode, part: OrderLine | ShippingLine) -> bool:
    if isinstance(part, ShippingLine):
        return not code.skus
    return not code.freight and (not code.skus or part.sku in code.skus)


def _said(percent: Decimal | None) -> str:
    return "a rate that is not told" if percent is None else f"{percent.normalize():f} %"
