"""Credit documents: customer returns where goods come back, credit memo requests where none do.

Sources: API_CUSTOMER_RETURN_SRV (A_CustomerReturn with to_Item, to_PricingElement) and
API_CREDIT_MEMO_REQUEST_SRV (A_CreditMemoRequest, the same in its own words). Amounts go as manual
conditions, as in the order: the ERP credits what the customer got back and has no opinion of its
own. A credited amount is for all units of its item, so no division is left to SAP.
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from shared.connectors.sap import values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.orders import absolute, element
from shared.connectors.sap.rows import parsed
from shared.connectors.sap.settings import SapSettings
from shared.domain.credits import Credit, CreditWish, PostedCredit, worth
from shared.errors import InDoubtError, RejectedError
from shared.frozen import frozen
from shared.model.base import Foreign, Json
from shared.model.money import Money
from shared.model.order import Order


@frozen
class Kind:
    """One of the two documents: where it is posted, and what SAP calls its parts."""

    service: str
    entity: str
    document: str

    @property
    def type_field(self) -> str:
        return f"{self.document}Type"


RETURN = Kind("API_CUSTOMER_RETURN_SRV", "A_CustomerReturn", "CustomerReturn")
REQUEST = Kind("API_CREDIT_MEMO_REQUEST_SRV", "A_CreditMemoRequest", "CreditMemoRequest")


class CreditRow(Foreign):
    """What is read of either document; each names its number like itself."""

    net: str = Field(alias="TotalNetAmount")
    currency: str = Field(alias="TransactionCurrency")


@frozen
class Refunds:
    """The credit documents of one tenant, by our reference."""

    gateway: Gateway
    settings: SapSettings

    def find(self, wish: CreditWish) -> list[PostedCredit]:
        """Of either kind: what is known of the goods may be another since it was posted."""
        kind = kind_of(wish)
        other = REQUEST if kind is RETURN else RETURN
        return [*self._found(wish, kind), *self._found(wish, other)]

    def _found(self, wish: CreditWish, kind: Kind) -> Iterator[PostedCredit]:
        query = {
            "$filter": f"PurchaseOrderByCustomer eq {values.quoted(wish.reference)} and "
            f"SoldToParty eq {values.quoted(self.settings.of(wish.order).sold_to)}",
            "$orderby": kind.document,
        }
        rows = self.gateway.rows(kind.service, kind.entity, query)
        return (posted(row, wish, kind) for row in rows)

    def post(self, wish: CreditWish) -> PostedCredit:
        kind = kind_of(wish)
        row = self.gateway.create(kind.service, kind.entity, body_of(wish, self.settings))
        try:
            return posted(row, wish, kind)
        except RejectedError as error:  # SAP took it; only what it answers is strange
            raise InDoubtError(str(error)) from error


def kind_of(wish: CreditWish) -> Kind:
    return RETURN if wish.goods_back else REQUEST


def body_of(wish: CreditWish, settings: SapSettings) -> dict[str, Json]:
    """The body of the POST. Raises RejectedError for a line the ERP's order does not have."""
    kind, order, settings = kind_of(wish), wish.order, settings.of(wish.order)
    doc_type = settings.return_type if wish.goods_back else settings.credit_type
    goods = [credit for credit in wish.credits if credit.line_id is not None]
    freight = [credit for credit in wish.credits if credit.line_id is None]
    body: dict[str, Json] = {
        kind.type_field: doc_type,
        "SalesOrganization": settings.sales_organization,
        "DistributionChannel": settings.distribution_channel,
        "OrganizationDivision": settings.division,
        "SoldToParty": settings.sold_to,
        "PurchaseOrderByCustomer": wish.reference,
        "TransactionCurrency": order.currency,
        "SDDocumentReason": settings.credit_reason,
        **({"ReferenceSDDocument": wish.erp_order} if wish.erp_order else {}),
        "to_Item": [
            *(_item(credit, wish, settings) for credit in goods),
            *_freight_items(freight, wish, settings),
        ]
        or [_bare_item(wish, settings)],
    }
    elements = [
        part
        for credit in ([] if _as_items(order) else freight)
        for part in _priced(credit, order, settings.freight_condition, settings)
    ]
    if elements:
        body["to_PricingElement"] = elements
    return body


def _item(credit: Credit, wish: CreditWish, settings: SapSettings) -> Json:
    sku = {line.line_id: line.sku for line in wish.order.lines}.get(credit.line_id or "")
    if sku is None:
        raise RejectedError(
            f"refunded line {credit.line_id} of order {wish.order.number} has no SKU",
            field="line_id",
            value=credit.line_id,
            remedy="map the line's code to a SKU, then replay",
        )
    units = str(credit.quantity or 1)
    item: dict[str, Json] = {
        "Material": sku,
        "RequestedQuantity": units,
        "to_PricingElement": _priced(
            credit, wish.order, settings.price_condition, settings, per=units
        ),
        **_reference(credit.line_id or "", wish),
        **_taxed(wish.order.terms.tax_codes.get(credit.line_id or "") if wish.order.terms else ""),
    }
    if wish.goods_back:
        item["ReturnReason"] = settings.return_reason
    return item


def _as_items(order: Order) -> bool:
    """Whether freight is an article of its own, as in the order."""
    return order.terms is not None and order.terms.freight_sku is not None


def _freight_items(
    freight: Sequence[Credit], wish: CreditWish, settings: SapSettings
) -> Iterator[Json]:
    """Freight on the tax code it has in the order; where it has several there, on none."""
    terms = wish.order.terms
    if terms is None or terms.freight_sku is None:
        return
    codes = set(terms.freight_tax_codes)
    for credit in freight:
        item: dict[str, Json] = {
            "Material": terms.freight_sku,
            "RequestedQuantity": "1",
            "to_PricingElement": _priced(
                credit, wish.order, settings.price_condition, settings, per="1"
            ),
            **_taxed(next(iter(codes)) if len(codes) == 1 else ""),
        }
        yield {**item, "ReturnReason": settings.return_reason} if wish.goods_back else item


def _taxed(code: str | None) -> dict[str, Json]:
    return {"ProductTaxClassification1": code} if code else {}


def _bare_item(wish: CreditWish, settings: SapSettings) -> Json:
    """Freight alone goes back, and SAP takes no document without an item."""
    first = wish.order.lines[0]
    nothing = element(settings.price_condition, Money.zero(wish.order.currency), per="1")
    item: dict[str, Json] = {
        "Material": settings.freight_material or first.sku,
        "RequestedQuantity": "1",
        "to_PricingElement": [nothing],
    }
    return item if settings.freight_material else {**item, **_reference(first.line_id, wish)}


def _reference(line_id: str, wish: CreditWish) -> dict[str, Json]:
    item = wish.erp_items.get(line_id)
    if item is None:
        return {}
    return {
        "ReferenceSDDocument": wish.erp_order,
        "ReferenceSDDocumentItem": item.rjust(6, "0"),
    }


def _priced(
    credit: Credit,
    order: Order,
    condition: str,
    settings: SapSettings,
    *,
    per: str | None = None,
) -> list[Json]:
    """The amount as the order's prices are, and its tax beside it where they exclude it."""
    worth = credit.gross if order.taxes_included else credit.net
    parts: list[Json] = absolute(condition, worth)
    if per:
        parts = [element(condition, worth, per=per)]
    return (
        parts if order.taxes_included else [*parts, *absolute(settings.tax_condition, credit.tax)]
    )


def posted(row: Mapping[str, Json], wish: CreditWish, kind: Kind) -> PostedCredit:
    """The document, and what SAP makes of it where that is not what was asked for.

    SAP's net total is without taxes only where they go as conditions of their own. Raises
    RejectedError for a row that is not as documented.
    """
    good, refused = parsed([dict(row)], CreditRow, subject=kind.document)
    if refused:
        first = refused[0]
        raise RejectedError(first.message, field=first.field, value=first.value)
    net = Money.parse(good[0].net, good[0].currency)
    same = net == worth(wish)
    return PostedCredit(str(row[kind.document]), None if same else net)
