"""Stock: absolute quantities with compare-and-set, at most 250 rows a call.

Shopify refuses a call whole when one row is stale or wrong. Rows it names get their own outcome and
the others go again at once, under a new idempotency key since the input differs.
"""

import json
from collections.abc import Mapping, Sequence
from copy import replace
from dataclasses import field

from shared.connectors.shopify import mapping, queries, schema, stock_schema
from shared.connectors.shopify.graphql import AdminApi
from shared.connectors.shopify.mapping import Row
from shared.connectors.shopify.prices import NOT_LISTED
from shared.errors import RejectedError, SyncError
from shared.frozen import frozen, slotted
from shared.model.base import Json
from shared.model.retailer import Retailer
from shared.model.target import Outcome, Push, StockValue, Verdict

STALE = "CHANGE_FROM_QUANTITY_STALE"
ROUNDS = 4
QUERY_MAX = 990  # points; a little less than what the shop refuses whatever the bucket holds
_BUSY = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST", "SERVICE_UNAVAILABLE"})
# How Shopify says that an item is not stocked at a place is not documented for this mutation.
_NOT_STOCKED = frozenset({"INVALID_LOCATION", "ITEM_NOT_STOCKED_AT_LOCATION"})
NOT_STOCKED_REMEDY = "stock the article there in Shopify, then replay"
_FAILED_BEFORE = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


def batches(pushes: Sequence[Push]) -> list[list[Push]]:
    """Fill calls up to 250 rows; a push is never split, nor an item sent twice in one call."""
    found: list[list[Push]] = []
    rows, items = 0, set[str]()
    for push in pushes:
        count = _count(push)
        item = push.links.get("inventory_item", push.key)
        if not found or rows + count > queries.ARRAY_MAX or item in items:
            found.append([])
            rows, items = 0, set()
        found[-1].append(push)
        rows += count
        items.add(item)
    return found


def _count(push: Push) -> int:
    try:
        return len(mapping.changed_levels(push))
    except RejectedError:
        return 0


@slotted
class _Run:
    """Rows still to send, and what became of each of the others, by SKU and place."""

    rows: list[Row] = field(default_factory=list)
    settled: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    salt: int = 0
    activated: set[tuple[str, str]] = field(default_factory=set)

    def settle(self, row: Row, kind: Verdict, code: str = "", message: str = "") -> None:
        self.settled[row.key, row.place] = mapping.verdict(row.key, kind, code, message)

    def settle_all(self, kind: Verdict, code: str = "", message: str = "") -> None:
        for row in self.rows:
            self.settle(row, kind, code, message)
        self.rows = []

    def refuse(self, key: str, place: str, error: RejectedError) -> None:
        outcome = mapping.rejected(key, error.code, str(error))
        remedy = {"remedy": error.remedy or ""}
        self.settled[key, place] = outcome.model_copy(update=remedy)

    def by_key(self) -> dict[str, dict[str, Outcome]]:
        found: dict[str, dict[str, Outcome]] = {}
        for (key, place), outcome in self.settled.items():
            found.setdefault(key, {})[place] = outcome
        return found


@frozen
class Stock:
    api: AdminApi
    retailer: Retailer
    connection: str

    def push(self, batch: Sequence[Push]) -> list[Outcome]:
        """Set the levels that differ from those last published; nothing to set is applied."""
        run = _Run()
        taken: set[tuple[str, str]] = set()
        for push in batch:
            rows = self._rows(push, taken, run)
            taken |= {(row.item, row.location) for row in rows}
            run.rows += rows
        self._send(run)
        settled = run.by_key()
        return [mapping.of_places(push, settled.get(push.key, {})) for push in batch]

    def _send(self, run: _Run) -> None:
        """Up to four calls; an error after the first leaves what was settled by then as it is."""
        for i in range(ROUNDS):
            if not run.rows:
                return
            try:
                self._round(run)
            except SyncError as error:
                if i == 0 and not run.activated:
                    raise
                run.settle_all(mapping.verdict_of(error), "interrupted", str(error))
        run.settle_all(Verdict.RETRY, "busy", "other rows of the call were refused")

    def shown(self, pushes: Sequence[Push]) -> dict[str, Json]:
        """What may be sold per location of ours, for the locations each push asks about."""
        wanted = {p.key: sorted(mapping.parse_stock(p.desired).levels) for p in pushes}
        places = sorted({place for names in wanted.values() for place in names})
        gids = {place: gid for place in places if (gid := self._gid(place)) is not None}
        items = {p.links["inventory_item"]: p.key for p in pushes if "inventory_item" in p.links}
        found: dict[str, Json] = {}
        size = self.seen_at_once(len(gids))
        ids = list(items)
        for i in range(0, len(ids) if gids else 0, size):
            for item, levels in self._levels(ids[i : i + size], gids).items():
                key = items[item]
                asked = {place: n for place, n in levels.items() if place in wanted[key]}
                found[key] = StockValue(levels=asked).model_dump(mode="json")
        return found

    def seen_at_once(self, locations: int) -> int:
        """Items one call reads at so many places without being dearer than a call may be."""
        return min(queries.ARRAY_MAX, QUERY_MAX // queries.levels_each(locations))

    def _rows(self, push: Push, taken: set[tuple[str, str]], run: _Run) -> list[Row]:
        """What can be sent; a place of which nothing can is refused, and keeps no other back."""
        try:
            item, changed = _listed(push), mapping.changed_levels(push)
        except RejectedError as error:
            run.refuse(push.key, "", error)
            return []
        rows = []
        for place, (level, before) in changed.items():
            try:
                gid = self._settable(place, level, item, taken)
            except RejectedError as error:
                run.refuse(push.key, place, error)
                continue
            rows.append(Row(push.key, push.operation, item, place, gid, level, before))
        return rows

    def _settable(self, place: str, level: int, item: str, taken: set[tuple[str, str]]) -> str:
        """The shop's id of a place at which this level can be set."""
        gid = self._gid(place)
        if gid is None:
            raise RejectedError(
                f"location {place!r} has no id in {self.connection}",
                code="unmapped_location",
                field=place,
                remedy=f"name {place} in its external.{self.connection}, or take it from the "
                "channel's locations, and deploy: it is sent by itself",
            )
        if abs(level) > mapping.QUANTITY_MAX:
            raise RejectedError(f"{level} at {place} is out of range", code="bad_quantity")
        if (item, gid) in taken:
            raise RejectedError(f"{item} at {place} is in this call", code="duplicate_item")
        return gid

    def _gid(self, place: str) -> str | None:
        return self.retailer.external_location(self.connection, place)

    def _round(self, run: _Run) -> None:
        """One call; afterwards `run.rows` holds only what may go again at once."""
        payload = self._set(run.rows, run.salt)
        errors = payload.user_errors
        if not errors:
            run.settle_all(Verdict.APPLIED)
            return
        if payload.inventory_adjustment_group is not None:
            run.settle_all(Verdict.UNKNOWN, errors[0].code or "partial", errors[0].message)
            return
        named = {mapping.position(error.field): error for error in reversed(errors)}
        loose = named.pop(None, None)
        if loose is not None and loose.code == _FAILED_BEFORE:
            run.salt += 1  # the key is spent; the comparison still guards every row
            return
        if loose is not None:
            run.settle_all(_kind(loose), loose.code or "refused", loose.message)
            return
        left = []
        for i, row in enumerate(run.rows):
            error = named.get(i)
            if error is None:
                left.append(row)
            elif _not_stocked(error) and (row.item, row.location) not in run.activated:
                left += self._activated(run, row)
            else:
                message = f"at {row.place}: {error.message}"
                run.settle(row, _kind(error), error.code or "refused", message)
        run.rows = left

    def _set(self, rows: Sequence[Row], salt: int) -> stock_schema.StockSetPayload:
        """The document names the operations, so that 5 to 3, back, and again are three keys."""
        operations = json.dumps([[row.operation for row in rows], salt])
        document = mapping.idempotency_key(operations)
        sent = {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"gid://shelfwire/StockSnapshot/{document}",
            "quantities": [row.input() for row in rows],
        }
        variables = {"input": sent, "key": _key(sent)}
        answer = self.api.call(queries.STOCK_SET, variables, stock_schema.StockSetAnswer)
        return answer.inventory_set_quantities

    def _activated(self, run: _Run, row: Row) -> list[Row]:
        """Stock the item at the place; the row then changes what the answer says is there."""
        sent = {"item": row.item, "location": row.location}
        variables = {**sent, "key": _key({**sent, "operation": row.operation})}
        answer = self.api.call(queries.STOCK_ACTIVATE, variables, stock_schema.ActivateAnswer)
        payload = answer.inventory_activate
        if payload.user_errors or payload.inventory_level is None:
            message = payload.user_errors[0].message if payload.user_errors else "no level"
            said = RejectedError(
                f"at {row.place}: {message}", code="not_stocked", remedy=NOT_STOCKED_REMEDY
            )
            run.refuse(row.key, row.place, said)
            return []
        run.activated.add((row.item, row.location))
        return [replace(row, expected=payload.inventory_level.available())]

    def _levels(self, ids: Sequence[str], gids: Mapping[str, str]) -> dict[str, dict[str, int]]:
        operation = queries.levels(len(ids), len(gids))
        aliases = {f"l{i}": place for i, place in enumerate(gids)}
        variables = {"ids": list(ids)} | {alias: gids[p] for alias, p in aliases.items()}
        answer = self.api.call(operation, variables, stock_schema.LevelsAnswer)
        found: dict[str, dict[str, int]] = {}
        for node in answer.nodes:
            if node is None or not isinstance(node.get("id"), str):
                continue
            levels = {
                place: stock_schema.Level.model_validate(node[alias]).available()
                for alias, place in aliases.items()
                if node.get(alias) is not None
            }
            found[str(node["id"])] = {p: n for p, n in levels.items() if n is not None}
        return found


def _listed(push: Push) -> str:
    """The shop's id of the article's stock."""
    item = push.links.get("inventory_item")
    if item is None:
        raise RejectedError("the shop does not list this article", code=NOT_LISTED)
    return item


def _key(variables: Mapping[str, object]) -> str:
    return mapping.idempotency_key(json.dumps(variables, sort_keys=True, separators=(",", ":")))


def _not_stocked(error: schema.UserError) -> bool:
    return error.code in _NOT_STOCKED or "not stocked" in error.message.lower()


def _kind(error: schema.UserError) -> Verdict:
    if error.code == STALE:
        return Verdict.STALE
    return Verdict.RETRY if error.code in _BUSY else Verdict.REJECTED
