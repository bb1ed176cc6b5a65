"""Identifiers and the small vocabularies everything is keyed by."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from stdnum import ean
from stdnum.exceptions import ValidationError as StdnumError


def _gtin(value: str) -> str:
    # GTIN-8, -12, -13 and -14 share one check-digit rule; stdnum knows 8, 12, 13 and 14.
    try:
        return str(ean.validate(value))
    except StdnumError as error:
        raise ValueError(f"GTIN {value!r}: {error}") from error


Sku = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\s#]([^#]*[^\s#])?$")]
"""Stock keeping unit, as the owner of products writes it; `#` is our key separator."""

Gtin = Annotated[str, StringConstraints(pattern=r"^\d{8,14}$"), AfterValidator(_gtin)]
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
