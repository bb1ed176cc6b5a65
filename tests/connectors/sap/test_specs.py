"""The simulated tenant and the connector against SAP's own schemas and recordings."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sandbox.vendors.sap import crediting
from sandbox.vendors.sap.entities import (
    CONDITION_KEYS,
    HEADER_CHANGE,
    ITEM_CHANGE,
    ORDER_ADDRESS,
    ORDER_HEADER,
    ORDER_ITEM,
    ORDER_PARTNER,
    ORDER_PRICING,
    SETS,
    EntitySet,
)
from shared.connectors.sap import mapping, order_schema, promises, reading_schema, returns
from shared.connectors.sap.rows import parsed
from shared.connectors.sap.settings import SapSettings
from shared.model.base import Foreign
from shared.model.ids import Entity
from shared.model.order import Address, ShippingLine
from shared.model.order_terms import OrderTerms
from tests.connectors.sap.world import GENERIC, Tenant, hat, price, stock
from tests.domain.world import NOW, RETAILER
from tests.flows.world import gbp, order
from tests.specs import needs_specs, specs_dir

pytestmark = needs_specs
SAP = specs_dir() / "erp" / "sap"
ROOT = "/sap/opu/odata/sap/"
EDMX = {
    "API_OUTBOUND_DELIVERY_SRV;v=0002": "API_OUTBOUND_DELIVERY_SRV_0002",
}
ONLY_OPENAPI = {
    "API_CUSTOMER_RETURNS_DELIVERY_SRV;v=0002": "API_CUSTOMER_RETURNS_DELIVERY_SRV_0002",
}
UNPUBLISHED = {
    "API_CREDIT_MEMO_REQUEST_SRV",  # no metadata of it here: held to its twin, the return
    "API_BUSINESS_PARTNER",  # nor of it: held to what SAP documents, in test_partners
}


@cache
def metadata(service: str) -> str:
    name = EDMX.get(service, service)
    return (SAP / "edmx" / f"{name}.edmx").read_text(encoding="utf-8")


def properties(service: str, entity: str) -> set[str]:
    if service in ONLY_OPENAPI:
        schemas = openapi(ONLY_OPENAPI[service])["components"]["schemas"]
        return set(schemas[entity]["properties"])
    found = re.search(
        rf'<EntityType Name="{entity}Type".*?</EntityType>', metadata(service), re.DOTALL
    )
    assert found, f"{service} has no {entity}"
    return set(re.findall(r'Property Name="(\w+)"', found[0]))


@pytest.mark.parametrize(
    "entities",
    [each for each in SETS.values() if each.service not in UNPUBLISHED],
    ids=lambda e: e.name,
)
def test_the_tenant_knows_only_properties_sap_has(entities: EntitySet) -> None:
    known = properties(entities.service, entities.name)
    paths = {nav for nav in entities.navs if "/" in nav}
    assert entities.fields | entities.navs - paths | {entities.key} <= known
    for first, _, second in (path.partition("/") for path in paths):
        assert {first, first.replace("to_", "A_", 1)} & known
        inner = f"{entities.name}Item" if first == "to_Item" else first.replace("to_", "A_", 1)
        assert second in properties(entities.service, inner)


@pytest.mark.parametrize(
    ("entity", "fields"),
    [
        ("A_SalesOrder", ORDER_HEADER),
        ("A_SalesOrderItem", ORDER_ITEM),
        ("A_SalesOrderItem", ITEM_CHANGE),
        ("A_SalesOrder", HEADER_CHANGE),
        ("A_SalesOrderHeaderPartner", ORDER_PARTNER),
        ("A_SalesOrderPartnerAddress", ORDER_ADDRESS),
        ("A_SalesOrderItemPrElement", ORDER_PRICING),
        ("A_SalesOrderHeaderPrElement", ORDER_PRICING),
    ],
)
def test_an_order_may_be_created_only_with_what_sap_takes(
    entity: str, fields: dict[str, int]
) -> None:
    assert set(fields) <= properties("API_SALES_ORDER_SRV", entity)


@pytest.mark.parametrize(
    ("path", "methods", "fields"),
    [
        ("A_SalesOrder('{SalesOrder}')", {"patch"}, HEADER_CHANGE),
        ("A_SalesOrderItem(", {"patch"}, ITEM_CHANGE),
        ("A_SalesOrderItemPrElement(", {"patch", "delete"}, ORDER_PRICING),
        ("A_SalesOrderHeaderPrElement(", {"patch", "delete"}, ORDER_PRICING),
        ("A_SalesOrderPartnerAddress(", {"patch"}, ORDER_ADDRESS),
    ],
)
def test_an_order_may_be_changed_only_as_sap_has_it(
    path: str, methods: set[str], fields: dict[str, int]
) -> None:
    document = openapi("API_SALES_ORDER_SRV")
    found = {
        name: each
        for name, each in document["paths"].items()
        if name.startswith(f"/{path}") and "/to_" not in name
    }
    ((_, operations),) = found.items()
    assert methods <= operations.keys()
    body = operations["patch"]["requestBody"]
    while "content" not in body:
        body = document["components"]["requestBodies"][body["$ref"].rsplit("/", 1)[-1]]
    theirs = body["content"]["application/json"]["schema"]
    while "$ref" in theirs or "d" in theirs.get("properties", {}):
        theirs = theirs.get("properties", {}).get("d") or theirs
        if "$ref" in theirs:
            theirs = document["components"]["schemas"][theirs["$ref"].rsplit("/", 1)[-1]]
    assert fields.keys() <= theirs["properties"].keys()


@pytest.mark.parametrize("owner", ["A_SalesOrder('{SalesOrder}')", "A_SalesOrderItem("])
def test_a_condition_is_added_to_an_item_or_to_the_order(owner: str) -> None:
    paths = openapi("API_SALES_ORDER_SRV")["paths"]
    found = [
        each
        for name, each in paths.items()
        if name.startswith(f"/{owner}") and name.endswith("/to_PricingElement")
    ]
    assert [("post" in each) for each in found] == [True]


def test_a_return_may_be_created_only_with_what_sap_takes() -> None:
    named = {
        "A_CustomerReturnType-create": crediting.RETURN.header,
        "A_CustomerReturnItemType-create": crediting.RETURN.item,
        "A_CustomerReturnItemPrcgElmntType-create": crediting.ITEM_PRICING,
        "A_CustomerReturnPrcgElmntType-create": crediting.ITEM_PRICING,
    }
    path = SAP / "openapi_op" / "OP_API_CUSTOMER_RETURN_SRV_0001.json"
    schemas = json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"]
    for name, fields in named.items():
        theirs = schemas[f"API_CUSTOMER_RETURN_SRV.{name}"]["properties"]
        for field, longest in fields.items():
            assert theirs[field].get("maxLength", 0) >= longest


def test_a_credit_memo_request_is_a_return_in_other_words() -> None:
    own = set(crediting.RETURN.only_item)
    assert (
        crediting.REQUEST.item.items()
        == {
            name: longest for name, longest in crediting.RETURN.item.items() if name not in own
        }.items()
    )
    twins = [SETS["API_CREDIT_MEMO_REQUEST_SRV", "A_CreditMemoRequest"]]
    twins.append(SETS["API_CUSTOMER_RETURN_SRV", "A_CustomerReturn"])
    request, back = ({f.replace(s.key, "Document") for f in s.fields} for s in twins)
    assert request == back


FOREIGN: list[tuple[type[Foreign], str, str]] = [
    (reading_schema.ProductRow, "API_PRODUCT_SRV", "A_Product"),
    (reading_schema.Description, "API_PRODUCT_SRV", "A_ProductDescription"),
    (reading_schema.Unit, "API_PRODUCT_SRV", "A_ProductUnitsOfMeasure"),
    (reading_schema.ValidityRow, "API_SLSPRICINGCONDITIONRECORD_SRV", "A_SlsPrcgCndnRecdValidity"),
    (
        reading_schema.ConditionRecord,
        "API_SLSPRICINGCONDITIONRECORD_SRV",
        "A_SlsPrcgConditionRecord",
    ),
    (reading_schema.ScaleLine, "API_SLSPRICINGCONDITIONRECORD_SRV", "A_SlsPrcgCndnRecordScale"),
    (reading_schema.StockRow, "API_MATERIAL_STOCK_SRV", "A_MatlStkInAcctMod"),
    (order_schema.OrderRow, "API_SALES_ORDER_SRV", "A_SalesOrder"),
    (order_schema.OrderItem, "API_SALES_ORDER_SRV", "A_SalesOrderItem"),
    (order_schema.HeldOrder, "API_SALES_ORDER_SRV", "A_SalesOrder"),
    (order_schema.HeldItem, "API_SALES_ORDER_SRV", "A_SalesOrderItem"),
    (order_schema.PricingElement, "API_SALES_ORDER_SRV", "A_SalesOrderItemPrElement"),
    (order_schema.PricingElement, "API_SALES_ORDER_SRV", "A_SalesOrderHeaderPrElement"),
    (reading_schema.DeliveryRow, "API_OUTBOUND_DELIVERY_SRV;v=0002", "A_OutbDeliveryHeader"),
    (reading_schema.DeliveryItem, "API_OUTBOUND_DELIVERY_SRV;v=0002", "A_OutbDeliveryItem"),
    (promises.PromisedOrder, "API_SALES_ORDER_SRV", "A_SalesOrder"),
    (promises.PromisedItem, "API_SALES_ORDER_SRV", "A_SalesOrderItem"),
    (promises.ScheduleLine, "API_SALES_ORDER_SRV", "A_SalesOrderScheduleLine"),
    (returns.ReturnRow, "API_CUSTOMER_RETURN_SRV", "A_CustomerReturn"),
    (returns.ReturnItem, "API_CUSTOMER_RETURN_SRV", "A_CustomerReturnItem"),
    (returns.DeliveryRow, "API_CUSTOMER_RETURNS_DELIVERY_SRV;v=0002", "A_ReturnsDeliveryHeader"),
    (returns.DeliveredItem, "API_CUSTOMER_RETURNS_DELIVERY_SRV;v=0002", "A_ReturnsDeliveryItem"),
    (reading_schema.MovementItem, "API_MATERIAL_DOCUMENT_SRV", "A_MaterialDocumentItem"),
]


@pytest.mark.parametrize(("model", "service", "entity"), FOREIGN)
def test_every_field_we_read_is_one_sap_has(
    model: type[Foreign], service: str, entity: str
) -> None:
    read = {field.alias for field in model.model_fields.values() if field.alias}
    assert read <= properties(service, entity)


def test_every_text_of_a_validity_row_is_a_key_or_known_to_be_none() -> None:
    service = "API_SLSPRICINGCONDITIONRECORD_SRV"
    known = properties(service, "A_SlsPrcgCndnRecdValidity")
    assert known >= reading_schema.NO_KEYS
    assert set(CONDITION_KEYS.split()) <= known - reading_schema.NO_KEYS


@pytest.mark.parametrize("nav", ["to_SlsPrcgConditionRecord", "to_SlsPrcgCndnRecordScale"])
def test_rows_inside_a_condition_have_only_what_sap_s_have(nav: str) -> None:
    tenant = Tenant()
    tenant.load(prices=[price(scale=[["1", "19.99"], ["10", "17.50"]])])
    tenant.client.changed(Entity.PRICE, since=None, page=None)
    (row,) = json.loads(tenant.seen[-1][1].content)["d"]["results"]
    inside = row["to_SlsPrcgConditionRecord"]
    if nav == "to_SlsPrcgCndnRecordScale":
        inside = inside[nav]["results"][0]
    assert set(inside) <= properties("API_SLSPRICINGCONDITIONRECORD_SRV", nav.replace("to", "A", 1))


@cache
def openapi(name: str) -> dict[str, Any]:
    path = SAP / "openapi" / f"{name}.openapi.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def validator(document: dict[str, Any], name: str) -> Draft7Validator:
    """OpenAPI 3.0 schemas read as JSON Schema: `nullable` is the one word that differs."""
    schemas = json.loads(
        json.dumps(document["components"]["schemas"]).replace("#/components/schemas/", "#/$defs/")
    )
    for each in schemas.values():
        _nullable(each)
    return Draft7Validator({"$defs": schemas, "$ref": f"#/$defs/{name}"})


def _nullable(node: Any) -> None:
    if isinstance(node, dict):
        if node.get("nullable") and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
        for value in node.values():
            _nullable(value)
    elif isinstance(node, list):
        for value in node:
            _nullable(value)


def exchanged() -> Iterator[tuple[Any, Any]]:
    """What goes over the wire when an order is posted and found again."""
    tenant = Tenant()
    tenant.load(materials=[GENERIC, hat("M")], prices=[price()], stock=[stock()])
    made = order(("HAT-M", 2))
    lines = tuple(line.model_copy(update={"sku": "HAT-M"}) for line in made.lines)
    made = made.model_copy(update={"lines": lines})
    tenant.client.post_order(made, "SHOP-77")
    tenant.client.find_order(made, "SHOP-77")
    for entity in (Entity.PRODUCT, Entity.PRICE, Entity.STOCK):
        tenant.client.changed(entity, since=None, page=None)
    yield from tenant.seen


def enriched() -> Iterator[tuple[Any, Any]]:
    """An order with everything the retailer's rules may say."""
    tenant = Tenant(ship_to_function="WE")
    tenant.load(materials=[GENERIC, hat("M"), {"product": "POST", "title": "Post"}])
    terms = OrderTerms(
        shipping_condition="02",
        payment_terms="0001",
        customer_tax="1",
        ship_from={"1": "1710/171A"},
        send_address=True,
        tax_codes={"1": "1"},
        freight_sku="POST",
        freight_tax_codes=("1",),
    )
    address = Address(name="Ada", lines=("1 High St", "Flat 2", "left"), city="York", country="GB")
    post = ShippingLine(title="Post", code="P", price=gbp(495))
    made = order(("HAT-M", 1), shipping_address=address, shipping=(post,))
    lines = tuple(line.model_copy(update={"sku": "HAT-M"}) for line in made.lines)
    tenant.client.post_order(made.model_copy(update={"lines": lines, "terms": terms}), "SHOP-78")
    yield from tenant.seen


def test_the_order_we_post_is_one_sap_s_schema_takes() -> None:
    check = validator(openapi("API_SALES_ORDER_SRV"), _create_schema())
    seen = [*exchanged(), *enriched()]
    posts = [r for r, _ in seen if r.method == "POST" and "A_SalesOrder" in r.url.path]
    bodies = [_deep(json.loads(r.content)) for r in posts]
    assert len(bodies) > 1
    for body in bodies:
        said = [e.message for e in check.iter_errors(body)]
        assert [text for text in said if not _NUMBERED_BY_SAP.search(text)] == []


# The schema requires every key; in a deep insert SAP numbers documents, items and steps itself, and
# an address is that of the partner it lies in.
_NUMBERED_BY_SAP = re.compile(
    r"'(SalesOrder|SalesOrderItem|PricingProcedureStep|PricingProcedureCounter"
    r"|PartnerFunction|AddressRepresentationCode)' is a required"
)


def _deep(value: Any) -> Any:
    """SAP's schema spells a deep insert as `{"results": [...]}`; SAP takes bare lists as well."""
    if isinstance(value, dict):
        return {
            name: {"results": [_deep(each) for each in inner]}
            if isinstance(inner, list)
            else _deep(inner)
            for name, inner in value.items()
        }
    return value


def _create_schema() -> str:
    schemas: dict[str, Any] = openapi("API_SALES_ORDER_SRV")["components"]["schemas"]
    names = {"CreateA_SalesOrder", "API_SALES_ORDER_SRV.A_SalesOrder-create"}
    return next(name for name in schemas if name in names)


def test_every_path_the_connector_asks_for_is_one_sap_offers() -> None:
    asked = {
        (parts[0], parts[1])
        for request, _ in exchanged()
        if "/sap/opu/odata/sap/" in request.url.path
        and request.headers.get("x-csrf-token") != "Fetch"
        for parts in [request.url.path.split("/sap/opu/odata/sap/")[1].split("/", 1)]
        if parts[1]
    }
    assert asked
    for service, entity in asked:
        assert f'EntitySet Name="{entity}"' in metadata(service)


def recorded(kind: str) -> list[dict[str, Any]]:
    """Rows of SAP's own answers, as they were logged."""
    rows: list[dict[str, Any]] = []
    for path in sorted((SAP / "recorded" / kind).glob("*.json")):
        message = json.loads(path.read_text(encoding="utf-8")).get("message")
        found = message if isinstance(message, list) else [message]
        rows += [row for row in found if isinstance(row, dict)]
    return rows


def test_recorded_products_are_understood_or_refused_with_a_reason() -> None:
    rows = [r for r in recorded("product") if "BaseUnit" in r and "ProductType" in r]
    assert rows
    good, refused = parsed(rows, reading_schema.ProductRow, subject="Product")
    cards, doubts = mapping.products(good, source="erp", as_of=NOW, settings=SapSettings())
    assert len(cards) + len(refused) + len(doubts) >= len({r.get("Product") for r in rows})
    assert all(r.message and r.remedy for r in (*refused, *doubts))


def test_recorded_orders_are_understood_or_refused_with_a_reason() -> None:
    rows = [
        r
        for r in (*recorded("sales_order"), *recorded("sales_order_create"))
        if "TotalNetAmount" in r
    ]
    assert rows
    good, refused = parsed(rows, order_schema.OrderRow, subject="SalesOrder")
    assert len(good) + len(refused) == len(rows)
    assert good


def test_recorded_deliveries_are_understood_or_refused_with_a_reason() -> None:
    rows = [r for r in recorded("outbound_delivery") if "OverallGoodsMovementStatus" in r]
    assert rows
    good, refused = parsed(rows, reading_schema.DeliveryRow, subject="DeliveryDocument")
    assert len(good) + len(refused) == len(rows)
    for row in good:
        mapping.shipments(row, connection="erp", retailer=RETAILER, settings=SapSettings())
