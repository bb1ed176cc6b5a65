"""A file of prices, looked at as a whole: what it changes, and whether it looks as it should."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from decimal import Decimal
from typing import Final, Self

from shared.errors import RejectedError
from shared.frozen import slotted
from shared.model.feeds import Example, Survey
from shared.model.policies import FeedLimits
from shared.model.price import PriceCondition
from shared.model.steps import Step

EXAMPLES: Final = 10
PERCENT_MAX: Final = 1000  # what differs by more counts as this
_TENTH: Final = Decimal("0.1")


@slotted
class Surveyor:
    """Counts rows one by one; `survey` is what has been seen so far."""

    seen: Survey
    changes: dict[int, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    rows: int = 0
    refused: int = 0
    unpriced: int = 0
    foreign: int = 0
    known: int = 0

    @classmethod
    def of(cls, seen: Survey) -> Self:
        return cls(seen, dict(seen.changes), list(seen.examples))

    def refuse(self, line: int, error: RejectedError) -> None:
        self.rows += 1
        self.refused += 1
        self.unpriced += error.field == "amount"
        self.foreign += error.field == "currency"
        self._example(line, str(error))

    def read(self, count: int) -> None:
        self.rows += count

    def compare(self, line: int, told: PriceCondition, known: Iterable[PriceCondition]) -> None:
        """Hold a row against the price that would hold without it."""
        before = _before(told, known)
        if before is None:
            return
        self.known += 1
        starts = {Decimal(0), *(scale.quantity for scale in (*before.scales, *told.scales))}
        each = [(_each(before, units), _each(told, units)) for units in starts]
        if all(old == new for old, new in each):
            return
        percent = max(_percent(old, new) for old, new in each)
        self.changes[percent] = self.changes.get(percent, 0) + 1
        self._example(line, f"{told.sku}: {before.amount} becomes {told.amount}")

    @property
    def survey(self) -> Survey:
        seen = self.seen
        return seen.model_copy(
            update={
                "rows": seen.rows + self.rows,
                "refused": seen.refused + self.refused,
                "unpriced": seen.unpriced + self.unpriced,
                "foreign": seen.foreign + self.foreign,
                "known": seen.known + self.known,
                "changes": dict(self.changes),
                "examples": tuple(self.examples),
            }
        )

    def _example(self, line: int, what: str) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(Example(line=line, what=what[:200]))


def shifted(survey: Survey, limits: FeedLimits, *, before: int | None) -> tuple[Step, ...]:
    """Every limit that a file breaks; `before` is how many rows the last one had."""
    if max(survey.rows, before or 0) < limits.rows_from:
        return ()
    return tuple(_shifted(survey, limits, before))


def _shifted(survey: Survey, limits: FeedLimits, before: int | None) -> Iterator[Step]:
    rows = survey.rows
    for rule, most, part, whole, what in (
        ("max_refused", limits.max_refused, survey.refused, rows, "rows are refused"),
        ("max_unpriced", limits.max_unpriced, survey.unpriced, rows, "rows have no price"),
        ("max_foreign", limits.max_foreign, survey.foreign, rows, "rows are in a strange currency"),
        ("max_changed", limits.max_changed, survey.changed, survey.known, "known prices change"),
    ):
        if most is not None and part * 100 > whole * most:
            share = (Decimal(part) * 100 / whole).quantize(_TENTH)
            yield Step(rule=rule, detail=f"{share} % of {whole} {what}, at most {most} % may")
    if limits.max_median is not None and survey.median > limits.max_median:
        said = f"half of the changed prices differ by {survey.median} % or more"
        yield Step(rule="max_median", detail=f"{said}, at most {limits.max_median} % may")
    if limits.min_rows is not None and before and rows * 100 < before * limits.min_rows:
        said = f"it has {rows} rows, the last one had {before}"
        yield Step(rule="min_rows", detail=f"{said}; at least {limits.min_rows} % are expected")


def _before(told: PriceCondition, known: Iterable[PriceCondition]) -> PriceCondition | None:
    """The condition it replaces, or else the last of its kind that begins before it."""
    alike = [
        c
        for c in known
        if (c.price_list, c.kind, c.unit) == (told.price_list, told.kind, told.unit)
    ]
    same = next((c for c in alike if c.condition_id == told.condition_id), None)
    earlier = [c for c in alike if c.window.start <= told.window.start]
    return same or max(earlier, key=lambda c: c.window.start, default=None)


def _each(condition: PriceCondition, units: Decimal) -> Decimal:
    """What one of so many costs."""
    reached = [s.amount for s in condition.scales if s.quantity <= units]
    amount = reached[-1] if reached else condition.amount
    return Decimal(amount.amount) / condition.per


def _percent(old: Decimal, new: Decimal) -> int:
    return min(PERCENT_MAX, int(abs(new - old) * 100 / old)) if old else PERCENT_MAX * bool(new)
