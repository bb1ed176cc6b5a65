"""What is kept of a return nobody knows: not lost in a race, and looked at again in time."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.returns_moved import Kept
from tests.flows.test_returns_moved import Moved


@pytest.fixture
def setup() -> Moved:
    return Moved()


def test_one_kept_while_another_call_keeps_one_is_kept_too(setup: Moved) -> None:
    store, once = setup.world.store, ["another"]
    commit = store.commit

    def raced(writes: Any) -> list[bool]:
        ours = [w for w in writes if w.key.pk.startswith("returned#")]
        if ours and once:
            once.clear()
            return [False for _ in writes]
        return commit(writes)

    setup.world.returned = replace(setup.world.returned, store=Raced(store, raced))
    setup.world.calls = replace(setup.world.calls, returned=setup.world.returned)
    setup.post()
    setup.grant()
    setup.later()
    assert setup.case().counts.returned == {"1": 1}


def test_rows_that_are_always_contended_are_for_the_caller_to_send_again(setup: Moved) -> None:
    never = Raced(setup.world.store, lambda writes: [False for _ in writes])
    dead = replace(setup.world.returned, store=never)
    setup.world.calls = replace(setup.world.calls, returned=dead)
    with pytest.raises(RetryableError):
        setup.post()


class Raced:
    """A store whose writes somebody else may be ahead of."""

    def __init__(self, store: Any, commit: Any) -> None:
        self._store = store
        self.commit = commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_what_is_kept_after_all_of_it_was_placed_waits_its_own_three_months(setup: Moved) -> None:
    setup.post()
    setup.grant()
    setup.later()
    setup.world.clock.advance(days=100)
    setup.post(movement_id="m9", quantity="0.5")
    key = keys.returned("wms", "RMA-1")
    kept = Kept.model_validate(setup.world.store.get([key])[key].body)
    assert (kept.since, len(kept.movements)) == (setup.world.clock.now(), 1)


def test_one_kept_beside_another_waits_its_own_three_months(setup: Moved) -> None:
    setup.post()
    setup.world.clock.advance(days=80)
    setup.post(movement_id="m9")
    key = keys.returned("wms", "RMA-1")
    kept = Kept.model_validate(setup.world.store.get([key])[key].body)
    assert (kept.since, len(kept.movements)) == (setup.world.clock.now(), 2)
    setup.later()
    assert Kept.model_validate(setup.world.store.get([key])[key].body).since == kept.since


def test_what_time_does_not_suffice_for_waits(setup: Moved) -> None:
    setup.post()
    setup.grant()
    setup.world.clock.advance(minutes=10)
    assert setup.world.returned.run(lambda: True) == 0
    assert setup.world.returned.run(lambda: False) == 1
    setup.world.clock.advance(minutes=1)
    assert setup.world.returned.run(lambda: False) == 0


def test_one_whose_number_waits_has_come_and_is_in_the_stock_once_nothing_is_missing(
    setup: Moved,
) -> None:
    setup.grant()
    back = setup.post(sequence="3")
    assert [line["status"] for line in back["lines"]] == ["parked"]
    assert (setup.view()["state"], setup.world.on_hand()) == ("received", 7)
    for number in (1, 2):
        setup.post(
            kind="receipt",
            movement_id=f"n{number}",
            document="",
            sequence=str(number),
        )
    assert (setup.case().counts.returned, setup.world.on_hand()) == ({"1": 1}, 7 + 3)
