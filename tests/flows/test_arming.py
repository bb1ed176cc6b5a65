"""Laws of arming: every near instant is told of in time, and nothing else is."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.flows.arming import HORIZON, LAG, SECOND, arming
from tests.domain.world import NOW

SPANS = st.timedeltas(timedelta(days=-1), timedelta(days=1))
FRACTIONS = st.timedeltas(timedelta(), SECOND)


@given(st.lists(SPANS, max_size=8), FRACTIONS)
def test_every_instant_within_the_horizon_is_told_of_within_two_seconds(
    spans: list[timedelta], fraction: timedelta
) -> None:
    now = NOW + fraction
    instants = [NOW + span for span in spans]
    visible = {
        now + m.delay_s * SECOND
        for m in arming(instants, now=now, hints=[])
        if datetime.fromisoformat(m.body["wake"]) <= now + m.delay_s * SECOND
    }
    for at in instants:
        if at <= now + HORIZON:
            assert any(at <= seen < max(at, now) + 2 * SECOND for seen in visible)


@given(st.lists(SPANS, max_size=8), FRACTIONS)
def test_nothing_is_told_of_an_instant_beyond_the_horizon(
    spans: list[timedelta], fraction: timedelta
) -> None:
    now = NOW + fraction
    for message in arming([NOW + span for span in spans], now=now, hints=[]):
        assert datetime.fromisoformat(message.body["wake"]) < now + HORIZON + SECOND
        assert timedelta() <= message.delay_s * SECOND < HORIZON + 2 * SECOND


@given(st.integers(-100, 70), FRACTIONS)
def test_a_whole_second_is_told_of_within_a_second_and_a_near_one_again(
    seconds: int, fraction: timedelta
) -> None:
    now, at = NOW + fraction, NOW + seconds * SECOND
    first, *again = arming([at], now=now, hints=[])
    assert timedelta() <= now + first.delay_s * SECOND - max(at, now) < SECOND
    assert bool(again) == (at - now < LAG)
