"""What sources of stock move under a return is what came of it, whoever heard of the return first.

The books of the source have taken a movement before it comes here: it is counted, or parked there
until the number before it comes; what came has come in both cases. One under a return that nobody
knows is told and kept, and looked at again until the return is known; a repeat of it under another
name takes the place of the first.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.domain import lifecycle, orders, return_moves, returns
from shared.domain.return_movements import TOLD, move_of
from shared.domain.units import in_base
from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.cases import CaseRow, Cases
from shared.flows.issues import Issues, Problem
from shared.flows.kit_parts import Parts, came_apart
from shared.flows.returns_told import ReturnNews, twice
from shared.frozen import frozen
from shared.model.base import Canonical, Instant
from shared.model.case import Case
from shared.model.ids import Entity, Name
from shared.model.issue import IssueKind, IssueState
from shared.model.item import ItemCard
from shared.model.movement import Movement, MovementKind
from shared.model.product import Variant
from shared.model.retailer import Retailer
from shared.model.returns import CALLED, Return, ReturnMove
from shared.ports import Bus, Clock, Put, Row, Store, Table

KIND: Final = IssueKind.RETURN_UNKNOWN
TRIES: Final = 6
BATCH: Final = 100
EVERY_MINUTES: Final = 5
AGAIN_MAX: Final = timedelta(hours=6)
KEPT_FOR: Final = timedelta(days=90)
KEPT_MAX: Final = 250  # under one document: a row holds 400 KB, and a movement takes up to 1 KB
_OWN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_URI: Final = re.compile(r"urn:|https?://")  # what EPCIS calls a document ends in its name
_WHOLE: Final = re.compile(r"[a-z][a-z0-9-]{0,30}:[A-Za-z0-9._-]{1,64}")


type _Said = Mapping[str, Sequence[Movement]]
type _Refused = tuple[Movement, RejectedError]


class Kept(Canonical):
    """Movements of a source under one document, which is no return yet; `since` the last came."""

    source: Name
    document: str
    since: Instant
    movements: tuple[Movement, ...] = ()


@frozen
class _Place:
    """The return a document is, and the order it is of."""

    order_id: str
    return_id: str


@frozen
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
        said = _by_document(entries) if self.retailer.is_source(source) else {}
        if said:
            rows = self.store.get(keys.returned(source, document) for document in said)
            kept = {document: rows.get(keys.returned(source, document)) for document in said}
            self._take(source, said, kept)

    def run(self, out_of_time: Callable[[], bool]) -> int:
        """Look again at what is kept, each five minutes; how many rows were looked at.

        One that fails does not keep the others, and is raised in the end.
        """
        now = self.clock.now()
        if now.minute % EVERY_MINUTES:
            return 0
        listed = self.store.due(Table.ORDERS, keys.RETURNED_LANE, until=now, limit=BATCH)
        done, failed = 0, list[Exception]()
        for row in self.store.get(row.key for row in listed).values():
            if out_of_time():
                break
            try:
                said = Kept.model_validate(row.body)
                self._take(said.source, {said.document: []}, {said.document: row})
            except Exception as error:  # noqa: BLE001 - raised below
                failed.append(error)
            else:
                done += 1
        if failed:
            raise failed[0]
        return done

    def _take(self, source: str, said: _Said, kept: Mapping[str, Row | None]) -> None:
        """What came by document, with what is kept of each."""
        whole = {document: (*self._open(kept[document]), *said[document]) for document in said}
        places = self._places(said)
        articles = self._articles({one.sku for each in whole.values() for one in each})
        known = [place for place in places.values() if isinstance(place, _Place)]
        cases = self.cases.find_all({place.order_id for place in known})
        places = {document: _held(each, document, cases) for document, each in places.items()}
        told: set[str] = set()
        placed: list[Row | None] = []
        for document, movements in whole.items():
            place = places[document]
            moves, refused = _moves(movements, articles, place)
            if isinstance(place, _Place):
                self._record(place, moves, cases.get(place.order_id))
            if refused:
                self._keep(source, document, refused, kept[document], again=not said[document])
            else:
                placed.append(kept[document])
            over = {one.movement_id for one, _ in refused}
            told |= {_subject(one) for one in movements if one.movement_id not in over}
        self.issues.solve_all(KIND, told, by="the return is known")
        for row in placed:  # last, since nobody else knows whose exceptions have to end
            self._forget(row)

    # which return it is

    def _places(self, documents: Iterable[str]) -> dict[str, _Place | RejectedError]:
        """Where each document belongs, or that nobody knows it or that it names several."""
        names = {document: list(self._names(document)) for document in documents}
        erps = sorted({channel.erp for channel in self.retailer.channels})
        links = {one: [keys.erp_order(erp, one) for erp in erps] for one in names}
        wanted = [keys.return_of(name) for each in names.values() for name in each]
        rows = self.store.get([*wanted, *(key for each in links.values() for key in each)])
        orders_of = {
            one: {str(rows[key].body["order_id"]) for key in each if _linked(rows.get(key))}
            for one, each in links.items()
        }
        cases = self.cases.find_all({one for each in orders_of.values() for one in each})
        found: dict[str, _Place | RejectedError] = {}
        for document, listed in names.items():
            places = {
                _Place(str(rows[key].body["order_id"]), name)
                for name in listed
                if (key := keys.return_of(name)) in rows
            }
            for order_id in orders_of[document] & cases.keys():
                places |= set(_documented(cases[order_id].case, document))
            found[document] = places.pop() if len(places) == 1 else _unknown(document, places)
        return found

    def _names(self, document: str) -> Iterator[str]:
        """Ids a return of that name may have: it is written whole, or as its opener calls it."""
        if _WHOLE.fullmatch(document):
            yield document
        own = re.split(r"[/:]", document)[-1] if _URI.match(document) else document
        if _OWN.fullmatch(own):
            openers = [c for each in self.retailer.channels for c in (each.name, each.erp)]
            yield from (f"{opener}:{own}" for opener in sorted({CALLED, *openers}))

    # onto the return

    def _articles(self, skus: Iterable[str]) -> dict[str, Variant]:
        owner = self.retailer.authority[Entity.PRODUCT]
        rows = self.store.get(keys.item(sku, owner) for sku in sorted(skus))
        found = [ItemCard.model_validate(row.body).variant for row in rows.values()]
        return {variant.sku: variant for variant in found}

    def _record(self, place: _Place, moves: Sequence[ReturnMove], read: CaseRow | None) -> None:
        kits = came_apart(read.case, moves, self.store, self.retailer) if read else {}

        def step(case: Case) -> Case | None:
            one = returns.found(case, place.return_id)
            return None if one is None else self._after(case, one, moves, kits)

        def tell(before: Case, after: Case) -> None:
            ReturnNews(self.bus, self.issues, self.clock, self.store).tell(after, before)
            one = returns.found(after, place.return_id)
            assert one is not None  # noqa: S101 - `step` found it
            for source in sorted({move.source for move in moves}):
                self.issues.report(twice(after, one, source, self.retailer))

        if read is not None and step(read.case) is not None:
            self.cases.change(place.order_id, step, tell=tell)

    def _after(
        self, case: Case, one: Return, moves: Sequence[ReturnMove], kits: Parts
    ) -> Case | None:
        stored = next((r for r in case.returns if r.return_id == one.return_id), one)
        known = {(move.source, move.movement_id) for move in stored.moves}
        new = [move for move in moves if (move.source, move.movement_id) not in known]
        if not new:
            return None
        with_them = return_moves.joined(stored.moves, new)
        update = {"moves": with_them, "kits": {**stored.kits, **kits}}
        after = returns.told(case, stored.model_copy(update=update))
        now = self.clock.now()
        for move in new:
            what = "return received" if move.was is None else "return sorted"
            came = f"{move.quantity} of {move.sku} {move.was or ''} {move.became}"
            detail = f"{one.return_id}, told by {move.source}: {' '.join(came.split())}"
            after = orders.noted(after, what, detail, now=now)
        return lifecycle.settled(after, now=now)

    # until it is known

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
        self,
        source: str,
        document: str,
        refused: Sequence[_Refused],
        row: Row | None,
        *,
        again: bool,
    ) -> None:
        """Told before it is put down; what is kept already is not told again."""
        key = keys.returned(source, document)
        for _ in range(TRIES):
            kept = Kept(source=source, document=document, since=self.clock.now())
            kept = Kept.model_validate(row.body) if row else kept
            ids = {one.movement_id for one in kept.movements}
            new = [(one, error) for one, error in refused if one.movement_id not in ids]
            if not (new or again):
                return
            room = max(KEPT_MAX - len(ids), 0)
            new = [*new[:room], *((one, _crowded(document)) for one, _ in new[room:])]
            came = [each for each in new if each[0].kind is MovementKind.RETURN]
            self.issues.report(_problem(one, error) for one, error in came)
            if not (room or again):
                return
            added = tuple(one for one, _ in new[:room])
            since = self.clock.now() if added else kept.since
            update = {"movements": (*kept.movements, *added), "since": since}
            kept = kept.model_copy(update=update)
            if self.store.commit([self._put(kept, row.rev if row else 0)])[0] or again:
                return
            row = self.store.get([key]).get(key)
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


def _linked(row: Row | None) -> bool:
    return row is not None and bool(row.body.get("order_id"))


def _documented(case: Case, document: str) -> Iterator[_Place]:
    """The return of an order that is this document of the ERP."""
    for one in returns.whole(case):
        if one.document == document:
            yield _Place(case.order.order_id, one.return_id)


def _held(
    place: _Place | RejectedError, document: str, cases: Mapping[str, CaseRow]
) -> _Place | RejectedError:
    """A return is found by its name a moment before its order holds it, or long if that failed."""
    if isinstance(place, RejectedError):
        return place
    read = cases.get(place.order_id)
    held = read is not None and returns.found(read.case, place.return_id) is not None
    return place if held else _unknown(document, ())


def _unknown(document: str, places: Collection[_Place]) -> RejectedError:
    several = ", ".join(sorted(one.return_id for one in places))
    return RejectedError(
        f"{document} is {f'one of {several}' if places else 'no return that is known'}",
        code="return_unknown",
        field="document",
        value=document,
        remedy="have the return granted under this name, or send the movement again under its "
        f"{'whole name' if places else 'id with the name of a return'}; it is looked for by "
        "itself for three months",
    )


def _crowded(document: str) -> RejectedError:
    return RejectedError(
        f"{document} is no return that is known, and {KEPT_MAX} movements wait under it already",
        code="return_unknown",
        field="document",
        value=document,
        remedy="have the warehouse name the return itself, and send the movement again under it",
    )


def _moves(
    movements: Iterable[Movement],
    articles: Mapping[str, Variant],
    place: _Place | RejectedError,
) -> tuple[list[ReturnMove], list[_Refused]]:
    """What they say in base units, and those that can be on no order, each with the reason."""
    moves: list[ReturnMove] = []
    refused: list[_Refused] = []
    for one in movements:
        try:
            if isinstance(place, RejectedError):
                raise place
            move = move_of(one, _units(one, articles.get(one.sku)))
        except RejectedError as error:
            refused.append((one, error))
        else:
            moves += [move] if move else []
    return moves, refused


def _units(movement: Movement, article: Variant | None) -> int:
    units = movement.quantity
    if article is not None:
        units = in_base(units, movement.unit, article)
    if units != int(units):
        raise RejectedError(
            f"{units} of {movement.sku} is no whole number of what was sold",
            field="quantity",
            value=str(movement.quantity),
            remedy="post the receipt of the return by call, in whole units",
        )
    return int(units)


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
