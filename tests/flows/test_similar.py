"""Codes nobody knows hold an order with what they may mean, until somebody says it."""

import pytest

from shared.flows import keys
from shared.flows.recovery import Mapper
from shared.model.candidate import Candidate
from shared.model.case import CaseState
from shared.model.ids import Entity
from shared.model.product import Lifecycle, Product, Variant
from tests.flows.world import World, gbp, order

GTIN = "4006381333931"


@pytest.fixture
def world() -> World:
    made = World()
    made.know("M", "S")
    return made


def know(world: World, sku: str, **over: object) -> None:
    variant = Variant.model_validate({"sku": sku, "base_unit": "PC", **over})
    made = Product(product_id=f"P-{sku}", title=sku, variants=(variant,))
    world.apply(Entity.PRODUCT, world.product_card(made))


def proposed(world: World, code: str, gtin: str | None = None) -> list[tuple[str, str]]:
    made = order((code, 1))
    lines = tuple(line.model_copy(update={"gtin": gtin}) for line in made.lines)
    world.capture.take(made.model_copy(update={"lines": lines}))
    (issue,) = world.open()
    assert {one.code for one in issue.candidates} <= {code}
    return [(one.sku, one.reason) for one in issue.candidates]


def test_an_article_is_proposed_whose_name_differs_in_case(world: World) -> None:
    assert proposed(world, "hat-m")[0] == ("HAT-M", "the same name in other letters")
    (issue,) = world.open()
    assert "hat-m may be HAT-M, the same name in other letters" in issue.summary


@pytest.mark.parametrize(("code", "gtin"), [(GTIN, None), ("X-1", GTIN), ("0" + GTIN, None)])
def test_an_article_is_proposed_that_has_the_gtin(
    world: World, code: str, gtin: str | None
) -> None:
    know(world, "CAP-9", gtin=GTIN)
    assert proposed(world, code, gtin) == [("CAP-9", "the same GTIN")]


def test_what_is_no_longer_sold_is_not_proposed(world: World) -> None:
    know(world, "CAP-9", gtin=GTIN, lifecycle=Lifecycle.DISCONTINUED)
    assert proposed(world, GTIN) == []


def test_a_code_like_nothing_and_a_line_without_one_have_no_candidates(world: World) -> None:
    assert proposed(world, "ZZ") == []
    world.capture.take(order(("", 1), external_id="78"))
    assert all(issue.candidates == () for issue in world.open())


def test_at_most_three_are_proposed_for_each_code(world: World) -> None:
    for size in ("MA", "MB", "MC", "MD"):
        know(world, f"HAT-{size}")
    world.capture.take(order(("HAT-MX", 1), ("hat-s", 1)))
    (issue,) = world.open()
    assert [one.code for one in issue.candidates].count("HAT-MX") == 3
    assert Candidate(code="hat-s", sku="HAT-S", reason="the same name in other letters") in (
        issue.candidates
    )


def test_one_mapping_releases_all_that_waited_for_it_each_once(world: World) -> None:
    for number in ("77", "78", "79"):
        world.capture.take(order(("hat-m", 1), external_id=number))
    world.capture.take(order(("hat-m", 1), ("hat-x", 1), external_id="80"))
    mapper = Mapper(world.store, world.queues, world.retailer)
    world.queues.sent.clear()
    assert mapper.map("shop", "hat-m", "HAT-M") == 4
    asked = [dict(message.body) for message in world.queues.sent]
    assert asked == [{"release": f"shop:{number}"} for number in ("77", "78", "79", "80")]
    for message in (*asked, *asked):
        world.capture.release(message["release"])
    states = [world.cases.find(message["release"]) for message in asked]
    assert [row.case.state for row in states if row] == [CaseState.RELEASED] * 3 + [CaseState.HELD]
    assert mapper.map("shop", "hat-m", "HAT-M") == 0
    for message in asked[:3]:
        world.sender.send(message["release"])
    assert len(world.erp.orders) == 3


def test_a_partition_holds_only_names_that_begin_alike(world: World) -> None:
    know(world, "CAP-9")
    place = keys.named("hat", "")
    names = [row.body["sku"] for row in world.store.query(place.table, place.pk)]
    assert names == ["HAT-M", "HAT-S"]


def test_an_order_told_again_keeps_one_exception(world: World) -> None:
    world.capture.take(order(("hat-m", 1)))
    world.capture.take(order(("hat-m", 1), total=1999, total_tax=gbp(0)))
    assert world.kinds() == ["unmapped_sku"]
