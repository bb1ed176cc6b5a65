"""What each shop must show in the weekend promotion, by the retailer's rules and plain arithmetic.

Nothing of the product's own pricing is used: what it made is held against this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.play.loading import price_text

LONDON, NEW_YORK = "london", "new-york"
LISTS: Final = {LONDON: ("uk", "GBP", "gross"), NEW_YORK: ("us", "USD", "net")}
ZONES: Final = {LONDON: ZoneInfo("Europe/London"), NEW_YORK: ZoneInfo("America/New_York")}
_VAT, _RATE = Decimal("1.2"), Decimal("1.27")
COLUMNS: Final = (
    "sku",
    "price_list",
    "kind",
    "amount",
    "currency",
    "tax_basis",
    "unit",
    "valid_from",
    "valid_to",
    "zone",
    "condition_id",
)

type Shown = tuple[int, int | None]
"""What a shopper pays and what is struck through, in minor units."""


def base(channel: str, pence: int) -> int:
    """A base price of the ERP, in sterling with its tax, as a channel shows it."""
    if channel == LONDON:
        return pence
    cents = int((pence / _VAT * _RATE).quantize(Decimal(1), ROUND_HALF_UP))
    below = (cents - 99) // 100 * 100 + 99
    if below <= 0:
        return below + 100
    return below if cents - below <= below + 100 - cents else below + 100


def promoted(channel: str, pence: int, percent: int) -> int:
    """What the engine states for a market: so much off, in whole minor units."""
    return base(channel, pence) * (100 - percent) // 100


@dataclass(slots=True)
class Window:
    """When a promotion holds in one market: half open, and entered in its local time."""

    channel: str
    start: datetime
    end: datetime

    def local(self, at: datetime) -> str:
        return at.astimezone(ZONES[self.channel]).replace(tzinfo=None).isoformat()


@dataclass(slots=True)
class Book:
    """Base prices in pence and the promotions in force, as both may change while it runs."""

    prices: dict[str, int]
    windows: dict[str, Window]
    amounts: dict[tuple[str, str], int] = field(default_factory=dict)
    ends: dict[tuple[str, str], datetime] = field(default_factory=dict)
    kept: dict[tuple[str, str], int] = field(default_factory=dict)

    def promote(self, skus: Iterable[str], percent: int) -> None:
        """So much off these in both markets, from now on or corrected."""
        for sku in skus:
            for channel in self.windows:
                self.amounts[channel, sku] = promoted(channel, self.prices[sku], percent)

    def withdraw(self, skus: Iterable[str], at: datetime) -> None:
        for sku in skus:
            for channel in self.windows:
                self.ends[channel, sku] = at

    def shown(self, channel: str, sku: str, at: datetime) -> Shown:
        """By hand: the promotion while its window holds, the base price otherwise."""
        pence = self.kept.get((channel, sku), self.prices[sku])
        regular = base(channel, pence)
        amount, window = self.amounts.get((channel, sku)), self.windows[channel]
        end = self.ends.get((channel, sku), window.end)
        if amount is not None and window.start <= at < end:
            return amount, regular
        return regular, None

    def every(self, channel: str, skus: Iterable[str], at: datetime) -> dict[str, Shown]:
        return {sku: self.shown(channel, sku, at) for sku in skus}

    def rows(self, skus: Sequence[str]) -> list[dict[str, str]]:
        """The promotion as the engine tells it, a row for each market."""
        return [self._row(channel, sku) for channel in self.windows for sku in skus]

    def _row(self, channel: str, sku: str) -> dict[str, str]:
        price_list, currency, basis = LISTS[channel]
        window = self.windows[channel]
        end = self.ends.get((channel, sku), window.end)
        said = (
            sku,
            price_list,
            "promotional",
            price_text(self.amounts[channel, sku]),
            currency,
            basis,
            "PC",
            window.local(window.start),
            window.local(end),
            ZONES[channel].key,
            f"weekend/{price_list}",
        )
        return dict(zip(COLUMNS, said, strict=True))


def csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    lines = [",".join(COLUMNS), *(",".join(row[name] for name in COLUMNS) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def whole_second(at: datetime, *, later_s: float) -> datetime:
    return (at + timedelta(seconds=later_s)).replace(microsecond=0)
