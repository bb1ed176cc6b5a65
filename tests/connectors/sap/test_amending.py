"""Changing sales orders at the simulated tenant: guarded, never twice, never what has left."""

import httpx
import pytest

from shared.domain.demand import AmendedLine, Amendment, LineChange
from shared.errors import InDoubtError, RetryableError
from shared.model.order import Order
from tests.connectors.sap.world import Tenant, hat
from tests.flows.world import order

REJECT = LineChange("1", 1, 0, "10")


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant()
    tenant.load(
        materials=[hat("M"), hat("S")],
        stock=[
            {"sku": sku, "plant": "1710", "storage_location": "171A", "quantity": "9"}
            for sku in ("HAT-M", "HAT-S")
        ],
    )
    tenant.client.post_order(sold(), "SHOP-77")
    tenant.seen.clear()
    return tenant


def sold(*sizes: str) -> Order:
    made = order(*[(f"HAT-{size}", 2) for size in sizes or ("M",)])
    lines = tuple(line.model_copy(update={"sku": line.channel_sku}) for line in made.lines)
    return made.model_copy(update={"lines": lines})


def stored(tenant: Tenant) -> list[tuple[str, str, bool]]:
    (found,) = tenant.simulator.tenant.orders.after(None)
    return [(i.material, str(i.quantity), bool(i.rejected)) for i in found.items]


def number(tenant: Tenant) -> str:
    return next(iter(tenant.simulator.tenant.orders.after(None))).number


def amend(tenant: Tenant, *changes: LineChange) -> list[AmendedLine]:
    wish = Amendment(changes)
    return list(tenant.client.amend_order(sold("M", "S"), number(tenant), wish).lines)


def writes(tenant: Tenant) -> list[str]:
    return [
        r.method for r, _ in tenant.seen if r.method in {"PATCH", "POST"} and "A_" in str(r.url)
    ]


def test_an_item_nobody_wants_is_rejected_once_and_takes_its_price_with_it(tenant: Tenant) -> None:
    (line,) = amend(tenant, REJECT)
    assert (line.rejected, line.refused) == (True, "")
    amend(tenant, REJECT)
    assert writes(tenant) == ["PATCH"]
    assert stored(tenant) == [("HAT-M", "2", True)]
    (posted,) = tenant.client.find_order(sold(), "SHOP-77")
    assert posted.total_minor == 0


def test_the_tag_that_was_read_goes_with_the_change(tenant: Tenant) -> None:
    amend(tenant, REJECT)
    patch = next(r for r, _ in tenant.seen if r.method == "PATCH")
    answer = next(a for r, a in tenant.seen if r.method == "GET" and "etag" in a.headers)
    assert patch.headers["if-match"] == answer.headers["etag"]


def test_a_quantity_is_brought_to_what_is_wanted(tenant: Tenant) -> None:
    (line,) = amend(tenant, LineChange("1", 1, 1, "10"))
    assert line.units == 1
    assert stored(tenant) == [("HAT-M", "1", False)]


def test_a_line_is_added_once_and_found_by_its_place(tenant: Tenant) -> None:
    change = LineChange("2", 2, 1, line=sold("M", "S").lines[1])
    (line,) = amend(tenant, change)
    assert (line.item, line.units) == ("20", 1)
    amend(tenant, change)
    assert stored(tenant) == [("HAT-M", "2", False), ("HAT-S", "1", False)]


def test_what_was_delivered_is_left_as_it_is(tenant: Tenant) -> None:
    tenant.simulator.control("deliver", order=number(tenant))
    (line,) = amend(tenant, REJECT)
    assert (line.delivered, line.rejected, line.refused) == (True, False, "")
    assert writes(tenant) == []


def test_goods_that_leave_between_reading_and_writing_are_not_taken_back(tenant: Tenant) -> None:
    def leave(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PATCH":
            tenant.refuse = lambda _: None
            tenant.simulator.control("deliver", order=number(tenant))
        return None

    tenant.refuse = leave
    (line,) = amend(tenant, REJECT)
    assert line.delivered
    assert line.refused == ""


def test_of_two_who_change_an_order_one_reads_it_again(tenant: Tenant) -> None:
    def meddle(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PATCH":
            tenant.refuse = lambda _: None
            order_ = tenant.simulator.tenant.orders.of(number(tenant))[0]
            order_.touch(tenant.clock.now())
        return None

    tenant.refuse = meddle
    with pytest.raises(RetryableError, match="changed meanwhile"):
        amend(tenant, REJECT)
    amend(tenant, REJECT)
    assert stored(tenant) == [("HAT-M", "2", True)]


def test_of_an_item_half_delivered_the_rest_is_let_go(tenant: Tenant) -> None:
    tenant.simulator.control("deliver", order=number(tenant), items={"10": 1})
    (line,) = amend(tenant, REJECT)
    assert (line.rejected, line.delivered) == (True, False)
    with pytest.raises(LookupError, match="nothing is left"):
        tenant.simulator.control("deliver", order=number(tenant))


def test_a_reason_the_tenant_does_not_know_is_refused_with_sap_s_words(tenant: Tenant) -> None:
    tenant.client = tenant.connected(None, rejection_reason="ZZ")
    (line,) = amend(tenant, REJECT)
    assert line.refused == "SAP: Reason for rejection ZZ is not defined"


def test_a_lost_answer_to_a_change_leaves_a_doubt(tenant: Tenant) -> None:
    tenant.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        amend(tenant, REJECT)
    assert stored(tenant) == [("HAT-M", "2", True)]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 428), ({"if-match": 'W/"old"'}, 412)],
)
def test_the_tenant_refuses_a_change_that_is_not_of_what_it_holds(
    tenant: Tenant, headers: dict[str, str], status: int
) -> None:
    amend(tenant, LineChange("1", 1, 1, "10"))
    patch = next(r for r, _ in tenant.seen if r.method == "PATCH")
    signed = {n: patch.headers[n] for n in ("authorization", "x-csrf-token", "cookie")}
    again = httpx.Request(
        "PATCH", patch.url, json={"SalesDocumentRjcnReason": "00"}, headers=signed | headers
    )
    assert tenant.simulator.handle(again).status_code == status


def test_the_tenant_refuses_a_change_without_its_session(tenant: Tenant) -> None:
    amend(tenant, LineChange("1", 1, 1, "10"))
    patch = next(r for r, _ in tenant.seen if r.method == "PATCH")
    again = httpx.Request(
        "PATCH", patch.url, json={}, headers={"authorization": patch.headers["authorization"]}
    )
    assert tenant.simulator.handle(again).status_code == 403


def test_a_rejected_item_that_is_wanted_again_is_refused_and_left_alone(tenant: Tenant) -> None:
    amend(tenant, REJECT)
    (line,) = amend(tenant, LineChange("1", 1, 2, "10"))
    assert (line.rejected, line.refused) == (True, "the item was rejected, and is wanted again")
    assert writes(tenant) == ["PATCH"]
