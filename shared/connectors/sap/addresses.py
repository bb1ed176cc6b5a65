"""Addresses as SAP keeps them, with orders and with business partners.

Sources: A_SalesOrderPartnerAddress of API_SALES_ORDER_SRV and A_BusinessPartnerAddress of
API_BUSINESS_PARTNER, whose `$metadata` say how long each part may be.
"""

from typing import Final

from shared.model.base import Json
from shared.model.order import Address
from shared.model.order_policy import AddressLimits

LIMITS: Final = AddressLimits.model_construct(
    name=80,
    lines=(60, 40, 40),
    city=40,
    region=3,
    postcode=10,
    country=3,
    phone=30,
    required=("city", "country"),
)


def of_order(address: Address, email: str) -> dict[str, Json]:
    """Where the goods of one order go; longer texts than SAP takes were held before."""
    said = of_changed(address, email)
    return {name: value for name, value in said.items() if value}


def of_changed(address: Address, email: str) -> dict[str, Json]:
    """The same with every part, so that what there was before goes."""
    street, second, third = _lines(address)
    return {
        "AddresseeFullName": address.name,
        "StreetName": street,
        "StreetSuffixName1": second,
        "StreetSuffixName2": third,
        **_place(address),
        "PhoneNumber": address.phone,
        "EmailAddress": email,
    }


def of_partner(address: Address, email: str, language: str) -> dict[str, Json]:
    """Where a customer lives, and how he is reached."""
    street, second, third = _lines(address)
    said = {
        "StreetName": street,
        "StreetSuffixName": second,
        "AdditionalStreetSuffixName": third,
        **_place(address),
        "Language": language,
    }
    found: dict[str, Json] = {name: value for name, value in said.items() if value}
    if email:
        found["to_EmailAddress"] = [{"EmailAddress": email, "IsDefaultEmailAddress": True}]
    if address.phone:
        found["to_PhoneNumber"] = [{"PhoneNumber": address.phone, "IsDefaultPhoneNumber": True}]
    return found


def _lines(address: Address) -> tuple[str, str, str]:
    first, second, third, *_ = (*address.lines, "", "", "")
    return first, second, third


def _place(address: Address) -> dict[str, str]:
    return {
        "CityName": address.city,
        "PostalCode": address.postcode,
        "Region": address.region,
        "Country": address.country,
    }
