"""What a price states, by column, with what to write there: in a row of a file, or in a call."""

from collections.abc import Mapping
from typing import Final

from shared.model.price import PriceKind, TaxBasis

ID_MAX: Final = 96

REQUIRED: Final[Mapping[str, str]] = {
    "sku": "name the article as the owner of products does, in at most 64 characters without #",
    "price_list": "name one of the retailer's price lists",
    "kind": f"write {' or '.join(PriceKind)}",
    "amount": "write a positive decimal such as 19.99, without thousands separators",
    "currency": "write the price list's currency, such as GBP",
    "tax_basis": f"write {' or '.join(TaxBasis)}, as the price list is",
    "unit": "write the unit of measure the amount is for, such as PC",
    "valid_from": "write 2026-11-27T09:00:00+00:00, or a date or local time and a zone",
}
OPTIONAL: Final[Mapping[str, str]] = {
    "per": "write how many units the amount is for, such as 1 or 10",
    "scales": "write from how many units on it costs what, such as 10=17.50 50=15.00",
    "valid_to": "write an instant after valid_from, or the last day on which the price holds",
    "zone": "write an IANA time zone such as Europe/London",
    "condition_id": f"write at most {ID_MAX} printable characters that are the same every time",
}
COLUMNS: Final[Mapping[str, str]] = {**REQUIRED, **OPTIONAL}
