"""Answers about sales orders, as they are posted, found again and changed."""

from decimal import Decimal

from pydantic import Field

from shared.connectors.sap.schema import ListOf
from shared.model.base import Foreign


class OrderItem(Foreign):
    """A_SalesOrderItem. `delivery` is C once all of it was delivered; a reason means rejected."""

    item: str = Field(alias="SalesOrderItem")
    position: str = Field(default="", alias="UnderlyingPurchaseOrderItem")
    quantity: Decimal | None = Field(default=None, alias="RequestedQuantity")
    rejected: str = Field(default="", alias="SalesDocumentRjcnReason")
    delivery: str = Field(default="", alias="DeliveryStatus")
    tax: Decimal = Field(default=Decimal(0), alias="TaxAmount")

    @property
    def on_its_way(self) -> bool:
        """Whether there is a delivery of it, of some (B) or of all (C)."""
        return self.delivery in {"B", "C"}


class OrderRow(Foreign):
    """A_SalesOrder of API_SALES_ORDER_SRV."""

    number: str = Field(alias="SalesOrder", min_length=1)
    net: Decimal = Field(alias="TotalNetAmount")
    currency: str = Field(alias="TransactionCurrency")
    items: ListOf[OrderItem] = Field(default=(), alias="to_Item")


class PricingElement(Foreign):
    """A_SalesOrderItemPrElement, A_SalesOrderHeaderPrElement; one with a reason is not counted."""

    step: str = Field(default="", alias="PricingProcedureStep")
    counter: str = Field(default="", alias="PricingProcedureCounter")
    kind: str = Field(default="", alias="ConditionType")
    rate: Decimal = Field(default=Decimal(0), alias="ConditionRateValue")
    per: Decimal | None = Field(default=None, alias="ConditionQuantity")
    inactive: str = Field(default="", alias="ConditionInactiveReason")


class HeldItem(OrderItem):
    """An item with what it is made of, as an order is read to be changed."""

    material: str = Field(default="", alias="Material")
    tax_code: str = Field(default="", alias="ProductTaxClassification1")
    net: Decimal = Field(default=Decimal(0), alias="NetAmount")
    elements: ListOf[PricingElement] = Field(default=(), alias="to_PricingElement")


class HeldOrder(Foreign):
    """A_SalesOrder with items and pricing elements."""

    net: Decimal = Field(alias="TotalNetAmount")
    currency: str = Field(alias="TransactionCurrency")
    shipping_condition: str = Field(default="", alias="ShippingCondition")
    block: str = Field(default="", alias="DeliveryBlockReason")
    items: ListOf[HeldItem] = Field(alias="to_Item")
    elements: ListOf[PricingElement] = Field(default=(), alias="to_PricingElement")
