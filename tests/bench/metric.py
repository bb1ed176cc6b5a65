"""A metric: what was measured, the bound it is held against, and how far it may be from it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.model.base import Json

EXACTLY = Decimal(0)
DIGITS = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement. `ratio` is `value / bound`, or `value` where the bound is zero.

    `most` is the largest ratio that passes, `least` the smallest; without either it compares and
    never fails, which is how the peers' patterns are shown. An `exact` one has to be the bound
    itself.
    """

    metric: str
    value: Decimal
    bound: Decimal
    unit: str
    most: Decimal | None = None
    exact: bool = False
    least: Decimal | None = None

    @property
    def ratio(self) -> Decimal:
        return self.value / self.bound if self.bound else self.value

    @property
    def ok(self) -> bool:
        if self.exact:
            return self.value == self.bound
        if self.least is not None and self.ratio < self.least:
            return False
        return self.most is None or self.ratio <= self.most

    def to_json(self) -> dict[str, Json]:
        passes = "ratio_at_most" if self.least is None else "ratio_at_least"
        limit = self.most if self.least is None else self.least
        return {
            "metric": self.metric,
            "value": _number(self.value),
            "bound": _number(self.bound),
            "ratio": _number(self.ratio),
            "unit": self.unit,
            passes: 1 if self.exact else _number(limit),
            "ok": self.ok,
        }


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: the sizes metrics are defined by, or a few for a look or a test."""

    prices: int = 12_000
    rows: int = 100_000
    seed: int = 1


type Measure = Callable[[Size], Iterable[Line]]
type Area = Mapping[str, Measure]
"""Measurements of one area by name; each may give several lines, as each is costly to set up."""


def _number(value: Decimal | None) -> Json:
    """As JSON has it: whole, or with three digits; three that count if it is below a thousandth."""
    if value is None:
        return None
    if value == value.to_integral_value():
        return int(value)
    if abs(value) < DIGITS:
        return float(f"{value:.3g}")
    return float(value.quantize(DIGITS))
