"""A shop that sells a little and then nothing more."""

from functools import partial

from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, few

AFTER = 3
RULES = f"""
[silence]
times = 2
at_least_minutes = 1
after_orders = {AFTER}
"""

CRASHED_MS = 40 * MINUTE
"""What a crash leaves unhandled is hidden for six minutes, and who listens comes each five."""


def _falls_silent(play: Play) -> None:
    if play.world.faults.given:
        play.lasts_ms = CRASHED_MS
    for number in range(AFTER + 2):  # one that is heard late says nothing of the rhythm
        at = number * 5 * SECOND + play.rng.randint(0, 2 * SECOND)
        play.later(at, partial(play.order, "shop", ("HAT-M", 1)))


def _told(play: Play) -> list[str]:
    kinds = {row.body["kind"] for row in play.world.store.rows(Table.ISSUES)}
    return [] if "channel_silent" in kinds else ["nobody was told that the shop is silent"]


SILENCE = (
    Scenario(
        "a shop falls silent",
        few,
        _falls_silent,
        chaos_ms=7 * MINUTE,
        beats=1,
        kinds=(),
        rules=RULES,
        check=_told,
    ),
)
