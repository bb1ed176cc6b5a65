"""What a channel refuses, as an exception: which line, why, and what to do again."""

from collections.abc import Sequence

from shared.flows import keys
from shared.flows.issues import Problem
from shared.model.issue import IssueKind
from shared.model.target import Outcome, Push, Target, Verdict


def line_refused(connection: str, target: Target, outcome: Outcome) -> Problem:
    return Problem(
        kind=IssueKind.LINE_REJECTED,
        subject=f"{target.channel}/{target.facet}/{target.key}",
        connection=connection,
        summary=f"{target.channel} refused the {target.facet} of {target.key}"
        f"{' in part' if outcome.shown is not None else ''}: "
        f"{outcome.code} {outcome.message}".strip(),
        remedy=outcome.remedy
        or "correct the article as the message says; a changed value is sent by itself",
        field=outcome.code or None,
        value=str(target.desired)[:200],
        replay={
            "queue": keys.write_queue(connection),
            "look": "again",
            "target": f"{target.channel}#{target.facet}#{target.key}",
        },
    )


def unsaid(key: str) -> Outcome:
    """What is known of a line that the channel did not mention."""
    message = "the channel did not mention this line"
    return Outcome(key=key, verdict=Verdict.UNKNOWN, message=message)


def for_all(
    lines: Sequence[Push], verdict: Verdict, message: str, *, code: str = ""
) -> list[Outcome]:
    """The same outcome for every line of a call."""
    return [
        Outcome(key=line.key, verdict=verdict, code=code, message=message[:200]) for line in lines
    ]
