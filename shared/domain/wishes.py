"""What the facts ask a channel to charge, now and at the instants that are known to follow."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from shared.frozen import frozen
from shared.model.base import Json
from shared.model.money import Money
from shared.model.steps import Step
from shared.model.target import PriceValue


@frozen
class Wish:
    """A price that is asked for from `at` on, or at once where that is None.

    `until` is the next instant at which another one is; `cost` is what one base unit costs us.
    """

    value: PriceValue
    chain: tuple[Step, ...]
    cost: Money | None = None
    at: datetime | None = None
    until: datetime | None = None

    @property
    def said(self) -> Json:
        return self.value.model_dump(mode="json")

    @property
    def name(self) -> str:
        return name_of(self.said)

    @property
    def promotional(self) -> bool:
        return promotional(self.chain)


def name_of(value: Json) -> str:
    """A short name that follows from the value alone."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def promotional(chain: Iterable[Step]) -> bool:
    """Whether what a chain led to is the price of a promotion."""
    return any(step.rule == "promotional price" for step in chain)
