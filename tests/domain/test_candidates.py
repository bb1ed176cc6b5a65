"""Which articles a code nobody knows may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.candidates import ranked


def said(code: str, *known: str, gtin: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(one.sku, one.reason) for one in ranked(code, known, same_gtin=gtin)]


@pytest.mark.parametrize(
    ("code", "known", "reason"),
    [
        ("hat-m", "HAT-M", "the same name in other letters"),
        ("HAT M", "HAT-M", "the same name in other letters"),
        ("HAT-RED-N", "HAT-RED-M", "one character differs"),
        ("HAT-RED", "HAT-RAD", "one character differs"),
        ("HATT-REED", "HAT-RED", "two characters differ"),
        ("HAT-RED", "HAT-RED-XXL", "begins with the same characters"),
        ("HAT-RED-XXL", "HAT-RED", "begins with the same characters"),
    ],
)
def test_a_likeness_is_told_with_its_reason(code: str, known: str, reason: str) -> None:
    assert said(code, known) == [(known, reason)]


@pytest.mark.parametrize(("code", "known"), [("HAT", "CAP"), ("HAT", "HUT-RED-M"), ("", "HAT")])
def test_what_is_not_alike_is_not_proposed(code: str, known: str) -> None:
    assert said(code, known) == []


def test_the_likeliest_stands_first() -> None:
    known = ("HAT-RED-MAX", "HAT-RED-N", "hat-red-m")
    found = said("HAT-RED-M", *known, gtin=("CAP",))
    assert [sku for sku, _ in found] == ["CAP", "hat-red-m", "HAT-RED-N", "HAT-RED-MAX"]


NAMES = st.text("abc-", min_size=1, max_size=6)


@given(code=NAMES, known=st.lists(NAMES, unique=True, max_size=6), seed=st.randoms())
def test_the_ranking_does_not_depend_on_the_order_articles_are_found_in(
    code: str, known: list[str], seed: object
) -> None:
    shuffled = list(known)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert said(code, *shuffled) == said(code, *known)
