"""What a comparison found, told: one exception per cause, channel and facet, and the news."""

from collections.abc import Iterable

from shared.domain.parity import readable, repair_of
from shared.flows import keys
from shared.flows.compare_runs import Held
from shared.flows.issues import Issues, Problem
from shared.frozen import frozen
from shared.model.channel_events import ReconciliationFinding
from shared.model.ids import Facet
from shared.model.issue import IssueKind
from shared.model.parity import Cause, Comparison, Finding
from shared.model.policies import Repair
from shared.model.retailer import Channel
from shared.ports import Bus, Clock

BY = "comparison"

KINDS = {
    Cause.OURS: IssueKind.OLD_VALUE_SHOWN,
    Cause.EDITED: IssueKind.EDITED_ON_CHANNEL,
    Cause.MISSING: IssueKind.MISSING_ON_CHANNEL,
    Cause.ERP: IssueKind.DERIVATION_LAGS,
}
_WHAT = {
    Cause.OURS: "show an older value of ours",
    Cause.EDITED: "were edited on the channel",
    Cause.MISSING: "are gone from the channel",
    Cause.ERP: "do not follow from the newest facts",
}
_REMEDY = {
    Cause.OURS: "replay to send them anew; look in a trace why the last value was lost",
    Cause.EDITED: "replay to overwrite them all, or say for this channel that parity.{facet} "
    'is "accept" or "overwrite" from now on; or correct them in the ERP',
    Cause.MISSING: "list the articles on the channel again, or discontinue them in the ERP; "
    "replay to compare again",
    Cause.ERP: "look at the alarm stream-behind and the errors of derive; replay to compare again",
}


@frozen
class Findings:
    connection: str
    issues: Issues
    bus: Bus
    clock: Clock

    def told(self, held: Held) -> Comparison:
        """What a finished run found: asked about or solved, and published."""
        run = held.run
        for cause, kind in KINDS.items():
            count = run.tally.differing.get(cause, 0)
            if count and repair_of(cause, run.policy) is Repair.ASK:
                self.issues.report([self._problem(held, cause, count)])
            else:
                self.issues.solve(kind, _subject(held.channel, held.facet), by=BY)
        self.bus.publish(list(self._news(held)))
        return Comparison(
            channel=held.channel.name,
            facet=held.facet,
            policy=run.policy,
            started=run.started,
            finished=self.clock.now(),
            tally=run.tally,
            examples=run.examples,
        )

    def _news(self, held: Held) -> Iterable[ReconciliationFinding]:
        for cause, count in held.run.tally.differing.items():
            yield ReconciliationFinding(
                at=self.clock.now(),
                channel=held.channel.name,
                facet=held.facet,
                cause=cause,
                repair=repair_of(cause, held.run.policy),
                count=count,
                examples=tuple(_of(held, cause)),
            )

    def _problem(self, held: Held, cause: Cause, count: int) -> Problem:
        channel, facet = held.channel.name, held.facet
        examples = [_line(facet, one) for one in _of(held, cause)]
        replay = {
            "queue": keys.read_queue(self.connection),
            "compare": facet.value,
            "channel": channel,
        }
        if cause in {Cause.OURS, Cause.EDITED}:
            replay["repair"] = Repair.OVERWRITE.value
        compared = held.run.tally.compared
        return Problem(
            kind=KINDS[cause],
            subject=_subject(held.channel, facet),
            connection=self.connection,
            summary=f"{channel}, {facet}: {count} of {compared} compared {_WHAT[cause]}: "
            + "; ".join(examples),
            remedy=_REMEDY[cause].format(facet=facet.value),
            field=facet.value,
            value=examples[0][:200] if examples else None,
            replay=replay,
        )


def _of(held: Held, cause: Cause) -> list[Finding]:
    return [one for one in held.run.examples if one.cause is cause]


def _line(facet: Facet, finding: Finding) -> str:
    shows, should = readable(facet, finding.shown), readable(facet, finding.desired)
    return f"{finding.key} shows {shows}, not {should}"


def _subject(channel: Channel, facet: Facet) -> str:
    return f"{channel.name}/{facet}"
