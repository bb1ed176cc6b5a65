"""EPCIS 2.0 documents to rows of movements and counts; what cannot be one is refused by name.

Source: EPCIS 2.0 sections 7.3 and 7.4, its JSON binding in section 10. EPCIS says what was seen
where, not what changed: which movement an event is follows from its step and its parties.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from shared.errors import RejectedError
from shared.frozen import frozen
from shared.kit.epcis import identifiers
from shared.kit.epcis.vocabulary import (
    COUNTING,
    NO_STATUS,
    NOTHING_MOVES,
    PIECES,
    STATUSES,
    STEPS,
    UNITS,
    bare,
)
from shared.model.movement import MovementKind as Kind
from shared.model.movement import StockStatus as Status

DOCUMENTS: Final = ("EPCISDocument", "EPCISQueryDocument")
EVENTS: Final = ("ObjectEvent", "AggregationEvent")
RMA: Final = "rma"
"""The type of a business transaction that is a customer's return."""
FIRST_DOCUMENTS: Final = ("desadv", RMA, "po", "inv")

_SORTED: Final = frozenset({Kind.RECLASSIFY, Kind.SCRAP})
_OF_RETURNS: Final = _SORTED | {Kind.RETURN}

type Event = Mapping[str, object]
type Articles = Mapping[str, tuple[str, str]]
"""SKU and unit of measure by GTIN-14."""


@frozen
class Told:
    """A line of an event: a row of a `movement` or a `level`, `nothing` moved, or a refusal."""

    kind: str
    row: Mapping[str, object] | RejectedError


def events_of(said: object) -> Sequence[object] | None:
    """The events of a document, or of one event by itself; None if it is neither."""
    match said:
        case {"type": "EPCISDocument", "epcisBody": {"eventList": list(events)}}:
            return events
        case {
            "type": "EPCISQueryDocument",
            "epcisBody": {"queryResults": {"resultsBody": {"eventList": list(events)}}},
        }:
            return events
        case {"type": str(), "eventTime": _, "@context": _}:
            return [said]
        case _:
            return None


def gtins_of(events: Sequence[object]) -> set[str]:
    """Every GTIN the events name, as far as they can be read."""
    found = set()
    for event in events:
        for uri, _, _ in _listed(event) if isinstance(event, dict) else ():
            try:
                gtin = identifiers.gtin_of(uri)
            except RejectedError:
                continue
            found |= {gtin} if gtin else set()
    return found


def rows_of(event: object, articles: Articles, places: frozenset[str]) -> list[Told]:
    """What an event tells of stock, a line per article.

    `places` are the names by which its source knows locations of ours.
    """
    try:
        if not isinstance(event, dict):
            raise _refusal("event", str(event)[:100], "is no object", "send events as objects")
        return list(_rows(event, articles, places))
    except RejectedError as error:
        return [Told("movement", error)]


def _rows(event: Event, articles: Articles, places: frozenset[str]) -> Iterator[Told]:
    if event.get("type") not in EVENTS:
        remedy = f"send {' or '.join(EVENTS)}; goods made of others are a scrap and a receipt"
        raise _refusal("type", event.get("type"), "is no event that moves stock", remedy)
    if "errorDeclaration" in event:
        remedy = "send what is right instead: a count, or the opposite movement"
        raise _refusal("errorDeclaration", "", "takes back what was counted", remedy)
    step = bare(str(event.get("bizStep", "")))
    if step in NOTHING_MOVES:
        yield Told("nothing", {})
        return
    if step not in STEPS and step not in COUNTING:
        known = ", ".join((*STEPS, *sorted(COUNTING)))
        raise _refusal("bizStep", step, "is no step that moves stock", f"known are {known}")
    for line in _articles(event, articles, counted=step in COUNTING):
        if isinstance(line, RejectedError):
            yield Told("movement", line)
        else:
            yield _row(event, step, line, places)


@frozen
class _Line:
    """So many of one article."""

    name: str
    sku: str
    unit: str
    quantity: Decimal


def _articles(event: Event, articles: Articles, *, counted: bool) -> list[_Line | RejectedError]:
    """Single pieces and quantities of an event, summed up by article and unit."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    refused: list[_Line | RejectedError] = []
    for uri, text, uom in _listed(event):
        try:
            name, sku, unit = _article(uri, articles)
            unit = unit if uom in PIECES or not uom else UNITS.get(uom, uom)
            key = (name, sku, unit)
            sums[key] = sums.get(key, Decimal(0)) + _quantity(uri, text, zero=counted)
        except RejectedError as error:
            refused.append(error)
    if not sums and not refused:
        remedy = "name what moved in quantityList or epcList"
        raise _refusal("quantityList", "", "names nothing", remedy)
    return [_Line(*key, quantity) for key, quantity in sums.items()] + refused


def _listed(event: Event) -> Iterator[tuple[str, str, str]]:
    """(identifier, quantity, unit) of all that an event names."""
    for field in ("epcList", "childEPCs"):
        for uri in _list(event, field):
            yield str(uri), "1", ""
    for field in ("quantityList", "childQuantityList"):
        for one in _list(event, field):
            if isinstance(one, dict):
                uom = str(one.get("uom") or "")
                yield str(one.get("epcClass", "")), str(one.get("quantity", "")), uom


def _article(uri: str, articles: Articles) -> tuple[str, str, str]:
    gtin = identifiers.gtin_of(uri)
    if gtin is None:
        return uri, identifiers.sku_of(uri), "PC"
    if gtin not in articles:
        remedy = "give the article this GTIN in the system that owns products, and send it again"
        raise _refusal("epcClass", gtin, "is the GTIN of no article", remedy)
    return gtin, *articles[gtin]


def _quantity(uri: str, text: str, *, zero: bool) -> Decimal:
    """A positive number; of what was counted, there may be none."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found < 0 or not (found or zero):
        raise _refusal("quantity", text, f"of {uri[:80]} is no positive number", "say how many")
    return found


def _row(event: Event, step: str, line: _Line, places: frozenset[str]) -> Told:
    place = _place(event, step, places)
    at = str(event.get("eventTime", ""))
    goods: dict[str, object] = {"sku": line.sku, "unit": line.unit}
    if step in COUNTING and event.get("action", "OBSERVE") == "OBSERVE":
        said = {"location": place, "on_hand": str(line.quantity), "as_of": at}
        return Told("level", goods | said)
    kind, sides = _kind(event, step, place, places)
    row = {
        **goods,
        "movement_id": f"{_identity(event)}/{line.name}",
        "kind": kind.value,
        "quantity": str(line.quantity),
        "occurred_at": at,
        "document": _document(event, kind),
        **sides,
        **_statuses(event, kind),
    }
    return Told("movement", {name: value for name, value in row.items() if value})


def _kind(
    event: Event, step: str, place: str, places: frozenset[str]
) -> tuple[Kind, dict[str, str]]:
    """Which movement it is, and between which locations."""
    if step in COUNTING:
        side = "to_location" if event.get("action") == "ADD" else "from_location"
        return Kind.COUNT, {side: place}
    kind = STEPS[step]
    if kind is Kind.RECEIPT:
        back = bare(str(event.get("disposition", ""))) == "returned"
        if back or RMA in _transactions(event):
            return Kind.RETURN, {"to_location": place}
        sent = _party(event, "sourceList", "source", places)
        return (Kind.TRANSFER_IN if sent else kind), {"to_location": place}
    sides = {"from_location": place}
    if kind is Kind.SHIP and step == "shipping":
        away = _party(event, "destinationList", "destination", places)
        if away and away != place:
            return Kind.TRANSFER_OUT, sides | {"to_location": away}
    return kind, sides


def _statuses(event: Event, kind: Kind) -> dict[str, str]:
    """In what state goods were and are, where the event says so."""
    said = event.get("persistentDisposition")
    changed = said if isinstance(said, dict) else {}
    before = [_status(str(word)) for word in _list(changed, "unset")]
    after = [_status(str(word)) for word in _list(changed, "set")]
    if not after:
        after = [_status(str(event.get("disposition", "")))]
    found = {}
    if before and before[0] and kind not in {Kind.RECEIPT, Kind.RETURN, Kind.TRANSFER_IN}:
        found["from_status"] = before[0].value
    elif kind in _SORTED and RMA in _transactions(event):
        found["from_status"] = Status.QUALITY_INSPECTION.value  # where a return is put
    into = kind in {Kind.RECEIPT, Kind.RETURN, Kind.TRANSFER_IN, Kind.RECLASSIFY}
    into = into or (kind is Kind.COUNT and event.get("action") == "ADD")
    if kind is Kind.RECLASSIFY and after[0] is None:
        held = bare(str(event.get("bizStep"))) == "holding"
        after = [Status.QUARANTINE if held else Status.QUALITY_INSPECTION]
    if into and after[0] and after[0] is not Status.IN_TRANSIT:
        found["to_status"] = after[0].value
    return found


def _status(word: str) -> Status | None:
    name = bare(word)
    if not name or name in NO_STATUS:
        return None
    if name not in STATUSES:
        remedy = f"known are {', '.join(STATUSES)}"
        raise _refusal("disposition", name, "is no state of stock", remedy)
    return STATUSES[name]


def _place(event: Event, step: str, places: frozenset[str]) -> str:
    """Where it was done: of the places an event names, the first that is one of ours."""
    inward = STEPS.get(step) is Kind.RECEIPT
    order = ("bizLocation", "readPoint") if inward else ("readPoint", "bizLocation")
    named = [_id(event.get(field)) for field in order]
    if not inward:
        named.insert(0, _party(event, "sourceList", "source", places))
    else:
        named.append(_party(event, "destinationList", "destination", places))
    known = [name for name in named if name in places]
    left = [name for name in named if name]
    if not known and not left:
        remedy = "name where it was done, by a location's external name"
        raise _refusal("bizLocation", "", "is missing, and so is readPoint", remedy)
    return known[0] if known else left[0]


def _party(event: Event, field: str, name: str, places: frozenset[str]) -> str:
    """A location of ours among the parties of an event; empty if there is none."""
    for one in _list(event, field):
        if isinstance(one, dict):
            uri = identifiers.named(identifiers.OWN_PLACE, str(one.get(name, "")))
            if uri in places:
                return uri
    return ""


def _document(event: Event, kind: Kind) -> str:
    """The transaction an event belongs to: of several its return, or what is on the road."""
    found = _transactions(event)
    first = (RMA, *FIRST_DOCUMENTS) if kind in _OF_RETURNS else FIRST_DOCUMENTS
    return next((found[name] for name in first if name in found), "") or next(
        iter(found.values()), ""
    )


def _transactions(event: Event) -> dict[str, str]:
    """The first business transaction of each type."""
    found: dict[str, str] = {}
    for one in _list(event, "bizTransactionList"):
        if isinstance(one, dict) and one.get("bizTransaction"):
            uri = identifiers.named(identifiers.OWN_DOCUMENT, str(one["bizTransaction"]))
            found.setdefault(bare(str(one.get("type", ""))), uri)
    return found


def _identity(event: Event) -> str:
    """Its own id; without one, the digest of all it says, so that a repeat is known again."""
    given = event.get("eventID")
    if isinstance(given, str) and given:
        return given
    text = json.dumps(event, sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _id(value: object) -> str:
    name = str(value.get("id", "")) if isinstance(value, dict) else ""
    return identifiers.named(identifiers.OWN_PLACE, name)


def _list(said: Mapping[str, object], field: str) -> list[object]:
    value = said.get(field)
    return value if isinstance(value, list) else []


def _refusal(field: str, value: object, problem: str, remedy: str) -> RejectedError:
    return RejectedError(
        f"{field} {problem}", code="bad_event", field=field, value=str(value)[:100], remedy=remedy
    )
