"""JSON Schemas of everything canonical that leaves the code, by file name."""

from pydantic import TypeAdapter

from shared.model import events
from shared.model.base import Json
from shared.model.issue import Issue
from shared.model.openapi import openapi
from shared.model.order import Order, Shipment
from shared.model.price import PriceCondition
from shared.model.product import Product
from shared.model.stock import StockPosition

VERSION = 1


def schemas() -> dict[str, Json]:
    """`<name>.v<version>.json` -> schema; `events/schemas` holds exactly these."""
    canonical = (Product, PriceCondition, StockPosition, Order, Shipment, Issue)
    found: dict[str, Json] = {
        f"{model.__name__}.v{VERSION}.json": model.model_json_schema() for model in canonical
    }
    found |= {
        f"events.{event.__name__}.v{event.schema_version}.json": event.model_json_schema()
        for event in events.ALL
    }
    found["events.json"] = TypeAdapter[events.BusinessEvent](events.BusinessEvent).json_schema()
    found["openapi.json"] = openapi()
    return found
