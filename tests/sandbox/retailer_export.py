"""Small order exports, written line by line."""

from pathlib import Path

from sandbox.retailer.day import Day, ShopOrder, Use
from sandbox.retailer.export import read
from sandbox.retailer.rows import COLUMNS

HEADER = ",".join(COLUMNS)
MORNING = "2010-12-01T08:26:00"
NOON = "2010-12-01T12:00:00"
NEXT_DAY = "2010-12-02T09:00:00"


def line(
    invoice: str = "1001",
    code: str = "85123A",
    quantity: str = "6",
    price: str = "2.55",
    *,
    description: str = "HEART",
    at: str = MORNING,
    customer: str = "17850",
    country: str = "United Kingdom",
) -> str:
    return f"{invoice},{code},{description},{quantity},{at},{price},{customer},{country}"


def day_of(directory: Path, *lines: str) -> Day:
    export = directory / "export.csv"
    export.write_text("\r\n".join((HEADER, *lines, "")), encoding="utf-8", newline="")
    return read(export)


def only(day: Day) -> ShopOrder:
    (order,) = day.orders
    return order


def uses(day: Day) -> list[Use]:
    return [accounted.use for accounted in day.ledger]
