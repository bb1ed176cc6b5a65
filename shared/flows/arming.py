"""What comes due soon is armed: a message that SQS holds back until then.

SQS delays by whole seconds and a clock may be off, so a message may come early, late or twice; and
it may be lost. `activation` makes all of that harmless.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.flows import keys
from shared.ports import Message

HORIZON = timedelta(seconds=75)  # the next minute may begin that late and still arm in time
LAG = timedelta(seconds=5)  # a row written just before its instant may be missing in its index
SECOND = timedelta(seconds=1)


def arming(
    instants: Iterable[datetime], *, now: datetime, hints: Iterable[Message]
) -> list[Message]:
    """What to send so that these instants are not missed; those beyond the horizon can wait.

    One message a second, not one an instant: SQS knows no fractions. An instant so near that its
    row may not be in the index yet is looked at once more afterwards. The hints go out with them at
    once, so that the publishers, idle since yesterday perhaps, are warm when the instant comes.
    """
    seconds = sorted({whole_second(at) for at in instants if at <= now + HORIZON})
    messages = []
    for at in seconds:
        messages.append(armed(at, at - now))
        if at - now < LAG:
            messages.append(armed(at, at - now + LAG))
    return [*messages, *hints] if messages else []


def armed(at: datetime, wait: timedelta) -> Message:
    """Of this instant, so long from now: rather a little late than early and sent again."""
    body = {"wake": at.isoformat()}
    return Message(keys.WAKE_QUEUE, body, max(0, -(-wait // SECOND)))


def whole_second(at: datetime) -> datetime:
    """The first whole second that is not before."""
    return at.replace(microsecond=0) + SECOND if at.microsecond else at
