"""Returns that a channel has granted, entered into SAP as customer returns.

Source: API_CUSTOMER_RETURN_SRV (A_CustomerReturn with to_Item, to_PricingElement). Such a return
moves goods alone: its units are worth nothing and it is blocked for billing, since the money goes
back by the document of each refund.
"""

from shared.connectors.sap import values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.orders import element
from shared.connectors.sap.settings import SapSettings
from shared.domain.returns import PostedReturn, ReturnWish
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.money import Money

SERVICE, ENTITY = "API_CUSTOMER_RETURN_SRV", "A_CustomerReturn"


@frozen
class Authorised:
    """The customer returns of one tenant that are ours, by our reference."""

    gateway: Gateway
    settings: SapSettings

    def find(self, wish: ReturnWish) -> list[PostedReturn]:
        """All of this reference, the oldest first."""
        query = {
            "$filter": f"PurchaseOrderByCustomer eq {values.quoted(wish.reference)} and "
            f"SoldToParty eq {values.quoted(self.settings.of(wish.order).sold_to)}",
            "$orderby": "CustomerReturn",
        }
        rows = self.gateway.rows(SERVICE, ENTITY, query)
        return [PostedReturn(str(row["CustomerReturn"])) for row in rows]

    def post(self, wish: ReturnWish) -> PostedReturn:
        row = self.gateway.create(SERVICE, ENTITY, body_of(wish, self.settings))
        return PostedReturn(str(row["CustomerReturn"]))


def body_of(wish: ReturnWish, settings: SapSettings) -> dict[str, Json]:
    """The body of the POST. Raises RejectedError for a line the ERP's order does not have."""
    order, settings = wish.order, settings.of(wish.order)
    body: dict[str, Json] = {
        "CustomerReturnType": settings.return_type,
        "SalesOrganization": settings.sales_organization,
        "DistributionChannel": settings.distribution_channel,
        "OrganizationDivision": settings.division,
        "SoldToParty": settings.sold_to,
        "PurchaseOrderByCustomer": wish.reference,
        "TransactionCurrency": order.currency,
        "SDDocumentReason": settings.credit_reason,
        "ReferenceSDDocument": wish.erp_order,
        "to_Item": [_item(line.line_id, line.quantity, wish, settings) for line in wish.lines],
    }
    if settings.return_billing_block:
        body["HeaderBillingBlockReason"] = settings.return_billing_block
    return body


def _item(line_id: str, quantity: int, wish: ReturnWish, settings: SapSettings) -> Json:
    sku = {line.line_id: line.sku for line in wish.order.lines}.get(line_id)
    item = wish.erp_items.get(line_id)
    if sku is None or item is None:
        raise RejectedError(
            f"returned line {line_id} is not in order {wish.erp_order}",
            field="line_id",
            value=line_id,
            remedy="add the line to the ERP's order, or enter the return there by hand",
        )
    nothing = element(settings.price_condition, Money.zero(wish.order.currency), per="1")
    return {
        "Material": sku,
        "RequestedQuantity": str(quantity),
        "ReturnReason": settings.return_reason,
        "ReferenceSDDocument": wish.erp_order,
        "ReferenceSDDocumentItem": item.rjust(6, "0"),
        "to_PricingElement": [nothing],
    }
