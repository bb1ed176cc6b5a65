"""Dropped files that wait for approval: listed in one partition, ruled on by name and reading."""

from collections.abc import Sequence
from typing import Final

from shared.errors import RetryableError
from shared.flows import import_run, keys
from shared.flows.import_run import Dropped, Run, dropped_as
from shared.flows.issues import Issues
from shared.frozen import frozen
from shared.model.base import Json, as_json
from shared.model.channel_events import FeedApproved, FeedRejected
from shared.model.issue import IssueKind
from shared.model.target import Decision
from shared.ports import Bus, Clock, Delete, Message, Put, Queues, Store, Table, Write

TRIES: Final = 6
LISTED: Final = 100
SURE_S: Final = 35  # longer than the function that rules may take


@frozen
class NamedFile:
    """A file, and the reading of it that was held."""

    file: str
    run: str


def listing(store: Store, dropped: Dropped, run: Run) -> Write:
    key = keys.held_file(dropped.name)
    row = store.get([key]).get(key)
    return Put(key, {"run": run.name}, row.rev if row else 0)


def gone(store: Store, dropped: Dropped) -> list[Write]:
    """What takes a file off the list, if it is on it."""
    key = keys.held_file(dropped.name)
    row = store.get([key]).get(key)
    return [Delete(key, row.rev)] if row else []


def waiting(store: Store) -> list[dict[str, Json]]:
    """Files that wait, with why; those that were dropped anew are not in doubt any more."""
    found: list[dict[str, Json]] = []
    for row in store.query(Table.CONTROL, keys.HELD_FILES, limit=LISTED):
        name = row.key.sk
        _, run = import_run.found(store, name)
        if run is not None and run.waits and run.name == row.body["run"]:
            survey = run.survey.model_dump(mode="json") if run.survey else None
            found.append(
                {
                    "file": name,
                    "run": run.name,
                    "dropped": run.as_of.isoformat(),
                    "reasons": as_json(run.held),
                    "survey": survey,
                }
            )
    return found


@frozen
class FileApprovals:
    store: Store
    queues: Queues
    issues: Issues
    bus: Bus
    clock: Clock

    def rule(
        self, decision: Decision, lines: Sequence[NamedFile], *, by: str, why: str
    ) -> list[dict[str, Json]]:
        """Let files be applied, or drop them; a repeat says the same and does no harm.

        Told before it is put down, so that no death in between keeps it from being told; a message
        that comes later does what follows, if we do not live to.
        """
        return [
            {"file": one.file, "run": one.run, "status": self._ruled(decision, one, by, why)}
            for one in lines
        ]

    def _ruled(self, decision: Decision, one: NamedFile, by: str, why: str) -> str:
        told = False
        for _ in range(TRIES):
            rev, run = import_run.found(self.store, one.file)
            dropped = dropped_as(one.file)
            if dropped is None or run is None:
                return "unknown"
            if run.name != one.run or not run.held:
                return "withdrawn" if run.name == one.run else "changed"
            if run.waits:
                run, told = run.ruled(decision, by=by, why=why, at=self.clock.now()), True
                self._tell(run, one)
                writes = [import_run.put(one.file, run, expected=rev)]
                if not self.store.commit_together([*writes, *gone(self.store, dropped)]):
                    continue
            elif told:
                self._tell(run, one)  # somebody else was first
            return self._followed(run, one, dropped)
        raise RetryableError(f"{one.file} is contended")

    def _followed(self, run: Run, one: NamedFile, dropped: Dropped) -> str:
        if run.decision is Decision.APPROVED and not run.done:
            self.queues.send([_go_on(one)])
        self.issues.solve(IssueKind.FEED_HELD, dropped.subject, by=run.by)
        return str(run.decision)

    def _tell(self, run: Run, one: NamedFile) -> None:
        kind = FeedApproved if run.decision is Decision.APPROVED else FeedRejected
        reasons = tuple(step.rule for step in run.held)
        at = run.ruled_at or self.clock.now()
        self.bus.publish([kind(at=at, file=one.file, reasons=reasons, by=run.by, why=run.why)])
        self.queues.send([_go_on(one, SURE_S)])


def _go_on(one: NamedFile, later_s: int = 0) -> Message:
    return Message(keys.IMPORT_QUEUE, {"file": one.file, "run": one.run}, later_s)
