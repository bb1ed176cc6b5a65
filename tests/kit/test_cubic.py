"""The curve of a rate that is found by asking."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.kit.cubic import FLOOR, START, Curve
from tests.domain.world import NOW

MOST = 100_000


def after(curve: Curve, **by: int) -> int:
    return curve.rate(NOW + timedelta(**by), most=MOST)


def test_it_rises_until_it_is_refused() -> None:
    curve = Curve(START, NOW)
    assert after(curve) == START
    assert START < after(curve, seconds=30) < after(curve, seconds=60) <= MOST


def test_a_refusal_takes_three_tenths_off_and_the_curve_is_flat_where_it_was_refused() -> None:
    curve = Curve(10_000, NOW).cut(NOW, most=MOST)
    assert after(curve) == 7_000
    near = [after(curve, seconds=s) for s in (18, 20, 22)]
    assert all(9_990 <= rate <= 10_010 for rate in near)
    assert after(curve, seconds=40) == 13_000


def test_refusals_of_one_moment_are_one() -> None:
    curve = Curve(10_000, NOW).cut(NOW, most=MOST)
    again = NOW + timedelta(milliseconds=999)
    assert curve.cut(again, most=MOST) is curve
    assert curve.cut(NOW + timedelta(seconds=1), most=MOST).peak < 10_000


def test_idle_time_teaches_nothing() -> None:
    curve = Curve(10_000, NOW, refused=True)
    later = NOW + timedelta(hours=1)
    assert curve.rested(NOW, later).rate(later, most=MOST) == after(curve)
    soon = NOW + timedelta(seconds=5)
    assert curve.rested(NOW, soon) is curve


@given(st.integers(1, 10**6), st.integers(0, 10**9), st.integers(500, 10**6))
def test_it_stays_between_its_bounds_and_never_falls_by_itself(
    peak: int, ms: int, most: int
) -> None:
    curve = Curve(peak, NOW, refused=True)
    at = NOW + timedelta(milliseconds=ms)
    assert FLOOR <= curve.rate(at, most=most) <= max(most, FLOOR)
    assert curve.rate(at, most=most) <= curve.rate(at + timedelta(seconds=1), most=most)
    assert curve.cut(at, most=most).rate(at, most=most) <= curve.rate(at, most=most)
