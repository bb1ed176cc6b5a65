"""Goods, postage, and lines without an article: each on its own tax code of the ERP."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sandbox.play.loading import CUSTOM, FREIGHT, minor
from sandbox.retailer.day import Day, OrderKind, ShopOrder
from shared.model.base import Json

CODES: Final[Mapping[str, str]] = {"postage": "3", "manual": "2", "goods": "1"}


def taxed(
    day: Day, placed: Mapping[str, Mapping[str, Json]], in_erp: list[Any]
) -> tuple[dict[str, Json], list[str]]:
    """What the ERP booked on each code, in pence, and a line for what is on another one.

    An order the ERP does not hold counts on neither side.
    """
    held = {str(order["reference"]).rsplit("-", 1)[-1]: order for order in in_erp}
    sold, booked, wrong = Counter[str](), Counter[str](), list[str]()
    for order in day.orders:
        found = held.get(str(placed[order.key]["id"])) if order.key in placed else None
        if found is None or order.kind is not OrderKind.SALE:
            continue
        sold += _sold(order)
        for item in found["items"]:
            kind = _kind(item["material"])
            booked[kind] += minor(item["net"])
            if item["tax_code"] != CODES[kind]:
                wrong.append(
                    f"order {order.key}: {item['material']} is on tax code {item['tax_code']!r}"
                )
    wrong += [
        f"{kind}: {sold[kind]} was sold, the ERP has {booked[kind]} on its code"
        for kind in CODES
        if sold[kind] != booked[kind]
    ]
    return {f"{kind} on tax code {code}": booked[kind] for kind, code in CODES.items()}, wrong


def _kind(material: str) -> str:
    return {FREIGHT: "postage", CUSTOM: "manual"}.get(material, "goods")


def _sold(order: ShopOrder) -> Counter[str]:
    found = Counter[str](postage=sum(part.price_minor for part in order.freight))
    for line in order.lines:
        found["manual" if line.sku is None else "goods"] += line.total_minor
    return found
