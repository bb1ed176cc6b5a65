"""Calls that write: a repeat under the caller's own key is answered as the first time.

The call is known before it is applied, with its instant. Who finds it begun and not answered
applies it again as of that instant; what is applied must therefore be harmless to repeat.
"""

import hashlib
import json
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ValidationError

from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.frozen import frozen
from shared.kit.records.jsons import row_of
from shared.model.base import Json
from shared.ports import Clock, Put, Row, Store

KEY_MAX: Final = 255
REMEMBERED: Final = timedelta(days=7)
TRIES: Final = 6
NO_KEY, MALFORMED, NOT_THE_OWNER, KEY_REUSED = "no_key", "malformed", "not_the_owner", "key_reused"
NOT_KNOWN: Final = "not_known"

type Answer = dict[str, Json]


@frozen
class Calls:
    store: Store
    clock: Clock

    def once(
        self, said: object, *, caller: str, key: str, apply: Callable[[datetime], Answer]
    ) -> Answer:
        """What `apply` answers as of the first time; RejectedError if the key is not this call's.

        `said` is the decoded body, with its numbers as text; `key` is the caller's own.
        """
        place, digest = keys.answer(caller, key), _digest(said)
        row: Row | None = None  # as it is of nearly every call: that is tried before it is read
        for _ in range(TRIES):
            if row and row.body["digest"] != digest:
                raise _reused(key)
            if row and row.raw is not None:
                return _known(row.raw)
            as_of = datetime.fromisoformat(str(row.body["as_of"])) if row else self.clock.now()
            answer = apply(as_of) if row else None
            put = _put(row, caller, key, digest, as_of, answer)
            (held,) = self.store.commit([put])
            if held and answer is not None:
                return answer
            begun = Row(place, put.expected + 1, put.body)
            row = begun if held else self.store.get([place]).get(place)
        raise RetryableError(f"idempotency key {key!r} is contended")


def checked(key: str) -> None:
    """RejectedError unless a key of a caller's own came with the call."""
    if not 0 < len(key) <= KEY_MAX or not key.isprintable():
        raise RejectedError(
            "a call needs an idempotency key",
            code=NO_KEY,
            field="Idempotency-Key",
            value=key[:50],
            remedy=f"send the header with up to {KEY_MAX} printable characters, new for each call",
        )


def checked_text(said: object) -> None:
    """RejectedError unless all of it can be written down: JSON may escape what is no character."""
    try:
        json.dumps(said, ensure_ascii=False, default=repr).encode()
    except UnicodeEncodeError as error:
        problem = "the body holds half a character"
        raise malformed("body", "", problem, "send text in UTF-8") from error


def refused_line(number: int, error: RejectedError) -> Answer:
    """What is answered of a line that was not kept."""
    return {
        "line": number,
        "status": "refused",
        "field": error.field,
        "value": str(error.value),
        "why": str(error),
        "remedy": error.remedy,
    }


def malformed(field: str, value: object, problem: str, shape: str) -> RejectedError:
    return RejectedError(problem, code=MALFORMED, field=field, value=value, remedy=shape)


def understood[T: BaseModel](said: object, model: type[T]) -> T:
    """The body as its model; RejectedError that names the first field at fault."""
    checked_text(said)
    row = row_of(said)
    shape = f"send one object as GET /v1/openapi.json describes it under {model.__name__}"
    if isinstance(row, RejectedError) or row is None:
        raise malformed("body", "", "the body is no JSON object", shape)
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        value = first["input"]
        shown = value[:100] if isinstance(value, str) else type(value).__name__
        raise malformed(field, shown, first["msg"], shape) from error


def unknown(field: str, value: str) -> RejectedError:
    return RejectedError(
        f"nothing is known as {value}",
        code=NOT_KNOWN,
        field=field,
        value=value[:100],
        remedy="check its spelling",
    )


def _put(
    row: Row | None, caller: str, key: str, digest: str, as_of: datetime, answer: Answer | None
) -> Put:
    body: Answer = {"digest": digest, "as_of": as_of.isoformat()}
    text = None if answer is None else json.dumps(answer).encode()
    raw = None if text is None else zlib.compress(text, zlib.Z_BEST_SPEED)
    expires, expected = as_of + REMEMBERED, row.rev if row else 0
    return Put(keys.answer(caller, key), body, expected, expires=expires, raw=raw)


def _known(raw: bytes) -> Answer:
    answer: Answer = json.loads(zlib.decompress(raw))
    return answer


def _digest(said: object) -> str:
    """The same for the same body, however its fields are ordered and spaced."""
    text = json.dumps(said, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def _reused(key: str) -> RejectedError:
    return RejectedError(
        "this key came with another body before",
        code=KEY_REUSED,
        field="Idempotency-Key",
        value=key,
        remedy="use a new key for a new call, and the same body for a repeat",
    )
