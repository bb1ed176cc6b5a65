"""GS1 identifiers of trade items as EPCIS writes them, to GTIN-14 and back.

Source: EPC Tag Data Standard 2.0, sections 6.3.1 and 8.3 (URNs); GS1 Digital Link 1.3 (URIs).
"""

import re
from typing import Final
from urllib.parse import quote, unquote

from shared.errors import RejectedError
from shared.model.ids import check_digit

OWN_SKU: Final = "urn:shelfwire:sku:"
OWN_PLACE: Final = "urn:shelfwire:location:"
OWN_DOCUMENT: Final = "urn:shelfwire:document:"
GTIN_DIGITS: Final = 14
_URN = re.compile(
    r"urn:epc:(?:id:sgtin|idpat:sgtin|class:lgtin):(?P<company>\d{6,12})\.(?P<item>\d{1,7})\..+"
)
_LINK = re.compile(r"https?://[^?#]*/01/(?P<gtin>\d{8,14})(?:[/?#].*)?")
_SSCC = re.compile(r"urn:epc:id:sscc:.+|https?://[^?#]*/00/\d{18}.*")


def gtin_of(uri: str) -> str | None:
    """The GTIN-14 of a trade item, whether it names one piece or a class; None for our own SKUs.

    RejectedError for what is no trade item, such as a pallet.
    """
    if uri.startswith(OWN_SKU):
        return None
    if found := _URN.fullmatch(uri):
        return _of_urn(found["company"], found["item"], uri)
    if found := _LINK.fullmatch(uri):
        return padded(found["gtin"])
    if _SSCC.fullmatch(uri):
        raise _refusal(uri, "is a logistic unit, and what it holds is not tracked")
    raise _refusal(uri, "is no trade item")


def sku_of(uri: str) -> str:
    """The SKU behind an identifier of our own."""
    return unquote(uri.removeprefix(OWN_SKU))


def class_of(sku: str, gtin: str | None) -> str:
    """How an article is named: by its GTIN, or by our SKU where it has none."""
    return f"https://id.gs1.org/01/{padded(gtin)}" if gtin else OWN_SKU + quote(sku, safe="")


def own(prefix: str, name: str) -> str:
    """A name of ours as a URI; what is one already stays as it is."""
    return (
        name if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", name) else prefix + quote(name, safe="")
    )


def named(prefix: str, uri: str) -> str:
    """The name behind a URI of ours; others stay as they are."""
    return unquote(uri.removeprefix(prefix)) if uri.startswith(prefix) else uri


def padded(gtin: str) -> str:
    return gtin.rjust(GTIN_DIGITS, "0")


def _of_urn(company: str, item: str, uri: str) -> str:
    """Indicator digit, company prefix, item reference, check digit."""
    digits = item[0] + company + item[1:]
    if len(digits) != GTIN_DIGITS - 1:
        raise _refusal(uri, "does not have 13 digits in company prefix and item")
    return digits + check_digit(digits)


def _refusal(uri: str, problem: str) -> RejectedError:
    return RejectedError(
        f"{uri[:100]} {problem}",
        code="bad_epc",
        field="epcClass",
        value=uri[:100],
        remedy="name trade items: https://id.gs1.org/01/<GTIN>, an SGTIN or LGTIN, or "
        f"{OWN_SKU}<sku>, with their quantity",
    )
