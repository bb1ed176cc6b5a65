"""What goes wrong and when: one seeded stream per kind, drawn anew for every seed (swarm).

Every place where a fault could strike is an opportunity, counted per kind. A random run remembers
which opportunities it used, so a failing history can be run again with fewer of them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, log
from operator import itemgetter
from random import Random


class Kind(StrEnum):
    # at any port call of a function
    CRASH_BEFORE = "crash before the effect"
    CRASH_EFFECT = "crash after the effect"
    CRASH_ANSWER = "crash after the answer"
    # AWS
    AWS_THROTTLED = "AWS throttles"
    AWS_ERROR = "AWS fails before the effect"
    AWS_LOST = "AWS loses its answer after the effect"
    AWS_PARTIAL = "AWS does a part of a batch and fails"
    INDEX_LAGS = "an index lags behind its table"
    # delivery
    DUPLICATE = "a message is delivered twice"
    DELAYED = "a message is delivered late and out of order"
    EARLY_AGAIN = "visibility ends while the message is being handled"
    STREAM_AGAIN = "a stream batch is delivered again"
    SKEW = "a container's clock is off by up to two seconds"
    # vendors
    NO_ANSWER = "the vendor cannot be reached"
    LOST = "the vendor's answer is lost after the effect"
    LATE = "the vendor's effect lands after the caller gave up"
    BUSY = "the vendor says 503 and lies about when to come back"
    THROTTLED = "the vendor throttles"
    FALSE_200 = "the vendor answers 200 with an error inside"
    PARTIAL = "the vendor refuses one line of a batch for now"
    DROPPED = "the vendor drops one line of a batch without a word"
    SHUFFLED = "the vendor answers a batch in another order"
    SEARCH_LAGS = "the ERP's search does not find what was just created"
    # webhooks
    HOOK_AGAIN = "a webhook is sent again, up to five times in all"
    HOOK_LOST = "a webhook is never sent"
    # last, so that what a seed draws of the others stays what it was
    GLANCE_LAGS = "a row that is only glanced at is what it was before"
    MISNAMED = "the vendor names another line of a batch than the one it refuses"


RATES: dict[Kind, float] = {
    Kind.CRASH_BEFORE: 0.006,
    Kind.CRASH_EFFECT: 0.006,
    Kind.CRASH_ANSWER: 0.006,
    Kind.AWS_THROTTLED: 0.01,
    Kind.AWS_ERROR: 0.01,
    Kind.AWS_LOST: 0.01,
    Kind.AWS_PARTIAL: 0.05,
    Kind.INDEX_LAGS: 0.2,
    Kind.DUPLICATE: 0.15,
    Kind.DELAYED: 0.2,
    Kind.EARLY_AGAIN: 0.03,
    Kind.STREAM_AGAIN: 0.1,
    Kind.SKEW: 0.5,
    Kind.NO_ANSWER: 0.03,
    Kind.LOST: 0.05,
    Kind.LATE: 0.04,
    Kind.BUSY: 0.03,
    Kind.THROTTLED: 0.03,
    Kind.FALSE_200: 0.03,
    Kind.PARTIAL: 0.3,
    Kind.DROPPED: 0.3,
    Kind.SHUFFLED: 0.8,
    Kind.SEARCH_LAGS: 0.5,
    Kind.HOOK_AGAIN: 0.2,
    Kind.HOOK_LOST: 0.1,
    Kind.GLANCE_LAGS: 0.3,
    Kind.MISNAMED: 0.8,
}
"""Chance per opportunity, when a seed has this kind on at all."""

OFTEN = 8  # times as often, where a scenario is about it
OFTEN_MAX = 0.4
SWARM = 0.45  # chance that a seed has a kind on

type Fault = tuple[Kind, int]
"""A kind and which of its opportunities, from 1."""


@dataclass(slots=True)
class Stream:
    """`next` is which opportunity is struck next, `count` how many there were."""

    rate: float
    rng: Random | None = None
    next: float = inf
    count: int = 0
    given: list[int] = field(default_factory=list)

    def draw(self) -> None:
        """Say which opportunity is struck after this one."""
        if self.rng is None:
            self.next = self.given.pop(0) if self.given else inf
        else:
            self.next = self.count + _gap(self.rng, self.rate)


def _gap(rng: Random, rate: float) -> float:
    """Opportunities until the next one struck at this rate: a geometric draw."""
    return 1 + int(log(1 - rng.random()) / log(1 - rate)) if rate < 1 else 1


class Faults:
    """`fired` lists what struck. Faults stop for good when the world is to heal."""

    def __init__(
        self,
        seed: int,
        *,
        on: Collection[Kind],
        given: Collection[Fault] = (),
        often: Collection[Kind] = (),
    ) -> None:
        self.fired: list[Fault] = []
        self.given = bool(given)
        self.healed = False
        self._streams: dict[Kind, Stream] = {kind: Stream(rate) for kind, rate in RATES.items()}
        for kind, number in sorted(given, key=itemgetter(1)):
            self._streams[kind].given.append(number)
        for kind, stream in self._streams.items():
            if kind in on:
                stream.rng = Random(f"{seed}/{kind.name}")
                if kind in often:
                    stream.rate = min(OFTEN * stream.rate, OFTEN_MAX)
            if stream.rng is not None or stream.given:
                stream.draw()

    @classmethod
    def swarm(cls, seed: int, allowed: Collection[Kind], often: Collection[Kind] = ()) -> "Faults":
        """Draw which of the allowed kinds this seed has; some seeds have none, some have all."""
        rng = Random(f"{seed}/swarm")
        share = rng.choice((0.0, SWARM, SWARM, SWARM, 1.0))
        on = {kind for kind in Kind if kind in allowed and rng.random() < share}
        return cls(seed, on=on, often=often)

    def hit(self, kind: Kind) -> bool:
        """Whether this opportunity is struck; every call is one opportunity."""
        if self.healed:
            return False
        stream = self._streams[kind]
        stream.count = count = stream.count + 1
        if count < stream.next:
            return False
        self.strike(kind)
        return True

    def first(self, kinds: Iterable[Kind]) -> Kind | None:
        """The first of these that strikes; each is one opportunity, and those after it are none."""
        streams = self._streams
        for kind in () if self.healed else kinds:
            stream = streams[kind]
            stream.count = count = stream.count + 1
            if count >= stream.next:
                self.strike(kind)
                return kind
        return None

    def stream(self, kind: Kind) -> Stream:
        """The opportunities of a kind, for who counts them himself: a call is dear."""
        return self._streams[kind]

    def strike(self, kind: Kind) -> None:
        """This opportunity, which was counted."""
        stream = self._streams[kind]
        stream.draw()
        self.fired.append((kind, stream.count))

    def opportunities(self) -> dict[Kind, int]:
        """How many there were of each kind."""
        return {kind: stream.count for kind, stream in self._streams.items()}

    def heal(self) -> None:
        self.healed = True
