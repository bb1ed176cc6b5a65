"""Recorded REST orders in the words of the Admin GraphQL API, which tells the same facts."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from tests.connectors.shopify.world import shopify_specs

Rest = Mapping[str, object]
View = dict[str, object]


def rest_orders() -> list[Rest]:
    path = shopify_specs() / "fixtures" / "rest_2026-07" / "order.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    return [cast("Rest", row) for row in found]


def as_order(rest: Rest) -> View:
    """What `order(id:)` would answer for a REST order."""
    codes = _codes(rest)
    return {
        "id": rest["admin_graphql_api_id"],
        "legacyResourceId": str(rest["id"]),
        "name": rest["name"],
        "test": rest["test"],
        "createdAt": rest["created_at"],
        "processedAt": rest["processed_at"],
        "updatedAt": rest["updated_at"],
        "cancelledAt": rest["cancelled_at"],
        "currencyCode": rest["currency"],
        "taxesIncluded": rest["taxes_included"],
        "email": rest["email"],
        "totalPriceSet": _money(rest["total_price"]),
        "totalTaxSet": _money(rest["total_tax"]),
        "customer": None,
        "billingAddress": _address(rest.get("billing_address")),
        "shippingAddress": _address(rest.get("shipping_address")),
        "shippingLines": _page(_rows(rest, "shipping_lines"), lambda row: _freight(row, codes)),
        "transactions": [],
        "refunds": [{"id": row["admin_graphql_api_id"]} for row in _rows(rest, "refunds")],
        "lineItems": _page(_rows(rest, "line_items"), lambda row: _line(row, codes)),
        "fulfillmentOrders": _page([], dict),
    }


def as_refund(rest: Rest) -> View:
    """What `refund(id:)` would answer for a REST refund."""
    paid = sum(float(str(row["amount"])) for row in _rows(rest, "transactions"))
    return {
        "id": rest["admin_graphql_api_id"],
        "createdAt": rest["created_at"],
        "processedAt": rest["processed_at"],
        "totalRefundedSet": _money(f"{paid:.2f}"),
        "refundLineItems": _page(_rows(rest, "refund_line_items"), _refund_line),
    }


def refunds_of(rest: Rest) -> list[View]:
    return [as_refund(row) for row in _rows(rest, "refunds")]


def _codes(rest: Rest) -> list[View]:
    return [
        {"code": row["code"]} if "code" in row else {"title": row.get("title")}
        for row in _rows(rest, "discount_applications")
    ]


def _line(row: Rest, codes: Sequence[View]) -> View:
    return {
        "id": row["admin_graphql_api_id"],
        "title": row["title"],
        "sku": row["sku"],
        "quantity": row["quantity"],
        "originalUnitPriceSet": _money(row["price"]),
        "discountAllocations": _allocations(row, codes),
        "taxLines": _taxes(row),
    }


def _freight(row: Rest, codes: Sequence[View]) -> View:
    return {
        "title": row["title"],
        "code": row["code"],
        "originalPriceSet": _money(row["price"]),
        "discountAllocations": _allocations(row, codes),
        "taxLines": _taxes(row),
    }


def _allocations(row: Rest, codes: Sequence[View]) -> list[View]:
    return [
        {
            "allocatedAmountSet": _money(part["amount"]),
            "discountApplication": codes[int(str(part["discount_application_index"]))],
        }
        for part in _rows(row, "discount_allocations")
    ]


def _taxes(row: Rest) -> list[View]:
    return [
        {"title": tax["title"], "rate": tax["rate"], "priceSet": _money(tax["price"])}
        for tax in _rows(row, "tax_lines")
    ]


def _refund_line(row: Rest) -> View:
    return {
        "quantity": row["quantity"],
        "restockType": str(row["restock_type"]).upper(),
        "subtotalSet": _money(row["subtotal"]),
        "totalTaxSet": _money(row["total_tax"]),
        "lineItem": {"id": f"gid://shopify/LineItem/{row['line_item_id']}"},
    }


def _address(found: object) -> View | None:
    if not isinstance(found, dict):
        return None
    return {
        "name": found.get("name"),
        "address1": found.get("address1"),
        "city": found.get("city"),
        "provinceCode": found.get("province_code"),
        "zip": found.get("zip"),
        "countryCodeV2": found.get("country_code"),
        "phone": found.get("phone"),
    }


def _money(amount: object) -> View:
    return {"shopMoney": {"amount": str(amount)}}


def _page(rows: Sequence[Rest], view: Callable[[Rest], View]) -> View:
    return {"nodes": [view(row) for row in rows], "pageInfo": {"hasNextPage": False}}


def _rows(rest: Rest, name: str) -> list[Rest]:
    found = rest.get(name)
    return [cast("Rest", row) for row in found] if isinstance(found, list) else []
