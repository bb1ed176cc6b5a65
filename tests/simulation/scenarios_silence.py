"""A shop that sells a little and then nothing more."""

from functools import partial

from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.scenario import Play, Scenario, few

RULES = """
[silence]
times = 2
at_least_minutes = 1
after_orders = 3
"""


def _falls_silent(play: Play) -> None:
    for number in range(3):
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
