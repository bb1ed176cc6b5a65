"""What must agree within a retailer's file: names, references, owners, currencies.

The rules read plain data, so that they can also be put to a file whose shape is not right yet:
about what is malformed they say nothing, because its shape already says it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from shared.frozen import frozen
from shared.model.ids import Entity

type Plain = Mapping[str, object]

GROUPS = (
    "connections",
    "sources",
    "channels",
    "locations",
    "price_lists",
    "segments",
    "roundings",
)
_SINGLE = (
    ("connection", "connections"),
    ("erp", "connections"),
    ("segment", "segments"),
    ("rounding", "roundings"),
)
_RATES = {"tax_rates": ("region", "tax_class"), "exchange_rates": ("base", "quote")}
_WHAT = {"sources": "connection", "never called": "source"}
_OWNED = (Entity.PRODUCT, Entity.PRICE, Entity.STOCK)
_TOLD = frozenset({Entity.PRICE, Entity.PROMOTION, Entity.STOCK, Entity.SHIPMENT})


@frozen
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
        *_told_twice(retailer),
        *_wrong_currency(retailer),
        *_wrong_rounding(retailer),
        *_together(retailer),
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
    for group in ("locations", "segments"):
        yield from _externals(retailer, group)
    for i, price_list in items(retailer, "price_lists"):
        if name := text(price_list, "segment"):
            yield f"price_lists.{i}.segment", name, "segments"
    for entity, owner in _table(retailer, "authority").items():
        if isinstance(owner, str):
            yield f"authority.{entity}", owner, "sources" if entity in _TOLD else "connections"


def _externals(retailer: Plain, group: str) -> Iterator[tuple[str, str, str]]:
    for i, item in items(retailer, group):
        if name := text(item, "source"):
            yield f"{group}.{i}.source", name, "never called"
        if name := text(item, "shipped_by"):
            yield f"{group}.{i}.shipped_by", name, "sources"
        for connection in _table(item, "external"):
            yield f"{group}.{i}.external.{connection}", connection, "sources"


def _of_channel(at: str, channel: Plain) -> Iterator[tuple[str, str, str]]:
    for field, group in _SINGLE:
        if name := text(channel, field):
            yield f"{at}.{field}", name, group
    for group in ("locations", "price_lists", "segments"):
        for j, name in texts(channel, group):
            yield f"{at}.{group}.{j}", name, group


def _dangling(retailer: Plain) -> Iterator[Mistake]:
    known = {group: sorted(names(retailer, group)) for group in GROUPS}
    known["never called"] = known["sources"]
    known["sources"] = sorted({*known["connections"], *known["sources"]})
    for path, name, group in _references(retailer):
        if name not in known[group]:
            what = _WHAT.get(group, group.removesuffix("s").replace("_", " "))
            choice = f"known: {', '.join(known[group]) or 'none'}"
            yield Mistake(path, f"no {what} is called {name!r}", choice)


def _unowned(retailer: Plain) -> Iterator[Mistake]:
    owners = _table(retailer, "authority")
    for entity in _OWNED:
        if entity not in owners:
            path = f"authority.{entity}"
            yield Mistake(path, "nobody owns it", "name the connection that does")


def _told_twice(retailer: Plain) -> Iterator[Mistake]:
    """A name is a connection's or a source's, or nobody knew whose file it is."""
    connections = names(retailer, "connections")
    for i, source in items(retailer, "sources"):
        if (name := text(source, "name")) in connections:
            remedy = "leave it out: a connection may drop files and post as it is"
            yield Mistake(f"sources.{i}.name", f"{name!r} is a connection already", remedy)


def _wrong_currency(retailer: Plain) -> Iterator[Mistake]:
    lists = {text(p, "name"): text(p, "currency") for _, p in items(retailer, "price_lists")}
    rates = {(text(r, "base"), text(r, "quote")) for _, r in items(retailer, "exchange_rates")}
    abroad = {text(s, "name"): text(s, "currency") for _, s in items(retailer, "segments")}
    whose = {text(p, "name"): text(p, "segment") for _, p in items(retailer, "price_lists")}
    for i, channel in items(retailer, "channels"):
        for j, name in texts(channel, "price_lists"):
            theirs = lists.get(name)
            ours = abroad.get(whose.get(name)) or text(channel, "currency")
            if ours and theirs and ours != theirs and (theirs, ours) not in rates:
                yield Mistake(
                    f"channels.{i}.price_lists.{j}",
                    f"list {name!r} is in {theirs}, not in the channel's {ours}",
                    f"name a list in {ours}, or add [[exchange_rates]] from {theirs} to {ours}",
                )


def _wrong_rounding(retailer: Plain) -> Iterator[Mistake]:
    rules = {text(r, "name"): text(r, "currency") for _, r in items(retailer, "roundings")}
    for i, channel in items(retailer, "channels"):
        ours, theirs = text(channel, "currency"), rules.get(text(channel, "rounding"))
        if ours and theirs and ours != theirs:
            problem = f"rounds {theirs}, and the channel sells in {ours}"
            yield Mistake(f"channels.{i}.rounding", problem, f"name one that rounds {ours}")
    for i, segment in items(retailer, "segments"):
        ours, theirs = text(segment, "currency"), rules.get(text(segment, "rounding"))
        if ours and theirs and ours != theirs:
            problem = f"rounds {theirs}, and the segment pays in {ours}"
            yield Mistake(f"segments.{i}.rounding", problem, f"name one that rounds {ours}")


def _together(retailer: Plain) -> Iterator[Mistake]:
    """Of two rates that begin together, none is the later one."""
    for group, fields in _RATES.items():
        seen: set[tuple[object, ...]] = set()
        for i, rate in items(retailer, group):
            key = (*(text(rate, field) or "standard" for field in fields), rate.get("valid_from"))
            if key in seen:
                problem = f"another rate of {' and '.join(map(str, key[:-1]))} begins then too"
                yield Mistake(f"{group}.{i}.valid_from", problem, "leave one of them")
            seen.add(key)


def _table(item: Plain, field: str) -> Plain:
    value = item.get(field)
    return cast("Plain", value) if isinstance(value, Mapping) else {}
