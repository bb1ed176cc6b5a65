"""What a retailer's file may say of limits, and what is said of it when it is wrong."""

import pytest

from sandbox.check import check
from tests.domain.world import RETAILER_TOML

FEEDS = '[feeds]\nmax_refused = "5"\nmin_rows = "50"\n'
COSTS = RETAILER_TOML.replace('VKA0 = "promotional"', 'VKA0 = "promotional", VPRS = "cost"')


def limited(limits: str, base: str = RETAILER_TOML) -> bytes:
    return f"{base}\nguardrails = {{ {limits} }}\n{FEEDS}".encode()


def test_limits_in_their_shape_are_no_mistake() -> None:
    said = 'max_rise = "40", max_fall = "30", floor = "5", max_share = "25", share_from = 50'
    assert check(limited(said, COSTS)) == []


@pytest.mark.parametrize(
    ("limits", "path", "remedy"),
    [
        ("max_rise = 40.5", "max_rise", "write it in quotes"),
        ('max_fall = "130"', "max_fall", "correct it"),
        ('max_rice = "30"', "max_rice", "did you mean 'max_rise'?"),
        ('floor = "5"', "floor", "name the condition type of the cost in a list"),
        ("share_from = 5", "share_from", "add max_share"),
        ("max_share = '5', window_minutes = 0", "window_minutes", "correct it"),
    ],
)
def test_a_limit_that_is_wrong_is_named_with_what_to_do(
    limits: str, path: str, remedy: str
) -> None:
    (finding,) = check(limited(limits))
    assert finding.path == f"channels.0.guardrails.{path}"
    assert remedy in finding.remedy
    assert finding.line is not None


def test_a_limit_of_files_that_is_wrong_is_named_with_what_to_do() -> None:
    text = RETAILER_TOML + FEEDS.replace("max_refused", "max_refuse")
    (finding,) = check(text.encode())
    assert (finding.path, finding.remedy) == ("feeds.max_refuse", "did you mean 'max_refused'?")
