"""After an outage the ERP gets the most urgent orders first, as fast as it takes them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from shared.errors import InDoubtError, ThrottledError, UnreachableError
from shared.flows import keys
from shared.flows.breaker import Circuit
from shared.flows.drain import Drain
from shared.flows.drainers import BLOCK
from shared.flows.recovery import Sweep
from shared.model.case import CaseState
from shared.model.retailer import Retailer
from shared.ports import Message, Put, Table
from tests.domain.world import NOW, RETAILER
from tests.flows.order_world import case, ordering
from tests.flows.world import World, order

ERP = keys.write_queue("erp")
SLOTS = 3


class Draining:
    """A world whose ERP was away while orders came, and the drainers that send them now."""

    def __init__(self) -> None:
        erp = RETAILER.connection("erp")
        limits = erp.limits.model_copy(update={"slots": SLOTS})
        connections = [erp.model_copy(update={"limits": limits}), RETAILER.connection("shop")]
        retailer: Retailer = RETAILER.model_copy(update={"connections": tuple(connections)})
        self.world = w = World(retailer)
        w.know("M", units=9000)
        w.settle()
        w.erp.keeps = False
        self.stopped = False
        self.turns = 0

    def missed(self, *orders: tuple[str, timedelta]) -> None:
        """Orders that are to leave so soon, and that the ERP could not be reached for."""
        for name, within in orders:
            self.world.capture.take(order(external_id=name, ship_by=NOW + within))
            self.world.erp.errors = [UnreachableError("away")]
            self.world.sender.send(f"shop:{name}")
        self.world.queues.sent.clear()

    def drain(self) -> Drain:
        w = self.world
        return Drain(
            "erp", w.sender, w.cases, w.store, w.queues, w.clock, w.retailer, self.send
        )  # fmt: skip

    def send(self, order_id: str) -> None:
        self.world.sender.send(order_id)

    def sweep(self) -> None:
        w = self.world
        Sweep(w.store, w.queues, w.clock, w.retailer).run()

    def play(self) -> Iterator[Message]:
        """What is sent to the ERP's queue, handled one after another until nothing comes."""
        while self.world.queues.sent:
            message = self.world.queues.sent.pop(0)
            if "drain" in message.body:
                self.turn(message)
            yield message

    def turn(self, message: Message) -> None:
        self.turns += 1
        place, turn = int(message.body["drain"]), message.body["turn"]
        self.drain().turn(place, turn, out_of_time=lambda: self.stopped)
        self.world.sender.trailing.finish()

    def circuit(self, until: datetime) -> None:
        circuit = Circuit(5, 1, until, NOW, "503")
        self.world.store.commit([Put(keys.breaker("erp"), circuit.body(), 0)])

    @property
    def posted(self) -> list[str]:
        return [reference.removeprefix("SHOP-") for _, reference in self.world.erp.orders]

    @property
    def resting(self) -> list[str]:
        rows = self.world.store.due(Table.ORDERS, keys.backlog_lane("erp"))
        return [row.key.pk.rsplit(":", 1)[-1] for row in rows]


@pytest.fixture
def draining() -> Draining:
    return Draining()


def hours(count: int) -> timedelta:
    return timedelta(hours=count)


def test_orders_the_erp_is_away_for_rest_in_the_order_of_their_urgency(draining: Draining) -> None:
    draining.missed(("1", hours(9)), ("2", hours(2)), ("3", hours(5)))
    assert draining.resting == ["2", "3", "1"]
    assert case(draining.world, "shop:2").state is CaseState.RELEASED


def test_the_most_urgent_order_goes_first_when_the_erp_is_back(draining: Draining) -> None:
    draining.missed(("1", hours(9)), ("2", hours(2)), ("3", hours(5)))
    draining.sweep()
    list(draining.play())
    assert draining.posted == ["2", "3", "1"]
    assert draining.resting == []


def test_a_backlog_of_many_blocks_goes_in_order_by_one_drainer_after_another(
    draining: Draining,
) -> None:
    draining.missed(*((str(n), hours(n * 7 % 23)) for n in range(1, 23)))
    draining.sweep()
    list(draining.play())
    assert draining.posted == sorted(draining.posted, key=lambda n: int(n) * 7 % 23)
    assert len(draining.posted) == 22


def test_there_are_no_more_drainers_than_the_erp_takes_calls(draining: Draining) -> None:
    draining.missed(*((str(n), hours(n)) for n in range(1, 22)))
    for _ in range(3):
        draining.sweep()
    assert len(draining.world.queues.take(ERP)) == SLOTS


def test_there_are_no_more_drainers_than_there_is_work_for(draining: Draining) -> None:
    draining.missed(*((str(n), hours(n)) for n in range(1, BLOCK + 2)))
    draining.sweep()
    assert len(draining.world.queues.take(ERP)) == 2


def test_while_the_erp_is_left_alone_nothing_is_hinted(draining: Draining) -> None:
    draining.missed(("1", hours(1)))
    draining.circuit(NOW + timedelta(minutes=5))
    draining.sweep()
    assert draining.world.queues.take(ERP) == []


def test_one_drainer_tries_whether_the_erp_is_well_and_wakes_the_others(
    draining: Draining,
) -> None:
    draining.missed(*((str(n), hours(n)) for n in range(1, 4 * BLOCK + 1)))
    draining.circuit(NOW)
    draining.sweep()
    [probe] = draining.world.queues.take(ERP)
    key = keys.breaker("erp")
    row = draining.world.store.get([key])[key]
    draining.world.store.commit([Put(key, Circuit().body(), row.rev)])
    draining.turn(probe)
    woken = {m.body["drain"] for m in draining.world.queues.take(ERP)}
    assert woken == {"1", "2"}


def test_a_drainer_whose_erp_is_away_again_lets_all_it_took_rest(draining: Draining) -> None:
    draining.missed(*((str(n), hours(n)) for n in range(1, 5)))
    draining.sweep()
    draining.world.erp.errors = [UnreachableError("away")]
    assert len(list(draining.play())) == 1
    assert draining.posted == []
    assert draining.resting == ["1", "2", "3", "4"]
    draining.sweep()
    list(draining.play())
    assert draining.posted == ["1", "2", "3", "4"]


def test_a_drainer_waits_for_an_erp_that_is_busy(draining: Draining) -> None:
    draining.missed(("1", hours(1)), ("2", hours(2)))
    draining.sweep()
    draining.world.erp.errors = [ThrottledError("busy", after=timedelta(seconds=9))]
    first, again = (message for message in draining.play())
    assert (first.delay_s, again.delay_s) == (0, 9)
    assert draining.posted == ["1", "2"]


def test_an_order_whose_answer_is_lost_is_looked_for_later_and_the_others_go_on(
    draining: Draining,
) -> None:
    draining.missed(("1", hours(1)), ("2", hours(2)))
    draining.sweep()
    draining.world.erp.errors = [InDoubtError("no answer")]
    asked = [m for m in draining.play() if "case" in m.body]
    assert [(m.body["case"], m.delay_s) for m in asked] == [("shop:1", 60)]
    assert draining.posted == ["2"]


def test_a_drainer_that_is_out_of_time_gives_back_what_it_took_and_goes_on(
    draining: Draining,
) -> None:
    draining.missed(("1", hours(1)), ("2", hours(2)), ("3", hours(3)))
    draining.sweep()
    [first] = draining.world.queues.take(ERP)
    draining.world.queues.sent.clear()
    sent = draining.world.sender.send

    def stops(order_id: str) -> None:
        sent(order_id)
        draining.stopped = True

    draining.send = stops  # type: ignore[method-assign]
    draining.turn(first)
    assert draining.resting == ["2", "3"]
    draining.stopped = False
    draining.send = sent  # type: ignore[assignment]
    list(draining.play())
    assert draining.posted == ["1", "2", "3"]


def test_a_turn_ends_in_time_for_others_who_want_the_erp(draining: Draining) -> None:
    draining.missed(*((str(n), hours(n)) for n in range(1, 2 * BLOCK + 2)))
    draining.sweep()
    [first, *_] = draining.world.queues.take(ERP)

    def slow(order_id: str) -> None:
        draining.world.sender.send(order_id)
        draining.world.clock.advance(seconds=5)

    draining.send = slow  # type: ignore[method-assign]
    draining.turn(first)
    assert draining.posted == ["1", "2", "3", "4", "5"]


def test_a_message_that_comes_twice_takes_one_turn(draining: Draining) -> None:
    draining.missed(*((str(n), hours(n)) for n in range(1, 4)))
    draining.sweep()
    [first] = draining.world.queues.take(ERP)
    draining.turn(first)
    draining.missed(("9", hours(1)))
    draining.turn(first)
    assert draining.resting == ["9"]


def test_what_a_killed_drainer_took_is_found_by_the_sweep(draining: Draining) -> None:
    draining.missed(("1", hours(1)), ("2", hours(2)))
    draining.sweep()
    [first] = draining.world.queues.take(ERP)
    draining.world.queues.sent.clear()
    draining.world.erp.errors = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        draining.turn(first)
    draining.world.clock.advance(minutes=5)
    draining.sweep()
    found = {m.body.get("case") for m in draining.world.queues.take(ERP)}
    assert found == {"shop:1", "shop:2"}


def test_an_order_that_was_taken_by_another_drainer_is_not_sent_by_both(
    draining: Draining,
) -> None:
    draining.missed(*((str(n), hours(n)) for n in range(1, 4)))
    draining.sweep()
    [first] = draining.world.queues.take(ERP)
    for n in (1, 2, 3):
        draining.world.touch(keys.case(f"shop:{n}"))
    draining.turn(first)
    assert draining.posted == []


def test_hearing_once_more_of_an_order_that_rests_does_not_put_it_first(
    draining: Draining,
) -> None:
    draining.missed(("1", hours(9)))
    draining.world.capture.take(order(external_id="1", ship_by=NOW + hours(9)))
    assert draining.world.queues.take(ERP) == []
    assert draining.resting == ["1"]


def test_an_order_that_waits_is_looked_at_with_what_came_meanwhile() -> None:
    world = ordering()
    world.erp.errors, world.erp.keeps = [UnreachableError("away")], False
    world.capture.take(order())
    world.sender.send("shop:77")
    world.capture.take(order(cancelled_at=NOW, updated_at=NOW + timedelta(minutes=1)))
    assert world.store.due(Table.ORDERS, keys.backlog_lane("erp")) == []
