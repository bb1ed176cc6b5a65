"""Identifiers and the small vocabularies everything is keyed by."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

GTINS = frozenset({8, 12, 13, 14})  # how many digits one has; all share the rule of the last


def check_digit(digits: str) -> str:
    """The digit that makes a GTIN of these: GS1 General Specifications, section 7.9.1."""
    weighed = sum(int(digit) * (3 - i % 2 * 2) for i, digit in enumerate(reversed(digits)))
    return str(-weighed % 10)


def _gtin(value: str) -> str:
    if len(value) not in GTINS:
        raise ValueError(f"GTIN {value!r} has {len(value)} digits, and not 8, 12, 13 or 14")
    if value[-1] != (last := check_digit(value[:-1])):
        raise ValueError(f"GTIN {value!r} ends with {value[-1]}, and its check digit is {last}")
    return value


Sku = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\s#]([^#]*[^\s#])?$")]
"""Stock keeping unit, as the owner of products writes it; `#` is our key separator."""

Gtin = Annotated[str, StringConstraints(pattern=r"^[0-9]{8,14}$"), AfterValidator(_gtin)]
"""Global Trade Item Number with a valid check digit."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
"""A name from the retailer's configuration: connection, channel, location, price list."""


ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""What another system calls something of its own."""


class Entity(StrEnum):
    """What a connection can own."""

    PRODUCT = "product"
    PRICE = "price"
    PROMOTION = "promotion"  # promotional prices, where another owns them than all others
    STOCK = "stock"
    ORDER = "order"
    SHIPMENT = "shipment"
    INVOICE = "invoice"
    RETURN = "return"
    ALLOCATION = "allocation"
    PAYOUT = "payout"


class Facet(StrEnum):
    """What a channel shows of an article."""

    CONTENT = "content"
    PRICE = "price"
    STOCK = "stock"


COMPARED: Final = (Facet.PRICE, Facet.STOCK)
"""Those of which is looked at what channels really show."""
