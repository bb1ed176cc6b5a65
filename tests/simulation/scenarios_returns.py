"""Days on which goods come back, told by shop and ERP in any order, doubled and interrupted."""

from collections import Counter
from functools import partial

from shared.model.ids import Entity
from shared.model.issue import IssueKind
from tests.simulation.engine import SECOND
from tests.simulation.invariants_returns import RETURN, document_of
from tests.simulation.returning import Returning
from tests.simulation.scenario import (
    ORDERLY,
    REPLAYED,
    SHARE,
    Play,
    Scenario,
    catalogue,
)
from tests.simulation.taking_in import RULES, Depot


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=10)


def _sent_back(play: Play) -> None:
    """The receipt races the refund; now and then the ERP has made the return by itself."""
    staff = Returning(play)
    play.later(5 * SECOND, partial(play.order, "shop", ("HAT-M", play.rng.randint(1, 2))))
    play.later(play.rng.randint(22, 30) * SECOND, play.deliver)
    if play.rng.random() < SHARE:
        at = play.rng.randint(45, 80) * SECOND
        play.later(at, staff.make)
        play.later(at + play.rng.randint(0, 4 * SECOND), staff.refund)
    else:
        play.later(play.rng.randint(45, 60) * SECOND, staff.open)
        play.later(play.rng.randint(60, 70) * SECOND, staff.answer)
        play.later(play.rng.randint(70, 105) * SECOND, staff.process)
    play.later(play.rng.randint(75, 115) * SECOND, staff.receive)
    play.later(play.rng.randint(80, 115) * SECOND, play.bill)


def _made_there(play: Play) -> None:
    """The ERP takes a unit back by itself; the shop processes what is opened for it there."""
    staff = Returning(play)
    play.later(5 * SECOND, partial(play.order, "shop", ("HAT-M", play.rng.randint(1, 2))))
    play.later(play.rng.randint(22, 30) * SECOND, play.deliver)
    play.later(play.rng.randint(45, 60) * SECOND, staff.make)
    play.later(play.rng.randint(65, 75) * SECOND, partial(play.world.poll, "erp", Entity.RETURN))
    play.later(play.rng.randint(80, 110) * SECOND, staff.process)
    if play.rng.random() < SHARE:
        play.later(play.rng.randint(75, 115) * SECOND, staff.receive)


def _opened_once(play: Play) -> list[str]:
    """I1: what the ERP took back is one return of the shop."""
    orders = play.world.vendors["shop"].shop.orders.values()
    opened = Counter(document_of(one) for order in orders for one in order.returns)
    made = [d for d in play.world.vendors["erp"].tenant.credits.after(None) if not d.reference]
    made = [document for document in made if document.kind == RETURN]
    return [
        f"return {document.number} of the ERP is in the shop {opened[document.number]} times"
        for document in made
        if opened[document.number] != 1
    ]


def _taken_in(play: Play) -> None:
    """A depot takes parcels in before the shop's word of them is heard, and sorts them later."""
    staff, depot = Returning(play), Depot(play)
    play.notes["depot"] = depot
    play.later(5 * SECOND, partial(play.order, "shop", ("HAT-M", play.rng.randint(1, 2))))
    play.later(play.rng.randint(22, 30) * SECOND, play.deliver)
    at = play.rng.randint(45, 60) * SECOND
    play.later(at, staff.open)
    play.later(at + play.rng.randint(0, 4) * SECOND, staff.answer)
    play.later(at + play.rng.randint(0, 6) * SECOND, depot.take_in)
    play.later(at + play.rng.randint(6, 30) * SECOND, depot.take_in)
    play.later(at + play.rng.randint(31, 50) * SECOND, depot.sort)
    if play.rng.random() < SHARE:
        play.later(play.rng.randint(70, 105) * SECOND, staff.process)
    if play.rng.random() < SHARE:
        play.later(play.rng.randint(75, 115) * SECOND, staff.receive)


def _depot_agrees(play: Play) -> list[str]:
    depot = play.notes["depot"]
    return list(depot.amiss()) if isinstance(depot, Depot) else []


RETURNS = (
    Scenario(
        "a return of the ERP is opened in the shop",
        _one_size,
        _made_there,
        reads=ORDERLY | {Entity.INVOICE, Entity.RETURN},
        replayed=REPLAYED | {IssueKind.CREDIT_REJECTED, IssueKind.RETURN_REJECTED},
        settings="open_returns = true",
        check=_opened_once,
    ),
    Scenario(
        "goods are sent back",
        _one_size,
        _sent_back,
        reads=ORDERLY | {Entity.INVOICE, Entity.RETURN},
        replayed=REPLAYED | {IssueKind.CREDIT_REJECTED, IssueKind.RETURN_REJECTED},
    ),
    Scenario(
        "a depot takes in what is sent back",
        _one_size,
        _taken_in,
        reads=ORDERLY | {Entity.RETURN},
        replayed=REPLAYED | {IssueKind.CREDIT_REJECTED, IssueKind.RETURN_REJECTED},
        rules=RULES,
        check=_depot_agrees,
    ),
)
