"""Days on which a request that was given up lands after all, and the ERP holds an order twice."""

from functools import partial

from shared.model.case import IntentKind
from shared.model.ids import Entity
from shared.model.issue import IssueKind, IssueState
from shared.ports import Row, Table
from tests.simulation.engine import SECOND
from tests.simulation.faults import Kind
from tests.simulation.invariants_orders import cases
from tests.simulation.scenario import ALL, ORDERLY, REPLAYED, SHARE, Play, Scenario, catalogue

KIND = IssueKind.DUPLICATE_IN_ERP


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=10)


def _landed_late(play: Play) -> None:
    """It lands long after nobody can wait for it; people repair that here, or in the ERP."""
    rng = play.rng
    play.later(5 * SECOND, partial(play.order, "shop", ("HAT-M", rng.randint(1, 2))))
    if rng.random() < SHARE:
        play.later(30 * SECOND, play.deliver)
    landed = rng.randint(40, 60) * SECOND
    play.later(landed, partial(_land, play))
    play.later(landed + rng.randint(1, 10) * SECOND, partial(_look, play))
    for _ in range(2):
        play.later(landed + rng.randint(12, 60) * SECOND, partial(_repair, play))
    if rng.random() < SHARE:
        play.later(landed + rng.randint(5, 60) * SECOND, partial(_reject, play))
    if rng.random() < SHARE:
        play.later(landed + rng.randint(5, 40) * SECOND, partial(play.cancel, "shop"))


def _land(play: Play) -> None:
    erp = play.world.vendors["erp"]
    for first in list(erp.tenant.orders.after(None)):
        number = erp.control("land_again", order=first.number)
        play.world.engine.note(f"ERP: {first.number} is there again, as {number}")


def _look(play: Play) -> None:
    """A poll that comes soon: who waits for the schedule has little left to see."""
    play.world.poll("erp", Entity.ALLOCATION)


def _repair(play: Play) -> None:
    """An operator replays what is told by now."""
    for row in play.world.store.rows(Table.ISSUES):
        if row.body["kind"] == KIND and row.body["state"] == IssueState.OPEN:
            _undo(play, row)
            play.world.engine.note(f"an operator replays {row.key.pk}")
            play.world.replay(row.key.pk)


def _undo(play: Play, issue: Row) -> None:
    """Where staff rejected the one that is kept they are told to undo that first."""
    order_id = str(issue.body["subject"])
    kept = cases(play.truth)[order_id].erp_order
    if issue.body["kind"] == KIND and f"{kept}, which is kept, is rej" in str(issue.body["remedy"]):
        play.world.engine.note(f"ERP: staff reject {kept} no longer")
        play.world.vendors["erp"].control("reject", order=kept, reason="")
        play.world.undone.add(str(kept))


def _reject(play: Play) -> None:
    """Somebody in the ERP is faster, and may reject the one that is kept."""
    erp = play.world.vendors["erp"]
    for found in erp.tenant.by_reference.values():
        alive = [one for one in found if not all(item.rejected for item in one.items)]
        for one in play.rng.sample(alive, max(0, len(alive) - 1)):
            play.world.engine.note(f"ERP: staff reject {one.number}")
            erp.control("reject", order=one.number)


def _repaired(play: Play) -> list[str]:
    """I1, I6: what is there twice is rejected, that is told of no more, and nothing is pending."""
    wrong = [
        f"{row.key.pk} is still open: {row.body['summary']}"
        for row in play.world.store.rows(Table.ISSUES)
        if row.body["kind"] == KIND and row.body["state"] == IssueState.OPEN
    ]
    for order_id, case in cases(play.truth).items():
        asked = [one for one in case.intents if one.kind is IntentKind.WITHDRAW]
        wrong += [f"{order_id}: {one.intent_id} is {one.state}" for one in asked if one.open]
        wrong += [
            f"{order_id}: {one.reference} is the order that is kept, and to be rejected"
            for one in asked
            if one.reference == case.erp_order
        ]
    return wrong


# Where a search hides an order whose goods have left, people take these back: that is not played.
_KINDS = ALL - {Kind.SEARCH_LAGS}

TWICE = (
    Scenario(
        "an order lands twice",
        _one_size,
        _landed_late,
        reads=ORDERLY | {Entity.ALLOCATION},
        replayed=REPLAYED | {KIND},
        remedy=_undo,
        kinds=_KINDS,
        check=_repaired,
    ),
)
