"""Hold what a channel really shows against its targets, and repair what differs by policy.

One pass walks the roster a page at a time; what differs is only noted. After the settle time a
second pass looks at what was noted again: a difference counts if target and channel are as they
were. Stock waits for one thing more: all orders placed before the first look must have been taken
in, for a sale moves the channel's level before we hear of it. Each step is kept before the next,
so that a run is resumed by message where it stopped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from shared.domain import parity, repairs
from shared.domain.ahead import as_of
from shared.domain.guardrails import let
from shared.domain.parity import Look
from shared.errors import RejectedError, RetryableError
from shared.flows import keys, roster
from shared.flows.compare_runs import Held, Run, Runs, Sighting
from shared.flows.derive import Deriver
from shared.flows.findings import Findings
from shared.flows.issues import Issues, lockout_told
from shared.flows.pushes import as_pushes
from shared.flows.target_rows import HINT, target_put
from shared.frozen import frozen
from shared.model.ids import COMPARED, Entity, Facet
from shared.model.parity import Comparison, Finding
from shared.model.policies import Repair
from shared.model.retailer import Channel, Retailer
from shared.model.target import Target, TargetState
from shared.ports import ChannelPublisher, Clock, Message, Put, Queues, Row, Store, Table

TRIES = 4
TOGETHER = 50  # findings counted and repaired in one transaction
WAIT = timedelta(seconds=10)  # between two looks whether orders have been taken in
PATIENCE = timedelta(minutes=10)  # how long that may take; what then is unclear is not judged
PAUSE_S = 1
NEVER = datetime.min.replace(tzinfo=UTC)
KEPT = timedelta(days=1)  # how long a note of a difference outlives its run


@frozen
class Seen:
    """A target at a revision, and what the channel showed afterwards."""

    look: Look
    rev: int

    @property
    def key(self) -> str:
        return self.look.target.key


@frozen
class Comparer:
    connection: str
    channel_client: ChannelPublisher
    store: Store
    queues: Queues
    issues: Issues
    findings: Findings
    deriver: Deriver
    clock: Clock
    retailer: Retailer

    def handle(
        self, message: Mapping[str, str], *, out_of_time: Callable[[], bool]
    ) -> Comparison | None:
        """Begin (`{"compare": facet}`) or go on with a run; what it found once it is finished.

        `channel` names one of the connection's channels, and `repair` a policy for this run alone.
        """
        facet = self._facet(message)
        if "run" not in message:
            for channel in self._channels(message):
                self._begin(channel, facet, self._policy(message, channel, facet))
            return None
        (channel,) = self._channels(message)
        with lockout_told(self.issues, self.connection):
            return self._go_on(channel, facet, message["run"], out_of_time)

    @property
    def _runs(self) -> Runs:
        return Runs(self.store, self.clock)

    @property
    def _settle(self) -> timedelta:
        return self.retailer.connection(self.connection).settle

    def _policy(self, message: Mapping[str, str], channel: Channel, facet: Facet) -> Repair:
        """In shadow to overwrite, which there the publisher notes and does not do."""
        said = _repair(message) or channel.parity.of(facet)
        return Repair.OVERWRITE if self.retailer.connection(self.connection).shadow else said

    def _facet(self, message: Mapping[str, str]) -> Facet:
        if message["compare"] in set(COMPARED):
            return Facet(message["compare"])
        raise _bad("compare", message["compare"], [facet.value for facet in COMPARED])

    def _channels(self, message: Mapping[str, str]) -> list[Channel]:
        mine = self.retailer.channels_of(self.connection)
        wanted = message.get("channel")
        chosen = [channel for channel in mine if wanted in {None, channel.name}]
        if not chosen:
            raise _bad("channel", str(wanted), [channel.name for channel in mine])
        return chosen

    def _begin(self, channel: Channel, facet: Facet, policy: Repair) -> None:
        run = self._runs.begun(channel, facet, policy)
        if run is not None:
            self._continue(channel, facet, run.name, delay_s=0)

    def _continue(self, channel: Channel, facet: Facet, run: str, *, delay_s: int) -> None:
        body = {"compare": facet.value, "channel": channel.name, "run": run}
        self.queues.send([Message(keys.read_queue(self.connection), body, delay_s)])

    def _go_on(
        self, channel: Channel, facet: Facet, name: str, out_of_time: Callable[[], bool]
    ) -> Comparison | None:
        """Page after page, each put down before the next; None unless the run is finished."""
        held = self._runs.resumed(channel, facet, name)
        while held is not None:
            more = self._second(held) if held.run.confirming else self._first(held)
            if not more:
                found = self.findings.told(held)
                return found if self._runs.done(held, found) else None
            if out_of_time():
                self._continue(channel, facet, name, delay_s=PAUSE_S)
                return None
            held = self._runs.resumed(channel, facet, name)
        return None

    # The first pass: note what differs.

    def _first(self, held: Held) -> bool:
        """A page of the roster; False when there is nothing more to do."""
        run = held.run
        size = self.channel_client.seen_at_once(held.facet)
        channel = held.channel.name
        names = roster.names(self.store, channel, held.facet, after=run.after, limit=size)
        if not names:
            begun = run.model_copy(update={"after": "", "confirming": self.clock.now()})
            return bool(run.suspects) and self._put_down(held, begun)
        read = self._targets(held, names)
        withheld = sum(target.state is TargetState.WITHHELD for target, _ in read)
        looks = self._looks(held, read)
        now = self.clock.now()
        suspects = [one for one in looks if not one.look.equal and not one.look.accepted]
        self.store.commit([_note(held, one, now) for one in suspects])
        tally = run.tally.model_copy(
            update={
                "equal": run.tally.equal + sum(one.look.equal for one in looks),
                "accepted": run.tally.accepted
                + sum(one.look.accepted and not one.look.equal for one in looks),
                "moving": run.tally.moving + len(names) - len(looks) - withheld,
                "withheld": run.tally.withheld + withheld,
                "held": run.tally.held + sum(t.waiting is not None for t, _ in read),
            }
        )
        update = {
            "after": names[-1],
            "suspects": run.suspects + len(suspects),
            "tally": tally,
        }
        return self._put_down(held, run.model_copy(update=update))

    def _targets(self, held: Held, names: Iterable[str]) -> list[tuple[Target, int]]:
        rows = self.store.get(keys.target(held.channel.name, held.facet, n) for n in names)
        return [(Target.model_validate(row.body), row.rev) for row in rows.values()]

    def _looks(self, held: Held, read: Sequence[tuple[Target, int]]) -> list[Seen]:
        """What the channel shows now of those of these targets that can be judged."""
        now = self.clock.now()
        due = [(t, r) for t, r in read if parity.comparable(t, now=now, settle=self._settle)]
        still = [(as_of(target, now), rev) for target, rev in due]
        lines = as_pushes(self.store, self.connection, [target for target, _ in still])
        listed = [line for line in lines if line.links]
        shown = self.channel_client.shown(held.facet, listed) if listed else {}
        return [Seen(Look(target, shown.get(target.key)), rev) for target, rev in still]

    # The second pass: what still differs is a finding.

    def _second(self, held: Held) -> bool:
        """A page of what was noted; False when there is none left."""
        pk = keys.sighting(held.channel.name, held.facet, held.run.name).pk
        rows = self.store.query(Table.CONTROL, pk, after=held.run.after, limit=TOGETHER)
        if not rows:
            return False
        noted = {row.key.sk: Sighting.model_validate(row.body) for row in rows}
        clear = self._clear(held, noted)
        for _ in range(TRIES):
            run, puts = self._confirmed(held, noted) if clear else (_unclear(held.run, noted), [])
            if self._put_down(held, run, puts):
                return True
        raise RetryableError("targets change while they are compared", after=WAIT)

    def _put_down(self, held: Held, run: Run, repairs: Sequence[Put] = ()) -> bool:
        """Findings are counted together with their repairs; False if a target has moved."""
        if self.store.commit_together([self._runs.ahead(held, run), *repairs]):
            if repairs:
                self.queues.send([Message(keys.write_queue(self.connection), HINT)])
            return True
        again = self._runs.resumed(held.channel, held.facet, held.run.name)
        if again is None or again.rev != held.rev or not repairs:
            raise RetryableError("another is at this run", after=WAIT)
        return False

    def _clear(self, held: Held, noted: Mapping[str, Sighting]) -> bool:
        """Whether these can be judged now; RetryableError to come back, False to give up."""
        begun = held.run.confirming
        now = self.clock.now()
        if begun is not None and now < begun + self._settle:
            wait = begun + self._settle - now
            raise RetryableError("what differs may still land", after=wait)
        if held.facet is not Facet.STOCK:
            return True
        latest = max(sighting.at for sighting in noted.values())
        if self._orders_until() >= latest + self._settle:
            return True
        if begun is not None and now > begun + PATIENCE:
            return False
        body = {"poll": Entity.ORDER.value}
        self.queues.send([Message(keys.read_queue(self.connection), body)])
        raise RetryableError("orders of before are still to be taken in", after=WAIT)

    def _orders_until(self) -> datetime:
        """Every order changed before this instant has been taken in."""
        key = keys.cursor(self.connection, Entity.ORDER)
        row = self.store.get([key]).get(key)
        done = row.body.get("done") if row else None
        return datetime.fromisoformat(str(done)) if done else NEVER

    def _confirmed(self, held: Held, noted: Mapping[str, Sighting]) -> tuple[Run, list[Put]]:
        """The run after these were looked at again, and the repairs that follow."""
        looked = self._looks(held, self._targets(held, noted))
        looks = [one for one in looked if one.rev == noted[one.key].rev]
        same = [one for one in looks if one.look.shown == noted[one.key].shown]
        implied = self.deriver.implied(one.key for one in same)
        rows = self._unmoved(held, same)
        found: list[Finding] = []
        puts: list[Put] = []
        for one in same:
            target = one.look.target
            row = rows.get(one.key)
            if row is None or row.rev != one.rev:
                continue
            wish = let(target, implied.get(keys.target(target.channel, target.facet, target.key)))
            finding = parity.found(one.look, implied=wish, policy=held.run.policy)
            found.append(finding)
            repaired = _repaired(target, finding, now=self.clock.now())
            if repaired is not None:
                puts.append(target_put(repaired, one.rev, settle=self._settle))
        equal = sum(one.look.equal for one in looks)
        moving = len(noted) - equal - len(found)
        tally = held.run.tally
        sums = {"equal": tally.equal + equal, "moving": tally.moving + moving}
        update = {
            "after": max(noted),
            "tally": parity.counted(tally.model_copy(update=sums), found),
            "examples": parity.exemplary(held.run.examples, found),
        }
        return held.run.model_copy(update=update), puts

    def _unmoved(self, held: Held, looks: Sequence[Seen]) -> dict[str, Row]:
        """The targets once more, after everything else was read."""
        wanted = {keys.target(held.channel.name, held.facet, one.key): one.key for one in looks}
        return {wanted[key]: row for key, row in self.store.get(wanted).items()}


def _note(held: Held, one: Seen, now: datetime) -> Put:
    note = Sighting(rev=one.rev, shown=one.look.shown, at=now)
    key = keys.sighting(held.channel.name, held.facet, held.run.name, one.key)
    return Put(key, note.model_dump(mode="json"), 0, expires=now + KEPT)


def _unclear(run: Run, noted: Mapping[str, Sighting]) -> Run:
    """These cannot be judged: they may be sales that nobody has told of."""
    tally = run.tally.model_copy(update={"moving": run.tally.moving + len(noted)})
    return run.model_copy(update={"after": max(noted), "tally": tally})


def _repaired(target: Target, finding: Finding, *, now: datetime) -> Target | None:
    why = f"{finding.cause}: {finding.evidence}"
    match finding.repair:
        case Repair.OVERWRITE:
            return repairs.overwritten(target, finding.shown, why=why, now=now)
        case Repair.ACCEPT:
            return repairs.accepted(target, finding.shown, why=why, now=now)
        case _:
            return None


def _repair(message: Mapping[str, str]) -> Repair | None:
    said = message.get("repair")
    if said is None or said in set(Repair):
        return Repair(said) if said else None
    raise _bad("repair", said, [repair.value for repair in Repair])


def _bad(field: str, value: str, choices: Sequence[str]) -> RejectedError:
    return RejectedError(
        f"{field} is {value!r}, not one of {', '.join(choices)}",
        code="bad_message",
        field=field,
        value=value,
        remedy=f"send one of {', '.join(choices)}",
    )
