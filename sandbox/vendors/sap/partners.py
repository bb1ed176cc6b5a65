"""Business partners: created whole or refused naming the property, found by what SAP searches.

Source: the `$metadata` of API_BUSINESS_PARTNER.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sandbox.vendors.sap.entities import (
    PARTNER,
    PARTNER_ADDRESS,
    PARTNER_CUSTOMER,
    PARTNER_EMAIL,
    PARTNER_PHONE,
    PARTNER_ROLE,
    PARTNER_SALES_AREA,
)
from sandbox.vendors.sap.ordering import checked
from sandbox.vendors.sap.query import Condition, wanted
from sandbox.vendors.sap.refusals import Refused
from sandbox.vendors.sap.tenant import Partner, Row, Tenant
from shared.model.base import Json

if TYPE_CHECKING:
    from sandbox.vendors.sap.simulator import SapSimulator

ROLES = frozenset({"FLCU00", "FLCU01"})
SELLS = "FLCU01"
GROUPINGS = frozenset({"", "BP02"})
COUNTRIES = frozenset({"AT", "CH", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "US"})
SEARCH_MAX = 20


def create(tenant: Tenant, body: object) -> Partner:
    """Take a business partner; nothing is kept of a refused one."""
    header = checked(body, PARTNER, "A_BusinessPartnerType")
    if header.get("BusinessPartnerCategory") != "1":
        raise _refused("R1/102", "BusinessPartnerCategory", "Enter a category")
    if not header.get("LastName"):
        raise _refused("R1/124", "LastName", "Enter a last name")
    if str(header.get("BusinessPartnerGrouping") or "") not in GROUPINGS:
        raise _refused("R1/101", "BusinessPartnerGrouping", "The grouping is not defined")
    roles = [_role(row) for row in _list(header.get("to_BusinessPartnerRole"))]
    address, emails = _address(_list(header.get("to_BusinessPartnerAddress")))
    areas = _areas(header.get("to_Customer"))
    number = tenant.next("1", 10)
    partner = Partner(
        number=number,
        customer=number if SELLS in roles else "",
        reference=str(header.get("BusinessPartnerIDByExtSystem") or ""),
        first_name=str(header.get("FirstName") or ""),
        last_name=str(header["LastName"]),
        address=address,
        emails=emails,
        areas=areas,
    )
    tenant.add_partner(partner)
    return partner


def rows(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    """A_BusinessPartner."""
    references = wanted(condition, "BusinessPartnerIDByExtSystem")
    for partner in tenant.partners.values():
        if references is None or partner.reference in references:
            yield row_of(partner)


def row_of(partner: Partner) -> Row:
    return {
        "BusinessPartner": partner.number,
        "Customer": partner.customer,
        "BusinessPartnerCategory": "1",
        "BusinessPartnerIDByExtSystem": partner.reference,
        "BusinessPartnerIsBlocked": partner.blocked,
        "IsMarkedForArchiving": False,
        "FirstName": partner.first_name,
        "LastName": partner.last_name,
    }


def email_rows(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    """A_AddressEmailAddress; the search field holds the first letters in capitals."""
    del condition
    for partner in tenant.partners.values():
        for place, email in enumerate(partner.emails, 1):
            yield {
                "AddressID": f"A{partner.number}",
                "Person": "",
                "OrdinalNumber": str(place),
                "EmailAddress": email,
                "SearchEmailAddress": email[:SEARCH_MAX].upper(),
            }


def address_rows(tenant: Tenant, condition: Condition | None) -> Iterator[Row]:
    """A_BusinessPartnerAddress."""
    del condition
    for partner in tenant.partners.values():
        places = dict.fromkeys(("Country", "CityName", "PostalCode", "StreetName"), "")
        yield {
            **{name: partner.address.get(name, "") for name in places},
            "BusinessPartner": partner.number,
            "AddressID": f"A{partner.number}",
        }


def _role(row: object) -> str:
    role = str(checked(row, PARTNER_ROLE, "A_BusinessPartnerRoleType").get("BusinessPartnerRole"))
    if role not in ROLES:
        raise _refused("R1/220", "BusinessPartnerRole", "The role is not defined")
    return role


def _address(listed: list[object]) -> tuple[Mapping[str, str], list[str]]:
    if not listed:
        raise _refused("R1/282", "to_BusinessPartnerAddress", "Enter an address")
    row = checked(listed[0], PARTNER_ADDRESS, "A_BusinessPartnerAddressType")
    if row.get("Country") not in COUNTRIES:
        raise _refused("AM/021", "Country", "The country is not defined")
    if not row.get("CityName"):
        raise _refused("AM/023", "CityName", "Enter a city")
    for phone in _list(row.get("to_PhoneNumber")):
        checked(phone, PARTNER_PHONE, "A_AddressPhoneNumberType")
    emails = [
        checked(one, PARTNER_EMAIL, "A_AddressEmailAddressType")
        for one in _list(row.get("to_EmailAddress"))
    ]
    told = {name: str(value) for name, value in row.items() if isinstance(value, str)}
    return told, [str(one.get("EmailAddress") or "") for one in emails]


def _areas(customer: object) -> list[tuple[str, str, str]]:
    if customer is None:
        return []
    row = checked(customer, PARTNER_CUSTOMER, "A_CustomerType")
    found = []
    for each in _list(row.get("to_CustomerSalesArea")):
        area = checked(each, PARTNER_SALES_AREA, "A_CustomerSalesAreaType")
        names = ("SalesOrganization", "DistributionChannel", "Division")
        organization, channel, division = (str(area.get(name) or "") for name in names)
        if not (organization and channel and division):
            raise _refused("F2/163", "to_CustomerSalesArea", "Enter the whole sales area")
        found.append((organization, channel, division))
    return found


def _refused(code: str, field: str, message: str) -> Refused:
    return Refused(code, message, field=field)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def add_partner(
    sim: "SapSimulator", *, email: str = "", customer: bool = True, blocked: bool = False
) -> Json:
    """Staff create a business partner by hand."""
    number = sim.tenant.next("2", 10)
    emails = [email] if email else []
    known = Partner(number, number if customer else "", emails=emails, blocked=blocked)
    sim.tenant.add_partner(known)
    return number


def partners(sim: "SapSimulator") -> Json:
    """Every business partner there is: its number, and our reference of it."""
    return {partner.number: partner.reference for partner in sim.tenant.partners.values()}
