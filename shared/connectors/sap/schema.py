"""The fields we read of SAP's entities; each may grow. Decimals come as strings."""

from decimal import Decimal

from pydantic import AliasChoices, Field

from shared.model.base import Foreign


class ListOf[T](Foreign):
    """An expanded collection: `{"results": [...]}`."""

    results: tuple[T, ...] = ()


class OrderItem(Foreign):
    """A_SalesOrderItem. `delivery` is C once all of it was delivered; a reason means rejected."""

    item: str = Field(alias="SalesOrderItem")
    position: str = Field(default="", alias="UnderlyingPurchaseOrderItem")
    quantity: Decimal | None = Field(default=None, alias="RequestedQuantity")
    rejected: str = Field(default="", alias="SalesDocumentRjcnReason")
    delivery: str = Field(default="", alias="DeliveryStatus")
    tax: Decimal = Field(default=Decimal(0), alias="TaxAmount")


class OrderRow(Foreign):
    """A_SalesOrder of API_SALES_ORDER_SRV."""

    number: str = Field(alias="SalesOrder", min_length=1)
    net: Decimal = Field(alias="TotalNetAmount")
    currency: str = Field(alias="TransactionCurrency")
    items: ListOf[OrderItem] = Field(default=ListOf[OrderItem].model_construct(), alias="to_Item")


class Message(Foreign):
    value: str = ""


class ErrorDetail(Foreign):
    code: str = ""
    message: str = ""
    propertyref: str = ""
    target: str = ""
    severity: str = "error"


class _Inner(Foreign):
    errordetails: tuple[ErrorDetail, ...] = ()


class Error(Foreign):
    code: str = ""
    message: Message = Message.model_construct()
    inner: _Inner = Field(
        default=_Inner.model_construct(), validation_alias=AliasChoices("innererror")
    )

    @property
    def details(self) -> tuple[ErrorDetail, ...]:
        return self.inner.errordetails


class ErrorBody(Foreign):
    error: Error
