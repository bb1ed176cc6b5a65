"""Prices that are posted: each line answered, and a repeat answered as the first time.

The call is known before it is applied, with its instant. Who finds it begun and not answered
applies it again as of that instant: what was applied says nothing new, and what was changed since
stays.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.price_cards import changes, overfull
from shared.domain.price_rows import RowReader
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.apply import apply
from shared.flows.issues import Issues
from shared.kit.records.jsons import row_of
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.price import PriceCondition
from shared.model.retailer import Retailer
from shared.ports import Clock, Put, Store

LINES_MAX: Final = 500
KEY_MAX: Final = 255
REMEMBERED: Final = timedelta(days=7)
TRIES: Final = 6
NO_KEY, MALFORMED, NOT_THE_OWNER, KEY_REUSED = "no_key", "malformed", "not_the_owner", "key_reused"
_SHAPE = 'send {"connection": "<name>", "conditions": [{...}, ...]}'


@dataclass(frozen=True, slots=True)
class PriceCalls:
    store: Store
    issues: Issues
    clock: Clock
    retailer: Retailer

    def take(self, said: object, *, caller: str, key: str) -> dict[str, Json]:
        """The answer to a call, line by line; RejectedError, with a code of ours, for all of it.

        `said` is the decoded body, with its numbers as text; `key` is the caller's own.
        """
        _checked(key)
        connection, conditions = self._understood(said)
        place = keys.answer(caller, key)
        digest = _digest(said)
        for _ in range(TRIES):
            row = self.store.get([place]).get(place)
            if row and row.body["digest"] != digest:
                raise _reused(key)
            if row and isinstance(known := row.body["answer"], dict):
                return known
            if row:
                as_of = datetime.fromisoformat(str(row.body["as_of"]))
                answer: Json = self._applied(connection, conditions, as_of)
            else:
                as_of, answer = self.clock.now(), None
            body: dict[str, Json] = {
                "digest": digest,
                "as_of": as_of.isoformat(),
                "answer": answer,
            }
            expected, expires = row.rev if row else 0, as_of + REMEMBERED
            self.store.commit([Put(place, body, expected, expires=expires)])
        raise RetryableError(f"idempotency key {key!r} is contended")

    def _understood(self, said: object) -> tuple[str, Sequence[object]]:
        match said:
            case {"connection": str(name), "conditions": list(listed), **rest} if not rest:
                pass
            case _:
                raise _malformed("body", "", "the body is not of the form that is asked for")
        if not 0 < len(listed) <= LINES_MAX:
            problem = f"a call takes 1 to {LINES_MAX} conditions"
            raise _malformed("conditions", len(listed), problem)
        owners = self.retailer.price_sources
        if name not in owners:
            raise RejectedError(
                f"{name} does not own prices",
                code=NOT_THE_OWNER,
                field="connection",
                value=name,
                remedy=f"{' and '.join(owners)} owns prices: send them as one that does,"
                " or change [authority]",
            )
        return name, listed

    def _applied(
        self, connection: str, listed: Sequence[object], as_of: datetime
    ) -> dict[str, Json]:
        reader = RowReader(self.retailer, connection)
        read = [_read(reader, one) for one in listed]
        good = [one for one in read if isinstance(one, PriceCondition)]
        applied = apply(
            changes(good, source=connection, as_of=as_of),
            entity=Entity.PRICE,
            store=self.store,
            issues=self.issues,
            retailer=self.retailer,
        )
        lines = [_answered(i, one, applied.overfull) for i, one in enumerate(read, 1)]
        refused = sum(line["status"] == "refused" for line in lines)
        return {
            "connection": connection,
            "as_of": as_of.isoformat(),
            "accepted": len(lines) - refused,
            "refused": refused,
            "lines": [dict(line) for line in lines],
        }


def _read(reader: RowReader, one: object) -> PriceCondition | RejectedError:
    try:
        row = row_of(one)
        return row if isinstance(row, RejectedError) else reader.condition(row or {})
    except RejectedError as error:
        return error


def _answered(
    number: int, one: PriceCondition | RejectedError, full: set[str]
) -> Mapping[str, Json]:
    if isinstance(one, PriceCondition) and one.sku not in full:
        said: dict[str, Json] = {"sku": one.sku, "condition_id": one.condition_id}
        return {"line": number, "status": "accepted", **said}
    error = overfull(one) if isinstance(one, PriceCondition) else one
    return {
        "line": number,
        "status": "refused",
        "field": error.field,
        "value": str(error.value),
        "why": str(error),
        "remedy": error.remedy,
    }


def _digest(said: object) -> str:
    """The same for the same body, however its fields are ordered and spaced."""
    text = json.dumps(said, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _checked(key: str) -> None:
    if not 0 < len(key) <= KEY_MAX or not key.isprintable():
        raise RejectedError(
            "a call needs an idempotency key",
            code=NO_KEY,
            field="Idempotency-Key",
            value=key[:50],
            remedy=f"send the header with up to {KEY_MAX} printable characters, new for each call",
        )


def _reused(key: str) -> RejectedError:
    return RejectedError(
        "this key came with another body before",
        code=KEY_REUSED,
        field="Idempotency-Key",
        value=key,
        remedy="use a new key for a new call, and the same body for a repeat",
    )


def _malformed(field: str, value: object, problem: str) -> RejectedError:
    return RejectedError(problem, code=MALFORMED, field=field, value=value, remedy=_SHAPE)
