"""Whose order it is, in the ERP: one customer there for one customer of the shops."""

from hashlib import sha256
from typing import Final

from shared.frozen import frozen
from shared.model.order import Address, Order

REFERENCE_MAX: Final = 20  # SAP BusinessPartnerIDByExtSystem


@frozen
class Identity:
    """By what a customer is known again; neither says who it is.

    `member` is of the account in the shop, if there is one; `person` is of the e-mail, or of the
    account where no e-mail is told.
    """

    person: str
    member: str | None


@frozen
class CustomerWish:
    """A customer the ERP is to have once: under `reference`, which the ERP can be asked for."""

    reference: str
    order: Order

    @property
    def email(self) -> str:
        return self.order.customer.email.strip()

    @property
    def address(self) -> Address:
        return self.order.billing_address or self.order.shipping_address or Address()


def identity(order: Order) -> Identity | None:
    """None where the order says nothing by which its customer could be known again."""
    email = order.customer.email.strip().casefold()
    account = order.customer.reference
    member = _digest(f"account#{order.channel}#{account}") if account else None
    if email:
        return Identity(_digest(f"email#{email}"), member)
    return Identity(member, member) if member else None


def unbooked(order: Order) -> Order:
    """The order before anybody asked whose it is."""
    if order.terms is None:
        return order
    return order.model_copy(update={"terms": order.terms.model_copy(update={"account": None})})


def reference(person: str) -> str:
    """What the ERP is asked for before a customer is created a second time."""
    return f"SW{person[: REFERENCE_MAX - 2]}".upper()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:40]
