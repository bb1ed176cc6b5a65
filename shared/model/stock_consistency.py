"""What must agree between stock rules, allocations, and the places and channels they name."""

from collections.abc import Iterator, Mapping
from typing import cast

from shared.model.consistency import Mistake, Plain, items, names, text, texts


def mistakes(retailer: Plain) -> list[Mistake]:
    """Every name that names nothing, and every channel an allocation forgets."""
    return [
        *_twice(retailer),
        *_unknown(retailer),
        *_forgotten(retailer),
        *_useless(retailer),
        *_hasty(retailer),
    ]


def _twice(retailer: Plain) -> Iterator[Mistake]:
    taken = dict.fromkeys(names(retailer, "locations"), "location")
    for group in ("location_groups", "allocations"):
        seen = dict(taken) if group == "location_groups" else {}
        for i, item in items(retailer, group):
            name = text(item, "name")
            if name is not None and name in seen:
                problem = f"{name!r} names another {seen[name]} too"
                yield Mistake(f"{group}.{i}.name", problem, "give each its own")
            seen |= {name: group.removesuffix("s").replace("_", " ")} if name else {}


def _references(retailer: Plain) -> Iterator[tuple[str, str, str]]:
    """Every place that names something: its path, the name, and what it should be."""
    for i, group in items(retailer, "location_groups"):
        yield from _listed(f"location_groups.{i}", group, "locations", "location")
    for what in ("stock_rules", "allocations"):
        for i, rule in items(retailer, what):
            yield from _listed(f"{what}.{i}", rule, "locations", "location or group")
            yield from _listed(f"{what}.{i}", rule, "channels", "channel")
            for j, part in items(rule, "parts"):
                yield f"{what}.{i}.parts.{j}.channel", text(part, "channel") or "", "channel"


def _listed(at: str, item: Plain, field: str, what: str) -> Iterator[tuple[str, str, str]]:
    for j, name in texts(item, field):
        yield f"{at}.{field}.{j}", name, what


def _unknown(retailer: Plain) -> Iterator[Mistake]:
    places = names(retailer, "locations")
    known = {
        "location": places,
        "location or group": [*places, *names(retailer, "location_groups")],
        "channel": names(retailer, "channels"),
    }
    for path, name, what in _references(retailer):
        if name not in known[what]:
            choice = f"known: {', '.join(sorted(known[what])) or 'none'}"
            yield Mistake(path, f"no {what} is called {name!r}", choice)


def _forgotten(retailer: Plain) -> Iterator[Mistake]:
    """A channel that sells where an allocation holds and has no part would show nothing there."""
    for i, allocation in items(retailer, "allocations"):
        where = _places(retailer, allocation)
        parts = {text(part, "channel") for _, part in items(allocation, "parts")}
        for _, channel in items(retailer, "channels"):
            name = text(channel, "name")
            mine = sorted(where & {place for _, place in texts(channel, "locations")})
            if name is not None and parts and mine and name not in parts:
                problem = f"channel {name!r} sells from {mine[0]} and has no part of it"
                remedy = "add a part for it, with weight or units 0 if it is to have none"
                yield Mistake(f"allocations.{i}.parts", problem, remedy)


def _useless(retailer: Plain) -> Iterator[Mistake]:
    """A part, or a rule for one channel at one location, that never comes to anything."""
    pools = {
        text(c, "name"): {place for _, place in texts(c, "locations")}
        for _, c in items(retailer, "channels")
    }
    for i, allocation in items(retailer, "allocations"):
        where = _places(retailer, allocation)
        for j, part in items(allocation, "parts"):
            name = text(part, "channel")
            if name in pools and where and not where & pools[name]:
                problem = f"{name!r} sells from none of its locations"
                yield Mistake(f"allocations.{i}.parts.{j}.channel", problem, "leave the part out")
    for i, rule in items(retailer, "stock_rules"):
        where = _places(retailer, rule)
        for j, name in texts(rule, "channels"):
            if name in pools and where and not where & pools[name]:
                problem = f"{name!r} sells from none of the rule's locations"
                yield Mistake(f"stock_rules.{i}.channels.{j}", problem, "leave it out")


def _hasty(retailer: Plain) -> Iterator[Mistake]:
    """A source is not silent before its next poll is over."""
    guards = _table(_table(retailer, "stock_guards"), "stale")
    after = guards.get("after_minutes")
    tellers = {text(loc, "source") for _, loc in items(retailer, "locations")}
    tellers |= {text(_table(retailer, "authority"), "stock")}
    for _, connection in items(retailer, "connections"):
        every = connection.get("poll_minutes", 5)
        if not isinstance(after, int) or not isinstance(every, int) or after > 2 * every:
            continue
        if text(connection, "name") in tellers:
            problem = f"{text(connection, 'name')} is polled every {every} min"
            remedy = f"allow for two polls, so more than {2 * every}"
            yield Mistake("stock_guards.stale.after_minutes", problem, remedy)


def _places(retailer: Plain, scope: Plain) -> set[str]:
    """The locations a rule means: those it names, by themselves or in groups, or all."""
    named = {name for _, name in texts(scope, "locations")}
    if not named:
        return set(names(retailer, "locations"))
    groups = {
        text(group, "name"): {place for _, place in texts(group, "locations")}
        for _, group in items(retailer, "location_groups")
    }
    return {place for name in named for place in groups.get(name, {name})}


def _table(item: Plain, field: str) -> Plain:
    value = item.get(field)
    return cast("Plain", value) if isinstance(value, Mapping) else {}
