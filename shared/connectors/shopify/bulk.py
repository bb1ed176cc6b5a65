"""Bulk operations: thousands of prices in one file, run by the shop in its own time.

A line of the file is a call as we would make it, one product each; its result says what became of
each variant. Receipts name operation, line and place in it, so that whoever reads the result needs
to know nothing else. Lines are run in any order, and nothing says that a shop is done with one
before the whole is over.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pydantic import ValidationError

from shared.connectors.shopify import bulk_queries, bulk_schema, mapping, queries
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.mapping import price_input
from shared.connectors.shopify.prices import Prices, calls
from shared.connectors.shopify.storage import RESULT_MAX_BYTES, Storage
from shared.domain.ways import Way, bound
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError, SyncError
from shared.frozen import frozen, slotted
from shared.model.base import Json
from shared.model.target import Outcome, Push, Verdict
from shared.ports import Clock

UNDECIDED: Final = frozenset({"CREATED", "RUNNING", "CANCELING"})
ASK_AGAIN: Final = timedelta(seconds=30)
LEFT_ALONE: Final = timedelta(minutes=10)  # after a bulk operation could not be begun
SKEW: Final = timedelta(minutes=1)  # between the shop's clock and ours
KEPT: Final = 8  # results remembered
LOST: Final = "begun"


class Receipt(NamedTuple):
    """A line of an operation: `operation` is its id, or since when it may have begun."""

    operation: str
    line: int
    place: int

    def text(self) -> str:
        return f"{self.operation}|{self.line}|{self.place}"

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        operation, line, place = text.rsplit("|", 2)
        return cls(operation, int(line), int(place))


@frozen
class Decision:
    """What became of an operation: undecided until `look_at`, or its result by line."""

    look_at: datetime | None = None
    lines: Mapping[int, bulk_schema.Result] = field(default_factory=dict)


@slotted
class Bulk:
    """`settle` is how late a request that was lost may still land; `way` says how long it takes."""

    api: AdminApi
    storage: Storage
    prices: Prices
    clock: Clock
    settle: timedelta
    way: Way
    _off_until: datetime | None = None
    _decided: dict[str, Decision] = field(default_factory=dict)

    def ready(self) -> bool:
        """Whether one may be begun; not for a while after one could not."""
        return self._off_until is None or self.clock.now() >= self._off_until

    def submit(self, batch: Sequence[Push]) -> list[Outcome]:
        """Send all lines in one file; a line that cannot be sent is refused by itself."""
        refused: dict[str, Outcome] = {}
        good: list[Push] = []
        for push in batch:
            try:
                self.prices.entry(push)
            except RejectedError as error:
                refused[push.key] = mapping.rejected(push.key, error.code, str(error))
            else:
                good.append(push)
        groups = calls(good)
        operation, verdict, look_at = self._begun(groups) if groups else ("", Verdict.UNKNOWN, None)
        receipts = {
            push.key: Receipt(operation, line, place)
            for line, group in enumerate(groups)
            for place, push in enumerate(group)
        }
        return [
            refused.get(push.key)
            or Outcome(
                key=push.key,
                verdict=verdict,
                message=f"bulk operation {operation}",
                receipt=receipts[push.key].text(),
                look_at=look_at,
            )
            for push in batch
        ]

    def decided(self, pushes: Sequence[Push]) -> list[Outcome]:
        """Lines undecided, refused or shown; those not mentioned have to be read."""
        outcomes: list[Outcome] = []
        for push in pushes:
            receipt = Receipt.parse(push.receipt)
            decision = self._decision(receipt.operation)
            if decision.look_at is not None:
                outcomes.append(_undecided(push, decision.look_at))
                continue
            result = decision.lines.get(receipt.line)
            outcome = self._judged(push, receipt, result) if result else None
            if outcome is not None:
                outcomes.append(outcome)
        return outcomes

    def _begun(self, groups: Sequence[Sequence[Push]]) -> tuple[str, Verdict, datetime]:
        """The operation, or since when it may have begun if that was not answered."""
        began = self.clock.now()
        try:
            path = self._uploaded(_file(groups))
        except SyncError as error:  # a file that nobody runs does nothing
            raise self._left_alone(error) from error
        try:
            operation = self._run(path)
        except InDoubtError:
            return f"{LOST} {began.isoformat()}", Verdict.UNKNOWN, began + self.settle
        except (AccessError, RejectedError, RetryableError) as error:
            raise self._left_alone(error) from error
        names = [push.links["product"] for group in groups for push in group]
        takes = bound(self.way, names, self.api.room())
        return operation, Verdict.ACCEPTED, self.clock.now() + takes

    def _left_alone(self, error: SyncError) -> RetryableError:
        """Lines go by calls meanwhile, so that nothing waits for what is wrong with files."""
        self._off_until = self.clock.now() + LEFT_ALONE
        return RetryableError(f"no bulk operation can be begun: {error}")

    def _uploaded(self, content: bytes) -> str:
        """Put the file where the shop says; the path by which it is then named."""
        wish = {
            "resource": "BULK_MUTATION_VARIABLES",
            "filename": "prices.jsonl",
            "mimeType": "text/jsonl",
            "httpMethod": "POST",
        }
        answer = self.api.call(bulk_queries.STAGE, {"input": [wish]}, bulk_schema.StageAnswer)
        payload = answer.staged_uploads_create
        for target in payload.staged_targets or ():
            path = next((p.value for p in target.parameters if p.name == "key"), None)
            if target.url is not None and path is not None:
                self.storage.put(target.url, target.parameters, "prices.jsonl", content)
                return path
        said = payload.user_errors[0].message if payload.user_errors else "no place was given"
        raise RejectedError(f"the file has no place: {said}", code="not_staged")

    def _run(self, path: str) -> str:
        variables = {"mutation": queries.prices_set(1).document, "path": path}
        answer = self.api.call(bulk_queries.RUN, variables, bulk_schema.RunAnswer)
        payload = answer.bulk_operation_run_mutation
        if payload.bulk_operation is not None:
            return payload.bulk_operation.id
        error = payload.user_errors[0] if payload.user_errors else None
        raise RejectedError(
            f"not begun: {error.message if error else 'not said why'}",
            code=(error.code if error else None) or "not_begun",
        )

    def _decision(self, operation: str) -> Decision:
        known = self._decided.pop(operation, None)
        if known is None or (known.look_at is not None and known.look_at <= self.clock.now()):
            known = (
                self._looked_for(operation)
                if operation.startswith(LOST)
                else self._asked(operation)
            )
        while len(self._decided) >= KEPT:
            del self._decided[next(iter(self._decided))]
        self._decided[operation] = known
        return known

    def _asked(self, operation: str) -> Decision:
        answer = self.api.call(bulk_queries.STATE, {"id": operation}, bulk_schema.StateAnswer)
        found = answer.bulk_operation
        if found is None:
            return Decision()
        if found.status in UNDECIDED:
            return Decision(look_at=self.clock.now() + ASK_AGAIN)
        url = found.url or found.partial_data_url
        if url is None or int(found.file_size or 0) > RESULT_MAX_BYTES:
            return Decision()
        try:
            return Decision(lines=_results(self.storage.get(url)))
        except (AccessError, RejectedError):
            return Decision()  # the address has expired, or leads elsewhere: read back without it

    def _looked_for(self, operation: str) -> Decision:
        """Whether one may still begin, or any begun since runs; after it each line is read back."""
        asked = datetime.fromisoformat(operation.removeprefix(LOST).strip())
        if self.clock.now() < asked + self.settle:
            return Decision(look_at=asked + self.settle)
        since = asked - SKEW
        query = f"operation_type:mutation created_at:>='{since.isoformat(timespec='seconds')}'"
        answer = self.api.call(bulk_queries.BEGUN, {"query": query}, bulk_schema.BegunAnswer)
        running = any(one.status in UNDECIDED for one in answer.bulk_operations.nodes)
        return Decision(look_at=self.clock.now() + ASK_AGAIN) if running else Decision()

    def _judged(self, push: Push, receipt: Receipt, result: bulk_schema.Result) -> Outcome | None:
        """Refused if the line says so by its place, shown if it says what; else it is read."""
        if result.data is None:
            return None
        payload = result.data.product_variants_bulk_update
        for error in payload.user_errors:
            if mapping.position(error.field) == receipt.place and not mapping.busy(error):
                code = error.code or "refused"
                return mapping.verdict(push.key, Verdict.REJECTED, code, error.message)
        named = all(mapping.position(error.field) is not None for error in payload.user_errors)
        for theirs in payload.product_variants or ():
            if theirs.id == push.links.get("variant") and named:
                shown = _with_the_rest(mapping.shown_price(theirs, self.prices.currency), push)
                return Outcome(key=push.key, verdict=Verdict.APPLIED, shown=shown)
        return None


def _with_the_rest(general: Json, push: Push) -> Json:
    """What the line did not touch is shown as before: only such lines are sent this way."""
    segments = mapping.parse_price(push.published).segments if push.published else {}
    rest = {"segments": segments, "scales": mapping.parse_price(push.desired).scales}
    return mapping.parse_price(general).model_copy(update=rest).model_dump(mode="json")


def _undecided(push: Push, look_at: datetime) -> Outcome:
    return Outcome(
        key=push.key,
        verdict=Verdict.ACCEPTED,
        message="the bulk operation is not over",
        receipt=push.receipt,
        look_at=look_at,
    )


def _file(groups: Sequence[Sequence[Push]]) -> bytes:
    """A call's variables on each line."""
    rows = (
        {
            "product": group[0].links["product"],
            "variants": [
                price_input(push.links["variant"], mapping.parse_price(push.desired))
                for push in group
            ],
        }
        for group in groups
    )
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode()


def _results(content: bytes) -> dict[int, bulk_schema.Result]:
    """Results by line; one that cannot be read, as the last of a file cut off, is left out."""
    found: dict[int, bulk_schema.Result] = {}
    for text in content.splitlines():
        try:
            result = bulk_schema.Result.model_validate_json(text)
        except ValidationError:
            continue
        found[result.line] = result
    return found
