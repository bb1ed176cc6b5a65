"""What outlasts its cause is closed by a person, who says why; told again, it opens."""

from collections.abc import Sequence

import pytest

from shared.errors import RejectedError
from shared.flows.closing import ENDS_BY_ITSELF, TOLD_AGAIN, close
from shared.flows.issues import Problem
from shared.model.issue import Closing, IssueKind, IssueState
from shared.ports import Write
from tests.domain.world import NOW
from tests.flows.world import World

WHY = "5000017 rejected in SAP"
DOUBLED = Problem(IssueKind.DUPLICATE_IN_ERP, "shop:77", "erp", "held twice", "reject one")
ID = "duplicate_in_erp#shop:77"


def test_what_is_closed_says_by_whom_when_and_why() -> None:
    world = World()
    world.issues.report([DOUBLED])
    found = close(world.issues, ID, by="operator", why=WHY)
    assert found is not None
    assert (found.state, found.solved_by, found.solved_at) == (IssueState.SOLVED, "operator", NOW)
    assert found.closed == Closing(by="operator", at=NOW, why=WHY)
    assert (world.open(), world.bus.types) == ([], ["IssueRaised", "IssueSolved"])


def test_told_again_it_comes_back_and_says_how_it_was_closed() -> None:
    world = World()
    world.issues.report([DOUBLED])
    close(world.issues, ID, by="operator", why=WHY)
    world.clock.advance(hours=1)
    world.issues.report([DOUBLED])
    [again] = world.open()
    assert (again.state, again.count, again.solved_by) == (IssueState.OPEN, 2, None)
    assert again.closed == Closing(by="operator", at=NOW, why=WHY)
    world.issues.solve(again.kind, again.subject, by="itself")
    [solved] = [world.issues.find(ID)]
    assert solved is not None
    assert (solved.solved_by, solved.closed) == ("itself", again.closed)


def test_to_close_it_again_changes_nothing() -> None:
    world = World()
    world.issues.report([DOUBLED])
    first = close(world.issues, ID, by="operator", why=WHY)
    assert close(world.issues, ID, by="another", why="as well") == first
    assert world.bus.types == ["IssueRaised", "IssueSolved"]


def test_one_nobody_knows_is_not_closed() -> None:
    assert close(World().issues, ID, by="operator", why=WHY) is None


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (IssueKind.ORDER_REJECTED, "shop:77"),
        (IssueKind.TOTALS_DIFFER, "shop:77"),
        (IssueKind.PRICE_HELD, "shop"),
        (IssueKind.CIRCUIT_OPEN, "shop"),
    ],
)
def test_what_ends_with_its_cause_stays_until_then(kind: IssueKind, subject: str) -> None:
    world = World()
    world.issues.report([Problem(kind, subject, "shop", "it is so", "correct it")])
    with pytest.raises(RejectedError) as raised:
        close(world.issues, f"{kind}#{subject}", by="operator", why=WHY)
    assert raised.value.code == ENDS_BY_ITSELF
    assert raised.value.remedy == "correct it; it ends by itself then"
    assert len(world.open()) == 1


def test_the_erp_s_total_that_differs_is_closed_though_a_held_order_s_is_not() -> None:
    world = World()
    one = Problem(IssueKind.TOTALS_DIFFER, "shop:77/erp", "erp", "it is so", "correct it")
    world.issues.report([one])
    assert close(world.issues, "totals_differ#shop:77/erp", by="operator", why=WHY) is not None
    assert world.open() == []


def test_what_was_told_again_since_it_was_looked_at_stays() -> None:
    world = World()
    world.issues.report([DOUBLED, DOUBLED])
    with pytest.raises(RejectedError, match="was told 2 times by now") as raised:
        close(world.issues, ID, by="operator", why=WHY, count=1)
    assert (raised.value.code, raised.value.field) == (TOLD_AGAIN, "count")
    assert close(world.issues, ID, by="operator", why=WHY, count=2) is not None
    assert world.open() == []


def test_what_is_told_again_while_it_is_closed_stays() -> None:
    world = World()
    world.issues.report([DOUBLED])
    commit = world.store.commit

    def raced(writes: Sequence[Write]) -> list[bool]:
        world.store.commit = commit  # type: ignore[method-assign]
        world.issues.report([DOUBLED])
        return commit(writes)

    world.store.commit = raced  # type: ignore[method-assign]
    with pytest.raises(RejectedError, match="was told 2 times by now"):
        close(world.issues, ID, by="operator", why=WHY)
    assert len(world.open()) == 1
