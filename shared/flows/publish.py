"""Make a channel show its targets: leased, paced, grouped, an outcome recorded per line.

One logical owner per connection drains the lanes in order of priority. Lines go out in the
vendor's own groups; where the vendor compares with nothing they are marked in doubt first, so
that a crash or a lost answer is followed by reading back, never by sending blindly.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched, groupby

from shared.domain import receipts, targets
from shared.domain.level_values import all_known
from shared.domain.targets import Priority
from shared.errors import AccessError, InDoubtError, RejectedError, RetryableError
from shared.flows import keys
from shared.flows.issues import LOCKED_OUT, Issues, locked_out
from shared.flows.lanes import DRAIN, Urgent, due_now
from shared.flows.leases import Lease, Leases, Released
from shared.flows.links import Links, merged
from shared.flows.outcomes import Held, Outcomes
from shared.flows.published import Published
from shared.flows.pushes import as_pushes
from shared.flows.refusals import for_all, line_refused, unsaid
from shared.flows.target_rows import target_put
from shared.frozen import frozen
from shared.model.ids import Facet
from shared.model.retailer import Channel, Retailer
from shared.model.target import (
    NOT_SENT,
    Outcome,
    Push,
    StockValue,
    Target,
    TargetState,
    Verdict,
)
from shared.ports import ChannelPublisher, Clock, Key, LaterPublisher, Store


@frozen
class Publisher:
    """`guarded` are facets whose writes the vendor refuses where they name what they replace.

    `later` is the client again, if the channel decides later about what it accepted. Of a
    connection in shadow it asks what is shown, and sends nothing.
    """

    connection: str
    channel_client: ChannelPublisher
    guarded: frozenset[Facet]
    store: Store
    leases: Leases
    issues: Issues
    clock: Clock
    retailer: Retailer
    later: LaterPublisher | None = None

    def run(self, *, out_of_time: Callable[[], bool], withheld: bool = False) -> Published:
        """Drain every lane of this connection, or leave word for whoever is at it already.

        With `withheld` also what a channel in shadow was not sent: to look again, or to send it.
        """
        result = Published(out_of_time)
        lease = self.leases.acquire(f"publish#{self.connection}")
        while lease is not None:
            self._drain(lease, result, out_of_time, withheld=withheld)
            released, again = self.leases.release(lease, later=result.waiting.values())
            if released is Released.COVERED:
                result.waiting.clear()
            if released is not Released.WANTED:
                result.soon(again if released is Released.DONE else None)
                break
            if result.again is not None or out_of_time():
                result.soon(self.clock.now())
                break
            lease = self.leases.acquire(f"publish#{self.connection}")
        self.issues.report(result.problems)
        return result

    def _drain(
        self, lease: Lease, result: Published, out_of_time: Callable[[], bool], *, withheld: bool
    ) -> None:
        try:
            while self._round(result, withheld=withheld):
                renewed = self.leases.renew(lease)
                if renewed is None or out_of_time():
                    result.soon(self.clock.now())
                    return
                lease = renewed
        except RetryableError as error:
            now = self.clock.now()
            if error.after is None:
                result.soon(now + timedelta(seconds=5))
            else:
                result.not_before(now + error.after)
        except AccessError as error:
            result.problems.append(locked_out(self.connection, error))
            result.soon(self.clock.now() + LOCKED_OUT)
        except Exception:  # a fault of ours: nobody is to wait for its lease to end
            self.leases.release(lease)
            raise

    def _round(self, result: Published, *, withheld: bool) -> bool:
        """One pass over the lanes, most urgent first; whether there is more to do at once.

        A lane that was empty is not asked twice: what comes in meanwhile leaves word.
        """
        result.woken = False
        for lane, until in self._lanes(withheld=withheld):
            due = due_now(self.store, lane, now=until, later=self.later)
            result.soon(due.again)
            if held := self._fresh(row.key for row in due.rows):
                self._publish(held, result)
                if due.more or self._at_once(result):
                    return True
        return False

    def _at_once(self, result: Published) -> bool:
        """Whether to look at the most urgent lane again before any other."""
        due = result.again is not None and result.again <= self.clock.now()
        return due or result.woken or result.out_of_time()

    def _lanes(self, *, withheld: bool) -> Iterable[tuple[str, datetime]]:
        channels = self.retailer.channels_of(self.connection)
        for priority in Priority.ALL:
            for channel in channels:
                yield keys.target_lane(channel.name, priority), self.clock.now()
        for channel in channels if withheld else ():
            yield keys.withheld_lane(channel.name), self._looked_before(channel)

    def _looked_before(self, channel: Channel) -> datetime:
        """In shadow what is withheld is looked at as often as the channel is compared."""
        now = self.clock.now()
        return now - channel.parity.every if self._shadow else now

    def _fresh(self, wanted: Iterable[Key]) -> list[Held]:
        """Read strongly what the lane named; what is no longer dirty or due is left alone."""
        found = []
        now = self.clock.now()
        for row in self.store.get(wanted).values():
            held = Held(Target.model_validate(row.body), row.rev)
            if held.target.state is TargetState.WITHHELD:
                due = held.target.since <= self._looked_before(self._channel(held.target))
            else:
                at = targets.due(held.target, settle_after=self._settle)
                due = at is not None and at <= now
            if due:
                found.append(held)
        return found

    def _channel(self, target: Target) -> Channel:
        return self.retailer.channel(target.channel)

    @property
    def _shadow(self) -> bool:
        return self.retailer.connection(self.connection).shadow

    @property
    def _links(self) -> Links:
        return Links(self.connection, self.store, self.retailer)

    @property
    def _settle(self) -> timedelta:
        return self.retailer.connection(self.connection).settle

    def _publish(self, held: Sequence[Held], result: Published) -> None:
        ordered = sorted(held, key=lambda h: (h.target.facet, h.target.state, h.target.key))
        for (facet, state), group in groupby(ordered, lambda h: (h.target.facet, h.target.state)):
            if self._shadow:
                self._withhold(facet, list(group), result)
            elif state is TargetState.IN_DOUBT:
                self._read_back(facet, list(group), result)
            else:
                self._send(facet, list(group), result)

    def _withhold(self, facet: Facet, held: Sequence[Held], result: Published) -> None:
        """Look instead of sending; of products first by which ids the channel knows them."""
        for some in batched(held, self.channel_client.seen_at_once(facet), strict=False):
            if facet is Facet.CONTENT:
                found = self.channel_client.listed(self._lines(some))
                result.woken |= self._links.remember(found)
            lines = [p for p in self._lines(some) if p.links or facet is Facet.CONTENT]
            shown = self.channel_client.shown(facet, lines) if lines else {}
            now = self.clock.now()
            self._commit(
                [(h, targets.withheld(h.target, shown.get(h.target.key), now=now)) for h in some],
                result,
            )

    def _read_back(self, facet: Facet, held: Sequence[Held], result: Published) -> None:
        through = self._ask(facet, held, result)
        size = self.later.seen_at_once(facet) if self.later else DRAIN
        for some in batched(through, size, strict=False):
            shown = self.channel_client.shown(facet, self._lines(some))
            now = self.clock.now()
            self._commit(
                [(h, targets.seen(h.target, shown.get(h.target.key), now=now)) for h in some],
                result,
            )

    def _ask(self, facet: Facet, held: Sequence[Held], result: Published) -> list[Held]:
        """Settle what the channel decided, overtake what it did not; those left to be read back."""
        asked = [h for h in held if h.target.receipt]
        if self.later is None or not asked:
            return list(held)
        said = {o.key: o for o in self.later.decided(facet, self._lines(asked))}
        now = self.clock.now()
        pairs, refused, late, through = [], [], [], [h for h in held if not h.target.receipt]
        for h in asked:
            outcome = said.get(h.target.key)
            waits = outcome is not None and outcome.verdict is Verdict.ACCEPTED
            settled = receipts.decided(h.target, outcome, now=now)
            if waits and receipts.newer_wish(h.target) and self.later.overtakes(facet):
                late.append(h)
            elif settled is None or outcome is None:
                through.append(h)
            else:
                pairs.append((h, settled))
                if outcome.verdict is Verdict.REJECTED:
                    refused.append(line_refused(self.connection, h.target, outcome))
        self.issues.report(refused)
        self._commit(pairs, result)
        for some in batched(late, self.later.overtakes(facet) or 1, strict=False):
            self._overtake(facet, some, result)
        return through

    def _overtake(self, facet: Facet, held: Sequence[Held], result: Published) -> None:
        """Send what is wished now, although an older value may still land after it."""
        by_key = {h.target.key: h for h in held}
        for batch in self.channel_client.batches(facet, self._lines(held)):
            now = self.clock.now()
            members = [by_key[push.key] for push in batch]
            overtaking = partial(receipts.overtaking, now=now, settle=self._settle)
            marked = self._committed([Held(overtaking(h.target), h.rev) for h in members])
            lines = [push for push in batch if push.key in marked]
            outcomes, stop = self._attempt(facet, lines) if lines else ((), None)
            now = self.clock.now()
            said = {o.key: o for o in outcomes}
            overtaken = partial(receipts.overtaken, now=now, settle=self._settle)
            pairs = [
                (h, overtaken(h.target, said.get(key) or unsaid(key), by_key[key].target))
                for key, h in marked.items()
            ]
            self._commit(pairs, result)
            if stop is not None:
                raise stop

    def _send(self, facet: Facet, held: Sequence[Held], result: Published) -> None:
        by_key = {h.target.key: h for h in held}
        ready = self._ready(facet, self._lines(held), by_key, result)
        urgent = Urgent(self.store, self.clock, self.retailer.channels_of(self.connection), facet)
        for batch in self.channel_client.batches(facet, ready):
            members = [by_key[push.key] for push in batch]
            marked = self._marked(facet, members)
            lines = [push for push in batch if push.key in marked]
            if not lines:
                continue
            outcomes, stop = self._attempt(facet, lines)
            if isinstance(stop, RetryableError) and stop.after:
                marked = _in_doubt(marked)  # the others stay as they are, untried
            self._settle_all(facet, marked, outcomes, result)
            if stop is not None:
                raise stop
            yields = urgent.waits()
            result.woken |= yields
            if result.out_of_time() or yields:
                return  # the other lines were not marked, and stay dirty

    def _ready(
        self,
        facet: Facet,
        pushes: Sequence[Push],
        by_key: dict[str, Held],
        result: Published,
    ) -> list[Push]:
        """Nothing is priced before it is listed, and nothing goes on sale before it is priced."""
        if facet is Facet.CONTENT:
            return list(pushes)
        unlisted = [push for push in pushes if not push.links]
        priced = self._priced(list(by_key.values())) if facet is Facet.STOCK else set(by_key)
        unpriced = [push for push in pushes if push.links and push.key not in priced]
        for lines, why in ((unlisted, "not listed on the channel yet"), (unpriced, "no price yet")):
            held = {push.key: by_key[push.key] for push in lines}
            self._settle_all(facet, held, for_all(lines, Verdict.RETRY, why), result)
        late = {push.key for push in (*unlisted, *unpriced)}
        return [push for push in pushes if push.key not in late]

    def _priced(self, held: Sequence[Held]) -> set[str]:
        """Keys whose price the channel has shown; what is or stays off sale needs no proof."""
        fresh = [h.target for h in held if h.target.published is None and _on_sale(h.target)]
        prices = {keys.target(t.channel, Facet.PRICE, t.key): t.key for t in fresh}
        rows = self.store.get(prices)
        shown = {prices[key] for key, row in rows.items() if row.body["published"] is not None}
        return shown | {h.target.key for h in held} - {target.key for target in fresh}

    def _marked(self, facet: Facet, members: Sequence[Held]) -> dict[str, Held]:
        """The lines that may go out: what the vendor does not compare is recorded as sent first."""
        now = self.clock.now()
        named, marks = {}, []
        for h in members:
            if facet in self.guarded and all_known(h.target.desired, h.target.published):
                named[h.target.key] = h
            else:
                marks.append(Held(targets.sent(h.target, now=now), h.rev))
        return named | self._committed(marks)

    def _committed(self, marks: Sequence[Held]) -> dict[str, Held]:
        done = self.store.commit([target_put(m.target, m.rev, settle=self._settle) for m in marks])
        return {
            m.target.key: Held(m.target, m.rev + 1)
            for m, committed in zip(marks, done, strict=True)
            if committed
        }

    def _attempt(
        self, facet: Facet, lines: Sequence[Push]
    ) -> tuple[Sequence[Outcome], Exception | None]:
        """Call the channel; whatever is raised becomes an outcome of every line as well."""
        try:
            return self.channel_client.push(facet, lines), None
        except InDoubtError as error:
            return for_all(lines, Verdict.UNKNOWN, str(error)), None
        except RetryableError as error:
            code = NOT_SENT if error.after else ""
            return for_all(lines, Verdict.RETRY, str(error), code=code), error
        except AccessError as error:
            return for_all(lines, Verdict.RETRY, str(error)), error
        except RejectedError as error:
            return for_all(lines, Verdict.REJECTED, str(error), code=error.code), None

    def _settle_all(
        self,
        facet: Facet,
        marked: dict[str, Held],
        outcomes: Sequence[Outcome],
        result: Published,
    ) -> None:
        now = self.clock.now()
        answered = {outcome.key: outcome for outcome in outcomes}
        pairs = []
        refused = []
        for key, held in marked.items():
            outcome = answered.get(key) or unsaid(key)
            settled = targets.settle(
                held.target,
                outcome,
                sent_version=held.target.version,
                sent_value=held.target.desired,
                now=now,
            )
            pairs.append((held, settled))
            if outcome.verdict is Verdict.REJECTED:
                refused.append(line_refused(self.connection, held.target, outcome))
        self.issues.report(refused)  # told before it is put down, or a crash leaves it untold
        if facet is Facet.CONTENT:
            result.woken |= self._links.remember(merged(o.links for o in outcomes))
        self._commit(pairs, result)

    def _commit(self, pairs: Sequence[tuple[Held, Target]], result: Published) -> None:
        finals = Outcomes(self.store, self._settle).put_down(pairs)
        for (_, new), final in zip(pairs, finals, strict=True):
            result.applied += new.state is TargetState.APPLIED
            result.rejected += new.state is TargetState.REJECTED
            result.retried += new.dirty
            result.withheld += new.state is TargetState.WITHHELD
            key = keys.target(final.channel, final.facet, final.key)
            result.come_back(targets.due(final, settle_after=self._settle), key=key)

    def _lines(self, held: Sequence[Held]) -> list[Push]:
        return as_pushes(self.store, self.connection, [h.target for h in held])


def _in_doubt(held: Mapping[str, Held]) -> dict[str, Held]:
    return {key: h for key, h in held.items() if h.target.state is TargetState.IN_DOUBT}


def _on_sale(target: Target) -> bool:
    return any(StockValue.model_validate(target.desired).levels.values())
