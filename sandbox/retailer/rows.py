"""The lines of an order export, each understood by itself.

Columns and codes are those of the "Online Retail" data set (UCI, doi 10.24432/C5BW33): one line
per article of an invoice, `C` before the number of a cancellation, prices per unit in sterling with
a decimal point, local British time without a zone.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from sandbox.failures import CannotRunError
from sandbox.retailer.countries import CODES
from sandbox.retailer.day import Oddity
from shared.model.money import Money

CURRENCY = "GBP"
COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_ZONE = ZoneInfo("Europe/London")
_INVOICE = re.compile(r"C?[0-9]{1,12}")
_ARTICLE = re.compile(r"[0-9]{5}[A-Z]*")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_FREIGHT = frozenset({"POST", "DOT", "C2"})
_YEARS = range(1970, 2100)
_EXCERPT = 200


class Code(StrEnum):
    """What a stock code stands for."""

    ARTICLE = "article"
    FREIGHT = "freight"
    MANUAL = "manual"
    DISCOUNT = "discount"
    OTHER = "other"  # bank charges, fees, samples: booked as if sold, but no article


@dataclass(frozen=True, slots=True)
class Row:
    """One line: codes in capitals without blanks around them, the price per unit in pence."""

    line: int
    invoice: str
    cancelled: bool
    stock_code: str
    code: Code
    description: str
    quantity: int
    price_minor: int
    at: datetime
    customer: str | None
    country: str

    @property
    def amount_minor(self) -> int:
        return self.quantity * self.price_minor


def parse(path: Path) -> tuple[list[Row], list[Oddity]]:
    """Read every line, in order. One that cannot be read is an oddity for each of its mistakes.

    Each line of the file is a record of its own, so that a stray quote costs one line only.
    Raises CannotRunError if there is no such file or its header lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = list(file)
    except OSError as error:
        raise CannotRunError(f"{path} cannot be read: {error.strerror}", "name a file") from error
    header = _header(path, lines)
    found = [
        item
        for number, line in enumerate(lines[1:], start=2)
        if line.strip()
        for item in _row(number, line, header)
    ]
    rows = [item for item in found if isinstance(item, Row)]
    return rows, [item for item in found if isinstance(item, Oddity)]


def _cells(line: str) -> list[str]:
    """What lies between the commas, without blanks around it; nothing if it is not CSV."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return []


def _header(path: Path, lines: list[str]) -> list[str]:
    header = _cells(lines[0]) if lines else []
    missing = [name for name in COLUMNS if name not in header]
    twice = [name for name in COLUMNS if header.count(name) > 1]
    if missing or twice:
        problem = f"no column {', '.join(missing)}" if missing else f"{', '.join(twice)} twice"
        raise CannotRunError(f"{path}: {problem}", f"line 1 must name {','.join(COLUMNS)}")
    return header


def _row(number: int, line: str, header: list[str]) -> list[Row | Oddity]:
    cells = _cells(line)
    if len(cells) != len(header):
        why = f"{len(cells)} cells where the header has {len(header)}" if cells else "not CSV"
        return [Oddity(number, "", line.strip()[:_EXCERPT], why, kept=False)]
    cell = dict(zip(header, cells, strict=True))
    mistakes = [Oddity(number, *mistake, kept=False) for mistake in _mistakes(cell)]
    if mistakes:
        return [*mistakes]
    return [_understood(number, cell), *_remarks(number, cell)]


def _mistakes(cell: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for column, why in _CHECKS.items():
        problem = why(cell[column])
        if problem:
            yield column, cell[column], problem


def _remarks(number: int, cell: Mapping[str, str]) -> Iterable[Oddity]:
    if cell["Country"] not in CODES:
        yield Oddity(number, "Country", cell["Country"], "no known country", kept=True)
    for column in ("StockCode", "Description", "CustomerID"):
        if "\N{REPLACEMENT CHARACTER}" in cell[column]:
            yield Oddity(number, column, cell[column], "not UTF-8", kept=True)


def _understood(number: int, cell: Mapping[str, str]) -> Row:
    invoice = cell["InvoiceNo"].upper()
    stock_code = cell["StockCode"].upper()
    return Row(
        line=number,
        invoice=invoice,
        cancelled=invoice.startswith("C"),
        stock_code=stock_code,
        code=_code(stock_code),
        description=cell["Description"],
        quantity=int(cell["Quantity"]),
        price_minor=Money.parse(cell["UnitPrice"], CURRENCY).amount,
        at=_instant(cell["InvoiceDate"]),
        customer=cell["CustomerID"] or None,
        country=CODES.get(cell["Country"], ""),
    )


def _code(stock_code: str) -> Code:
    if _ARTICLE.fullmatch(stock_code):
        return Code.ARTICLE
    if stock_code in _FREIGHT:
        return Code.FREIGHT
    return {"M": Code.MANUAL, "D": Code.DISCOUNT}.get(stock_code, Code.OTHER)


def _instant(text: str) -> datetime:
    # A local time that occurs twice in autumn is taken as the first of the two.
    return datetime.fromisoformat(text).replace(tzinfo=_ZONE).astimezone(UTC)


def _bad_invoice(text: str) -> str:
    return "" if _INVOICE.fullmatch(text.upper()) else "not an invoice number, with or without C"


def _bad_stock_code(text: str) -> str:
    return "" if text else "empty"


def _bad_quantity(text: str) -> str:
    if not _WHOLE.fullmatch(text):
        return "not a whole number"
    return "" if int(text) else "nothing sold and nothing returned"


def _bad_price(text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        return "not a decimal amount"
    if text.startswith("-"):
        return "a negative price"
    try:
        Money.parse(text, CURRENCY)
    except ValueError:
        return "a fraction of a penny"
    return ""


def _bad_date(text: str) -> str:
    try:
        at = datetime.fromisoformat(text if _LOCAL_TIME.fullmatch(text) else "")
    except ValueError:
        return "not a date and time such as 2010-12-01T08:26:00"
    return "" if at.year in _YEARS else f"not in {_YEARS.start} to {_YEARS.stop - 1}"


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "InvoiceNo": _bad_invoice,
    "StockCode": _bad_stock_code,
    "Quantity": _bad_quantity,
    "InvoiceDate": _bad_date,
    "UnitPrice": _bad_price,
}
