"""Returns that the ERP made are opened in the shop: once, and of what may come back."""

import pytest

from shared.domain import returns
from shared.errors import AccessError, InDoubtError, RejectedError
from shared.model.base import Json
from shared.model.money import Money
from shared.model.order import Order
from shared.model.returns import Return, ReturnLine, ReturnStatus
from tests.connectors.shopify.test_returns import line_id, opened, sent
from tests.connectors.shopify.world import NOW, World, world


class Shop:
    """An order of three of A and one of B, all of which has left."""

    def __init__(self) -> None:
        self.there: World = world()
        self.placed = sent(self.there)

    @property
    def order(self) -> Order:
        return self.there.read(self.placed)

    def made(self, *units: tuple[str, int]) -> Return:
        order = self.order
        rows = tuple(ReturnLine(line_id=line_id(order, sku), quantity=n) for sku, n in units)
        return Return(
            return_id="erp:60000017",
            origin="erp",
            status=ReturnStatus.OPEN,
            told_at=NOW,
            lines=rows,
            document="60000017",
            worth=Money(amount=500, currency="EUR"),
        )

    def open(self, *units: tuple[str, int]) -> str:
        return self.there.shop.open_return(self.order, self.made(*units))

    def find(self, name: str = "erp:60000017") -> list[str]:
        return list(self.there.shop.returns_named(self.order, name))


def test_a_return_is_opened_and_told_back_under_its_name() -> None:
    shop = Shop()
    made = shop.open(("A", 2), ("B", 1))
    assert shop.find() == [made]
    assert shop.find("erp:60000018") == []
    order = shop.order
    (one,) = order.returns
    assert (one.names, one.status) == ("erp:60000017", ReturnStatus.OPEN)
    assert returns.units(one.lines) == {line_id(order, "A"): 2, line_id(order, "B"): 1}


def test_a_return_that_staff_open_is_not_found() -> None:
    shop = Shop()
    opened(shop.there, shop.placed)
    assert shop.find() == []


def test_more_than_may_come_back_is_refused_before_anything_is_sent() -> None:
    shop = Shop()
    opened(shop.there, shop.placed)
    with pytest.raises(RejectedError, match=r"1 of line \d+ cannot come back") as raised:
        shop.open(("A", 2))
    assert str(raised.value.remedy).endswith("then replay")
    assert shop.there.counter("OpenReturn") == 0


def test_units_that_were_refunded_cannot_come_back() -> None:
    shop = Shop()
    rows: Json = [{"line": line_id(shop.order, "B"), "quantity": 1}]
    shop.there.simulator.control("refund", order=shop.placed["id"], lines=rows, restock=True)
    with pytest.raises(RejectedError, match="cannot come back"):
        shop.open(("B", 1))


def test_of_units_that_have_not_left_none_comes_back() -> None:
    there = world()
    placed = there.ordered(lines=[{"title": "A", "price": "5.00", "quantity": 3, "sku": "A"}])
    shop = Shop()
    shop.there, shop.placed = there, placed
    with pytest.raises(RejectedError, match="cannot come back"):
        shop.open(("A", 1))


def test_an_answer_that_is_lost_leaves_a_doubt_and_the_return_is_found() -> None:
    shop = Shop()
    shop.there.wire.loses = "OpenReturn"
    with pytest.raises(InDoubtError):
        shop.open(("A", 1))
    shop.there.wire.loses = ""
    assert len(shop.find()) == 1


def test_an_app_without_the_scope_is_locked_out() -> None:
    shop = Shop()
    shop.there.simulator.control("grant_returns", on=False)
    with pytest.raises(AccessError):
        shop.open(("A", 1))
    assert shop.find() == []
