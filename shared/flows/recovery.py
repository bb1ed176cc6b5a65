"""What is stuck moves on: dead letters become exceptions, people replay, a sweep finds strays."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta

from shared.domain.targets import Priority
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.drainers import Drainers
from shared.flows.import_run import dropped_files
from shared.flows.intake import replay_delivery
from shared.flows.issues import Issues, Problem
from shared.flows.target_rows import HINT
from shared.frozen import frozen
from shared.model.ids import Entity
from shared.model.issue import Issue, IssueKind
from shared.model.retailer import Channel, Retailer
from shared.ports import Clock, Message, Put, Queues, Store, Table

TRIES = 6
WITHHELD_TOO = {"look": "withheld"}
_BOOKKEEPING = frozenset({"queue", "run", "deferred", "version", "at"})


def dead_letter(queue: str, body: str, *, message_id: str) -> Problem:
    """One message nobody could handle; its keys are kept so that it can be replayed as it was.

    Of a notification nothing is kept: it is the vendor's own text, and a poll finds what it meant.
    """
    origin = queue.removesuffix("-dead")
    if origin.endswith(keys.NOTIFIED):
        return _not_kept(origin)
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if origin == keys.IMPORT_QUEUE:
        parsed = next(iter(dropped_files(parsed) or ()), parsed)
    said = {str(k): str(v) for k, v in parsed.items()} if isinstance(parsed, dict) else {}
    connection = origin.rsplit("-", 1)[0] if origin.endswith(("-read", "-write")) else "shelfwire"
    known = connection != "shelfwire" or origin == keys.IMPORT_QUEUE
    about = _failed_function(parsed) or _keys(said)
    return Problem(
        kind=IssueKind.DEAD_LETTER,
        subject=f"{origin}/{about or message_id}".replace("#", "_"),
        connection=connection,
        summary=f"a message of {origin} failed every try: {about or 'unreadable'}",
        remedy="look at the function's errors at that time, mend the cause, then replay",
        replay={**said, "queue": origin} if said and known else None,
    )


def _not_kept(origin: str) -> Problem:
    connection = origin.removesuffix(keys.NOTIFIED)
    return Problem(
        kind=IssueKind.DEAD_LETTER,
        subject=origin,
        connection=connection,
        summary=f"notifications of {origin} could not be kept",
        remedy="look at the function's errors at that time, mend the cause, then replay: a poll "
        "reads what they meant",
        replay={"queue": keys.read_queue(connection), "poll": Entity.ORDER.value},
    )


def _keys(said: Mapping[str, str]) -> str:
    return " ".join(f"{k}={v}" for k, v in said.items() if k not in _BOOKKEEPING)[:120]


def _failed_function(parsed: object) -> str:
    """The function whose failure Lambda tells of, and the stream record it stands at, if any."""
    match parsed:
        case {"requestContext": {"functionArn": str(arn)}, **rest}:
            name = arn.split(":function:", 1)[-1].split(":", 1)[0]
            batch = rest.get("DDBStreamBatchInfo")
            at = batch.get("startSequenceNumber", "") if isinstance(batch, dict) else ""
            return f"{name} {at}".strip()
        case _:
            return ""


@frozen
class Replay:
    """Do again what an exception says was not done. Safe: everything replayed looks first."""

    store: Store
    queues: Queues
    issues: Issues
    clock: Clock

    def issue(self, issue_id: str, *, by: str) -> Issue | None:
        """Replay one exception; None when there is no such exception."""
        issue = self.issues.find(issue_id)
        if issue is None:
            return None
        if issue.replay is None:
            raise RejectedError(
                f"exception {issue_id} holds nothing to replay",
                code="nothing_to_replay",
                field="issue_id",
                value=issue_id,
                remedy=f"it holds nothing to replay: {issue.remedy}"
                + ("; close it once that is done" if issue.closable else ""),
            )
        self._again(issue.replay, by)
        if issue.kind in {IssueKind.DEAD_LETTER, IssueKind.LINE_REJECTED, IssueKind.BAD_MESSAGE}:
            self.issues.solve(issue.kind, issue.subject, by=by, count=issue.count)
        return issue

    def _again(self, replay: Mapping[str, str], by: str) -> None:
        if "inbox" in replay:
            connection, delivery = replay["inbox"], replay["delivery"]
            replay_delivery(connection, delivery, store=self.store, clock=self.clock)
            return
        body = {k: v for k, v in replay.items() if k != "queue"}
        if replay.get("repair") == keys.DUPLICATES:  # it stands on the timeline who asked for it
            body["by"] = by
        self.queues.send([Message(replay["queue"], body)])


@frozen
class Sweep:
    """Hints are lost now and then; the lanes are the truth about what is still to do."""

    store: Store
    queues: Queues
    clock: Clock
    retailer: Retailer

    def run(self) -> int:
        """Hint every connection that has something due; returns how many messages were sent."""
        messages = [*self._targets(), *self._cases()]
        for erp in dict.fromkeys(channel.erp for channel in self.retailer.channels):
            messages += Drainers(self.store, self.clock, self.retailer).woken(erp)
        self.queues.send(messages)
        return len(messages)

    def _targets(self) -> Iterable[Message]:
        now = self.clock.now()
        hinted = set()
        for channel in self.retailer.channels:
            if self._withheld(channel):
                hinted.add(channel.connection)
                yield Message(keys.write_queue(channel.connection), WITHHELD_TOO)
        for channel in self.retailer.channels:
            lanes = (keys.target_lane(channel.name, p) for p in Priority.ALL)
            if channel.connection not in hinted and any(
                self.store.due(Table.TARGETS, lane, until=now, limit=1) for lane in lanes
            ):
                hinted.add(channel.connection)
                yield Message(keys.write_queue(channel.connection), HINT)

    def _withheld(self, channel: Channel) -> bool:
        """Whether what is withheld is to be looked at again, or sent since the shadow ended."""
        until = self.clock.now()
        if self.retailer.connection(channel.connection).shadow:
            until -= channel.parity.every
        lane = keys.withheld_lane(channel.name)
        return bool(self.store.due(Table.TARGETS, lane, until=until, limit=1))

    def _cases(self) -> Iterable[Message]:
        now = self.clock.now()
        for channel in self.retailer.channels:
            for connection, word in ((channel.erp, "case"), (channel.connection, "ship")):
                if self.retailer.connection(connection).shadow:
                    continue
                lane = keys.case_lane(connection)
                for row in self.store.due(Table.ORDERS, lane, until=now - timedelta(seconds=30)):
                    order_id = row.key.pk.removeprefix("order#")
                    if order_id.startswith(f"{channel.name}:"):
                        yield Message(keys.write_queue(connection), {word: order_id})


@frozen
class Mapper:
    """An operator names the SKU behind a channel's code, and what waited for it goes on."""

    store: Store
    queues: Queues
    retailer: Retailer

    def map(self, connection: str, code: str, sku: str) -> int:
        """Remember the mapping; returns how many orders are released to be looked at again."""
        key = keys.code(connection, code)
        for _ in range(6):
            row = self.store.get([key]).get(key)
            if row is not None and row.body["sku"] == sku:
                break
            if self.store.commit([Put(key, {"sku": sku}, row.rev if row else 0)])[0]:
                break
        return self.release([code])

    def release(self, codes: Iterable[str]) -> int:
        """Look again at every order that waits for one of these codes."""
        wanted = set(codes)
        rows = self.store.query(Table.ORDERS, keys.WAITING) if wanted else []
        orders = dict.fromkeys(
            str(row.body["order_id"]) for row in rows if row.body["code"] in wanted
        )
        messages = []
        for order_id in orders:
            channel = self.retailer.channel(order_id.split(":", 1)[0])
            queue = keys.read_queue(channel.connection)
            messages.append(Message(queue, {"release": order_id}))
        self.queues.send(messages)
        return len(messages)
