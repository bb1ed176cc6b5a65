"""Random retailers, their conditions, and what they make of one article."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.model.money import Money
from shared.model.price import EffectiveWindow, PriceCondition, PriceKind, Scale
from shared.model.price_rules import Criterion
from shared.model.product import UnitOfMeasure, Variant
from shared.model.retailer import Channel, Retailer
from tests.factories import NOW, retailer_fields

HOURS = range(-12, 13)
OFTEN = st.sampled_from([True, True, True, False])
LISTS: dict[str, dict[str, Any]] = {
    "retail": {"currency": "GBP", "tax_basis": "gross"},
    "override": {"currency": "GBP", "tax_basis": "gross", "region": "GB"},
    "trade": {"currency": "GBP", "tax_basis": "net", "segment": "trade"},
    "club": {"currency": "GBP", "tax_basis": "gross", "segment": "club"},
    "euro": {"currency": "EUR", "tax_basis": "gross", "region": "DE"},
    "yen": {"currency": "JPY", "tax_basis": "net"},
}


KINDS = st.sampled_from([*PriceKind, PriceKind.BASE, PriceKind.BASE, PriceKind.PROMOTIONAL])


@dataclass(frozen=True)
class PriceWorld:
    """One retailer with one channel, one article, and what its owner says of its price."""

    retailer: Retailer
    variant: Variant
    conditions: tuple[PriceCondition, ...]

    @property
    def channel(self) -> Channel:
        return self.retailer.channels[0]


def hours(hour: int) -> datetime:
    return NOW + timedelta(hours=hour)


def instants() -> st.SearchStrategy[datetime]:
    return st.sampled_from([hours(h) for h in HOURS])


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime | None]:
    start = draw(st.integers(HOURS[0], HOURS[-1] - 1) | st.just(HOURS[0]))
    length = draw(st.none() | st.integers(1, 24))
    return hours(start), None if length is None else hours(start + length)


@st.composite
def dated(draw: st.DrawFn, /, *, least: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """Rates that begin at different instants, some with an end of their own."""
    found = draw(st.lists(spans(), max_size=2, unique_by=lambda span: span[0]))
    if least or draw(OFTEN):
        found.append((hours(HOURS[0] - 1), None))
    return [
        {"valid_from": start, "valid_to": end} | {name: draw(each) for name, each in fields.items()}
        for start, end in found
    ]


@st.composite
def roundings(draw: st.DrawFn) -> dict[str, Any]:
    endings = draw(st.lists(st.sampled_from([".99", ".95", "5", "0", "9.99"]), max_size=3))
    return {
        "name": "charm",
        "currency": "GBP",
        "mode": draw(st.sampled_from(["half_up", "half_even", "up", "down"])),
        "endings": endings,
        "direction": draw(st.sampled_from(["nearest", "up", "down"])),
        "applies_to": draw(st.sampled_from(["computed", "all"])),
    }


@st.composite
def retailers(draw: st.DrawFn) -> Retailer:
    percents = st.sampled_from(["0", "5", "7.7", "19", "20", "25.5"])
    taxes = [
        rate | {"region": region, "tax_class": tax_class}
        for region in ("GB", "DE")
        for tax_class in ("standard", "reduced")
        for rate in draw(dated(percent=percents))
    ]
    rates = [
        rate | {"base": base, "quote": "GBP"}
        for base in ("EUR", "JPY")
        for rate in draw(dated(least=1, rate=st.sampled_from(["0.8612", "1", "0.0053"])))
    ]
    fields = retailer_fields(
        price_lists=[{"name": name, "conditions": {}} | said for name, said in LISTS.items()],
        segments=[{"name": "trade"}, {"name": "club"}],
        tax_rates=taxes,
        exchange_rates=rates,
        roundings=[draw(roundings())],
        precedence={
            "order": draw(st.lists(st.sampled_from(Criterion), max_size=4, unique=True)),
            "kinds": draw(st.permutations([PriceKind.PROMOTIONAL, PriceKind.BASE])),
        },
    )
    names = st.lists(st.sampled_from(sorted(LISTS)), min_size=1, max_size=4, unique=True)
    margin = {"percent": draw(percents), "below": draw(st.sampled_from(["hold", "raise", "raise"]))}
    fields["channels"][0] |= {
        "price_lists": draw(names),
        "tax_display": draw(st.sampled_from(["gross", "net"])),
        "region": draw(st.sampled_from(["GB", "GB", "GB", "DE", None])),
        "compare_at": draw(st.booleans()),
        "rounding": draw(st.sampled_from(["charm", None])),
        "segment": draw(st.sampled_from([None, None, "club"])),
        "segments": draw(st.sampled_from([(), ("trade",), ("trade", "club")])),
        "scales": draw(st.booleans()),
        "min_margin": draw(st.sampled_from([None, None, margin])),
    }
    return Retailer.model_validate(fields)


@st.composite
def conditions(draw: st.DrawFn, lists: tuple[str, ...], identity: str) -> PriceCondition:
    name = draw(st.sampled_from(lists))
    currency = LISTS[name]["currency"]
    kind = draw(KINDS)
    most = 500 if kind is PriceKind.COST else 3000
    amounts = (st.integers(1, most) | st.integers(0, most)).map(
        lambda minor: Money(amount=minor, currency=currency)
    )
    start, end = draw(spans())
    starts = draw(st.lists(st.integers(1, 40), max_size=3, unique=True))
    return PriceCondition(
        condition_id=identity,
        sku="HAT-M",
        kind=kind,
        price_list=name,
        amount=draw(amounts),
        per=draw(st.sampled_from([1, 1, 3, 10])),
        unit=draw(st.sampled_from(["PC"] * 7 + ["CS", "PAL"])),
        tax_basis=LISTS[name]["tax_basis"],
        window=EffectiveWindow(start=start, end=end),
        scales=tuple(
            Scale(quantity=q, unit=draw(st.sampled_from(["PC", "CS"])), amount=draw(amounts))
            for q in sorted(starts)
        ),
    )


@st.composite
def price_worlds(draw: st.DrawFn, *, ids: str = "ABCDEFG") -> PriceWorld:
    """With `ids`, conditions have each their own; without, they share one."""
    retailer = draw(retailers())
    lists = retailer.channels[0].price_lists
    names = (*lists * 4, "retail")
    count = draw(st.integers(0, 7) | st.integers(3, 7))
    known = [draw(conditions(names, ids[i] if ids else "X")) for i in range(count)]
    variant = Variant(
        sku="HAT-M",
        base_unit="PC",
        units=(UnitOfMeasure(code="CS", numerator=12),),
        tax_class=draw(st.sampled_from([None, "reduced"])),
    )
    return PriceWorld(retailer, variant, tuple(known))
