"""Rows of a dropped file become orders, or are refused by line, column and value.

A row is a line of an order; rows with one `order_id` that follow each other are one order, and what
they say of the whole order must agree. A JSON record with `lines` is an order by itself, as it is
posted. What adds up to another total than is stated is refused to the cent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from shared.domain import orders
from shared.domain.called import order_of
from shared.errors import RejectedError
from shared.frozen import frozen
from shared.model.order import Order
from shared.model.order_call import OrderCall
from shared.model.retailer import Channel

type Row = Mapping[str, object]

VALUE_MAX: Final = 100
_INSTANT: Final = "write an instant with its offset, such as 2026-11-27T09:00:00+00:00"
_AMOUNT: Final = "write a decimal amount in the order's currency, such as 19.99"
_RATE: Final = "write a rate such as 0.2"
_TEXT: Final = "write text, or leave it out"

# Columns: where they belong in an order as it is posted, and what to write. `[]` is the only one.
_ORDER: Final[dict[str, tuple[str, str]]] = {
    "order_id": ("order_id", "write the channel's own id of the order, at most 30 characters"),
    "channel": ("channel", "name a channel of this connection"),
    "number": ("number", _TEXT),
    "placed_at": ("placed_at", _INSTANT),
    "updated_at": ("updated_at", _INSTANT),
    "cancelled_at": ("cancelled_at", _INSTANT),
    "currency": ("currency", "write the channel's currency, such as GBP"),
    "taxes_included": ("taxes_included", "write true or false"),
    "total": ("total", _AMOUNT),
    "total_tax": ("total_tax", _AMOUNT),
    "terms_days": ("terms_days", "write the days of credit as a whole number"),
    "shipping_title": ("shipping[].title", _TEXT),
    "shipping_code": ("shipping[].code", _TEXT),
    "shipping_price": ("shipping[].price", _AMOUNT),
    "shipping_tax_rate": ("shipping[].taxes[].rate", _RATE),
    "shipping_tax": ("shipping[].taxes[].amount", _AMOUNT),
    "payment_reference": ("payments[].reference", "write the gateway's own id"),
    "payment_gateway": ("payments[].gateway", "name the gateway"),
    "payment_kind": ("payments[].kind", "write authorisation or capture"),
    "payment_amount": ("payments[].amount", _AMOUNT),
    "customer_reference": ("customer.reference", _TEXT),
    "email": ("customer.email", _TEXT),
    "ship_name": ("shipping_address.name", _TEXT),
    "ship_line_1": ("shipping_address.lines[]", _TEXT),
    "ship_line_2": ("shipping_address.lines[]", _TEXT),
    "ship_city": ("shipping_address.city", _TEXT),
    "ship_region": ("shipping_address.region", _TEXT),
    "ship_postcode": ("shipping_address.postcode", _TEXT),
    "ship_country": ("shipping_address.country", "write a country such as GB"),
    "ship_phone": ("shipping_address.phone", _TEXT),
}
_LINE: Final[dict[str, tuple[str, str]]] = {
    "line_id": ("line_id", "number the lines of an order, each once"),
    "sku": ("sku", "name an article of the ERP, or a code that is mapped to one"),
    "title": ("title", "write what the customer bought"),
    "gtin": ("gtin", "write 8 to 14 digits, the last of which checks the others"),
    "quantity": ("quantity", "write a whole number above zero"),
    "unit_price": ("unit_price", _AMOUNT),
    "location": ("location", "name a location of the channel"),
    "discount": ("discounts[].amount", _AMOUNT),
    "tax_rate": ("taxes[].rate", _RATE),
    "tax": ("taxes[].amount", _AMOUNT),
    "line_total": ("total", _AMOUNT),
}
# What a part is called, or is, where a row only says how much.
_IMPLIED: Final[Mapping[str, tuple[str, str]]] = {
    "discount": ("discounts[].title", "discount"),
    "tax": ("taxes[].title", "tax"),
    "shipping_price": ("shipping[].title", "shipping"),
    "shipping_tax": ("shipping[].taxes[].title", "tax"),
    "payment_amount": ("payments[].kind", "capture"),
}
_NEEDED: Final = (
    "order_id",
    "placed_at",
    "currency",
    "taxes_included",
    "total",
    "line_id",
    "sku",
    "title",
    "quantity",
    "unit_price",
)
_DECIMAL: Final = frozenset(n for n, (_, r) in (_ORDER | _LINE).items() if r in {_AMOUNT, _RATE})
_COLUMN_OF: Final = {
    **{path.replace("[]", ""): name for name, (path, _) in reversed(_ORDER.items())},
    **{f"lines.{path.replace('[]', '')}": name for name, (path, _) in _LINE.items()},
}

COLUMNS: Final[Mapping[str, str]] = {n: remedy for n, (_, remedy) in (_ORDER | _LINE).items()}
REQUIRED: Final[Mapping[str, str]] = {name: COLUMNS[name] for name in _NEEDED}


@frozen
class Numbered:
    """A row and the line it stands in."""

    line: int
    row: Row


@frozen
class Fault:
    """One thing that is wrong, and the line it stands in."""

    line: int
    error: RejectedError


def order_id(row: Row) -> str:
    """Which order a row is a line of; an order by itself is of none."""
    return "" if "lines" in row else _text(row, "order_id")


@frozen
class OrderReader:
    """Reads orders of one connection's channels. `comma` says that decimals are written 1,5."""

    channels: Sequence[Channel]
    comma: bool = False

    def order(self, rows: Sequence[Numbered]) -> Order | list[Fault]:
        """The order these rows make, or everything that is wrong with them."""
        nested = "lines" in rows[0].row
        if not nested and (faults := list(_strange(rows))):
            return faults
        said = dict(rows[0].row) if nested else self._joined(rows)
        if not said.get("channel") and len(self.channels) == 1:
            said["channel"] = self.channels[0].name
        try:
            return self._checked(OrderCall.model_validate(said))
        except ValidationError as error:
            found = [
                ([str(part) for part in one["loc"]], one["input"], one["msg"])
                for one in error.errors(include_url=False, include_context=False)
            ]
            # A list none of whose entries can be read counts as empty too; its entries say more.
            inner = {tuple(path[:i]) for path, _, _ in found for i in range(len(path))}
            return [
                _fault(rows, path, value, said)
                for path, value, said in found
                if tuple(path) not in inner
            ]
        except RejectedError as error:
            return [_fault(rows, (error.field or "").split("."), error.value, str(error))]

    def _checked(self, call: OrderCall) -> Order:
        channel = next((c for c in self.channels if c.name == call.channel), None)
        if channel is None:
            known = ", ".join(c.name for c in self.channels)
            problem = f"channel is not of this connection, whose are {known}"
            raise RejectedError(problem, field="channel", value=call.channel)
        order = order_of(call, channel)
        differ = orders.check_totals(order, tolerance_minor=channel.tolerance_minor)
        if differ is not None:
            at = f"; look at line {differ.line}" if differ.line else ""
            problem = f"total is {differ.stated}, and the lines sum to {differ.computed}{at}"
            raise RejectedError(problem, field="total", value=call.total)
        return order

    def _joined(self, rows: Sequence[Numbered]) -> dict[str, Any]:
        """The order as it would be posted; of the whole order the first row counts that says it."""
        said: dict[str, Any] = {}
        for name, (path, _) in _ORDER.items():
            value = next((v for one in rows if (v := self._value(one.row, name))), "")
            _put(said, name, path, value)
        said["lines"] = [self._line(one.row) for one in rows]
        return said

    def _line(self, row: Row) -> dict[str, Any]:
        line: dict[str, Any] = {}
        for name, (path, _) in _LINE.items():
            _put(line, name, path, self._value(row, name))
        return line

    def _value(self, row: Row, name: str) -> str:
        text = _text(row, name)
        return text.replace(",", ".") if self.comma and name in _DECIMAL else text


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _put(said: dict[str, Any], name: str, path: str, value: str) -> None:
    """Put a text where it belongs, with what it implies; an empty one is nowhere."""
    if not value:
        return
    inside, last = _at(said, path)
    if last.endswith("[]"):
        inside.setdefault(last.removesuffix("[]"), []).append(value)
    else:
        inside[last] = value
    if name in _IMPLIED:
        where, implied = _IMPLIED[name]
        inside, last = _at(said, where)
        inside.setdefault(last, implied)


def _at(said: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *way, last = path.split(".")
    inside = said
    for part in way:
        if part.endswith("[]"):
            inside = inside.setdefault(part.removesuffix("[]"), [{}])[0]
        else:
            inside = inside.setdefault(part, {})
    return inside, last


def _strange(rows: Sequence[Numbered]) -> Iterator[Fault]:
    """Columns nobody knows, and what contradicts an earlier row of the same order."""
    first: dict[str, tuple[int, str]] = {}
    for one in rows:
        for name in one.row:
            if name not in COLUMNS:
                yield Fault(
                    one.line, _refusal(str(name), _text(one.row, name), f"{name} is not known")
                )
        for name in _ORDER:
            text = _text(one.row, name)
            line, known = first.setdefault(name, (one.line, text)) if text else (0, "")
            if text != known:
                yield Fault(one.line, _refusal(name, text, f"{name} is not what line {line} says"))


def _fault(rows: Sequence[Numbered], path: Sequence[str], value: object, problem: str) -> Fault:
    """What is wrong, at the row and the column it came from."""
    if "lines" in rows[0].row:
        return Fault(rows[0].line, _refusal(".".join(path), value, problem))
    name = ".".join(part for part in path if not part.isdigit())
    of_line = path[0] == "lines" and len(path) > 1 and path[1].isdigit()
    line = rows[int(path[1])].line if of_line else rows[0].line
    return Fault(line, _refusal(_COLUMN_OF.get(name, name), value, problem))


def _refusal(column: str, value: object, problem: str) -> RejectedError:
    """Of what a person says of himself only the length is told."""
    text = value[:VALUE_MAX] if isinstance(value, str) else ""
    if column.startswith(("ship_", "email", "customer", "shipping_address", "billing_address")):
        text = f"({len(text)} characters)"
    return RejectedError(
        problem if problem.startswith(column) else f"{column}: {problem}",
        code="bad_row",
        field=column,
        value=text,
        remedy=COLUMNS.get(column, "write it as the order API describes it, or leave it out"),
    )
