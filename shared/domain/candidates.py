"""Which articles a code nobody knows may mean: ranked, and the same ranking every time."""

from collections.abc import Iterable
from typing import Final

from shared.model.candidate import Candidate

SHOWN: Final = 3
_EDITS_MAX: Final = 2
_PART_MIN: Final = 4  # shorter beginnings are shared by too many
_EDITS: Final = ("", "one character differs", "two characters differ")


def folded(name: str) -> str:
    """A name without what people write it differently in: case, blanks, punctuation."""
    return "".join(c for c in name.casefold() if c.isalnum())


def ranked(code: str, known: Iterable[str], *, same_gtin: Iterable[str] = ()) -> list[Candidate]:
    """Every article that may be meant, the likeliest first.

    The same GTIN comes before the same name, that before a name of up to two other characters, and
    that before one that begins like the code; equals are in order of their names.
    """
    found: dict[str, tuple[int, int, str]] = dict.fromkeys(same_gtin, (0, 0, "the same GTIN"))
    for sku in known:
        likeness = _likeness(folded(code), folded(sku))
        if likeness is not None:
            found.setdefault(sku, likeness)
    best = sorted(found, key=lambda sku: (*found[sku][:2], sku))
    return [Candidate(code=code, sku=sku, reason=found[sku][2]) for sku in best]


def _likeness(code: str, name: str) -> tuple[int, int, str] | None:
    if not code or not name:
        return None
    if code == name:
        return 1, 0, "the same name in other letters"
    edits = _edits(code, name)
    if edits is not None and edits * 3 <= len(code):
        return 2, edits, _EDITS[edits]
    if min(len(code), len(name)) >= _PART_MIN and (name.startswith(code) or code.startswith(name)):
        return 3, abs(len(name) - len(code)), "begins with the same characters"
    return None


def _edits(one: str, other: str) -> int | None:
    """How many characters were added, left out or mistaken; None for more than two."""
    if abs(len(one) - len(other)) > _EDITS_MAX:
        return None
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            above, row[j] = row[j], min(above + (a != b), row[j] + 1, row[j - 1] + 1)
        if min(row) > _EDITS_MAX:
            return None
    return row[-1] if row[-1] <= _EDITS_MAX else None
