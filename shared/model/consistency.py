"""What must agree within a retailer's file: names, references, owners, currencies.

The rules read plain data, so that they can also be put to a file whose shape is not right yet:
about what is malformed they say nothing, because its shape already says it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from shared.model.ids import Entity

type Plain = Mapping[str, object]

GROUPS = ("connections", "channels", "locations", "price_lists")
_OWNED = (Entity.PRODUCT, Entity.PRICE, Entity.STOCK)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where in the file (`channels.0.erp`), what is wrong there, and what a person can do."""

    path: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.remedy}"


def mistakes(retailer: Plain) -> list[Mistake]:
    """Everything in the file that contradicts something else in it."""
    return [
        *_repeated(retailer),
        *_dangling(retailer),
        *_unowned(retailer),
        *_wrong_currency(retailer),
    ]


def items(retailer: Plain, group: str) -> Iterator[tuple[int, Plain]]:
    """The well-formed tables of an array, each with its place in it."""
    listed = retailer.get(group)
    for i, item in enumerate(listed if isinstance(listed, list | tuple) else ()):
        if isinstance(item, Mapping):
            yield i, cast("Plain", item)


def text(item: Plain, field: str) -> str | None:
    value = item.get(field)
    return value if isinstance(value, str) else None


def texts(item: Plain, field: str) -> list[tuple[int, str]]:
    """The strings of an array field, each with its place in it."""
    value = item.get(field)
    listed: Sequence[object] = value if isinstance(value, list | tuple) else ()
    return [(i, one) for i, one in enumerate(listed) if isinstance(one, str)]


def names(retailer: Plain, group: str) -> list[str]:
    return [name for _, item in items(retailer, group) if (name := text(item, "name"))]


def _repeated(retailer: Plain) -> Iterator[Mistake]:
    for group in GROUPS:
        seen: set[str] = set()
        for i, item in items(retailer, group):
            name = text(item, "name")
            if name in seen:
                yield Mistake(f"{group}.{i}.name", f"{name!r} is used twice", "give each its own")
            seen |= {name} if name else set()


def _references(retailer: Plain) -> Iterator[tuple[str, str, str]]:
    """Every place that names something: its path, the name, and the group it should be in."""
    for i, channel in items(retailer, "channels"):
        yield from _of_channel(f"channels.{i}", channel)
    for i, location in items(retailer, "locations"):
        for connection in _table(location, "external"):
            yield f"locations.{i}.external.{connection}", connection, "connections"
    for entity, owner in _table(retailer, "authority").items():
        if isinstance(owner, str):
            yield f"authority.{entity}", owner, "connections"


def _of_channel(at: str, channel: Plain) -> Iterator[tuple[str, str, str]]:
    for field in ("connection", "erp"):
        if name := text(channel, field):
            yield f"{at}.{field}", name, "connections"
    for group in ("locations", "price_lists"):
        for j, name in texts(channel, group):
            yield f"{at}.{group}.{j}", name, group


def _dangling(retailer: Plain) -> Iterator[Mistake]:
    known = {group: sorted(names(retailer, group)) for group in GROUPS}
    for path, name, group in _references(retailer):
        if name not in known[group]:
            what = group.removesuffix("s").replace("_", " ")
            choice = f"known: {', '.join(known[group]) or 'none'}"
            yield Mistake(path, f"no {what} is called {name!r}", choice)


def _unowned(retailer: Plain) -> Iterator[Mistake]:
    owners = _table(retailer, "authority")
    for entity in _OWNED:
        if entity not in owners:
            path = f"authority.{entity}"
            yield Mistake(path, "nobody owns it", "name the connection that does")


def _wrong_currency(retailer: Plain) -> Iterator[Mistake]:
    lists = {text(p, "name"): text(p, "currency") for _, p in items(retailer, "price_lists")}
    for i, channel in items(retailer, "channels"):
        ours = text(channel, "currency")
        for j, name in texts(channel, "price_lists"):
            theirs = lists.get(name)
            if ours and theirs and ours != theirs:
                yield Mistake(
                    f"channels.{i}.price_lists.{j}",
                    f"list {name!r} is in {theirs}, not in the channel's {ours}",
                    f"name a list in {ours}",
                )


def _table(item: Plain, field: str) -> Plain:
    value = item.get(field)
    return cast("Plain", value) if isinstance(value, Mapping) else {}
