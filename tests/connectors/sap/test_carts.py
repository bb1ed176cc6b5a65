"""What a cart costs is what the ERP has it at, to the cent.

`SHELFWIRE_CARTS=100000` plays so many carts instead of a few.
"""

import os

from hypothesis import given, settings

from sandbox.vendors.sap import ordering, reading
from sandbox.vendors.sap.simulator import _rendered
from sandbox.vendors.sap.tenant import Material, Tenant
from shared.connectors.sap import orders as sap
from shared.connectors.sap.schema import OrderRow
from shared.connectors.sap.settings import SapSettings
from shared.domain import orders, payments
from shared.domain.called import order_of
from shared.domain.payments import PaymentState
from shared.model.base import Json
from shared.model.order_call import OrderCall
from tests.domain.carts import carts
from tests.domain.world import CHANNEL, NOW

CARTS = int(os.environ.get("SHELFWIRE_CARTS", "150"))
SETTINGS = SapSettings()


def tenant() -> Tenant:
    made = Tenant()
    for sku in ("HAT-M", "HAT-S"):
        made.put_material(Material(sku, "Hat"))
    return made


@settings(max_examples=CARTS)
@given(cart=carts())
def test_a_cart_costs_in_the_erp_what_was_paid_for_it(cart: dict[str, Json]) -> None:
    call = OrderCall.model_validate(cart)
    channel = CHANNEL.model_copy(update={"currency": call.currency})
    order = order_of(call, channel)
    assert orders.check_totals(order, tolerance_minor=0) is None
    assert payments.state_of(order, order.payments, now=NOW) is PaymentState.CAPTURED
    skus = {line.channel_sku: line.channel_sku for line in order.lines}
    known = orders.mapped(order, skus, custom=None)
    body = sap.body_of(known, orders.reference(known), SETTINGS)
    stored = ordering.create(tenant(), body, NOW)
    row = _rendered(reading.order_row(stored), frozenset({"to_Item"}))
    posted = sap.posted(OrderRow.model_validate(row), sap.places(known))
    assert (posted.total_minor, posted.currency) == (order.total.amount, order.currency)
    assert posted.units == {line.line_id: line.quantity for line in order.lines}
