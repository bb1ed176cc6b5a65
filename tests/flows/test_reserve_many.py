"""Reservations in number: many that end at once, two for one order, and orders of many articles."""

from collections.abc import Sequence

import pytest

from shared.errors import RejectedError, RetryableError
from shared.flows import keys
from shared.flows.reserve import reservation_put
from shared.flows.reserve_refusals import ORDERED
from shared.model.reservation import ReservationState
from shared.ports import Write
from tests.flows.test_reserve import forever, held, name_of, reservations, taken
from tests.flows.world import World, order


def test_an_order_has_one_reservation_at_a_time() -> None:
    world = World()
    world.know("M", units=5)
    flow = reservations(world)
    for key in ("a", "b"):
        taken(world, key, ("HAT-M", 2))
    flow.commit(name_of("a"), "77")
    with pytest.raises(RejectedError) as refused:
        flow.commit(name_of("b"), "77")
    assert (refused.value.code, refused.value.field) == (ORDERED, "order")
    flow.release(name_of("b"))
    world.capture.take(order(("HAT-M", 2)))
    assert held(world) == 2


def test_however_many_expire_at_once_all_are_let_go_in_one_sweep() -> None:
    """More than one page of the lane holds."""
    world = World()
    world.know("M", units=5)
    one = taken(world, "0", expires_in_s=60)
    others = [one.model_copy(update={"reservation_id": name_of(str(n))}) for n in range(1, 260)]
    world.store.commit([reservation_put(other, 0) for other in others])
    world.clock.advance(seconds=60)
    assert reservations(world).expire(out_of_time=forever) == 260
    assert held(world) == 0


def test_one_that_cannot_be_let_go_does_not_keep_the_others() -> None:
    world = World()
    world.know("M", "L", units=5)
    taken(world, "a", ("HAT-L", 1), expires_in_s=60)
    taken(world, "b", expires_in_s=60)
    world.clock.advance(seconds=60)
    commit = world.store.commit_together

    def contended(writes: Sequence[Write]) -> bool:
        if any(write.key == keys.hold("HAT-L") for write in writes):
            raise RetryableError("the table is busy")
        return commit(writes)

    world.store.commit_together = contended  # type: ignore[method-assign]
    assert reservations(world).expire(out_of_time=forever) == 1
    assert (held(world), held(world, "HAT-L")) == (0, 1)


def test_an_order_of_very_many_articles_takes_its_reservation_over_whole() -> None:
    """More cards than one transaction takes, of which somebody writes one in between."""
    world = World()
    sizes = [f"{number:03}" for number in range(101)]
    world.know(*sizes)
    skus = [f"HAT-{size}" for size in sizes]
    taken(world, "a", (skus[0], 1), (skus[1], 1))
    reservations(world).commit(name_of("a"), "77")
    commit = world.store.commit

    def raced(writes: Sequence[Write]) -> list[bool]:
        if len(writes) > 100:
            world.store.commit = commit  # type: ignore[method-assign]
            world.touch(keys.hold(skus[1]))
        return commit(writes)

    world.store.commit = raced  # type: ignore[method-assign]
    world.capture.take(order(*((sku, 1) for sku in skus)))
    assert [held(world, sku) for sku in skus] == [1] * len(skus)
    found = reservations(world).find(name_of("a"))
    assert found is not None
    assert found.state is ReservationState.COMMITTED
