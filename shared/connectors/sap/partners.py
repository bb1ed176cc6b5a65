"""Business partners that are customers: found by our reference or by e-mail, and created.

Source: API_BUSINESS_PARTNER (A_BusinessPartner with to_BusinessPartnerAddress,
to_BusinessPartnerRole, to_Customer/to_CustomerSalesArea). Our reference is the partner's number in
the external system. Which roles and grouping a tenant wants, and whether a role brings the sales
area along, is customising: settings.
"""

from collections.abc import Mapping
from itertools import batched
from typing import Final

from pydantic import Field

from shared.connectors.sap import addresses, values
from shared.connectors.sap.gateway import Gateway
from shared.connectors.sap.rows import parsed
from shared.connectors.sap.settings import SapSettings
from shared.domain.customers import CustomerWish
from shared.errors import InDoubtError, RejectedError
from shared.frozen import frozen
from shared.model.base import Foreign, Json

SERVICE: Final = "API_BUSINESS_PARTNER"
PERSON: Final = "1"
SEARCH_MAX: Final = 20  # SearchEmailAddress: the first letters, in capitals
NAME_MAX: Final = 40


class PartnerRow(Foreign):
    """A_BusinessPartner; one without `customer` has no role that sells to it."""

    number: str = Field(alias="BusinessPartner", min_length=1)
    customer: str = Field(default="", alias="Customer")
    blocked: bool = Field(default=False, alias="BusinessPartnerIsBlocked")
    archived: bool = Field(default=False, alias="IsMarkedForArchiving")


class EmailRow(Foreign):
    """A_AddressEmailAddress."""

    address: str = Field(alias="AddressID", min_length=1)
    email: str = Field(default="", alias="EmailAddress")


class AddressRow(Foreign):
    """A_BusinessPartnerAddress."""

    partner: str = Field(alias="BusinessPartner", min_length=1)


@frozen
class Partners:
    gateway: Gateway
    settings: SapSettings

    def find(self, wish: CustomerWish) -> list[str]:
        """All under our reference, the oldest first, else the only one of this e-mail."""
        condition = f"BusinessPartnerIDByExtSystem eq {values.quoted(wish.reference)}"
        ours = self._rows("A_BusinessPartner", condition, PartnerRow)
        if ours:
            return [_customer(row) for row in sorted(ours, key=lambda row: row.number)]
        found = self._of_email(wish.email) if wish.email else []
        if len(found) > 1:
            raise RejectedError(
                f"{len(found)} customers of the ERP have the order's e-mail",
                field="customer.email",
                value=", ".join(found),
                remedy="block or merge all but one of them in the ERP, then replay",
            )
        return found

    def create(self, wish: CustomerWish) -> str:
        row = self.gateway.create(SERVICE, "A_BusinessPartner", body_of(wish, self.settings))
        good, _ = parsed([row], PartnerRow, subject="BusinessPartner")
        if not good or not good[0].customer:  # SAP took it; only what it answers is strange
            raise InDoubtError("SAP created a business partner and named no customer")
        return good[0].customer

    def _of_email(self, email: str) -> list[str]:
        searched = values.quoted(email[:SEARCH_MAX].upper())
        rows = self._rows("A_AddressEmailAddress", f"SearchEmailAddress eq {searched}", EmailRow)
        same = {r.address for r in rows if r.email.strip().casefold() == email.casefold()}
        conditions = self._any("AddressID", same)
        numbers = {
            row.partner
            for condition in conditions
            for row in self._rows("A_BusinessPartnerAddress", condition, AddressRow)
        }
        return self._partners(self._any("BusinessPartner", numbers))

    def _partners(self, conditions: list[str]) -> list[str]:
        """Customers among them that orders may be booked on, the oldest first."""
        rows = [r for c in conditions for r in self._rows("A_BusinessPartner", c, PartnerRow)]
        usable = [r for r in rows if r.customer and not r.blocked and not r.archived]
        return [row.customer for row in sorted(usable, key=lambda row: row.number)]

    def _any(self, name: str, found: set[str]) -> list[str]:
        return [
            " or ".join(f"{name} eq {values.quoted(one)}" for one in chunk)
            for chunk in batched(sorted(found), self.settings.filter_chunk, strict=False)
        ]

    def _rows[T: Foreign](self, entity: str, condition: str, model: type[T]) -> list[T]:
        rows = self.gateway.rows(SERVICE, entity, {"$filter": condition})
        good, _ = parsed(rows, model, subject="unknown")
        return list(good)


def _customer(row: PartnerRow) -> str:
    """Also of one that was blocked since: the order's refusal says more than a second customer."""
    if row.customer:
        return row.customer
    raise RejectedError(
        f"business partner {row.number} has no role of a customer",
        field="BusinessPartnerRole",
        value=row.number,
        remedy="give the business partner the role of a customer in the ERP, then replay",
    )


def body_of(wish: CustomerWish, settings: SapSettings) -> dict[str, Json]:
    """The body of POST A_BusinessPartner."""
    settings = settings.of(wish.order)
    first, last = _names(wish)
    body: dict[str, Json] = {
        "BusinessPartnerCategory": PERSON,
        "BusinessPartnerGrouping": settings.partner_grouping,
        "FirstName": first,
        "LastName": last,
        "CorrespondenceLanguage": settings.partner_language,
        "BusinessPartnerIDByExtSystem": wish.reference,
    }
    body = {name: value for name, value in body.items() if value}
    body["to_BusinessPartnerAddress"] = [
        addresses.of_partner(wish.address, wish.email, settings.partner_language)
    ]
    body["to_BusinessPartnerRole"] = [
        {"BusinessPartnerRole": role} for role in settings.partner_roles
    ]
    if settings.partner_customer:
        body["to_Customer"] = {"to_CustomerSalesArea": [_sales_area(wish, settings)]}
    return body


def _sales_area(wish: CustomerWish, settings: SapSettings) -> dict[str, Json]:
    terms = wish.order.terms
    said: Mapping[str, str | None] = {
        "SalesOrganization": settings.sales_organization,
        "DistributionChannel": settings.distribution_channel,
        "Division": settings.division,
        "Currency": wish.order.currency,
        "CustomerPaymentTerms": terms.payment_terms if terms else None,
        "ShippingCondition": terms.shipping_condition if terms else None,
    }
    return {name: value for name, value in said.items() if value}


def _names(wish: CustomerWish) -> tuple[str, str]:
    """First and last name; of one word alone the last, which SAP does not do without."""
    first, _, last = wish.address.name.strip().rpartition(" ")
    return first[:NAME_MAX], (last or wish.reference)[:NAME_MAX]
