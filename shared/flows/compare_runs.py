"""How far a comparison has come: one row per channel and facet, beside what the last one found."""

from datetime import timedelta

from shared.flows import keys
from shared.frozen import frozen
from shared.model.base import Canonical, Instant, Json
from shared.model.ids import COMPARED, Facet
from shared.model.parity import Comparison, Finding, Tally
from shared.model.policies import Repair
from shared.model.retailer import Channel, Retailer
from shared.ports import Clock, Key, Put, Row, Store

RUN_MAX = timedelta(minutes=20)  # a run not heard of for this long was lost, and starts anew


class Run(Canonical):
    """A pass over the roster, then one over what differed; `after` is the last key done.

    `confirming` is since when the second pass waits or runs, None during the first.
    """

    started: Instant
    heard: Instant
    policy: Repair
    after: str = ""
    confirming: Instant | None = None
    suspects: int = 0
    tally: Tally = Tally.model_construct()
    examples: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        return self.started.isoformat()


class Progress(Canonical):
    last: Comparison | None = None
    run: Run | None = None


class Sighting(Canonical):
    """What a channel showed instead of what it should, the target being at this revision."""

    rev: int
    shown: Json
    at: Instant


@frozen
class Held:
    """A run under way, as read; `rev` is the revision of its row, `last` the comparison before."""

    channel: Channel
    facet: Facet
    run: Run
    rev: int
    last: Comparison | None


@frozen
class Runs:
    store: Store
    clock: Clock

    def begun(self, channel: Channel, facet: Facet, policy: Repair) -> Run | None:
        """A new run, or None while another one is alive."""
        row = self._row(channel, facet)
        progress = _progress(row)
        now = self.clock.now()
        if progress.run is not None and now < progress.run.heard + RUN_MAX:
            return None
        run = Run(started=now, heard=now, policy=policy)
        put = _put(channel, facet, Progress(last=progress.last, run=run), row.rev if row else 0)
        return run if self.store.commit([put])[0] else None

    def resumed(self, channel: Channel, facet: Facet, name: str) -> Held | None:
        """The run of this name, if it is still the one."""
        row = self._row(channel, facet)
        progress = _progress(row)
        if row is None or progress.run is None or progress.run.name != name:
            return None
        return Held(channel, facet, progress.run, row.rev, progress.last)

    def ahead(self, held: Held, run: Run) -> Put:
        """The row once the run has come this far."""
        heard = run.model_copy(update={"heard": self.clock.now()})
        return _put(held.channel, held.facet, Progress(last=held.last, run=heard), held.rev)

    def done(self, held: Held, found: Comparison) -> bool:
        """Put down what was found; False when somebody else had."""
        put = _put(held.channel, held.facet, Progress(last=found), held.rev)
        return self.store.commit([put])[0]

    def _row(self, channel: Channel, facet: Facet) -> Row | None:
        key = keys.parity(channel.name, facet)
        return self.store.get([key]).get(key)


def standing(store: Store, retailer: Retailer) -> list[dict[str, Json]]:
    """The last comparison of every channel and facet, and whether one is under way."""
    places = [(channel, facet) for channel in retailer.channels for facet in COMPARED]
    rows = store.get(keys.parity(channel.name, facet) for channel, facet in places)
    return [_said(channel, facet, retailer, rows) for channel, facet in places]


def _said(
    channel: Channel, facet: Facet, retailer: Retailer, rows: dict[Key, Row]
) -> dict[str, Json]:
    progress = _progress(rows.get(keys.parity(channel.name, facet)))
    said: dict[str, Json] = {
        "channel": channel.name,
        "facet": facet.value,
        "policy": channel.parity.of(facet).value,
        "shadow": retailer.connection(channel.connection).shadow,
        "running": progress.run is not None,
    }
    last = progress.last
    if last is None:
        return said | {"finished": None}
    return said | {
        "started": last.started.isoformat(),
        "finished": last.finished.isoformat(),
        "compared": last.tally.compared,
        "share_equal": last.tally.share_equal,
        **last.tally.model_dump(mode="json"),
        "examples": [one.model_dump(mode="json") for one in last.examples],
    }


def _progress(row: Row | None) -> Progress:
    return Progress.model_validate(row.body) if row else Progress()


def _put(channel: Channel, facet: Facet, progress: Progress, expected: int) -> Put:
    body = progress.model_dump(mode="json")
    return Put(keys.parity(channel.name, facet), body, expected)
