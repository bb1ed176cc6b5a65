"""How far a dropped file has been taken in: one row per file, written on the revision it had."""

from datetime import timedelta
from typing import Self
from urllib.parse import unquote_plus

from shared.flows import keys
from shared.flows.apply import Applied
from shared.flows.reports import Written
from shared.frozen import frozen
from shared.kit.records.record import Place
from shared.model.base import Canonical, Instant
from shared.model.feeds import Survey
from shared.model.steps import Decision, Step
from shared.ports import Put, Store

KEPT_FOR = timedelta(days=90)  # longer than a dropped file tells of itself


@frozen
class Dropped:
    """What the name of a file says: `drop/<connection>/<entity>/<file>`."""

    connection: str
    entity: str
    file: str

    @property
    def name(self) -> str:
        return f"drop/{self.connection}/{self.entity}/{self.file}"

    @property
    def subject(self) -> str:
        """What its exception is named after."""
        return f"{self.connection}/{self.entity}/{self.file}".replace("#", "_")

    @property
    def folder(self) -> str:
        """What it is one file of many of."""
        return self.name.rpartition("/")[0]

    def report(self, started: Instant) -> str:
        """Where the parts of its report lie; each reading has a report of its own."""
        at = started.strftime("%Y%m%dT%H%M%SZ")
        return f"report/{self.connection}/{self.entity}/{self.file}/{at}"


def dropped_as(name: str) -> Dropped | None:
    """What a name says, or None for one that is not of that form."""
    match name.split("/"):
        case ["drop", connection, entity, *rest] if rest and rest[-1]:
            return Dropped(connection, entity, "/".join(rest))
        case _:
            return None


def dropped_files(message: object) -> list[dict[str, str]] | None:
    """The files a notification of the store tells of, as messages of ours; None if it is neither.

    Names come escaped as in a query, and the store's own test of the queue tells of no file.
    """
    match message:
        case {"Records": list(records)}:
            return [told for record in records if (told := _told(record))]
        case {"file": str(name), **rest}:
            return [{"file": name, **{str(k): str(v) for k, v in rest.items()}}]
        case {"Event": "s3:TestEvent"}:
            return []
        case _:
            return None


def _told(record: object) -> dict[str, str] | None:
    match record:
        case {
            "eventTime": str(at),
            "s3": {"object": {"key": str(key), "eTag": str(version)}},
        }:
            return {"file": unquote_plus(key), "version": version, "at": at}
        case _:
            return None


class Run(Canonical):
    """One reading of one version of a file; `as_of` is when that version was dropped.

    `offset` and `line` are where the next record begins; `turn`, `part` and `length` how far the
    report goes. `changed` and `unchanged` count cards, as apply does. `lost` is the line from which
    on nothing could be read. `survey` is what was seen before anything was applied, `held` why it
    then waited for a `decision`.
    """

    version: str
    as_of: Instant
    started: Instant
    heard: Instant
    offset: int
    line: int
    turn: int = 0
    part: int = 1
    length: int = 0
    rows: int = 0
    refused: int = 0
    changed: int = 0
    unchanged: int = 0
    lost: int | None = None
    done: bool = False
    survey: Survey | None = None
    held: tuple[Step, ...] = ()
    decision: Decision | None = None
    by: str = ""
    why: str = ""
    ruled_at: Instant | None = None

    @property
    def name(self) -> str:
        return self.started.isoformat()

    @property
    def place(self) -> Place:
        return Place(self.offset, self.line)

    @property
    def written(self) -> Written:
        return Written(self.turn, self.part, self.length)

    @property
    def waits(self) -> bool:
        return bool(self.held) and self.decision is None

    def ruled(self, decision: Decision, *, by: str, why: str, at: Instant) -> Self:
        """After a person said so; a rejected file is done with."""
        rejected = decision is Decision.REJECTED
        said = {"decision": decision, "by": by, "why": why, "ruled_at": at, "done": rejected}
        return self.model_copy(update=said)

    def at(self, place: Place) -> Self:
        return self.model_copy(update={"offset": place.offset, "line": place.line})

    def reported(self, written: Written) -> Self:
        said = {"turn": written.turn, "part": written.part, "length": written.length}
        return self.model_copy(update=said)

    def counted(self, applied: Applied, *, rows: int, refused: int) -> Self:
        return self.model_copy(
            update={
                "rows": self.rows + rows,
                "refused": self.refused + refused,
                "changed": self.changed + applied.changed,
                "unchanged": self.unchanged + applied.unchanged,
            }
        )


def found(store: Store, name: str) -> tuple[int, Run | None]:
    """The run of a file and the revision of its row; 0 where there is none."""
    key = keys.file(name)
    row = store.get([key]).get(key)
    return (row.rev, Run.model_validate(row.body)) if row else (0, None)


def kept(store: Store, name: str, run: Run, *, expected: int) -> bool:
    """Whether the run was written on the revision that was read."""
    return store.commit([put(name, run, expected=expected)])[0]


def put(name: str, run: Run, *, expected: int) -> Put:
    body = run.model_dump(mode="json")
    return Put(keys.file(name), body, expected, expires=run.heard + KEPT_FOR)


def last_rows(store: Store, dropped: Dropped) -> int | None:
    """How many rows the last file of the same folder had; None if there was none."""
    key = keys.feed(dropped.folder)
    row = store.get([key]).get(key)
    return int(str(row.body["rows"])) if row else None


def remember(store: Store, dropped: Dropped, rows: int) -> None:
    """The next file of the folder is held against this one; of two that cross either counts."""
    key = keys.feed(dropped.folder)
    row = store.get([key]).get(key)
    store.commit([Put(key, {"rows": rows}, row.rev if row else 0)])
