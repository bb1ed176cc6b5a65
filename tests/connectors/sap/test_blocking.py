"""A delivery block at the simulated tenant: set and lifted once, in a tenant's own code or not."""

import pytest

from sandbox.vendors.sap.tenant import Order as Held
from shared.connectors.sap.settings import SapSettings
from shared.domain import amounts
from shared.domain.demand import AmendedOrder, Amendment, LineChange
from shared.errors import InDoubtError, RetryableError
from tests.connectors.sap.test_amending import number, sold, writes
from tests.connectors.sap.world import Tenant, hat, stock


def tenant(block: str = "Z1") -> Tenant:
    made = Tenant(delivery_block=block)
    made.load(materials=[hat("M"), hat("S")], stock=[stock(), stock("HAT-S")])
    made.client.post_order(sold(), "SHOP-77")
    made.seen.clear()
    return made


def brought(made: Tenant, *lines: LineChange, blocked: bool) -> AmendedOrder:
    header = amounts.header(sold()).model_copy(update={"blocked": blocked})
    return made.client.amend_order(sold("M", "S"), number(made), Amendment(lines, header))


def held(made: Tenant) -> Held:
    return next(iter(made.simulator.tenant.orders.after(None)))


def block(made: Tenant) -> str:
    return held(made).header["DeliveryBlockReason"]


def test_an_order_is_blocked_once_under_the_tag_that_was_read_and_nothing_leaves() -> None:
    made = tenant()
    for _ in range(3):
        answer = brought(made, blocked=True)
        assert (answer.left, answer.refused) == ((), "")
    assert (block(made), writes(made)) == ("Z1", ["PATCH"])
    patch = next(r for r, _ in made.seen if r.method == "PATCH")
    read = next(a for r, a in made.seen if r.method == "GET" and "etag" in a.headers)
    assert patch.headers["if-match"] == read.headers["etag"]
    assert "x-csrf-token" in patch.headers
    with pytest.raises(LookupError, match="blocked for delivery"):
        made.simulator.control("deliver", order=number(made))


def test_a_block_is_lifted_once_and_goods_leave() -> None:
    made = tenant()
    brought(made, blocked=True)
    for _ in range(3):
        brought(made, blocked=False)
    assert (block(made), writes(made)) == ("", ["PATCH", "PATCH"])
    made.simulator.control("deliver", order=number(made))


def test_a_block_of_an_order_of_which_nothing_is_to_leave_is_not_lifted() -> None:
    made = tenant()
    brought(made, blocked=True)
    answer = brought(made, LineChange("1", 1, 0, "10"), blocked=False)
    assert (answer.refused, block(made)) == ("", "Z1")


def test_a_block_that_staff_set_keeps_the_goods_as_well_and_is_theirs() -> None:
    made = tenant()
    held(made).header["DeliveryBlockReason"] = "01"
    for blocked in (True, False):
        answer = brought(made, blocked=blocked)
        assert (answer.left, answer.refused) == ((), "")
    assert (block(made), writes(made)) == ("01", [])


def test_the_rest_of_an_order_that_left_in_part_is_blocked() -> None:
    made = tenant()
    made.simulator.control("deliver", order=number(made), items={"10": 1})
    assert "blocked" not in brought(made, blocked=True).left
    assert block(made) == "Z1"


def test_of_an_order_that_has_left_nothing_is_asked_for_and_that_is_no_refusal() -> None:
    made = tenant()
    made.simulator.control("deliver", order=number(made))
    answer = brought(made, blocked=True)
    assert ("blocked" in answer.left, answer.refused, writes(made)) == (True, "", [])


def test_goods_that_leave_between_reading_and_writing_are_no_refusal_either() -> None:
    made = tenant()
    held(made).touch(made.clock.now())

    def leave(request: object) -> None:
        if getattr(request, "method", "") == "PATCH":
            made.refuse = lambda _: None
            tag = held(made).changed_at
            made.simulator.control("deliver", order=number(made))
            held(made).changed_at = tag

    made.refuse = leave
    answer = brought(made, blocked=True)
    assert (answer.left, answer.refused, block(made)) == (("blocked",), "", "")


def test_a_line_added_in_the_same_change_is_blocked_with_its_order() -> None:
    made = tenant()
    made.simulator.control("deliver", order=number(made))
    added = LineChange("2", 2, 1, line=sold("M", "S").lines[1])
    assert "blocked" not in brought(made, added, blocked=True).left
    assert block(made) == "Z1"


def test_a_code_the_tenant_does_not_know_is_refused_in_sap_s_words() -> None:
    answer = brought(tenant("ZZ"), blocked=True)
    assert answer.left == ("blocked",)
    assert answer.refused == "blocked: SAP: Delivery block ZZ is not defined"


def test_where_no_code_is_named_a_person_is_to_block_the_order() -> None:
    made = tenant("")
    answer = brought(made, blocked=True)
    assert answer.refused == "blocked: no delivery block is named for orders that may be fraud"
    assert brought(made, blocked=False).refused == ""
    assert writes(made) == []


def test_a_lost_answer_is_a_doubt_and_asking_again_writes_nothing() -> None:
    made = tenant()
    made.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        brought(made, blocked=True)
    brought(made, blocked=True)
    assert (block(made), writes(made)) == ("Z1", [])  # the lost one is none of those answered


def test_of_two_who_change_an_order_one_reads_it_again() -> None:
    made = tenant()

    def meddle(request: object) -> None:
        if getattr(request, "method", "") == "PATCH":
            made.refuse = lambda _: None
            held(made).touch(made.clock.now())

    made.refuse = meddle
    with pytest.raises(RetryableError, match="changed meanwhile"):
        brought(made, blocked=True)
    brought(made, blocked=True)
    assert block(made) == "Z1"


def test_a_code_is_two_characters_at_most() -> None:
    with pytest.raises(ValueError, match="delivery_block"):
        SapSettings(delivery_block="Z12")
