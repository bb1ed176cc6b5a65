"""What a channel in shadow would have been sent: what it shows, what it should, and why."""

from datetime import datetime

from pydantic import ValidationError

from shared.flows import keys
from shared.model.base import Json, as_json
from shared.model.ids import Facet
from shared.model.product import Product
from shared.model.target import Target
from shared.ports import Store, Table

PAGE = 500  # more than are ever looked at in one instant, so that each page gets further


def pending(store: Store, channel: str, *, after: datetime | None = None) -> dict[str, Json]:
    """A page of targets by when they were looked at; `next` is where the one after it begins.

    The last instant of a page begins the next one, whose first rows may be known already.
    """
    lane = keys.withheld_lane(channel)
    rows = store.due(Table.TARGETS, lane, since=after, limit=PAGE)
    found = [Target.model_validate(row.body) for row in rows]
    more = len(found) == PAGE
    return {
        "pending": [_said(target) for target in found],
        "next": found[-1].since.isoformat() if more else None,
    }


def _said(target: Target) -> dict[str, Json]:
    return {
        "channel": target.channel,
        "facet": target.facet.value,
        "key": target.key,
        "shown": _brief(target.facet, target.published),
        "desired": _brief(target.facet, target.desired),
        "why": as_json(target.why),
        "derived_at": target.derived_at.isoformat(),
        "looked_at": target.since.isoformat(),
    }


def _brief(facet: Facet, value: Json) -> Json:
    """Of a product what tells it from others; all of it is in the trace of its articles."""
    if facet is not Facet.CONTENT or not isinstance(value, dict):
        return value
    try:
        product = Product.model_validate(value)
    except ValidationError:  # as the channel shows it
        variants = value.get("variants")
        skus = sorted(variants) if isinstance(variants, dict) else []
        return {"title": value.get("title"), "variants": list[Json](skus)}
    skus = sorted(variant.sku for variant in product.variants)
    return {"title": product.title, "variants": list[Json](skus)}
