"""Prices that are posted: each line answered, and a repeat answered as the first time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.domain.price_cards import changes, overfull
from shared.domain.price_rows import RowReader
from shared.errors import RejectedError
from shared.flows.apply import apply
from shared.flows.calls import NOT_THE_OWNER, Calls, checked, malformed, refused_line
from shared.flows.held_calls import HeldCalls, Read
from shared.flows.issues import Issues
from shared.frozen import frozen
from shared.kit.records.jsons import row_of
from shared.model.base import Json, as_json
from shared.model.ids import Entity
from shared.model.price import PriceCondition
from shared.model.retailer import Retailer
from shared.ports import Blobs, Clock, Store

LINES_MAX: Final = 500
_SHAPE = 'send {"connection": "<name>", "conditions": [{...}, ...]}'


@frozen
class PriceCalls:
    store: Store
    issues: Issues
    clock: Clock
    retailer: Retailer
    files: Blobs

    def take(self, said: object, *, caller: str, key: str) -> dict[str, Json]:
        """The answer to a call, line by line; RejectedError, with a code of ours, for all of it.

        `said` is the decoded body, with its numbers as text; `key` is the caller's own. Applied
        again, what was applied says nothing new, and what was changed since stays.
        """
        checked(key)
        connection, conditions = self._understood(said)
        reader = RowReader(self.retailer, connection)
        read = [_read(reader, one) for one in conditions]
        return Calls(self.store, self.clock).once(
            said,
            caller=caller,
            key=key,
            apply=lambda as_of: (
                self._held(connection, conditions, read, as_of, caller=caller, key=key)
                or self._applied(connection, read, as_of)
            ),
        )

    def _understood(self, said: object) -> tuple[str, Sequence[object]]:
        match said:
            case {"connection": str(name), "conditions": list(listed), **rest} if not rest:
                pass
            case _:
                raise malformed("body", "", "the body is not of the form that is asked for", _SHAPE)
        if not 0 < len(listed) <= LINES_MAX:
            problem = f"a call takes 1 to {LINES_MAX} conditions"
            raise malformed("conditions", len(listed), problem, _SHAPE)
        owners = self.retailer.price_sources
        if name not in owners:
            raise RejectedError(
                f"{name} does not own prices",
                code=NOT_THE_OWNER,
                field="connection",
                value=name,
                remedy=f"prices are told by {' and '.join(owners)}: send them as one of these,"
                " or change [authority]",
            )
        return name, listed

    def _held(
        self,
        connection: str,
        listed: Sequence[object],
        read: Read,
        as_of: datetime,
        *,
        caller: str,
        key: str,
    ) -> dict[str, Json] | None:
        """The answer to a call that waits for approval whole; None where it need not."""
        held = HeldCalls(self.store, self.files, self.retailer.feeds)
        reasons = held.reasons(connection, read)
        if not reasons:
            return None
        lines = [_answered(i, one, set(), good="held") for i, one in enumerate(read, 1)]
        return {
            "connection": connection,
            "as_of": as_of.isoformat(),
            "accepted": 0,
            "refused": _refused(lines),
            "held": held.dropped(connection, listed, caller=caller, key=key),
            "reasons": as_json(reasons),
            "lines": [*lines],
        }

    def _applied(self, connection: str, read: Read, as_of: datetime) -> dict[str, Json]:
        good = [one for one in read if isinstance(one, PriceCondition)]
        applied = apply(
            changes(good, source=connection, as_of=as_of),
            entity=Entity.PRICE,
            store=self.store,
            issues=self.issues,
            retailer=self.retailer,
        )
        lines = [_answered(i, one, applied.overfull) for i, one in enumerate(read, 1)]
        refused = _refused(lines)
        return {
            "connection": connection,
            "as_of": as_of.isoformat(),
            "accepted": len(lines) - refused,
            "refused": refused,
            "lines": [*lines],
        }


def _read(reader: RowReader, one: object) -> PriceCondition | RejectedError:
    try:
        row = row_of(one)
        return row if isinstance(row, RejectedError) else reader.condition(row or {})
    except RejectedError as error:
        return error


def _answered(
    number: int, one: PriceCondition | RejectedError, full: set[str], *, good: str = "accepted"
) -> dict[str, Json]:
    if isinstance(one, PriceCondition) and one.sku not in full:
        said: dict[str, Json] = {"sku": one.sku, "condition_id": one.condition_id}
        return {"line": number, "status": good, **said}
    error = overfull(one) if isinstance(one, PriceCondition) else one
    return refused_line(number, error)


def _refused(lines: Sequence[Mapping[str, Json]]) -> int:
    return sum(line["status"] == "refused" for line in lines)
