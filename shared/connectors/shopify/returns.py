"""The returns of an order from Shopify's shape to ours: what was granted, and what came of it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from shared.connectors.shopify import return_schema as schema
from shared.connectors.shopify.orders import legacy_id
from shared.errors import RejectedError
from shared.model.returns import (
    Disposition,
    Receipt,
    ReceivedLine,
    Return,
    ReturnLine,
    ReturnStatus,
)

STATUSES: Final[dict[str, ReturnStatus]] = {
    "REQUESTED": ReturnStatus.REQUESTED,
    "OPEN": ReturnStatus.OPEN,
    "CLOSED": ReturnStatus.CLOSED,
    "DECLINED": ReturnStatus.DECLINED,
    "CANCELED": ReturnStatus.CANCELLED,
}
DISPOSITIONS: Final[dict[str, Disposition | None]] = {
    "RESTOCKED": Disposition.RESTOCK,
    "NOT_RESTOCKED": Disposition.DAMAGED,
    "PROCESSING_REQUIRED": Disposition.QUARANTINE,
    "MISSING": None,  # it never came
}

_MADE: Final = re.compile(r"\[([a-z][a-z0-9-]{0,30}:[A-Za-z0-9._-]{1,64})\]\s*$")

type Place = Callable[[str], str | None]
"""Our name of a location by its gid."""


def to_return(
    theirs: schema.Return, *, channel: str, connection: str, told_at: datetime, place: Place
) -> Return:
    """One return; raises RejectedError naming what is not as documented."""
    lists = (
        theirs.return_line_items.next,
        theirs.exchange_line_items.next,
        theirs.reverse_fulfillment_orders.next,
        *(order.line_items.next for order in theirs.reverse_fulfillment_orders.nodes),
    )
    if any(lists):
        raise RejectedError(
            f"return {theirs.id} has longer lists than are read",
            code="too_many",
            field="returnLineItems",
            value=theirs.id,
            remedy="enter this return in the ERP by hand",
        )
    return Return(
        return_id=f"{channel}:{legacy_id(theirs.id)}",
        origin=channel,
        status=_known(STATUSES, theirs.status, "status", theirs.id),
        told_at=told_at,
        lines=_lines(theirs),
        names=named(row.return_reason_note for row in theirs.return_line_items.nodes),
        exchanged=tuple(
            legacy_id(line.id)
            for row in theirs.exchange_line_items.nodes
            for line in row.line_items or ()
        ),
        receipts=_receipts(theirs, connection, place),
    )


def named(notes: Iterable[str]) -> str | None:
    """The ERP's return that a note of its reasons ends with, in brackets: `[erp:60000017]`."""
    return next((found[1] for note in notes if (found := _MADE.search(note))), None)


def _lines(theirs: schema.Return) -> tuple[ReturnLine, ...]:
    found = Counter[str]()
    for row in theirs.return_line_items.nodes:
        if row.fulfillment_line_item is not None:
            found[legacy_id(row.fulfillment_line_item.line_item.id)] += row.quantity
    return tuple(ReturnLine(line_id=name, quantity=n) for name, n in found.items() if n > 0)


def _receipts(theirs: schema.Return, connection: str, place: Place) -> tuple[Receipt, ...]:
    """One for each disposition, which the shop makes once and never changes."""
    found = []
    for order in theirs.reverse_fulfillment_orders.nodes:
        for row in order.line_items.nodes:
            for one in row.dispositions if row.fulfillment_line_item else ():
                became = _known(DISPOSITIONS, one.type, "dispositions.type", theirs.id)
                if became is None or row.fulfillment_line_item is None or one.quantity <= 0:
                    continue
                line = ReceivedLine(
                    line_id=legacy_id(row.fulfillment_line_item.line_item.id),
                    quantity=one.quantity,
                    disposition=became,
                )
                found.append(
                    Receipt(
                        receipt_id=legacy_id(one.id),
                        told_by=connection,
                        received_at=one.created_at,
                        location=place(one.location.id) if one.location else None,
                        lines=(line,),
                    )
                )
    return tuple(found)


def _known[T](named: dict[str, T], value: str, field: str, subject: str) -> T:
    if value not in named:
        raise RejectedError(
            f"return {subject}: unknown {field} {value!r}",
            code="unknown_return",
            field=field,
            value=value,
            remedy="report it to support",
        )
    return named[value]
