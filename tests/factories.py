"""Canonical objects with sane defaults; a test states only what it is about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.model.case import Case, CaseState
from shared.model.facts import PriceCard, ProductCard, StockCard
from shared.model.holds import Hold, HoldCard
from shared.model.ids import Facet
from shared.model.issue import Issue, IssueKind, Severity
from shared.model.item import ItemCard
from shared.model.money import Money
from shared.model.order import (
    Order,
    OrderLine,
    Payment,
    PaymentKind,
    Refund,
    RefundLine,
    Shipment,
    ShipmentLine,
)
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind, TaxBasis
from shared.model.product import Product, UnitOfMeasure, Variant
from shared.model.retailer import Retailer
from shared.model.stock import StockPosition
from shared.model.target import Target

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SKU = "HAT-M"
CURRENCY = "GBP"
GTIN = "4006381333931"


def make_money(amount: int = 1999, currency: str = CURRENCY) -> Money:
    return Money(amount=amount, currency=currency)


def make_variant(**over: Any) -> Variant:
    return Variant.model_validate({"sku": SKU, "base_unit": "PC"} | over)


def make_unit(**over: Any) -> UnitOfMeasure:
    return UnitOfMeasure.model_validate({"code": "CS", "numerator": 12} | over)


def make_product(**over: Any) -> Product:
    """One hat in one size, unless `variants` says otherwise."""
    fields = {"product_id": "HAT", "title": "Hat", "variants": (make_variant(),)}
    return Product.model_validate(fields | over)


def make_window(**over: Any) -> EffectiveWindow:
    return EffectiveWindow.model_validate({"start": NOW - timedelta(days=30)} | over)


def make_condition(**over: Any) -> PriceCondition:
    fields = {
        "condition_id": "PR00-1",
        "sku": SKU,
        "kind": PriceKind.BASE,
        "price_list": "retail",
        "amount": make_money(),
        "unit": "PC",
        "tax_basis": TaxBasis.GROSS,
        "window": make_window(),
    }
    return PriceCondition.model_validate(fields | over)


def make_price_row(**over: Any) -> dict[str, Any]:
    """A condition as a row of a file or of a call states it."""
    row = {
        "sku": SKU,
        "price_list": "retail",
        "kind": "base",
        "amount": "19.99",
        "currency": CURRENCY,
        "tax_basis": "gross",
        "unit": "PC",
        "valid_from": "2026-11-27T09:00:00+01:00",
    }
    return row | over


def make_position(**over: Any) -> StockPosition:
    fields = {"location": "london", "unit": "PC", "on_hand": Decimal(10)}
    return StockPosition.model_validate(fields | over)


def make_product_card(**over: Any) -> ProductCard:
    fields = {"source": "erp", "as_of": NOW, "product": make_product()}
    return ProductCard.model_validate(fields | over)


def make_item_card(**over: Any) -> ItemCard:
    fields = {"source": "erp", "as_of": NOW, "product_id": "HAT", "variant": make_variant()}
    return ItemCard.model_validate(fields | over)


def make_price_card(**over: Any) -> PriceCard:
    fields = {"source": "erp", "as_of": NOW, "sku": SKU, "conditions": (make_condition(),)}
    return PriceCard.model_validate(fields | over)


def make_stock_card(**over: Any) -> StockCard:
    fields = {"source": "erp", "as_of": NOW, "sku": SKU, "positions": (make_position(),)}
    return StockCard.model_validate(fields | over)


def make_hold(**over: Any) -> Hold:
    fields = {
        "order_id": "shop:77",
        "line_id": "1",
        "location": "london",
        "quantity": 2,
        "since": NOW,
    }
    return Hold.model_validate(fields | over)


def make_hold_card(*holds: Hold, sku: str = SKU) -> HoldCard:
    return HoldCard(sku=sku, holds={f"{h.order_id}/{h.line_id}": h for h in holds})


def make_line(**over: Any) -> OrderLine:
    fields = {
        "line_id": "1",
        "channel_sku": SKU,
        "title": "Hat",
        "quantity": 2,
        "unit_price": make_money(),
    }
    return OrderLine.model_validate(fields | over)


def make_order(**over: Any) -> Order:
    """Two hats; `total` follows from the lines unless it is given."""
    lines = over.get("lines", (make_line(),))
    fields = {
        "channel": "shop",
        "external_id": "77",
        "number": "#77",
        "placed_at": NOW,
        "updated_at": NOW,
        "currency": CURRENCY,
        "taxes_included": True,
        "lines": lines,
        "total": make_money(sum(line.quantity * line.unit_price.amount for line in lines)),
        "total_tax": make_money(0),
    }
    return Order.model_validate(fields | over)


def make_refund(**over: Any) -> Refund:
    line = RefundLine(line_id="1", quantity=1, amount=make_money(), tax=make_money(0))
    fields = {"refund_id": "9", "created_at": NOW, "total": make_money(), "lines": (line,)}
    return Refund.model_validate(fields | over)


def make_shipment(**over: Any) -> Shipment:
    line = ShipmentLine(erp_item="10", sku=SKU, quantity=2)
    fields = {"shipment_id": "80", "erp_order": "5001", "shipped_at": NOW, "lines": (line,)}
    return Shipment.model_validate(fields | over)


def make_case(**over: Any) -> Case:
    fields = {
        "order": make_order(),
        "reference": "SW-77",
        "state": CaseState.RELEASED,
        "captured_at": NOW,
    }
    return Case.model_validate(fields | over)


def make_issue(**over: Any) -> Issue:
    fields = {
        "kind": IssueKind.UNMAPPED_SKU,
        "subject": "shop/HAT-X",
        "connection": "shop",
        "severity": Severity.HIGH,
        "summary": "the shop sells HAT-X, which the ERP does not know",
        "remedy": "map HAT-X to one of the ERP's articles",
        "owner": "catalogue",
        "first_seen": NOW,
        "last_seen": NOW,
    }
    return Issue.model_validate(fields | over)


def make_target(**over: Any) -> Target:
    fields = {
        "channel": "shop",
        "facet": Facet.PRICE,
        "key": SKU,
        "group": "HAT",
        "desired": {"price": {"amount": 1999, "currency": CURRENCY}, "compare_at": None},
        "version": 1,
        "since": NOW,
        "derived_at": NOW,
    }
    return Target.model_validate(fields | over)


def make_connection(**over: Any) -> dict[str, object]:
    """One connection as the retailer's file says it."""
    limits = {"points_per_second": 50, "bucket": 100}
    fields = {
        "name": "erp",
        "system": "sap-s4hana",
        "base_url": "https://erp.example",
        "secret": "erp",
        "limits": limits,
    }
    return fields | over


def retailer_fields(**over: Any) -> dict[str, Any]:
    """One ERP, one shop, one location and one price list, as the retailer's file says it."""
    channel = {
        "name": "shop",
        "connection": "shop",
        "erp": "erp",
        "currency": CURRENCY,
        "tax_display": "gross",
        "price_lists": ["retail"],
        "locations": ["london"],
    }
    prices = {
        "name": "retail",
        "currency": CURRENCY,
        "tax_basis": "gross",
        "conditions": {"PR00": "base", "VKA0": "promotional"},
    }
    fields = {
        "retailer": "demo",
        "home_currency": CURRENCY,
        "connections": [make_connection(), make_connection(name="shop", system="shopify")],
        "channels": [channel],
        "locations": [{"name": "london", "external": {"erp": "1710/171A", "shop": "1"}}],
        "price_lists": [prices],
        "authority": {"product": "erp", "price": "erp", "stock": "erp"},
    }
    return fields | over


def make_retailer(**over: Any) -> Retailer:
    return Retailer.model_validate(retailer_fields(**over))


def paid(kind: PaymentKind, amount: int = 3998, reference: str = "T1", **over: object) -> Payment:
    """By card, and it went well: as much as two hats cost."""
    fields = {
        "reference": reference,
        "gateway": "card",
        "kind": kind,
        "succeeded": True,
        "amount": make_money(amount),
    }
    return Payment.model_validate(fields | over)
