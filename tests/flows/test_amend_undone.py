"""Changes of an order whose answers were lost, and that were undone before anybody looked."""

from datetime import timedelta

import pytest

from shared.errors import InDoubtError, RetryableError, SyncError, UnreachableError
from shared.model.case import IntentState
from shared.model.order import Order
from tests.domain.world import NOW
from tests.flows.order_world import accepted, case, lines, ordering
from tests.flows.world import World, order


@pytest.fixture
def world() -> World:
    return ordering()


def told(minutes: int, units: int) -> Order:
    at = NOW + timedelta(minutes=minutes)
    return order(updated_at=at).model_copy(update=lines(("HAT-M", units)))


@pytest.mark.parametrize("lost", [InDoubtError("no answer"), UnreachableError("reading it back")])
def test_a_change_that_may_have_been_made_is_undone_where_it_is_wanted_no_more(
    world: World, lost: SyncError
) -> None:
    """Whether the lost call wrote or only the answer of a later read was lost."""
    accepted(world)
    world.capture.take(told(1, 3))
    world.erp.errors, world.erp.keeps = [lost], True
    with pytest.raises(RetryableError):
        world.amender.amend("shop:77")
    world.capture.take(told(2, 2))
    world.clock.advance(seconds=61)
    world.amender.amend("shop:77")
    assert [units for _, _, units in world.erp.changed] == [3, 2]
    intent = case(world).intent("amend#erp")
    assert intent is not None
    assert intent.state is IntentState.APPLIED


def test_an_order_of_which_something_may_have_been_changed_stays_in_its_lane(world: World) -> None:
    accepted(world)
    world.capture.take(told(1, 3))
    world.erp.errors = [InDoubtError("no answer")]
    with pytest.raises(RetryableError):
        world.amender.amend("shop:77")
    world.queues.sent.clear()
    world.capture.take(told(2, 2))
    assert [m.body for m in world.queues.take("erp-write")] == [{"case": "shop:77"}]
