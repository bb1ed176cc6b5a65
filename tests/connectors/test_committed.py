"""What a channel takes off by itself at a sale is not taken off again when it is told our level.

A level is what may still be sold: on hand, less what orders hold. A channel that has taken the unit
off by then shows it already, and one that has not is brought to it.
"""

import pytest

from shared.model.ids import Facet
from shared.model.target import Verdict
from tests.connectors.amazon import world as amazon
from tests.connectors.shopify.world import LONDON, mug, world

ON_HAND, SOLD = 5, 2
LEFT = ON_HAND - SOLD


def test_what_a_shop_has_committed_is_not_taken_off_what_is_available() -> None:
    there = world()
    there.list(mug())
    there.shop.push(Facet.STOCK, [there.stock("MUG", {"london": ON_HAND})])
    there.ordered(lines=[{"sku": "MUG", "quantity": SOLD, "price": "9.00"}])
    wish = there.stock("MUG", {"london": LEFT}, {"london": ON_HAND}, 2)
    (outcome,) = there.shop.push(Facet.STOCK, [wish])
    assert outcome.verdict is Verdict.STALE  # it changed by itself, and so is looked at
    assert there.shop.shown(Facet.STOCK, [wish]) == {"MUG": {"levels": {"london": LEFT}}}
    held = [there.level("MUG", LONDON, name) for name in ("available", "committed", "on_hand")]
    assert held == [LEFT, SOLD, ON_HAND]


def test_a_level_set_anew_leaves_what_a_shop_has_committed_as_it_is() -> None:
    there = world()
    there.list(mug())
    there.shop.push(Facet.STOCK, [there.stock("MUG", {"london": ON_HAND})])
    there.ordered(lines=[{"sku": "MUG", "quantity": SOLD, "price": "9.00"}])
    more = there.stock("MUG", {"london": LEFT + 4}, {"london": LEFT}, 3)
    there.shop.push(Facet.STOCK, [more])
    held = [there.level("MUG", LONDON, name) for name in ("available", "committed", "on_hand")]
    assert held == [LEFT + 4, SOLD, ON_HAND + 4]


@pytest.mark.parametrize("pending", [True, False])
def test_what_amazon_keeps_for_a_sale_is_not_taken_off_again(pending: bool) -> None:  # noqa: FBT001
    there = amazon.world()
    there.listed("MUG", quantity=ON_HAND)
    there.ordered(lines=[{"sku": "MUG", "quantity": SOLD}], pending=pending)
    assert there.quantities() == {"MUG": LEFT}
    there.push(Facet.STOCK, there.stock("MUG", london=LEFT, leeds=0))
    assert there.quantities() == {"MUG": LEFT}


def test_a_marketplace_that_does_not_take_off_what_it_sells_is_brought_to_it() -> None:
    there = amazon.world()
    there.listed("MUG", quantity=ON_HAND)
    there.ordered(lines=[{"sku": "MUG", "quantity": SOLD}])
    there.control("set_stock", sku="MUG", quantity=ON_HAND)  # as if it kept them apart
    there.clock.advance(minutes=1)
    there.push(Facet.STOCK, there.stock("MUG", london=LEFT, leeds=0))
    there.clock.advance(minutes=15)
    assert there.quantities() == {"MUG": LEFT}
