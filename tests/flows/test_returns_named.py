"""A return that the ERP made and the channel was told of by hand is one return, and one credit."""

from itertools import permutations

import pytest

from shared.domain import returns
from shared.model.case import IntentState
from shared.model.issue import IssueKind
from shared.model.order import Refund
from shared.model.returns import Disposition, Receipt, ReceivedLine, Return, ReturnStatus
from tests.domain.world import NOW
from tests.flows.test_returns import asked, case, granted, made, refund, state, told, work, world
from tests.flows.world import World

__all__ = ["world"]


def opened(status: ReturnStatus = ReturnStatus.OPEN, *, minutes: int = 1) -> Return:
    """Staff of the shop open a return and name the ERP's in its note."""
    return granted(status=status, minutes=minutes).model_copy(update={"names": "erp:6001"})


def recorded(world: World, *, came: bool = False) -> None:
    world.returns.record(made(came=came), source=world.erp)


def restocked() -> Return:
    line = ReceivedLine(line_id="1", quantity=1, disposition=Disposition.RESTOCK)
    receipt = Receipt(receipt_id="5", told_by="shop", received_at=NOW, lines=(line,))
    closed = opened(ReturnStatus.CLOSED, minutes=2)
    return closed.model_copy(update={"receipts": (receipt,)})


def kept() -> Refund:
    """Its units are not on sale again."""
    one = refund(of="shop:31")
    return one.model_copy(update={"lines": (one.lines[0].model_copy(update={"restock": False}),)})


def test_it_is_the_return_of_the_erp_which_is_asked_for_no_second_one(world: World) -> None:
    recorded(world)
    told(world, opened())
    work(world)
    assert asked(world) == []
    (one,) = case(world).returns
    assert (one.return_id, one.origin, one.document, one.called) == (
        "erp:6001",
        "erp",
        "6001",
        ("shop:31",),
    )


def test_it_is_so_too_where_the_shop_is_heard_first(world: World) -> None:
    told(world, opened())
    work(world)
    assert asked(world) == []
    recorded(world)
    work(world)
    assert asked(world) == []
    assert [one.return_id for one in case(world).returns] == ["erp:6001"]


def test_a_unit_that_shop_and_erp_tell_of_came_once(world: World) -> None:
    recorded(world, came=True)
    told(world, restocked())
    assert returns.back(case(world)) == {"1": 1}
    assert case(world).counts.returned == {"1": 1}


@pytest.mark.parametrize("given", [refund(of="shop:31"), kept()])
def test_the_refund_of_it_is_credited_by_the_document_of_the_erp(
    world: World, given: Refund
) -> None:
    recorded(world)
    assert IssueKind.REFUND_DUE in world.kinds()
    told(world, restocked(), refunds=(given,))
    work(world)
    assert world.erp.credits == []
    intent = case(world).intent("credit#9")
    assert intent is not None
    assert (state(world, "credit#9"), intent.result) == (IntentState.APPLIED, "6001")
    assert world.open() == []


def test_a_repeat_of_either_changes_nothing(world: World) -> None:
    recorded(world)
    told(world, opened())
    before = case(world)
    recorded(world)
    told(world, opened())
    assert case(world) == before


def test_all_tellings_end_alike_in_any_order(world: World) -> None:
    first = case(world)
    at_erp = world.returns.merged(first, made(came=True))
    assert at_erp is not None
    tellings = (*at_erp.returns, opened(), restocked())
    ends = set()
    for said in permutations(tellings):
        after = first
        for one in said:
            after = returns.told(after, one)
        ends.add(tuple(one.model_dump_json() for one in after.returns))
    assert len(ends) == 1


def test_one_that_names_nothing_of_the_erp_is_granted_as_ever(world: World) -> None:
    recorded(world)
    told(world, granted())
    work(world)
    assert asked(world) == [("6501", "SHOP-V31", 1)]
