"""One row of a price file or of a call becomes a condition, or is refused by field and value.

A price without currency, tax basis, list or window is not guessed at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from shared.domain.columns import Columns, Row
from shared.domain.price_columns import refusal
from shared.domain.wall_clock import Disambiguation, day_start, instant
from shared.errors import RejectedError
from shared.model.money import Money
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind
from shared.model.price_columns import COLUMNS, ID_MAX, REQUIRED
from shared.model.retailer import PriceList, Retailer

OPEN_END: Final = "9999-12-31"

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


_COLUMNS: Final = Columns(COLUMNS)


@dataclass(frozen=True)
class RowReader:
    """Reads rows of one source for one retailer. `comma` says that decimals are written 19,99."""

    retailer: Retailer
    source: str
    comma: bool = False

    @cached_property
    def _lists(self) -> dict[str, PriceList]:
        return {each.name: each for each in self.retailer.price_lists}

    def condition(self, row: Row) -> PriceCondition:
        """What the row states; raises RejectedError with its field, value and remedy."""
        said = _COLUMNS.texts(row, COLUMNS, REQUIRED)
        listed = self._listed(said)
        window = _window(said)
        unit, kind = said["unit"], said["kind"]
        fields = {
            "condition_id": _identity(said, window.start),
            "sku": said["sku"],
            "kind": kind,
            "price_list": listed.name,
            "amount": self._amount("amount", said["amount"], listed.currency),
            "per": self._decimal("per", said["per"] or "1"),
            "unit": unit,
            "tax_basis": listed.tax_basis,
            "window": window,
            "scales": self._scales(said["scales"], unit, listed.currency),
        }
        try:
            condition = PriceCondition.model_validate(fields)
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            raise refusal(field, said.get(field, ""), "is not one that can be kept") from error
        self._owned(condition.kind)
        return condition

    def _owned(self, kind: PriceKind) -> None:
        """Of prices that another owns nobody else is believed."""
        owner = self.retailer.price_owner(kind)
        if owner != self.source:
            raise RejectedError(
                f"{kind} prices are {owner}'s to tell, not {self.source}'s",
                code="not_the_owner",
                field="kind",
                value=kind,
                remedy=f"send it as {owner}, or make {self.source} the owner of"
                f" {self.retailer.price_entity(kind)} under [authority]",
            )

    def _listed(self, said: Mapping[str, str]) -> PriceList:
        """The row's price list, with which its currency and tax basis agree."""
        listed = self._lists.get(said["price_list"])
        if listed is None:
            known = ", ".join(self._lists)
            raise refusal("price_list", said["price_list"], f"is none of {known}")
        for field, ours in (("currency", listed.currency), ("tax_basis", listed.tax_basis)):
            if said[field] != ours:
                raise refusal(field, said[field], f"is not that of list {listed.name}, {ours}")
        return listed

    def _scales(self, text: str, unit: str, currency: str) -> list[dict[str, object]]:
        """Prices by quantity, `10=17.50 50=15.00`: each from more units on than the one before."""
        found: list[dict[str, object]] = []
        reached = Decimal(0)
        for part in text.split():
            units, equals, amount = part.partition("=")
            if not equals:
                raise refusal("scales", part, "does not say from how many units on")
            quantity = self._decimal("scales", units)
            if quantity <= reached:
                raise refusal("scales", text, "does not go up by quantity")
            said = self._amount("scales", amount, currency)
            found.append({"quantity": quantity, "unit": unit, "amount": said})
            reached = quantity
        return found

    def _amount(self, field: str, text: str, currency: str) -> Money:
        amount = self._decimal(field, text)
        try:
            return Money.parse(amount, currency)
        except ValueError as error:
            raise refusal(field, text, f"has more digits than {currency} has") from error

    def _decimal(self, field: str, text: str) -> Decimal:
        return _COLUMNS.positive(field, text, _AMOUNT, comma=self.comma)


def _identity(said: Mapping[str, str], start: datetime) -> str:
    """The given id; else the list, kind, unit and start, so that a repeat means the same one."""
    given = said["condition_id"]
    if len(given) > ID_MAX or not given.isprintable():
        raise refusal("condition_id", given, "is too long or not printable")
    if given:
        return given
    return "/".join((said["price_list"], said["kind"], said["unit"], start.isoformat()))


def _window(said: Mapping[str, str]) -> EffectiveWindow:
    zone = _zone(said["zone"]) if said["zone"] else None
    start = _instant("valid_from", said["valid_from"], zone, last_day=False)
    until = said["valid_to"]
    open_end = not until or until == OPEN_END
    end = None if open_end else _instant("valid_to", until, zone, last_day=True)
    if end is not None and end <= start:
        raise refusal("valid_to", until, f"is not after valid_from {said['valid_from']}")
    return EffectiveWindow(start=start, end=end, zone=said["zone"] or "UTC")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refusal("zone", name, "is no time zone") from error


@lru_cache(maxsize=1024)
def _instant(field: str, text: str, zone: ZoneInfo | None, *, last_day: bool) -> datetime:
    """An instant in UTC. A date is a whole day of its zone, the last one included."""
    try:
        if _DAY.fullmatch(text):
            return _of_day(field, text, zone, last_day=last_day)
        return _of_time(field, datetime.fromisoformat(text), text, zone)
    except (ValueError, OverflowError) as error:
        raise refusal(field, text, "is neither a date nor a time") from error


def _of_day(field: str, text: str, zone: ZoneInfo | None, *, last_day: bool) -> datetime:
    if zone is None:
        raise refusal(field, text, "is a day, and no zone says whose")
    return day_start(date.fromisoformat(text) + timedelta(days=last_day), zone.key)


def _of_time(field: str, at: datetime, text: str, zone: ZoneInfo | None) -> datetime:
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    if zone is None:
        raise refusal(field, text, "has no offset, and no zone says which")
    try:
        return instant(at, zone.key, Disambiguation.REFUSE)
    except RejectedError as error:
        said = f"is skipped or repeated in {zone.key}: write its offset"
        raise refusal(field, text, said) from error
