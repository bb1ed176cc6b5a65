"""One write after another to a sales order, each of the order as it was just read.

Source: API_SALES_ORDER_SRV. Every write names the entity tag of the order, so that of two writers
one reads again.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final, Literal

from pydantic import ValidationError

from shared.connectors.sap import values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.order_schema import HeldItem, HeldOrder
from shared.errors import RejectedError, RetryableError
from shared.frozen import frozen, slotted
from shared.model.base import Json

SERVICE: Final = "API_SALES_ORDER_SRV"
MOST: Final = 20
"""Writes one part may need: its quantity, and a few pricing elements."""


@frozen
class Write:
    """`key` is the entity to PATCH or DELETE, or the collection to POST to."""

    method: Literal["PATCH", "POST", "DELETE"]
    key: str
    body: Mapping[str, Json] = field(default_factory=dict)


@slotted
class Editing:
    """An order under change: `held` and `etag` are as of the last read."""

    gateway: Gateway
    number: str
    held: HeldOrder = field(init=False)
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        self.read()

    @property
    def key(self) -> str:
        return f"A_SalesOrder({values.quoted(self.number)})"

    def item_key(self, item: HeldItem) -> str:
        return f"A_SalesOrderItem({self._named(item)})"

    def element_key(self, item: HeldItem | None, step: str, counter: str) -> str:
        """The pricing element of an item, or of the header."""
        name, owner = "Header", f"SalesOrder={values.quoted(self.number)}"
        if item is not None:
            name, owner = "Item", self._named(item)
        return (
            f"A_SalesOrder{name}PrElement({owner},PricingProcedureStep={values.quoted(step)},"
            f"PricingProcedureCounter={values.quoted(counter)})"
        )

    def _named(self, item: HeldItem) -> str:
        number = values.quoted(self.number)
        return f"SalesOrder={number},SalesOrderItem={values.quoted(item.item)}"

    def bring(self, plan: Callable[[], Write | None]) -> None:
        """Write what `plan` says is next until nothing is; it sees the order as last read."""
        for _ in range(MOST):
            write = plan()
            if write is None:
                return
            try:
                self._send(write)
            except RejectedError:
                self.read()
                raise
            self.read()
        raise RetryableError(f"SAP does not keep what is written to order {self.number}")

    def _send(self, write: Write) -> None:
        match write.method:
            case "PATCH":
                self.gateway.change(SERVICE, write.key, write.body, etag=self.etag)
            case "POST":
                self.gateway.create(SERVICE, write.key, write.body)
            case "DELETE":
                self.gateway.delete(SERVICE, write.key, etag=self.etag)

    def read(self) -> None:
        expand = {"$expand": "to_Item,to_Item/to_PricingElement,to_PricingElement"}
        row = self.gateway.entity(SERVICE, self.key, expand)
        about = row.get("__metadata")
        etag = about.get("etag") if isinstance(about, dict) else None
        try:
            self.held = HeldOrder.model_validate(row)
        except ValidationError as error:
            text = f"SAP told nothing readable of order {self.number}"
            raise RetryableError(text) from error
        if not isinstance(etag, str):
            raise RetryableError(f"SAP gave no entity tag of order {self.number}")
        self.etag = etag
