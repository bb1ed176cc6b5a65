"""Answers about products, prices, stock and deliveries."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import Field, model_validator

from shared.connectors.sap.schema import ListOf
from shared.model.base import Foreign


class Description(Foreign):
    language: str = Field(alias="Language")
    text: str = Field(alias="ProductDescription")


class Unit(Foreign):
    code: str = Field(alias="AlternativeUnit")
    numerator: Decimal = Field(alias="QuantityNumerator")
    denominator: Decimal = Field(alias="QuantityDenominator")
    gtin: str = Field(default="", alias="GlobalTradeItemNumber")


class ProductRow(Foreign):
    """A_Product of API_PRODUCT_SRV."""

    product: str = Field(alias="Product", min_length=1)
    product_type: str = Field(default="", alias="ProductType")
    generic: str = Field(default="", alias="CrossPlantConfigurableProduct")
    base_unit: str = Field(alias="BaseUnit")
    status: str = Field(default="", alias="CrossPlantStatus")
    deleted: bool = Field(default=False, alias="IsMarkedForDeletion")
    gtin: str = Field(default="", alias="ProductStandardID")
    group: str = Field(default="", alias="ProductGroup")
    brand: str = Field(default="", alias="Brand")
    size: str = Field(default="", alias="SizeOrDimensionText")
    descriptions: ListOf[Description] = Field(default=(), alias="to_Description")
    units: ListOf[Unit] = Field(default=(), alias="to_ProductUnitsOfMeasure")


class ScaleLine(Foreign):
    """A_SlsPrcgCndnRecordScale: from a quantity on, a rate."""

    line: str = Field(alias="ConditionScaleLine")
    quantity: Decimal = Field(alias="ConditionScaleQuantity")
    unit: str = Field(default="", alias="ConditionScaleQuantityUnit")
    rate: Decimal = Field(alias="ConditionRateValue")
    currency: str = Field(default="", alias="ConditionRateValueUnit")


class ConditionRecord(Foreign):
    """A_SlsPrcgConditionRecord."""

    rate: Decimal = Field(alias="ConditionRateValue")
    currency: str = Field(alias="ConditionRateValueUnit")
    quantity: Decimal = Field(default=Decimal(0), alias="ConditionQuantity")
    unit: str = Field(default="", alias="ConditionQuantityUnit")
    calculation: str = Field(default="", alias="ConditionCalculationType")
    scale_type: str = Field(default="", alias="PricingScaleType")
    scale_basis: str = Field(default="", alias="PricingScaleBasis")
    scale_unit: str = Field(default="", alias="ConditionScaleQuantityUnit")
    deleted: bool = Field(default=False, alias="ConditionIsDeleted")
    scale: ListOf[ScaleLine] = Field(default=(), alias="to_SlsPrcgCndnRecordScale")


NO_KEYS: Final = frozenset(
    {
        "ConditionRecord",
        "ConditionType",
        "ConditionApplication",
        "ConditionReleaseStatus",
        "ConditionProcessingStatus",
        "ConditionValidityStartDate",
        "ConditionValidityEndDate",
        "Material",
        "SalesOrganization",
        "DistributionChannel",
        "TransactionCurrency",
        "ETag",
    }
)
"""Texts of a validity row that do not say for whom or where a condition is; all others do."""


class ValidityRow(Foreign):
    """A_SlsPrcgCndnRecdValidity of API_SLSPRICINGCONDITIONRECORD_SRV.

    `further` are the keys it has beside sales area and material: `{"CustomerPriceGroup": "02"}`.
    """

    record: str = Field(alias="ConditionRecord")
    kind: str = Field(alias="ConditionType")
    material: str = Field(alias="Material", min_length=1)
    start: str = Field(alias="ConditionValidityStartDate")
    end: str = Field(alias="ConditionValidityEndDate")
    released: str = Field(default="", alias="ConditionReleaseStatus")
    further: dict[str, str] = {}
    condition: ConditionRecord = Field(alias="to_SlsPrcgConditionRecord")

    @model_validator(mode="before")
    @classmethod
    def _keyed(cls, row: Any) -> Any:
        if not isinstance(row, Mapping):
            return row
        keys = {name: value for name, value in row.items() if name not in NO_KEYS}
        told = {name: v for name, v in keys.items() if isinstance(v, str) and v.strip("0 ")}
        return {**row, "further": told}


class StockRow(Foreign):
    """A_MatlStkInAcctMod of API_MATERIAL_STOCK_SRV."""

    material: str = Field(alias="Material", min_length=1)
    plant: str = Field(alias="Plant")
    storage_location: str = Field(alias="StorageLocation")
    special: str = Field(default="", alias="InventorySpecialStockType")
    kind: str = Field(alias="InventoryStockType")
    unit: str = Field(alias="MaterialBaseUnit")
    quantity: Decimal | None = Field(alias="MatlWrhsStkQtyInMatlBaseUnit")


class DeliveryItem(Foreign):
    item: str = Field(alias="DeliveryDocumentItem")
    material: str = Field(alias="Material")
    quantity: Decimal = Field(alias="ActualDeliveryQuantity")
    order: str = Field(default="", alias="ReferenceSDDocument")
    order_item: str = Field(default="", alias="ReferenceSDDocumentItem")
    plant: str = Field(default="", alias="Plant")
    storage_location: str = Field(default="", alias="StorageLocation")


class DeliveryRow(Foreign):
    """A_OutbDeliveryHeader of API_OUTBOUND_DELIVERY_SRV;v=0002."""

    number: str = Field(alias="DeliveryDocument", min_length=1)
    moved: str = Field(default="", alias="OverallGoodsMovementStatus")
    moved_on: str | None = Field(default=None, alias="ActualGoodsMovementDate")
    moved_at: str = Field(default="", alias="ActualGoodsMovementTime")
    bill_of_lading: str = Field(default="", alias="BillOfLading")
    means_of_transport: str = Field(default="", alias="MeansOfTransport")
    items: ListOf[DeliveryItem] = Field(default=(), alias="to_DeliveryDocumentItem")


class MovementItem(Foreign):
    """A_MaterialDocumentItem of API_MATERIAL_DOCUMENT_SRV."""

    material: str = Field(default="", alias="Material")
