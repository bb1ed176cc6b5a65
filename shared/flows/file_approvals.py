"""Rules on dropped files that wait for approval, by the name of each and its reading."""

from collections.abc import Sequence
from typing import Final

from shared.errors import RetryableError
from shared.flows import import_run, keys
from shared.flows.held_files import gone
from shared.flows.import_run import Dropped, Run, dropped_as
from shared.flows.issues import Issues
from shared.frozen import frozen
from shared.model.base import Json
from shared.model.channel_events import FeedApproved, FeedRejected
from shared.model.issue import IssueKind
from shared.model.steps import Decision
from shared.ports import Bus, Clock, Message, Queues, Store

TRIES: Final = 6
SURE_S: Final = 35  # longer than the function that rules may take


@frozen
class NamedFile:
    """A file, and the reading of it that was held."""

    file: str
    run: str


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
