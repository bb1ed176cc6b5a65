"""What rows of files and of calls have in common, whatever they state: named texts.

Rows hold texts, whatever they were read from; a missing text and an empty one are the same.
"""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final

from shared.errors import RejectedError
from shared.frozen import frozen

VALUE_MAX: Final = 100  # characters of a refused value that are told
BAD_ROW: Final = "bad_row"

type Row = Mapping[str, object]


@frozen
class Columns:
    """The columns there are, each with what to write in it."""

    remedies: Mapping[str, str]

    def refusal(
        self, field: str, value: object, problem: str, *, code: str = BAD_ROW
    ) -> RejectedError:
        """What is wrong with one field of a row, and what to write there."""
        return RejectedError(
            f"{field} {problem}",
            code=code,
            field=field,
            value=str(value)[:VALUE_MAX],
            remedy=self.remedies.get(field, f"leave it out; known are {', '.join(self.remedies)}"),
        )

    def texts(self, row: Row, known: Collection[str], required: Collection[str]) -> dict[str, str]:
        """What a row says, by column; RejectedError if it says too much or too little."""
        said = dict.fromkeys(known, "")
        if not said.keys() >= row.keys():
            name = next(name for name in row if name not in said)
            raise self.refusal(name, row[name], "is no field that is known here")
        for name, value in row.items():
            if isinstance(value, str):
                said[name] = value.strip()
            elif value is not None:
                raise self.refusal(name, value, "is neither text nor a number")
        for name in required:
            if not said[name]:
                raise self.refusal(name, "", "is missing")
        return said

    def decimal(self, field: str, text: str, form: re.Pattern[str], *, comma: bool) -> Decimal:
        """A decimal of this form, once its comma is a point, where commas are declared."""
        if "," in text and not comma:
            raise self.refusal(field, text, "has a comma, and a decimal comma was not declared")
        if "." in text and comma:
            raise self.refusal(field, text, "has a point where the decimal comma is declared")
        plain = text.replace(",", ".")
        if not form.fullmatch(plain):
            raise self.refusal(field, text, "is not a decimal number that can be kept")
        return Decimal(plain)

    def positive(self, field: str, text: str, form: re.Pattern[str], *, comma: bool) -> Decimal:
        """Likewise, and not zero; the form leaves no room for a sign."""
        number = self.decimal(field, text, form, comma=comma)
        if not number:
            raise self.refusal(field, text, "is zero")
        return number
