"""The entity sets the simulated tenant offers, with every property it knows.

Names are SAP's; a test compares them with the `$metadata` documents. A property that is not listed
here is refused in a filter, a selection or a body, as SAP Gateway refuses it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EntitySet:
    """`key` is what rows are ordered and sought by; `navs` can be expanded."""

    service: str
    name: str
    key: str
    fields: frozenset[str]
    navs: frozenset[str] = frozenset()
    sought: frozenset[str] = frozenset()


def _set(
    service: str, name: str, key: str, fields: str, navs: str = "", sought: str = ""
) -> EntitySet:
    return EntitySet(
        service,
        name,
        key,
        frozenset(fields.split()),
        frozenset(navs.split()),
        frozenset({key, *sought.split()}),
    )


CONDITION_KEYS = "CustomerGroup CustomerPriceGroup PriceListType Customer Plant OrderQuantityUnit"
"""What a condition table of the tenant may be keyed by beside sales area and material."""

SETS: dict[tuple[str, str], EntitySet] = {
    (each.service, each.name): each
    for each in (
        _set(
            "API_PRODUCT_SRV",
            "A_Product",
            "Product",
            "Product ProductType CrossPlantConfigurableProduct BaseUnit CrossPlantStatus "
            "IsMarkedForDeletion ProductStandardID ProductGroup Brand SizeOrDimensionText "
            "LastChangeDateTime",
            "to_Description to_ProductUnitsOfMeasure",
            "CrossPlantConfigurableProduct",
        ),
        _set(
            "API_SLSPRICINGCONDITIONRECORD_SRV",
            "A_SlsPrcgCndnRecdValidity",
            "Material",
            "ConditionRecord ConditionType Material SalesOrganization DistributionChannel "
            "ConditionValidityStartDate ConditionValidityEndDate ConditionReleaseStatus "
            "ConditionApplication TransactionCurrency ETag " + CONDITION_KEYS,
            "to_SlsPrcgConditionRecord to_SlsPrcgConditionRecord/to_SlsPrcgCndnRecordScale",
            "ConditionRecord",
        ),
        _set(
            "API_MATERIAL_STOCK_SRV",
            "A_MatlStkInAcctMod",
            "Material",
            "Material Plant StorageLocation Batch Supplier Customer WBSElementInternalID "
            "SDDocument SDDocumentItem InventorySpecialStockType InventoryStockType "
            "MaterialBaseUnit MatlWrhsStkQtyInMatlBaseUnit",
        ),
        _set(
            "API_MATERIAL_STOCK_SRV",
            "A_MaterialStock",
            "Material",
            "Material MaterialBaseUnit",
            "to_MatlStkInAcctMod",
        ),
        _set(
            "API_MATERIAL_DOCUMENT_SRV",
            "A_MaterialDocumentItem",
            "MaterialDocument",
            "MaterialDocument MaterialDocumentYear MaterialDocumentItem Material Plant "
            "StorageLocation GoodsMovementType QuantityInBaseUnit MaterialBaseUnit",
        ),
        _set(
            "API_SALES_ORDER_SRV",
            "A_SalesOrder",
            "SalesOrder",
            "SalesOrder SalesOrderType SalesOrganization DistributionChannel OrganizationDivision "
            "SoldToParty PurchaseOrderByCustomer CustomerPurchaseOrderDate TransactionCurrency "
            "TotalNetAmount LastChangeDateTime RequestedDeliveryDate ShippingCondition "
            "DeliveryBlockReason "
            "CustomerPaymentTerms CustomerTaxClassification1",
            "to_Item to_Item/to_ScheduleLine to_Item/to_PricingElement to_PricingElement",
            "PurchaseOrderByCustomer",
        ),
        _set(
            "API_BUSINESS_PARTNER",
            "A_BusinessPartner",
            "BusinessPartner",
            "BusinessPartner Customer BusinessPartnerCategory BusinessPartnerIDByExtSystem "
            "BusinessPartnerIsBlocked IsMarkedForArchiving FirstName LastName",
        ),
        _set(
            "API_BUSINESS_PARTNER",
            "A_AddressEmailAddress",
            "AddressID",
            "AddressID Person OrdinalNumber EmailAddress SearchEmailAddress",
        ),
        _set(
            "API_BUSINESS_PARTNER",
            "A_BusinessPartnerAddress",
            "BusinessPartner",
            "BusinessPartner AddressID Country CityName PostalCode StreetName",
        ),
        _set(
            "API_BILLING_DOCUMENT_SRV",
            "A_BillingDocument",
            "BillingDocument",
            "BillingDocument BillingDocumentType SDDocumentCategory BillingDocumentDate "
            "BillingDocumentIsCancelled SoldToParty PurchaseOrderByCustomer TransactionCurrency "
            "TotalNetAmount TaxAmount TotalGrossAmount LastChangeDateTime",
            "to_Item",
        ),
        _set(
            "API_BILLING_DOCUMENT_SRV",
            "A_BillingDocumentItem",
            "BillingDocument",
            "BillingDocument BillingDocumentItem SalesDocument SalesDocumentItem",
        ),
        _set(
            "API_CUSTOMER_RETURN_SRV",
            "A_CustomerReturn",
            "CustomerReturn",
            "CustomerReturn CustomerReturnType SoldToParty PurchaseOrderByCustomer "
            "ReferenceSDDocument ReferenceSDDocumentCategory TransactionCurrency TotalNetAmount "
            "LastChangeDateTime",
            "to_Item",
            "PurchaseOrderByCustomer",
        ),
        _set(
            "API_CREDIT_MEMO_REQUEST_SRV",
            "A_CreditMemoRequest",
            "CreditMemoRequest",
            "CreditMemoRequest CreditMemoRequestType SoldToParty PurchaseOrderByCustomer "
            "ReferenceSDDocument ReferenceSDDocumentCategory TransactionCurrency TotalNetAmount "
            "LastChangeDateTime",
            "to_Item",
            "PurchaseOrderByCustomer",
        ),
        _set(
            "API_CUSTOMER_RETURNS_DELIVERY_SRV;v=0002",
            "A_ReturnsDeliveryHeader",
            "DeliveryDocument",
            "DeliveryDocument OverallGoodsMovementStatus ActualGoodsMovementDate "
            "ActualGoodsMovementTime LastChangeDate",
            "to_DeliveryDocumentItem",
        ),
        _set(
            "API_CUSTOMER_RETURNS_DELIVERY_SRV;v=0002",
            "A_ReturnsDeliveryItem",
            "DeliveryDocument",
            "DeliveryDocument DeliveryDocumentItem Material ActualDeliveryQuantity "
            "ReferenceSDDocument ReferenceSDDocumentItem GoodsMovementType Plant StorageLocation",
            sought="ReferenceSDDocument",
        ),
        _set(
            "API_OUTBOUND_DELIVERY_SRV;v=0002",
            "A_OutbDeliveryHeader",
            "DeliveryDocument",
            "DeliveryDocument OverallGoodsMovementStatus ActualGoodsMovementDate "
            "ActualGoodsMovementTime BillOfLading MeansOfTransport LastChangeDate",
            "to_DeliveryDocumentItem",
        ),
    )
}

# What a sales order may be created with: property -> longest value, 0 where length is no matter.
ORDER_HEADER = {
    "SalesOrderType": 4,
    "SalesOrganization": 4,
    "DistributionChannel": 2,
    "OrganizationDivision": 2,
    "SoldToParty": 10,
    "PurchaseOrderByCustomer": 35,
    "CustomerPurchaseOrderDate": 0,
    "RequestedDeliveryDate": 0,
    "TransactionCurrency": 5,
    "ShippingCondition": 2,
    "CustomerPaymentTerms": 4,
    "CustomerTaxClassification1": 1,
    "to_Item": 0,
    "to_Partner": 0,
    "to_PricingElement": 0,
}
ORDER_REQUIRED = (
    "SalesOrderType",
    "SalesOrganization",
    "DistributionChannel",
    "OrganizationDivision",
    "SoldToParty",
)
ORDER_ITEM = {
    "Material": 40,
    "RequestedQuantity": 0,
    "RequestedQuantityUnit": 3,
    "UnderlyingPurchaseOrderItem": 6,
    "PurchaseOrderByCustomer": 35,
    "ProductionPlant": 4,
    "StorageLocation": 4,
    "ProductTaxClassification1": 1,
    "to_PricingElement": 0,
}
ITEM_CHANGE = {"SalesDocumentRjcnReason": 2, "RequestedQuantity": 0}
"""What of an item may be changed once the order is there."""
HEADER_CHANGE = {"ShippingCondition": 2, "DeliveryBlockReason": 2}
"""And of the order itself."""
ORDER_PARTNER = {"PartnerFunction": 2, "Customer": 10, "to_Address": 0}
ORDER_ADDRESS = {
    "AddresseeFullName": 80,
    "StreetName": 60,
    "StreetSuffixName1": 40,
    "StreetSuffixName2": 40,
    "CityName": 40,
    "PostalCode": 10,
    "Region": 3,
    "Country": 3,
    "PhoneNumber": 30,
    "EmailAddress": 241,
}
ORDER_PRICING = {
    "ConditionType": 4,
    "ConditionRateValue": 0,
    "ConditionCurrency": 5,
    "ConditionQuantity": 0,
    "ConditionQuantityUnit": 3,
}

# What a business partner may be created with.
PARTNER = {
    "BusinessPartnerCategory": 1,
    "BusinessPartnerGrouping": 4,
    "FirstName": 40,
    "LastName": 40,
    "CorrespondenceLanguage": 2,
    "BusinessPartnerIDByExtSystem": 20,
    "to_BusinessPartnerAddress": 0,
    "to_BusinessPartnerRole": 0,
    "to_Customer": 0,
}
PARTNER_ADDRESS = {
    "StreetName": 60,
    "StreetSuffixName": 40,
    "AdditionalStreetSuffixName": 40,
    "CityName": 40,
    "PostalCode": 10,
    "Region": 3,
    "Country": 3,
    "Language": 2,
    "to_EmailAddress": 0,
    "to_PhoneNumber": 0,
}
PARTNER_EMAIL = {"EmailAddress": 241, "IsDefaultEmailAddress": 0}
PARTNER_PHONE = {"PhoneNumber": 30, "IsDefaultPhoneNumber": 0}
PARTNER_ROLE = {"BusinessPartnerRole": 6}
PARTNER_CUSTOMER = {"to_CustomerSalesArea": 0}
PARTNER_SALES_AREA = {
    "SalesOrganization": 4,
    "DistributionChannel": 2,
    "Division": 2,
    "Currency": 5,
    "CustomerPaymentTerms": 4,
    "ShippingCondition": 2,
}
