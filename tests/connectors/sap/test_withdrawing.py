"""Withdrawing a sales order at the simulated tenant: once, and never what is delivered."""

import httpx
import pytest

from shared.errors import InDoubtError, RejectedError, RetryableError
from tests.connectors.sap.test_amending import sold, stored, writes
from tests.connectors.sap.world import Tenant, hat
from tests.functions.world import Rows

SIZES = ("M", "S")


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    stock: Rows = [
        {"sku": f"HAT-{size}", "plant": "1710", "storage_location": "171A", "quantity": "9"}
        for size in SIZES
    ]
    tenant.load(materials=[hat(size) for size in SIZES], stock=stock)
    tenant.client.post_order(sold(*SIZES), "SHOP-77")
    tenant.seen.clear()
    return tenant


def number(tenant: Tenant) -> str:
    return next(iter(tenant.simulator.tenant.orders.after(None))).number


def rejected(tenant: Tenant) -> list[bool]:
    return [gone for *_, gone in stored(tenant)]


def test_every_item_is_rejected_once(tenant: Tenant) -> None:
    tenant.client.withdraw_order(number(tenant))
    tenant.client.withdraw_order(number(tenant))
    assert writes(tenant) == ["PATCH", "PATCH"]
    assert rejected(tenant) == [True, True]


def test_it_is_found_as_withdrawn_only_once_nothing_of_it_is_to_leave(tenant: Tenant) -> None:
    (before,) = tenant.client.find_order(sold(*SIZES), "SHOP-77")
    tenant.client.withdraw_order(number(tenant))
    (after,) = tenant.client.find_order(sold(*SIZES), "SHOP-77")
    assert (before.withdrawn, after.withdrawn) == (False, True)
    assert (before.delivered, after.delivered) == (False, False)


def test_of_an_order_that_is_delivered_in_part_nothing_is_rejected(tenant: Tenant) -> None:
    tenant.simulator.control("deliver", order=number(tenant), items={"10": 1})
    with pytest.raises(RejectedError, match=r"item 10 of ERP order \d+ is delivered") as raised:
        tenant.client.withdraw_order(number(tenant))
    assert str(raised.value.remedy).startswith("reverse the delivery of ERP order")
    assert writes(tenant) == []
    (found,) = tenant.client.find_order(sold(*SIZES), "SHOP-77")
    assert found.delivered


def test_goods_that_leave_meanwhile_are_not_rejected(tenant: Tenant) -> None:
    def leave(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PATCH":
            tenant.refuse = lambda _: None
            tenant.simulator.control("deliver", order=number(tenant))
        return None

    tenant.refuse = leave
    with pytest.raises((RejectedError, RetryableError)):
        tenant.client.withdraw_order(number(tenant))
    with pytest.raises(RejectedError):
        tenant.client.withdraw_order(number(tenant))
    assert rejected(tenant) == [False, False]


def test_of_two_who_change_the_order_one_reads_it_again(tenant: Tenant) -> None:
    def meddle(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PATCH":
            tenant.refuse = lambda _: None
            tenant.simulator.tenant.orders.of(number(tenant))[0].touch(tenant.clock.now())
        return None

    tenant.refuse = meddle
    with pytest.raises(RetryableError, match="changed meanwhile"):
        tenant.client.withdraw_order(number(tenant))
    tenant.client.withdraw_order(number(tenant))
    assert rejected(tenant) == [True, True]


def test_an_answer_that_is_lost_leaves_a_doubt_and_a_repeat_ends_it(tenant: Tenant) -> None:
    tenant.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        tenant.client.withdraw_order(number(tenant))
    tenant.client.withdraw_order(number(tenant))
    assert rejected(tenant) == [True, True]


def test_what_the_erp_promises_says_whose_order_it_is(tenant: Tenant) -> None:
    (said,) = tenant.client.read_promised(number(tenant)).items
    assert said.reference == "SHOP-77"
