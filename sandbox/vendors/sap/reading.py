"""Rows of the entity sets, in SAP's own field names, found by key where a key is given."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

from sandbox.vendors.sap import billing, crediting, partners, returning
from sandbox.vendors.sap.entities import CONDITION_KEYS
from sandbox.vendors.sap.query import Condition, beyond, wanted
from sandbox.vendors.sap.tenant import (
    ZERO,
    Delivery,
    Element,
    Keyed,
    Material,
    Order,
    Row,
    Tenant,
)
from sandbox.vendors.sap.tenant import Condition as Price


def found(tenant: Tenant, name: str, condition: Condition | None) -> Iterator[Row]:
    """Every row of a set that may fulfil the condition, in order of the set's key."""
    return _SETS[name](tenant, condition)


def _sought[T](values: Keyed[T], condition: Condition | None, key: str) -> Iterable[T]:
    keys = wanted(condition, key)
    if keys is not None:
        return values.among(str(key) for key in keys)
    after = beyond(condition, key)
    return values.after(None if after is None else str(after))


def _products(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    generics = wanted(condition, "CrossPlantConfigurableProduct")
    if generics is not None and "" not in generics:
        names = sorted(v for g in generics for v in tenant.variants.get(str(g), []))
        chosen: Iterable[Material] = tenant.materials.among(names)
    else:
        chosen = _sought(tenant.materials, condition, "Product")
    for material in chosen:
        yield _product(material)


def _product(material: Material) -> Row:
    return {
        "Product": material.product,
        "ProductType": material.product_type,
        "CrossPlantConfigurableProduct": material.generic,
        "BaseUnit": material.base_unit,
        "CrossPlantStatus": material.status,
        "IsMarkedForDeletion": material.deleted,
        "ProductStandardID": material.gtin,
        "ProductGroup": material.group,
        "Brand": material.brand,
        "SizeOrDimensionText": material.size,
        "LastChangeDateTime": material.changed_at,
        "to_Description": [
            {
                "Product": material.product,
                "Language": "EN",
                "ProductDescription": material.title[:40],
            }
        ],
        "to_ProductUnitsOfMeasure": [
            {
                "Product": material.product,
                "AlternativeUnit": material.base_unit,
                "QuantityNumerator": Decimal(1),
                "QuantityDenominator": Decimal(1),
                "GlobalTradeItemNumber": material.gtin,
            }
        ],
    }


def _prices(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    records = wanted(condition, "ConditionRecord")
    if records is not None:
        named = (tenant.records.get(str(record)) for record in sorted(map(str, records)))
        chosen: Iterable[Price] = (price for price in named if price is not None)
    else:
        chosen = _sought(tenant.conditions, condition, "Material")
    for price in chosen:
        yield _price(price)


def _price(price: Price) -> Row:
    window = {
        "ConditionValidityStartDate": _midnight(price.start),
        "ConditionValidityEndDate": _midnight(price.end),
    }
    return {
        **dict.fromkeys(CONDITION_KEYS.split(), ""),
        **price.keys,
        **window,
        "ConditionRecord": price.record,
        "ConditionType": price.kind,
        "ConditionApplication": "V",
        "ConditionReleaseStatus": price.released,
        "Material": price.material,
        "SalesOrganization": price.sales_organization,
        "DistributionChannel": price.distribution_channel,
        "TransactionCurrency": "",
        "ETag": price.record,
        "to_SlsPrcgConditionRecord": {
            **window,
            "ConditionRecord": price.record,
            "ConditionType": price.kind,
            "ConditionCalculationType": price.calculation,
            "ConditionRateValue": price.rate,
            "ConditionRateValueUnit": price.currency,
            "ConditionQuantity": price.per,
            "ConditionQuantityUnit": price.unit,
            "ConditionReleaseStatus": price.released,
            "ConditionIsDeleted": price.deleted,
            "PricingScaleType": price.scale_type,
            "PricingScaleBasis": price.scale_basis,
            "to_SlsPrcgCndnRecordScale": list(_scale(price)),
        },
    }


def _scale(price: Price) -> Iterator[Row]:
    for number, (quantity, rate) in enumerate(price.scale, 1):
        yield {
            "ConditionRecord": price.record,
            "ConditionSequentialNumber": "1",
            "ConditionScaleLine": str(number),
            "ConditionScaleQuantity": quantity,
            "ConditionScaleQuantityUnit": price.unit,
            "ConditionRateValue": rate,
            "ConditionRateValueUnit": price.currency,
        }


def _stock(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    for material in _sought(tenant.stocked, condition, "Material"):
        yield from stock_rows(tenant, material)


def stock_rows(tenant: Tenant, name: str) -> Iterator[Row]:
    material = tenant.material(name)
    for (plant, location, kind), units in sorted(tenant.stock[name].items()):
        yield {
            "Material": name,
            "Plant": plant,
            "StorageLocation": location,
            "Batch": "",
            "Supplier": "",
            "Customer": "",
            "WBSElementInternalID": "",
            "SDDocument": "",
            "SDDocumentItem": "0",
            "InventorySpecialStockType": "",
            "InventoryStockType": kind,
            "MaterialBaseUnit": material.base_unit if material else "PC",
            "MatlWrhsStkQtyInMatlBaseUnit": units,
        }


def _material_stock(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    for name in _sought(tenant.stocked, condition, "Material"):
        material = tenant.material(name)
        yield {
            "Material": name,
            "MaterialBaseUnit": material.base_unit if material else "PC",
            "to_MatlStkInAcctMod": list(stock_rows(tenant, name)),
        }


def _documents(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    yield from _sought(tenant.documents, condition, "MaterialDocument")


def _orders(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    references = wanted(condition, "PurchaseOrderByCustomer")
    if references is not None:
        chosen: Iterable[Order] = [
            order for name in references for order in tenant.by_reference.get(str(name), [])
        ]
    else:
        chosen = _sought(tenant.orders, condition, "SalesOrder")
    for order in chosen:
        yield order_row(order)


def order_row(order: Order, *, priced: bool = False) -> Row:
    """An order; `priced` with its pricing elements, for whom they are expanded."""
    items = item_rows(order)
    if priced:
        for row, item in zip(items, order.items, strict=True):
            row["to_PricingElement"] = [element_row(each) for each in item.elements]
    return {
        "__metadata": {"etag": order.etag, "type": "API_SALES_ORDER_SRV.A_SalesOrderType"},
        "SalesOrder": order.number,
        **order.header,
        "CustomerPurchaseOrderDate": None,
        "RequestedDeliveryDate": None,
        "TransactionCurrency": order.currency,
        "TotalNetAmount": order.net,
        "LastChangeDateTime": order.changed_at,
        "to_Item": items,
        "to_PricingElement": [element_row(each) for each in order.elements] if priced else [],
    }


def element_row(element: Element) -> Row:
    return {
        "PricingProcedureStep": element.step,
        "PricingProcedureCounter": element.counter,
        "ConditionType": element.condition,
        "ConditionRateValue": element.rate,
        "ConditionCurrency": element.currency,
        "ConditionQuantity": element.per or ZERO,
        "ConditionInactiveReason": "",
    }


def item_rows(order: Order) -> list[Row]:
    """SAP taxes freight with the items; here the header's tax is told with the first of them."""
    return [
        {
            "SalesOrder": order.number,
            "SalesOrderItem": item.item,
            "Material": item.material,
            "RequestedQuantity": item.quantity,
            "UnderlyingPurchaseOrderItem": item.position,
            "SalesDocumentRjcnReason": item.rejected,
            "DeliveryStatus": item.delivery,
            "ProductTaxClassification1": item.tax_code,
            "NetAmount": item.net,
            "TaxAmount": item.tax + (ZERO if place else order.charged),
            "TransactionCurrency": order.currency,
            "to_ScheduleLine": [
                {
                    "ScheduleLine": str(number),
                    "RequestedDeliveryDate": line.asked_for,
                    "ConfirmedDeliveryDate": line.confirmed_on,
                    "ConfdOrderQtyByMatlAvailCheck": line.confirmed,
                }
                for number, line in enumerate(item.schedule, start=1)
            ],
        }
        for place, item in enumerate(order.items)
    ]


def _credits(kind: str) -> Callable[[Tenant, Condition | None], Iterator[Row]]:
    def found(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
        for document in _sought(tenant.credits, condition, kind):
            if document.kind == kind:
                yield crediting.row_of(document)

    return found


def _bills(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    for bill in _sought(tenant.bills, condition, "BillingDocument"):
        yield billing.row_of(bill)


def _bill_items(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    for bill in _sought(tenant.bills, condition, "BillingDocument"):
        rows = billing.row_of(bill)["to_Item"]
        yield from rows if isinstance(rows, list) else ()


def _deliveries(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    for delivery in _sought(tenant.deliveries, condition, "DeliveryDocument"):
        yield _delivery(delivery)


def _delivery(delivery: Delivery) -> Row:
    moved = delivery.moved_at.astimezone(UTC)
    return {
        "DeliveryDocument": delivery.number,
        "OverallGoodsMovementStatus": "C",
        "ActualGoodsMovementDate": _midnight(moved.date()),
        "ActualGoodsMovementTime": moved.strftime("PT%HH%MM%SS"),
        "BillOfLading": delivery.tracking,
        "MeansOfTransport": "",
        "LastChangeDate": _midnight(moved.date()),
        "to_DeliveryDocumentItem": [
            {
                "DeliveryDocument": delivery.number,
                "DeliveryDocumentItem": item.item,
                "Material": item.material,
                "ActualDeliveryQuantity": item.quantity,
                "ReferenceSDDocument": item.order,
                "ReferenceSDDocumentItem": item.order_item,
                "Plant": item.plant,
                "StorageLocation": item.storage_location,
            }
            for item in delivery.items
        ],
    }


def _midnight(on: date) -> datetime:
    """A day as OData V2 carries it: midnight, read as UTC."""
    return datetime(on.year, on.month, on.day, tzinfo=UTC)


_SETS: dict[str, Callable[[Tenant, Condition | None], Iterator[Row]]] = {
    "A_Product": _products,
    "A_SlsPrcgCndnRecdValidity": _prices,
    "A_MatlStkInAcctMod": _stock,
    "A_MaterialStock": _material_stock,
    "A_MaterialDocumentItem": _documents,
    "A_SalesOrder": _orders,
    "A_BusinessPartner": partners.rows,
    "A_AddressEmailAddress": partners.email_rows,
    "A_BusinessPartnerAddress": partners.address_rows,
    "A_BillingDocument": _bills,
    "A_BillingDocumentItem": _bill_items,
    "A_CustomerReturn": _credits("CustomerReturn"),
    "A_CreditMemoRequest": _credits("CreditMemoRequest"),
    "A_OutbDeliveryHeader": _deliveries,
    "A_ReturnsDeliveryHeader": returning.headers,
    "A_ReturnsDeliveryItem": returning.items,
}
