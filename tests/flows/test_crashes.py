"""A function dies at any of its writes and is called again: nothing that was to be told is lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.demand import AmendedLine
from shared.errors import InDoubtError, RejectedError
from shared.flows import keys
from shared.model.holds import HoldCard
from shared.model.invoice import BilledLine, BillingDocument, BillingKind
from shared.model.order import Order
from shared.model.target import Verdict
from tests.domain.world import NOW
from tests.flows.mortal import MortalWorld, deaths
from tests.flows.world import gbp, order, shipment

type Step = Callable[[], object]

BILL = BillingDocument(
    document="90",
    kind=BillingKind.INVOICE,
    bills="5001",
    reference="SHOP-77",
    issued_at=NOW,
    total=gbp(3998),
    tax=gbp(0),
    lines=(BilledLine(erp_item="10", quantity=2, net=gbp(3998), tax=gbp(0)),),
)


def cancelled() -> Order:
    at = NOW + timedelta(minutes=1)
    return order(updated_at=at, cancelled_at=at)


def sent(world: MortalWorld) -> Step:
    world.capture.take(order())
    return lambda: world.sender.send("shop:77")


def accepted(world: MortalWorld) -> None:
    sent(world)()


def priced_otherwise_by_the_erp(world: MortalWorld) -> Step:
    world.erp.total = 1
    return sent(world)


def posted_twice(world: MortalWorld) -> Step:
    world.erp.errors, world.erp.keeps = [InDoubtError("no answer")], False
    return sent(world)


def refused_by_the_erp(world: MortalWorld) -> Step:
    world.erp.errors, world.erp.keeps = [RejectedError("no such customer")] * 3, False
    return sent(world)


def cancelled_while_the_erp_refuses(world: MortalWorld) -> Step:
    step = refused_by_the_erp(world)
    post = world.erp.post_order

    def cancelled_meanwhile(*args: object) -> object:
        world.capture.take(cancelled())
        return post(*args)  # type: ignore[arg-type]

    world.erp.post_order = cancelled_meanwhile  # type: ignore[assignment,method-assign]
    return step


def a_change_the_erp_refuses(world: MortalWorld) -> Step:
    accepted(world)
    world.capture.take(cancelled())
    world.erp.lines["5001"] = {"1": AmendedLine("1", "10", 1, 2, refused="is locked")}
    return lambda: world.amender.amend("shop:77")


def cancelled_in_the_erp(world: MortalWorld) -> Step:
    accepted(world)
    world.capture.take(cancelled())
    return lambda: world.amender.amend("shop:77")


def a_shipment_the_channel_refuses(world: MortalWorld) -> Step:
    world.channel.answers = [Verdict.REJECTED] * 3
    return told_of_shipment(world)


def told_of_shipment(world: MortalWorld) -> Step:
    accepted(world)
    world.shipments.record(shipment(), source=world.erp)
    return lambda: world.teller.tell("shop:77")


def held_at_capture(world: MortalWorld) -> Step:
    return lambda: world.capture.take(order(pending=True))


def cancelled_before_it_was_sent(world: MortalWorld) -> Step:
    world.capture.take(order())
    return lambda: world.capture.take(cancelled())


def billed(world: MortalWorld) -> Step:
    accepted(world)
    return lambda: world.bills.record(BILL)


def left_behind(world: MortalWorld) -> tuple[object, ...]:
    """A doubt that a death kept from being told of is over as soon as the ERP is asked.

    What it promised meanwhile is read again then, which nothing but a doubt makes necessary.
    """
    found = world.cases.find("shop:77")
    assert found is not None
    row = world.store.get([keys.hold("HAT-M")]).get(keys.hold("HAT-M"))
    held = HoldCard.model_validate(row.body).at("london") if row else 0
    sent = [m for m in world.queues.sent if m.body.get("read") != "allocation"]
    messages = {(m.queue, *sorted(m.body.items())) for m in sent}
    news = set(world.bus.types) - {"IssueRaised", "IssueSolved"}
    return found.case.state, held, set(world.kinds()), news, messages


@pytest.mark.parametrize(
    "prepare",
    [
        sent,
        priced_otherwise_by_the_erp,
        posted_twice,
        refused_by_the_erp,
        cancelled_while_the_erp_refuses,
        a_change_the_erp_refuses,
        cancelled_in_the_erp,
        a_shipment_the_channel_refuses,
        told_of_shipment,
        held_at_capture,
        cancelled_before_it_was_sent,
        billed,
    ],
    ids=lambda prepare: prepare.__name__,
)
def test_whenever_a_function_dies_all_is_told_in_the_end(
    prepare: Callable[[MortalWorld], Step],
) -> None:
    undisturbed, after_deaths = deaths(prepare, left_behind)
    assert after_deaths
    assert all(one == undisturbed for one in after_deaths), undisturbed
