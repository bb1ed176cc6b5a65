"""Where a day begins: the articles in the ERP, their prices and stock; the shop still empty."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sandbox.controls import Controls
from sandbox.retailer.day import Article, Day
from shared.model.base import Json
from shared.model.money import Money
from shared.model.retailer import Retailer

CHUNK = 2000
CUSTOM = "MISC"  # the article that lines without a SKU become
FREIGHT = "FREIGHT"
type Rows = list[dict[str, Json]]


def load(controls: Controls, erp: str, day: Day, retailer: Retailer) -> int:
    """Fill the ERP; returns how many articles there are."""
    materials = _materials(day.articles)
    _send(controls, erp, "materials", materials)
    _send(controls, erp, "prices", _prices(day))
    _send(controls, erp, "stock", _stock(day, retailer, erp))
    return sum(1 for row in materials if row.get("product_type") != "GENR")


def price_text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def minor(text: str) -> int:
    """A decimal of pounds as pence; the ERP never has more digits."""
    return Money.parse(text, "GBP").amount


def _send(controls: Controls, erp: str, kind: str, rows: Rows) -> None:
    for start in range(0, len(rows), CHUNK):
        chunk: list[Json] = list(rows[start : start + CHUNK])
        controls.control(erp, "load", **{kind: chunk})


def _materials(articles: tuple[Article, ...]) -> Rows:
    family: dict[str, list[Article]] = defaultdict(list)
    for article in articles:
        family[article.product_id].append(article)
    rows: Rows = [
        {"product": CUSTOM, "title": "Miscellaneous"},
        {"product": FREIGHT, "title": "Postage", "product_type": "SERV"},
    ]
    for product_id, members in family.items():
        alone = len(members) == 1 and members[0].sku == product_id
        if not alone:
            title = members[0].title
            rows.append({"product": product_id, "title": title, "product_type": "GENR"})
        rows += [_material(article, alone=alone) for article in members]
    return rows


def _material(article: Article, *, alone: bool) -> dict[str, Json]:
    return {
        "product": article.sku,
        "title": article.title,
        "base_unit": article.unit,
        "group": article.group,
        "gtin": article.gtin or "",
        "generic": "" if alone else article.product_id,
        "size": "" if alone else article.option or article.sku,
    }


def _prices(day: Day) -> Rows:
    rows: Rows = [
        {"sku": sku, "amount": price_text(minor), "currency": day.currency}
        for sku, minor in day.opening_prices.items()
    ]
    today = datetime.now(UTC).date()
    rows += [
        {
            "sku": promotion.sku,
            "kind": "VKA0",
            "amount": price_text(promotion.amount_minor),
            "currency": day.currency,
            "start": today.isoformat(),
            "end": (today + timedelta(days=2)).isoformat(),
        }
        for promotion in day.promotions
    ]
    return rows


def _stock(day: Day, retailer: Retailer, erp: str) -> Rows:
    rows: Rows = []
    for place in day.opening_stock:
        plant, storage_location = external(retailer, erp, place.location)
        rows.append(
            {
                "sku": place.sku,
                "plant": plant,
                "storage_location": storage_location,
                "quantity": str(place.quantity),
            }
        )
    return rows


def external(retailer: Retailer, erp: str, location: str) -> tuple[str, str]:
    """Plant and storage location of one of our locations."""
    text = retailer.external_location(erp, location) or ""
    plant, _, storage_location = text.partition("/")
    return plant, storage_location
