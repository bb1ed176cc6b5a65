"""Rows of a dropped file become shipments, or are refused by line, column and value.

A row is a line of a shipment, with a parcel if it names one; rows with one `shipment_id` that
follow each other are one shipment. A JSON record with `lines` is one by itself, as it is posted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from shared.domain.order_rows import Fault, Numbered
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.shipment_call import ShipmentCall

type Row = Mapping[str, object]

VALUE_MAX: Final = 100
_HEAD: Final[dict[str, str]] = {
    "shipment_id": "write the source's own id of the shipment, at most 30 characters",
    "version": "count the tellings of one shipment from 1, or leave it out",
    "order_id": "name our order, such as shop:5823, or the ERP's instead",
    "erp_order": "name the ERP's order, or ours instead",
    "location": "name where it left, as we do or as the source does",
    "shipped_at": "write an instant with its offset, such as 2026-11-27T09:00:00+00:00",
}
_LINE: Final[dict[str, str]] = {
    "line_id": "name the channel's line, or its article instead",
    "sku": "name the article of a line that alone has it",
    "quantity": "write a whole number above zero",
}
_PARCEL: Final[dict[str, tuple[str, str]]] = {
    "carrier": ("carrier", "name the carrier"),
    "tracking_number": ("number", "write the carrier's number"),
    "tracking_url": ("url", "write an address that begins with https://"),
}
COLUMNS: Final[Mapping[str, str]] = (
    _HEAD | _LINE | {name: remedy for name, (_, remedy) in _PARCEL.items()}
)
REQUIRED: Final[Mapping[str, str]] = {
    name: COLUMNS[name] for name in ("shipment_id", "location", "shipped_at", "quantity")
}
_COLUMN_OF: Final = {field: name for name, (field, _) in _PARCEL.items()}


def shipment_id(row: Row) -> str:
    """Which shipment a row is a line of; a shipment by itself is of none."""
    return "" if "lines" in row else _text(row, "shipment_id")


@frozen
class ShipmentReader:
    """Reads shipments of one source."""

    source: str

    def shipment(self, rows: Sequence[Numbered]) -> ShipmentCall | list[Fault]:
        """The shipment these rows make, or what is wrong with them."""
        nested = "lines" in rows[0].row
        if not nested and (faults := list(_contradictions(rows))):
            return faults
        said = dict(rows[0].row) if nested else _joined(rows)
        try:
            return ShipmentCall.model_validate(said | {"source": self.source})
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            return [
                _fault(rows, [str(part) for part in one["loc"]], one["input"], one["msg"])
                for one in found
            ]


def _contradictions(rows: Sequence[Numbered]) -> Iterator[Fault]:
    """What rows say of the whole shipment must agree; one may leave out what another says."""
    said: dict[str, str] = {}
    for one in rows:
        for name, remedy in _HEAD.items():
            text = _text(one.row, name)
            if text and said.setdefault(name, text) != text:
                problem = f"{name}: another row of the shipment says {said[name]}"
                yield Fault(one.line, _refusal(name, text, problem, remedy))


def _joined(rows: Sequence[Numbered]) -> dict[str, Any]:
    said: dict[str, Any] = {
        name: text
        for name in _HEAD
        if (text := next((t for one in rows if (t := _text(one.row, name))), ""))
    }
    said["lines"] = [
        {name: text for name in _LINE if (text := _text(one.row, name))} for one in rows
    ]
    parcels: dict[str, dict[str, str]] = {}
    for one in rows:
        parcel = {field: t for name, (field, _) in _PARCEL.items() if (t := _text(one.row, name))}
        if parcel:
            parcels.setdefault(parcel.get("number", ""), parcel)
    said["parcels"] = list(parcels.values())
    return said


def _fault(rows: Sequence[Numbered], path: Sequence[str], value: object, problem: str) -> Fault:
    """At the row of a line, else at the first one."""
    place = int(path[1]) if path[:1] == ["lines"] and len(path) > 1 and len(rows) > 1 else 0
    column = _COLUMN_OF.get(path[-1], path[-1]) if path else "order_id"
    shown = value[:VALUE_MAX] if isinstance(value, str) else ""
    remedy = COLUMNS.get(column, "write it as GET /v1/openapi.json says under ShipmentCall")
    return Fault(rows[place].line, _refusal(column, shown, f"{column}: {problem}", remedy))


def _refusal(field: str, value: str, problem: str, remedy: str) -> RejectedError:
    return RejectedError(problem, code="bad_row", field=field, value=value, remedy=remedy)


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()
