"""Lookups say what is wished for a channel by now, from one read of the targets."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from shared.flows.lookup import LATE_MAX, Lookup
from shared.flows.target_rows import target_put
from shared.model.base import Json, as_json
from shared.model.ids import Facet
from shared.model.steps import Step
from shared.model.target import LaterTerm, StockTerms, Target
from shared.ports import Key, Row
from tests.factories import NOW, make_target
from tests.fakes import MemoryStore, SetClock


class CountingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        self.reads += 1
        return super().get(keys)


def store(*targets: Target) -> CountingStore:
    made = CountingStore()
    made.commit([target_put(target, 0, settle=timedelta()) for target in targets])
    return made


def lookup(made: CountingStore) -> Lookup:
    return Lookup(made, SetClock(NOW))


def test_a_hundred_prices_cost_one_read() -> None:
    made = store(*(make_target(key=f"S{i}") for i in range(100)))
    assert len(lookup(made).prices("shop", [f"S{i}" for i in range(100)])) == 100
    assert made.reads == 1


def test_a_price_comes_with_when_it_ends_and_whether_the_channel_shows_it() -> None:
    until = NOW + timedelta(days=1)
    target = make_target(next_change=until)
    shown = target.model_copy(update={"key": "MUG", "published": target.desired})
    found = lookup(store(target, shown)).prices("shop", ["HAT-M", "MUG", "CAP"])
    assert {sku: one["shown"] for sku, one in found.items()} == {"HAT-M": False, "MUG": True}  # type: ignore[index,call-overload]
    assert found["HAT-M"]["valid_until"] == until.isoformat()  # type: ignore[index,call-overload]


@pytest.mark.parametrize(("left", "known"), [(timedelta(seconds=1), ["HAT-M"]), (timedelta(), [])])
def test_a_price_that_ended_with_none_to_follow_is_no_longer_told(
    left: timedelta, known: list[str]
) -> None:
    made = store(make_target(next_change=NOW - LATE_MAX + left))
    assert list(lookup(made).prices("shop", ["HAT-M"])) == known


def test_the_chain_is_told_to_who_asks_for_it() -> None:
    why = (Step(rule="base price", detail="condition PR00-1"),)
    made = store(make_target(why=why, facts={"price of erp": NOW}))
    (plain,) = lookup(made).prices("shop", ["HAT-M"]).values()
    (full,) = lookup(made).prices("shop", ["HAT-M"], chain=True).values()
    assert isinstance(plain, dict)
    assert isinstance(full, dict)
    assert full == plain | {
        "chain": [as_json(why[0])],
        "facts": {"price of erp": NOW.isoformat()},
    }


def test_availability_is_the_sum_and_its_parts() -> None:
    desired = {"levels": {"london": 3, "leeds": 4}}
    made = store(make_target(facet=Facet.STOCK, desired=desired))
    (found,) = lookup(made).availability("shop", ["HAT-M"]).values()
    assert isinstance(found, dict)
    assert (found["available"], found["levels"]) == (7, desired["levels"])


def test_another_channel_s_targets_are_not_told() -> None:
    assert lookup(store(make_target())).prices("till", ["HAT-M"]) == {}


def test_what_is_sold_later_and_what_is_in_doubt_is_told_with_the_levels() -> None:
    later = {"london": LaterTerm(kind="backorder", units=3, lead_days=7)}
    terms = StockTerms(later=later, unknown={"leeds": "null since 2026-11-27T08:00:00+00:00"})
    wish: Json = {"levels": {"london": 5, "leeds": 0}}
    made = store(make_target(facet=Facet.STOCK, desired=wish, terms=terms))
    found = lookup(made).availability("shop", ["HAT-M"])["HAT-M"]
    assert isinstance(found, dict)
    assert found["available"] == 5
    assert found["later"] == {
        "london": {"kind": "backorder", "units": 3, "available_from": None, "lead_days": 7}
    }
    assert found["unknown"] == {"leeds": "null since 2026-11-27T08:00:00+00:00"}
    assert made.reads == 1
