"""What a hundred movements took, and what AWS bills for a million of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tests.bench import limits
from tests.bench.hundred import MANY

POLLS: Final = 3  # requests of one message: sent, received, deleted


@dataclass(frozen=True, slots=True)
class Spent:
    """What a hundred movements took until the publishers were told, by operation and in units."""

    calls: Mapping[str, int]
    write_units: int
    read_units: Decimal
    invocations: int

    @property
    def calls_each(self) -> Decimal:
        return Decimal(sum(self.calls.values())) / MANY

    @property
    def usd(self) -> Decimal:
        """Of a million movements."""
        spent = (
            self.write_units * limits.WRITE_UNITS_USD
            + self.read_units * limits.READ_UNITS_USD
            + self.calls.get("SendMessageBatch", 0) * POLLS * limits.MESSAGES_USD
            + self.calls.get("PUT", 0) * limits.OBJECTS_USD
            + self.invocations * limits.INVOCATIONS_USD
        )
        return spent / MANY
