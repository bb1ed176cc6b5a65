"""Movements and counts as EPCIS 2.0 events, from which the same movements can be read again.

EPCIS observes: of a count it says what was seen, and of a status what was set and unset.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from shared.kit.epcis.identifiers import (
    OWN_DOCUMENT,
    OWN_PLACE,
    class_of,
    own,
)
from shared.kit.epcis.vocabulary import CODES, CONTEXT, DISPOSITIONS
from shared.model.base import Json
from shared.model.movement import Entry, Level, Movement, MovementKind, Spot, StockStatus
from shared.model.product import Variant
from shared.model.retailer import Retailer

_STEPS: Final[Mapping[MovementKind, tuple[str, str, str]]] = {
    MovementKind.RECEIPT: ("receiving", "OBSERVE", "in_progress"),
    MovementKind.RETURN: ("receiving", "OBSERVE", "returned"),
    MovementKind.SHIP: ("shipping", "OBSERVE", "in_transit"),
    MovementKind.SCRAP: ("destroying", "DELETE", "destroyed"),
    MovementKind.COUNT: ("cycle_counting", "ADD", "mismatch_quantity"),
    MovementKind.TRANSFER_OUT: ("shipping", "OBSERVE", "in_transit"),
    MovementKind.TRANSFER_IN: ("receiving", "OBSERVE", "in_progress"),
    MovementKind.PICK: ("picking", "OBSERVE", "reserved"),
    MovementKind.RECLASSIFY: ("holding", "OBSERVE", ""),
}
type Event = dict[str, Json]


def document(events: Sequence[Event], *, made: datetime) -> Event:
    """The answer to a query for events."""
    return {
        "@context": [CONTEXT],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": made.isoformat(),
        "epcisBody": {
            "queryResults": {
                "queryName": "SimpleEventQuery",
                "resultsBody": {"eventList": list(events)},
            }
        },
    }


def event_of(
    entry: Entry, *, recorded: datetime, article: Variant | None, retailer: Retailer
) -> Event:
    if isinstance(entry, Level):
        return _of_level(entry, recorded, article, retailer)
    return _of_movement(entry, recorded, article, retailer)


def _of_movement(
    movement: Movement, recorded: datetime, article: Variant | None, retailer: Retailer
) -> Event:
    step, action, disposition = _STEPS[movement.kind]
    if movement.kind is MovementKind.COUNT and movement.origin is not None:
        action = "DELETE"
    origin, destination = movement.origin, movement.destination
    if movement.kind is MovementKind.RECLASSIFY and destination is not None:
        disposition = DISPOSITIONS[destination.status]
    identity = f"{movement.source}/{movement.movement_id}"
    event = _event(identity, movement.occurred_at, recorded)
    event |= {"action": action, "bizStep": step, "disposition": disposition}
    quantity = movement.quantity
    event["quantityList"] = [_quantity(movement.sku, quantity, movement.unit, article)]
    places = _Places(retailer, movement.source)
    event |= places.where(movement)
    if movement.document is not None:
        uri = own(OWN_DOCUMENT, movement.document)
        what = "rma" if movement.kind is MovementKind.RETURN else "desadv"
        event["bizTransactionList"] = [{"type": what, "bizTransaction": uri}]
    changed = _changed(origin, destination)
    if changed:
        event["persistentDisposition"] = changed
    return event


def _of_level(
    level: Level, recorded: datetime, article: Variant | None, retailer: Retailer
) -> Event:
    at = level.as_of.isoformat()
    event = _event(f"{level.source}/{level.sku}/{level.location}/{at}", level.as_of, recorded)
    place = _Places(retailer, level.source).uri(level.location)
    return event | {
        "action": "OBSERVE",
        "bizStep": "cycle_counting",
        "quantityList": [_quantity(level.sku, level.on_hand, level.unit, article)],
        "readPoint": {"id": place},
        "bizLocation": {"id": place},
    }


def _event(identity: str, at: datetime, recorded: datetime) -> Event:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid5(NAMESPACE_URL, identity)}",
        "eventTime": at.isoformat(),
        "eventTimeZoneOffset": "+00:00",
        "recordTime": recorded.isoformat(),
    }


class _Places:
    def __init__(self, retailer: Retailer, source: str) -> None:
        self._retailer = retailer
        self._source = source

    def uri(self, location: str) -> str:
        """As the source names it, if that is a URI; else by our own name."""
        external = self._retailer.external_location(self._source, location) or location
        return external if ":" in external else own(OWN_PLACE, location)

    def where(self, movement: Movement) -> Event:
        done = self.uri(movement.location)
        found: Event = {"readPoint": {"id": done}}
        match movement.kind:
            case MovementKind.TRANSFER_OUT if movement.destination is not None:
                away = self.uri(movement.destination.location)
                found["sourceList"] = [{"type": "location", "source": done}]
                found["destinationList"] = [{"type": "location", "destination": away}]
            case MovementKind.TRANSFER_IN:
                found["bizLocation"] = {"id": done}
                found["sourceList"] = [{"type": "location", "source": done}]
                found["destinationList"] = [{"type": "location", "destination": done}]
            case MovementKind.SHIP | MovementKind.SCRAP:
                pass
            case _:
                found["bizLocation"] = {"id": done}
        return found


def _changed(origin: Spot | None, destination: Spot | None) -> Event:
    """What state goods left and what they are in, unless they are on the road."""
    found: Event = {}
    if origin is not None and origin.status is not StockStatus.IN_TRANSIT:
        found["unset"] = [DISPOSITIONS[origin.status]]
    if destination is not None and destination.status is not StockStatus.IN_TRANSIT:
        found["set"] = [DISPOSITIONS[destination.status]]
    return found if found.get("set") != found.get("unset") else {}


def _quantity(sku: str, quantity: Decimal, unit: str, article: Variant | None) -> Event:
    """An article by the GTIN of the unit that moved; weights and lengths by their code."""
    packed = next((u.gtin for u in article.units if u.code == unit), None) if article else None
    gtin = packed or (article.gtin if article and article.base_unit == unit else None)
    said: Event = {"epcClass": class_of(sku, gtin), "quantity": _number(quantity)}
    return said | ({"uom": CODES[unit]} if unit in CODES else {})


def _number(quantity: Decimal) -> int | float:
    """As JSON writes it: a decimal of 15 digits survives the binary fraction between."""
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)
