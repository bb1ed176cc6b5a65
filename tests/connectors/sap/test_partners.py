"""Orders with their terms, and business partners, at the simulated tenant."""

import json
from typing import Any

import httpx
import pytest

from sandbox.vendors.sap import entities
from shared.connectors.sap import addresses, partners
from shared.connectors.sap.settings import SapSettings
from shared.domain.customers import CustomerWish, reference
from shared.errors import InDoubtError, RejectedError
from shared.model.base import Json
from shared.model.order import Address, Customer, Order, ShippingLine
from shared.model.order_terms import OrderTerms
from tests.connectors.sap.world import GENERIC, Tenant, hat
from tests.flows.world import gbp, order

ADA = Address(
    name="Ada Mary Hall",
    lines=("1 High St", "Flat 2"),
    city="London",
    postcode="N1",
    country="GB",
    phone="+44 20",
)
EMAIL = "ada.mary.hall@shop.example.com"
REFERENCE = reference("0123456789abcdef0123456789")
POST: dict[str, Json] = {"product": "POST", "title": "Post", "product_type": "SERV"}

# Properties of API_BUSINESS_PARTNER and how long they may be, as its $metadata has them.
METADATA = {
    "A_BusinessPartner": {
        "BusinessPartnerCategory": 1,
        "BusinessPartnerGrouping": 4,
        "FirstName": 40,
        "LastName": 40,
        "CorrespondenceLanguage": 2,
        "BusinessPartnerIDByExtSystem": 20,
    },
    "A_BusinessPartnerAddress": {
        "StreetName": 60,
        "StreetSuffixName": 40,
        "AdditionalStreetSuffixName": 40,
        "CityName": 40,
        "PostalCode": 10,
        "Region": 3,
        "Country": 3,
        "Language": 2,
    },
    "A_AddressEmailAddress": {"EmailAddress": 241},
    "A_AddressPhoneNumber": {"PhoneNumber": 30},
    "A_BusinessPartnerRole": {"BusinessPartnerRole": 6},
    "A_CustomerSalesArea": {
        "SalesOrganization": 4,
        "DistributionChannel": 2,
        "Division": 2,
        "Currency": 5,
        "CustomerPaymentTerms": 4,
        "ShippingCondition": 2,
    },
}


@pytest.fixture
def tenant() -> Tenant:
    made = Tenant()
    made.load(materials=[GENERIC, hat("M"), POST])
    return made


def placed(terms: OrderTerms | None = None, **over: object) -> Order:
    made = order(("HAT-M", 2), customer=Customer(email=EMAIL), shipping_address=ADA)
    lines = tuple(line.model_copy(update={"sku": "HAT-M"}) for line in made.lines)
    return made.model_copy(update={"lines": lines, "terms": terms, **over})


def wish(**terms: object) -> CustomerWish:
    return CustomerWish(
        REFERENCE, placed(OrderTerms.model_validate({"customer": "create", **terms}))
    )


def sent(tenant: Tenant, path: str) -> dict[str, Any]:
    found = [r for r, _ in tenant.seen if r.method == "POST" and r.url.path.endswith(path)]
    body: dict[str, Any] = json.loads(found[-1].content)
    return body


def test_an_order_is_sent_with_its_terms_and_stored_with_them(tenant: Tenant) -> None:
    terms = OrderTerms(
        shipping_condition="02",
        payment_terms="0004",
        customer_tax="1",
        tax_codes={"1": "1"},
        ship_from={"1": "1720/172A"},
    )
    posted = tenant.client.post_order(placed(terms), "SHOP-77")
    body = sent(tenant, "A_SalesOrder")
    assert (body["ShippingCondition"], body["CustomerPaymentTerms"]) == ("02", "0004")
    assert body["CustomerTaxClassification1"] == "1"
    (item,) = body["to_Item"]
    assert (item["ProductionPlant"], item["StorageLocation"]) == ("1720", "172A")
    assert item["ProductTaxClassification1"] == "1"
    (stored,) = tenant.simulator.tenant.orders.of(posted.erp_order)
    assert stored.header["ShippingCondition"] == "02"


def test_an_order_is_booked_in_the_sales_area_and_on_the_account_of_its_terms(
    tenant: Tenant,
) -> None:
    account = tenant.client.create_customer(wish(sales_organization="1010"))
    terms = OrderTerms(sales_organization="1010", account=account, house_account="17100001")
    made = placed(terms)
    posted = tenant.client.post_order(made, "SHOP-77")
    assert sent(tenant, "A_SalesOrder")["SoldToParty"] == account
    assert tenant.client.find_order(made, "SHOP-77") == [posted]
    elsewhere = placed(terms.model_copy(update={"sales_organization": "1710"}))
    with pytest.raises(RejectedError, match="not in the sales area"):
        tenant.client.post_order(elsewhere, "SHOP-78")


def test_freight_with_an_article_of_its_own_is_an_item_and_the_total_is_the_same(
    tenant: Tenant,
) -> None:
    terms = OrderTerms(freight_sku="POST", freight_tax_codes=("1",), tax_codes={"1": "2"})
    freight = ShippingLine(title="Post", code="P", price=gbp(495))
    posted = tenant.client.post_order(placed(terms, shipping=(freight,)), "SHOP-77")
    assert posted.total_minor == 2 * 1999 + 495
    assert posted.items == {"1": "10"}
    body = sent(tenant, "A_SalesOrder")
    assert "to_PricingElement" not in body
    assert body["to_Item"][1]["Material"] == "POST"
    assert body["to_Item"][1]["ProductTaxClassification1"] == "1"
    tenant.simulator.control("deliver", order=posted.erp_order)
    (delivery,) = tenant.simulator.tenant.deliveries.after(None)
    assert [item.material for item in delivery.items] == ["HAT-M"]


def test_freight_of_two_tax_codes_is_two_items(tenant: Tenant) -> None:
    terms = OrderTerms(freight_sku="POST", freight_tax_codes=("1", "0", "1", ""))
    prices = (("Post", 495), ("Wrapping", 100), ("Island", 300), ("Free", 0))
    parts = tuple(ShippingLine(title=t, code=t, price=gbp(amount)) for t, amount in prices)
    posted = tenant.client.post_order(placed(terms, shipping=parts), "SHOP-77")
    assert posted.total_minor == 2 * 1999 + 895
    freight = sent(tenant, "A_SalesOrder")["to_Item"][1:]
    assert [
        (one["ProductTaxClassification1"], one["to_PricingElement"][0]["ConditionRateValue"])
        for one in freight
    ] == [("1", "7.95"), ("0", "1.00")]


@pytest.mark.parametrize(("function", "goes"), [("WE", True), ("", False)])
def test_an_address_goes_along_where_the_tenant_names_the_partner_function(
    function: str, *, goes: bool
) -> None:
    tenant = Tenant(ship_to_function=function)
    tenant.load(materials=[GENERIC, hat("M")])
    tenant.client.post_order(placed(OrderTerms(send_address=True)), "SHOP-77")
    told = sent(tenant, "A_SalesOrder").get("to_Partner")
    assert bool(told) is goes
    if told:
        assert told[0]["Customer"] == "17100001"
        (address,) = told[0]["to_Address"]
        assert (address["CityName"], address["StreetSuffixName1"]) == ("London", "Flat 2")


def test_the_limits_of_an_address_are_those_the_tenant_enforces() -> None:
    theirs, ours = entities.ORDER_ADDRESS, addresses.LIMITS
    assert ours.name == theirs["AddresseeFullName"]
    assert (ours.city, ours.region, ours.postcode) == (40, theirs["Region"], theirs["PostalCode"])
    assert (ours.country, ours.phone) == (theirs["Country"], theirs["PhoneNumber"])
    streets = ("StreetName", "StreetSuffixName1", "StreetSuffixName2")
    assert ours.lines == tuple(theirs[name] for name in streets)


@pytest.mark.parametrize(
    ("entity", "fields"),
    [
        ("A_BusinessPartner", entities.PARTNER),
        ("A_BusinessPartnerAddress", entities.PARTNER_ADDRESS),
        ("A_AddressEmailAddress", entities.PARTNER_EMAIL),
        ("A_AddressPhoneNumber", entities.PARTNER_PHONE),
        ("A_BusinessPartnerRole", entities.PARTNER_ROLE),
        ("A_CustomerSalesArea", entities.PARTNER_SALES_AREA),
    ],
)
def test_a_partner_may_be_created_only_with_what_sap_takes(
    entity: str, fields: dict[str, int]
) -> None:
    told = {name: most for name, most in fields.items() if most}
    assert told.items() <= METADATA[entity].items()


def test_a_customer_is_created_with_address_roles_and_sales_area(tenant: Tenant) -> None:
    account = tenant.client.create_customer(wish(payment_terms="0004"))
    assert tenant.client.find_customer(wish()) == [account]
    body = sent(tenant, "A_BusinessPartner")
    assert (body["FirstName"], body["LastName"]) == ("Ada Mary", "Hall")
    (address,) = body["to_BusinessPartnerAddress"]
    assert address["to_EmailAddress"][0]["EmailAddress"] == EMAIL
    (area,) = body["to_Customer"]["to_CustomerSalesArea"]
    assert area == {
        "SalesOrganization": "1710",
        "DistributionChannel": "10",
        "Division": "00",
        "Currency": "GBP",
        "CustomerPaymentTerms": "0004",
    }


def test_a_role_may_bring_the_sales_area_along() -> None:
    tenant = Tenant(partner_customer=False, partner_roles=["FLCU01"])
    tenant.client.create_customer(wish())
    body = sent(tenant, "A_BusinessPartner")
    assert "to_Customer" not in body
    assert body["to_BusinessPartnerRole"] == [{"BusinessPartnerRole": "FLCU01"}]


def test_an_answer_lost_after_the_customer_was_stored_is_found_by_the_reference(
    tenant: Tenant,
) -> None:
    tenant.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        tenant.client.create_customer(wish())
    assert len(tenant.client.find_customer(wish())) == 1
    assert tenant.simulator.counts["partners"] == 1


def test_customers_under_one_reference_are_all_found_the_oldest_first(tenant: Tenant) -> None:
    made = [tenant.client.create_customer(wish()) for _ in range(2)]
    assert tenant.client.find_customer(wish()) == made


def test_a_partner_without_the_role_of_a_customer_leaves_a_doubt_and_is_then_named() -> None:
    tenant = Tenant(partner_roles=["FLCU00"])
    with pytest.raises(InDoubtError):
        tenant.client.create_customer(wish())
    with pytest.raises(RejectedError) as raised:
        tenant.client.find_customer(wish())
    assert raised.value.field == "BusinessPartnerRole"


@pytest.mark.parametrize("email", [EMAIL.upper(), EMAIL])
def test_a_customer_is_found_by_e_mail_in_any_case(tenant: Tenant, email: str) -> None:
    number = tenant.simulator.control("add_partner", email=email)
    tenant.simulator.control("add_partner", email="ada.mary.hall@shop.example.org")
    assert tenant.client.find_customer(wish()) == [number]


def test_who_is_blocked_or_no_customer_is_not_matched(tenant: Tenant) -> None:
    tenant.simulator.control("add_partner", email=EMAIL, blocked=True)
    tenant.simulator.control("add_partner", email=EMAIL, customer=False)
    assert tenant.client.find_customer(wish()) == []


def test_an_e_mail_of_several_customers_is_left_to_a_person(tenant: Tenant) -> None:
    known = [str(tenant.simulator.control("add_partner", email=EMAIL)) for _ in range(2)]
    with pytest.raises(RejectedError) as raised:
        tenant.client.find_customer(wish())
    assert (raised.value.field, raised.value.value) == ("customer.email", ", ".join(known))
    assert EMAIL not in str(raised.value)


def test_an_unreadable_answer_to_a_creation_leaves_a_doubt(tenant: Tenant) -> None:
    answer = httpx.Response(201, json={"d": {"Customer": None}})
    tenant.refuse = lambda r: answer if r.url.path.endswith("A_BusinessPartner") else None
    with pytest.raises(InDoubtError):
        tenant.client.create_customer(wish())


def test_a_customer_without_a_name_is_called_by_the_reference() -> None:
    nameless = placed(shipping_address=ADA.model_copy(update={"name": ""}))
    body = partners.body_of(CustomerWish(REFERENCE, nameless), SapSettings())
    assert body["LastName"] == REFERENCE
    assert "FirstName" not in body
