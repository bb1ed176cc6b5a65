"""What a cart costs is what the ERP has it at, to the cent, and what goes back sums to it.

Hypothesis fills a few carts, so that one that breaks is made small. `SHELFWIRE_CARTS=100000` plays
that many of a seeded generator besides; what they were is said with `-s`.
"""

import os
import sys
import time
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings

from sandbox.vendors.sap import ordering, reading
from sandbox.vendors.sap.simulator import _rendered
from sandbox.vendors.sap.tenant import Material, Tenant
from shared.connectors.sap import orders as sap
from shared.connectors.sap.order_schema import OrderRow
from shared.connectors.sap.settings import SapSettings
from shared.domain import orders, payments
from shared.domain.called import order_of
from shared.domain.credits import OverRefund, credits_of
from shared.domain.payments import PaymentState
from shared.model.base import Json
from shared.model.money import Money, total
from shared.model.order import Order, Refund
from shared.model.order_call import OrderCall
from shared.model.order_terms import OrderTerms
from tests.domain.carts import Seeded, cart, carts
from tests.domain.world import CHANNEL, NOW

CARTS = int(os.environ.get("SHELFWIRE_CARTS", "0"))
SEED = 20261127
SETTINGS = SapSettings()
BY_CURRENCY = {code: CHANNEL.model_copy(update={"currency": code}) for code in ("GBP", "EUR")}
WAYS = (None, OrderTerms(), OrderTerms(freight_sku="POST", freight_tax_codes=("1",)))


def tenant() -> Tenant:
    made = Tenant()
    for sku in ("HAT-M", "HAT-S"):
        made.put_material(Material(sku, "Hat"))
    made.put_material(Material("POST", "Post", product_type="SERV"))
    return made


def checked(said: dict[str, Json], terms: OrderTerms | None) -> Order:
    """The cart as it is captured, sent and stored; its totals are the same throughout."""
    call = OrderCall.model_validate(said)
    order = order_of(call, BY_CURRENCY[call.currency])
    assert orders.check_totals(order, tolerance_minor=0) is None
    assert payments.state_of(order, order.payments, now=NOW) is PaymentState.CAPTURED
    skus = {line.channel_sku: line.channel_sku for line in order.lines}
    known = orders.mapped(order, skus, custom=None).model_copy(update={"terms": terms})
    body = sap.body_of(known, orders.reference(known), SETTINGS)
    stored = ordering.create(tenant(), body, NOW)
    row = _rendered(reading.order_row(stored), frozenset({"to_Item"}))
    posted = sap.posted(OrderRow.model_validate(row), sap.places(known))
    assert (posted.total_minor, posted.currency) == (order.total.amount, order.currency)
    assert posted.units == {line.line_id: line.quantity for line in order.lines}
    return known


def refunded(order: Order, random: Random) -> None:
    """The whole cart goes back in one to four steps, each divided to the cent."""
    left, steps = order.total.amount, random.randint(1, 4)
    refunds: list[Refund] = []
    given_back = Money.zero(order.currency)
    for step in range(steps):
        amount = left if step == steps - 1 else random.randint(0, left)
        left -= amount
        whole = Money(amount=amount, currency=order.currency)
        refunds.append(Refund(refund_id=str(step), created_at=NOW, total=whole))
        found = credits_of(order, refunds)
        assert not isinstance(found, OverRefund)
        assert total(order.currency, (credit.gross for credit in found)) == whole
        given_back += whole
    assert given_back == order.total


@settings(max_examples=150)
@given(said=carts())
@pytest.mark.parametrize("terms", WAYS)
def test_a_cart_costs_in_the_erp_what_was_paid_for_it(
    terms: OrderTerms | None, said: dict[str, Json]
) -> None:
    checked(said, terms)


@pytest.mark.skipif(not CARTS, reason="set SHELFWIRE_CARTS to play so many")
def test_so_many_carts_cost_in_the_erp_what_was_paid_for_them() -> None:
    random, began = Random(SEED), time.perf_counter()
    kinds, paid = Counter[str](), dict.fromkeys(BY_CURRENCY, 0)
    for number in range(CARTS):
        order = checked(cart(Seeded(random)), WAYS[number % len(WAYS)])
        refunded(order, random)
        paid[order.currency] += order.total.amount
        kinds.update(_kinds(order))
    took = time.perf_counter() - began
    sums = ", ".join(str(Money(amount=paid[code], currency=code)) for code in sorted(paid))
    said = ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
    sys.stdout.write(f"\n{CARTS} carts in {took:.0f} s, {sums}, no cent off; {said}\n")


def _kinds(order: Order) -> list[str]:
    found = [order.currency, "tax included" if order.taxes_included else "tax excluded"]
    found += ["discounts"] if order.discounts().amount else []
    found += ["shipping"] if order.shipping else []
    found += ["tip"] if any(line.title == "Tip" for line in order.lines) else []
    found += ["gift card"] if any(p.gateway == "gift_card" for p in order.payments) else []
    return found
