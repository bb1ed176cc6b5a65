"""What sources of stock move under a return is what came of it, whoever heard of the return first.

The books of the source have counted a movement before it comes here. One under a return that nobody
knows is told and kept, and looked at again until the return is known; a repeat of it under another
name takes the place of the first.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain import lifecycle, orders, return_moves, return_views, returns
from shared.domain.return_moves import TOLD
from shared.domain.units import in_base
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.issues import Issues, Problem
from shared.flows.returns_told import ReturnNews
from shared.model.base import Canonical, Instant
from shared.model.case import Case
from shared.model.facts import ItemCard
from shared.model.ids import Entity, Name
from shared.model.issue import IssueKind, IssueState
from shared.model.movement import Movement, MovementKind
from shared.model.retailer import Retailer
from shared.model.returns import CALLED, Return, ReturnMove
from shared.ports import Bus, Clock, Key, Put, Row, Store, Table

KIND: Final = IssueKind.RETURN_UNKNOWN
TRIES: Final = 6
BATCH: Final = 100
EVERY_MINUTES: Final = 5
AGAIN_MAX: Final = timedelta(hours=6)
KEPT_FOR: Final = timedelta(days=90)
_OWN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_URI: Final = re.compile(r"urn:|https?://")  # what EPCIS calls a document ends in its name
_WHOLE: Final = re.compile(r"[a-z][a-z0-9-]{0,30}:[A-Za-z0-9._-]{1,64}")


class Kept(Canonical):
    """Movements of a source under one document, which is no return yet."""

    source: Name
    document: str
    since: Instant
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """The return a document is, and the order it is of."""

    order_id: str
    return_id: str


@dataclass(frozen=True, slots=True)
class ReturnsMoved:
    store: Store
    bus: Bus
    issues: Issues
    cases: Cases
    clock: Clock
    retailer: Retailer

    def take(self, entries: Iterable[object], *, source: str) -> None:
        """Put what was counted of a source on the returns it names; a repeat changes nothing.

        A source that can be read tells its returns itself.
        """
        if not self.retailer.is_source(source):
            return
        for document, said in _by_document(entries).items():
            kept = self._kept(keys.returned(source, document))
            try:
                self._record(self._place(document), (*self._open(kept), *said))
            except RejectedError as error:
                self._keep(source, document, said, error)
            else:
                self._forget(kept)

    def run(self, out_of_time: Callable[[], bool]) -> int:
        """Look again at what is kept, each five minutes; how many rows were looked at."""
        now = self.clock.now()
        if now.minute % EVERY_MINUTES:
            return 0
        listed = self.store.due(Table.ORDERS, keys.RETURNED_LANE, until=now, limit=BATCH)
        done = 0
        for row in self.store.get(row.key for row in listed).values():
            if out_of_time():
                break
            self._again(row)
            done += 1
        return done

    def _again(self, row: Row) -> None:
        said = Kept.model_validate(row.body)
        try:
            self._record(self._place(said.document), self._open(row))
        except RejectedError:
            self.store.commit([self._put(said, row.rev)])
        else:
            self._forget(row)

    # which return it is

    def _place(self, document: str) -> _Place:
        """RejectedError if nobody knows it, or if it names several."""
        names = list(self._names(document))
        erps = sorted({channel.erp for channel in self.retailer.channels})
        links = [keys.erp_order(erp, document) for erp in erps]
        rows = self.store.get([*map(keys.return_of, names), *links])
        found = {
            _Place(str(rows[key].body["order_id"]), name)
            for name in names
            if (key := keys.return_of(name)) in rows
        }
        found |= {
            place
            for key in links
            if key in rows and rows[key].body.get("order_id")
            for place in self._documented(str(rows[key].body["order_id"]), document)
        }
        if len(found) == 1:
            return found.pop()
        several = ", ".join(sorted(one.return_id for one in found))
        raise RejectedError(
            f"{document} is {f'one of {several}' if found else 'no return that is known'}",
            code="return_unknown",
            field="document",
            value=document,
            remedy="have the return granted under this name, or send the movement again under its "
            f"{'whole name' if found else 'id with the name of a return'}; it is looked for by "
            "itself for three months",
        )

    def _names(self, document: str) -> Iterator[str]:
        """Ids a return of that name may have: it is written whole, or as its opener calls it."""
        if _WHOLE.fullmatch(document):
            yield document
        own = re.split(r"[/:]", document)[-1] if _URI.match(document) else document
        if _OWN.fullmatch(own):
            openers = [c for each in self.retailer.channels for c in (each.name, each.erp)]
            yield from (f"{opener}:{own}" for opener in sorted({CALLED, *openers}))

    def _documented(self, order_id: str, document: str) -> Iterator[_Place]:
        """The return of an order that is this document of the ERP."""
        row = self.cases.find(order_id)
        for one in returns.whole(row.case) if row else ():
            if one.document == document:
                yield _Place(order_id, one.return_id)

    # onto the return

    def _record(self, place: _Place, movements: Sequence[Movement]) -> None:
        moves = list(self._moves(movements))

        def step(case: Case) -> Case | None:
            one = return_views.found(case, place.return_id)
            return None if one is None else self._after(case, one, moves)

        def tell(before: Case, after: Case) -> None:
            ReturnNews(self.bus, self.issues, self.clock, self.store).tell(after, before)

        self.cases.change(place.order_id, step, tell=tell)
        subjects = [_subject(m) for m in movements if m.kind is MovementKind.RETURN]
        self.issues.solve_all(KIND, subjects, by=f"return {place.return_id}")

    def _after(self, case: Case, one: Return, moves: Sequence[ReturnMove]) -> Case | None:
        stored = next((r for r in case.returns if r.return_id == one.return_id), one)
        known = {(move.source, move.movement_id) for move in stored.moves}
        new = [move for move in moves if (move.source, move.movement_id) not in known]
        if not new:
            return None
        with_them = return_moves.joined(stored.moves, new)
        after = returns.told(case, stored.model_copy(update={"moves": with_them}))
        now = self.clock.now()
        for move in new:
            what = "return received" if move.was is None else "return sorted"
            came = f"{move.quantity} of {move.sku} {move.was or ''} {move.became}"
            detail = f"{one.return_id}, told by {move.source}: {' '.join(came.split())}"
            after = orders.noted(after, what, detail, now=now)
        return lifecycle.settled(after, now=now)

    def _moves(self, movements: Sequence[Movement]) -> Iterator[ReturnMove]:
        """In base units; RejectedError where they are no whole number of them."""
        owner = self.retailer.authority[Entity.PRODUCT]
        rows = self.store.get({keys.item(one.sku, owner): None for one in movements})
        for one in movements:
            row = rows.get(keys.item(one.sku, owner))
            units = one.quantity
            if row is not None:
                units = in_base(units, one.unit, ItemCard.model_validate(row.body).variant)
            if units != int(units):
                raise RejectedError(
                    f"{units} of {one.sku} is no whole number of what was sold",
                    field="quantity",
                    value=str(one.quantity),
                    remedy="post the receipt of the return by call, in whole units",
                )
            move = return_moves.move_of(one, int(units))
            if move is not None:
                yield move

    # until it is known

    def _kept(self, key: Key) -> Row | None:
        return self.store.get([key]).get(key)

    def _open(self, row: Row | None) -> tuple[Movement, ...]:
        """What is kept, without what was told again under another name since."""
        said = Kept.model_validate(row.body).movements if row else ()
        subjects = {keys.issue(f"{KIND}#{_subject(one)}"): one.movement_id for one in said}
        issues = self.store.get(subjects)
        over = {
            subjects[key]
            for key, found in issues.items()
            if found.body.get("state") == IssueState.SOLVED
        }
        return tuple(one for one in said if one.movement_id not in over)

    def _keep(
        self, source: str, document: str, said: Sequence[Movement], error: RejectedError
    ) -> None:
        """Told before it is put down; what is kept already is not told again."""
        key = keys.returned(source, document)
        for _ in range(TRIES):
            row = self._kept(key)
            known = Kept.model_validate(row.body) if row else None
            had = known.movements if known else ()
            ids = {one.movement_id for one in had}
            new = [one for one in said if one.movement_id not in ids]
            if not new:
                return
            came = [one for one in new if one.kind is MovementKind.RETURN]
            self.issues.report(_problem(one, error) for one in came)
            since = known.since if known else self.clock.now()
            kept = Kept(source=source, document=document, since=since, movements=(*had, *new))
            if self.store.commit([self._put(kept, row.rev if row else 0)])[0]:
                return
        raise RetryableError(f"what {source} moved under {document} is contended")

    def _put(self, said: Kept, rev: int) -> Put:
        """What came is looked for later and later; of what was only sorted nothing is owed."""
        now = self.clock.now()
        came = any(one.kind is MovementKind.RETURN for one in said.movements)
        return Put(
            keys.returned(said.source, said.document),
            said.model_dump(mode="json"),
            rev,
            lane=keys.RETURNED_LANE if came else None,
            due=now + _wait(said.since, now) if came else None,
            expires=said.since + KEPT_FOR,
        )

    def _forget(self, row: Row | None) -> None:
        """What is on its return need not be kept; who adds to the row meanwhile keeps it."""
        if row is not None and row.body["movements"]:
            empty = Kept.model_validate({**row.body, "movements": ()})
            self.store.commit([self._put(empty, row.rev)])


def _by_document(entries: Iterable[object]) -> Mapping[str, list[Movement]]:
    found: dict[str, list[Movement]] = defaultdict(list)
    for one in entries:
        if isinstance(one, Movement) and one.kind in TOLD and one.document is not None:
            found[one.document].append(one)
    return found


def _wait(since: datetime, now: datetime) -> timedelta:
    return min(max(now - since, timedelta(minutes=1)), AGAIN_MAX)


def _subject(movement: Movement) -> str:
    return f"{movement.source}/{movement.movement_id}"[:200]


def _problem(movement: Movement, error: RejectedError) -> Problem:
    return Problem(
        kind=KIND,
        subject=_subject(movement),
        connection=movement.source,
        summary=f"{movement.quantity} {movement.unit} of {movement.sku} came back to "
        f"{movement.location} as {movement.movement_id} of {movement.source} and are in the stock, "
        f"but on no order: {error}",
        remedy=error.remedy or "",
        field=error.field,
        value=str(error.value)[:200],
    )
