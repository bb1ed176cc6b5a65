"""Promotions that are posted: by an owner of their own, or over what the ERP is read to say.

Told at any second, corrected, withdrawn, repeated under the same key, while base prices change and
the ERP says promotions of its own, which count for nothing where another owns them.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from shared.errors import RetryableError
from shared.flows.price_calls import PriceCalls
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, catalogue, some, spread

SKUS = ("HAT-M", "HAT-L")
STRANGE = 777  # what the ERP says of promotions where it does not own them
PRICES = (800, 700, 600, 500)
CHAOS_MS = 3 * MINUTE
CAUGHT_UP_MS = MINUTE + 10 * SECOND  # the next minute, and what a change takes from there


@dataclass
class Desk:
    """Who posts promotions, as `source`; a call whose answer was lost is made again."""

    play: Play
    source: str
    calls: int = 0

    def tell(self, sku: str, price: int, start_ms: int, end_ms: int) -> None:
        """A promotion of a SKU, or what it is from now on; its instants are whole seconds."""
        world = self.play.world
        row: Json = {
            "sku": sku,
            "price_list": "retail",
            "kind": "promotional",
            "amount": f"{price // 100}.{price % 100:02}",
            "currency": "GBP",
            "tax_basis": "gross",
            "unit": "PC",
            "valid_from": self._instant(start_ms),
            "valid_to": self._instant(end_ms),
            "condition_id": "POSTED",
        }
        world.engine.note(f"{self.source}: posts {json.dumps(row)}")
        self.calls += 1
        start, end = (world.engine.start + timedelta(milliseconds=ms) for ms in (start_ms, end_ms))
        self.play.truth.posted(sku, price, start, end)
        self._call([row], f"call-{self.calls}")
        if self.play.rng.random() < 0.3:
            again = self.play.rng.randint(1, 60) * SECOND
            self.play.later(again, partial(self._call, [row], f"call-{self.calls}"))

    def _call(self, rows: list[Json], key: str) -> None:
        world, stage = self.play.world, self.play.world.stage
        issues, files = stage.issues(), stage.blobs
        calls = PriceCalls(world.store, issues, stage.clock, world.retailer, files)
        said = calls.take(
            {"connection": self.source, "conditions": rows}, caller=self.source, key=key
        )
        assert said["refused"] == 0, said

    def _instant(self, ms: int) -> str:
        return (self.play.world.engine.start + timedelta(milliseconds=ms)).isoformat()


def _open(play: Play) -> None:
    catalogue(play, "M", "L", units=5)


def _open_with_strangers(play: Play) -> None:
    """The ERP has promotions as well, which nobody believes it."""
    _open(play)
    today = play.world.engine.start.date()
    for sku in SKUS:
        play.promote(sku, STRANGE, today, today + timedelta(days=3))


def _posted(source: str, play: Play) -> None:
    """A promotion for each article: told, perhaps corrected, perhaps withdrawn early."""
    desk = Desk(play, source)
    now = -(-play.world.engine.now_ms // SECOND) * SECOND
    for number, sku in enumerate(SKUS):
        told, begins, lasts = (play.rng.randint(*span) for span in ((0, 40), (5, 100), (20, 240)))
        start = now + (told + begins) * SECOND
        end = start + lasts * SECOND
        first, then = PRICES[2 * number : 2 * number + 2]
        play.later(told * SECOND, partial(desk.tell, sku, first, start, end))
        at = told + play.rng.randint(2, 90)
        if play.rng.random() < 0.5:
            play.later(at * SECOND, partial(desk.tell, sku, then, start, end))
        elif play.rng.random() < 0.6:
            until = max(start, now + (at + 5) * SECOND) + SECOND
            play.later(at * SECOND, partial(desk.tell, sku, first, start, min(end, until)))
    for at in spread(play, CHAOS_MS // 2, some(play, 2)):
        price = 1100 + at // SECOND
        play.later(at, partial(play.price, play.rng.choice(SKUS), price, tell=at % 2 == 0))


def _only_the_stranger(play: Play) -> list[str]:
    """What the ERP says of promotions is told of once, and nothing else is."""
    rows = play.world.store.rows(Table.ISSUES)
    told = {str(r.body["subject"]) for r in rows if r.body["kind"] == IssueKind.NOT_THE_OWNER}
    return [] if told == {"erp/promotion"} else [f"told as not the owner: {sorted(told)}"]


def _clock_down(play: Play) -> None:
    """Nobody is woken while a promotion begins, for longer than the clock ever pauses."""
    desk, clock = Desk(play, "erp"), play.world.functions["clock"]
    now = -(-play.world.engine.now_ms // SECOND) * SECOND
    awake = clock.handler

    def asleep(event: object, context: object) -> object:
        del event, context
        raise RetryableError("nobody is there")

    def wake() -> None:
        clock.handler = awake

    clock.handler = asleep
    start = now + play.rng.randint(10, 60) * SECOND
    back = start + play.rng.randint(70, 110) * SECOND
    end = back + play.rng.randint(3, 8) * MINUTE
    desk.tell("HAT-M", PRICES[0], start, end)
    play.notes["down"] = (start, back, end)
    play.later(back - play.world.engine.now_ms, wake)


def _caught_up(play: Play) -> list[str]:
    """Undisturbed, it begins within the minute after the clock is back, and ends in time."""
    down = play.notes["down"]
    assert isinstance(down, tuple)
    start, back, end = down
    shown = play.truth.shown["shop", "HAT-M"]
    begun = [s.at_ms for s in shown if s.price == PRICES[0]]
    if play.world.faults.fired or (begun and start <= begun[0] < min(back + CAUGHT_UP_MS, end)):
        return []
    return [f"due from {start} ms, the clock was back at {back} ms; the shop showed {shown}"]


OWNERS = (
    Scenario(
        "two owners of one price",
        _open_with_strangers,
        partial(_posted, "engine"),
        chaos_ms=CHAOS_MS,
        reads=(Entity.PRICE,),
        engine=True,
        check=_only_the_stranger,
    ),
    Scenario(
        "posted over what is read",
        _open,
        partial(_posted, "erp"),
        chaos_ms=CHAOS_MS,
        reads=(Entity.PRICE,),
        poll_minutes=2,
    ),
    Scenario(
        "the clock is down as a price begins",
        _open,
        _clock_down,
        chaos_ms=4 * MINUTE,
        reads=(Entity.PRICE,),
        check=_caught_up,
    ),
)
