"""Retailers with stock rules, and what lies where, for examples and laws of availability."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from shared.domain.availability import Available, Known, Pool, offered, pooled
from shared.domain.stock_rules import ArticleRules, StockRules
from shared.model.product import Variant
from shared.model.retailer import Retailer
from shared.model.stock import StockPosition
from tests.domain.world import NOW
from tests.factories import retailer_fields

PLACES = ("london", "leeds", "york")
SHOPS = ("shop", "market", "outlet")
VARIANT = Variant(sku="HAT-M", base_unit="PC")


def retailer(
    rules: Sequence[Mapping[str, Any]] = (),
    allocations: Sequence[Mapping[str, Any]] = (),
    pools: Mapping[str, Sequence[str]] | None = None,
    **over: Any,
) -> Retailer:
    """Three channels of one connection, each selling from all three places unless `pools` says."""
    fields = retailer_fields()
    (channel,) = fields["channels"]
    places = pools or dict.fromkeys(SHOPS, PLACES)
    fields["channels"] = [channel | {"name": s, "locations": list(places[s])} for s in places]
    fields["locations"] = [{"name": place, "external": {}} for place in PLACES]
    return Retailer.model_validate(
        fields | {"stock_rules": list(rules), "allocations": list(allocations)} | over
    )


def position(location: str = "london", on_hand: int = 10, **over: int) -> StockPosition:
    rest = {name: Decimal(units) for name, units in over.items()}
    return StockPosition(location=location, unit="PC", on_hand=Decimal(on_hand), **rest)


def rules_of(
    ours: Retailer, *, sku: str = "HAT-M", group: str | None = None, brand: str | None = None
) -> ArticleRules:
    return StockRules(ours).of(sku, group, brand)


def pool_of(ours: Retailer, positions: Iterable[StockPosition], **known: Any) -> Pool:
    told = Known(VARIANT, tuple(positions), **known)
    return pooled(told, rules_of(ours), now=NOW)


def all_offers(
    ours: Retailer, positions: Iterable[StockPosition], **known: Any
) -> dict[str, Available]:
    pool, rules = pool_of(ours, positions, **known), rules_of(ours)
    return {channel.name: offered(pool, channel, rules) for channel in ours.channels}


def levels(ours: Retailer, *positions: StockPosition, channel: str = "shop", **known: Any) -> Any:
    return all_offers(ours, positions, **known)[channel].value.levels


def position_at(place: str) -> st.SearchStrategy[StockPosition]:
    small = st.integers(0, 9).map(Decimal)
    return st.builds(
        StockPosition,
        location=st.just(place),
        unit=st.just("PC"),
        on_hand=st.integers(-5, 60).map(Decimal),
        reserved=small,
        quality_inspection=small,
        quarantine=small,
        damaged=small,
        blocked=small,
        in_transit=small,
    )


def positions() -> st.SearchStrategy[list[StockPosition]]:
    return st.lists(st.sampled_from(PLACES), unique=True).flatmap(
        lambda places: st.tuples(*map(position_at, places)).map(list)
    )


def promises() -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(st.sampled_from(PLACES), st.integers(1, 20))


def pools() -> st.SearchStrategy[dict[str, list[str]]]:
    """Where each channel sells from, in its own order."""
    some = st.lists(st.sampled_from(PLACES), min_size=1, unique=True)
    return st.fixed_dictionaries(dict.fromkeys(SHOPS, some))


def pool_settings() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"safety_stock": st.integers(0, 8)})


def channel_settings() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "threshold": st.integers(0, 12),
            "cap": st.integers(0, 30),
            "running_low": st.integers(0, 5),
        },
    ).filter(bool)


def place_settings() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "buffer": st.integers(0, 8),
            "buffer_percent": st.integers(0, 100),
            "suppress": st.booleans(),
        },
    ).filter(bool)


def scopes() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(
        ({}, {"product_groups": ["hats"]}, {"brands": ["Acme"]}, {"skus": ["HAT-M"]})
    )


def _names(choices: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices), max_size=2, unique=True)


@st.composite
def stock_rules(draw: st.DrawFn) -> dict[str, Any]:
    rule = dict(draw(scopes()))
    kind = draw(st.sampled_from(("pool", "channel", "place")))
    if kind != "channel":
        rule["locations"] = draw(_names(PLACES))
    if kind != "pool":
        rule["channels"] = draw(_names(SHOPS))
    settings = {"pool": pool_settings, "channel": channel_settings, "place": place_settings}
    return rule | draw(settings[kind]())


@st.composite
def allocations(draw: st.DrawFn, name: str = "deal") -> dict[str, Any]:
    by = draw(st.sampled_from(("share", "fixed", "priority")))
    parts: list[dict[str, Any]] = []
    for shop in draw(st.permutations(SHOPS)):
        part: dict[str, Any] = {"channel": shop}
        if by == "share" or (by == "fixed" and draw(st.booleans())):
            part["weight"] = draw(st.integers(0, 9))
        if by == "fixed" or (by == "priority" and draw(st.booleans())):
            part["units"] = draw(st.integers(0, 30))
        parts.append(part)
    return {"name": name, "by": by, "parts": parts, "locations": draw(_names(PLACES))} | draw(
        scopes()
    )


def retailers() -> st.SearchStrategy[Retailer]:
    return st.builds(
        retailer,
        rules=st.lists(stock_rules(), max_size=4),
        allocations=st.lists(allocations(), max_size=1),
    )
