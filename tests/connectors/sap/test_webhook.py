"""Who may knock for SAP, which event it is, and what it is about."""

import base64
import json

import pytest

from shared.connectors.sap.hints import readings
from shared.connectors.sap.webhook import delivery_id, handshake, verify
from shared.errors import RejectedError
from shared.model.ids import Entity
from shared.ports import Reading


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"sap:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer hush"},
        {"authorization": basic("hush")},
        {"x-shelfwire-secret": "hush"},
    ],
)
def test_a_known_secret_opens_however_it_is_carried(headers: dict[str, str]) -> None:
    assert verify(headers, b"", ["older", "hush"])
    assert not verify(headers, b"", ["other"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Basic not-base64!"},
        {"authorization": "Digest hush"},
        {"x-shelfwire-secret": ""},
    ],
)
def test_nothing_and_nonsense_do_not_open(headers: dict[str, str]) -> None:
    assert not verify(headers, b"", ["hush", ""])
    assert not verify(headers, b"", [])


def event(kind: str = "product.v1.Product.Changed.v1", **data: object) -> bytes:
    return json.dumps({"id": "e1", "type": f"sap.s4.beh.{kind}", "data": data}).encode()


def test_a_delivery_is_named_by_its_event_in_either_mode() -> None:
    assert delivery_id({}, event()) == "e1"
    assert delivery_id({"ce-id": "e2"}, b"{}") == "e2"
    assert len(delivery_id({}, b"not json")) == 64


def test_a_sender_that_asks_leave_is_given_it() -> None:
    assert handshake({"webhook-request-origin": "mesh.example"}) == {
        "WebHook-Allowed-Origin": "mesh.example"
    }
    assert handshake({}) is None


@pytest.mark.parametrize(
    ("kind", "data", "reading"),
    [
        ("product.v1.Product.Changed.v1", {"Product": "TG11"}, Reading(Entity.PRODUCT, "TG11")),
        (
            "salespricingconditionrecord.v1.SalesPricingConditionRecord.Created.v1",
            {"ConditionRecord": "0000000123"},
            Reading(Entity.PRICE, "condition:0000000123"),
        ),
        (
            "materialdocument.v1.MaterialDocument.Created.v1",
            {"MaterialDocument": "4900000001", "MaterialDocumentYear": "2026"},
            Reading(Entity.STOCK, "document:2026/4900000001"),
        ),
        (
            "outbounddelivery.v1.OutboundDelivery.GIStatusChanged.v1",
            {"OutboundDelivery": "80000000"},
            Reading(Entity.SHIPMENT, "80000000"),
        ),
    ],
)
def test_an_event_says_what_to_read_again(
    kind: str, data: dict[str, object], reading: Reading
) -> None:
    assert readings({}, event(kind, **data)) == [reading]
    binary = {"ce-type": f"sap.s4.beh.{kind}", "ce-id": "e1"}
    assert readings(binary, json.dumps(data).encode()) == [reading]


def test_an_event_about_what_we_keep_no_facts_of_is_passed_over() -> None:
    assert readings({}, event("salesorder.v1.SalesOrder.Created.v1", SalesOrder="1")) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "body"),
        (b"{nope", "body"),
        (event("weather.v1.Rain.Fell.v1"), "type"),
        (event(Product=7), "data.Product"),
        (event(), "data.Product"),
    ],
)
def test_what_cannot_be_understood_is_named(body: bytes, field: str) -> None:
    with pytest.raises(RejectedError) as raised:
        readings({}, body)
    assert raised.value.field == field
    assert raised.value.remedy
