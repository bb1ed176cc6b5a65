"""Returns at the simulated tenant: asked for once, received, and made by its own staff."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from jsonschema import Draft7Validator

from shared.connectors.sap import hints
from shared.domain.returns import ReturnWish
from shared.errors import InDoubtError, RejectedError, RetryableError
from shared.model.base import Json
from shared.model.ids import Entity
from shared.model.order import Order
from shared.model.returns import Disposition, ErpReturn, ReturnLine
from shared.ports import PostedOrder
from shared.return_ports import BILLS_OF
from tests.connectors.sap import test_specs
from tests.connectors.sap.world import GENERIC, Tenant, hat, stock
from tests.flows.world import gbp, order
from tests.specs import needs_specs


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(page_size=2)
    tenant.load(materials=[GENERIC, hat("M")], stock=[stock(quantity="10")])
    return tenant


def placed(tenant: Tenant) -> tuple[Order, PostedOrder]:
    made = order(("HAT-M", 3))
    lines = tuple(line.model_copy(update={"sku": line.channel_sku}) for line in made.lines)
    made = made.model_copy(update={"lines": lines})
    return made, tenant.client.post_order(made, "SHOP-77")


def wish(made: Order, posted: PostedOrder, units: int = 1, line_id: str = "1") -> ReturnWish:
    return ReturnWish(
        order=made,
        lines=(ReturnLine(line_id=line_id, quantity=units),),
        reference="SHOP-V31",
        erp_order=posted.erp_order,
        erp_items=posted.items,
    )


def read(tenant: Tenant, document: str) -> ErpReturn:
    (found,) = tenant.client.read_return(document).items
    return found


def test_a_return_asked_for_moves_goods_and_no_money(tenant: Tenant) -> None:
    made, posted = placed(tenant)
    wanted = wish(made, posted)
    kept = tenant.client.post_return(wanted)
    assert tenant.client.find_return(wanted) == [kept]
    found = read(tenant, kept.document)
    assert (found.erp_order, found.reference, found.worth) == (
        posted.erp_order,
        "SHOP-V31",
        gbp(0),
    )
    assert tenant.simulator.control("bill") == []


def test_a_return_whose_answer_is_lost_is_found_by_its_reference(tenant: Tenant) -> None:
    made, posted = placed(tenant)
    tenant.simulator.control("timeout_after_commit", times=1)
    with pytest.raises(InDoubtError):
        tenant.client.post_return(wish(made, posted))
    assert len(tenant.client.find_return(wish(made, posted))) == 1


def test_a_line_the_erp_does_not_have_is_refused_by_name(tenant: Tenant) -> None:
    made, posted = placed(tenant)
    with pytest.raises(RejectedError, match="is not in order") as raised:
        tenant.client.post_return(wish(made, posted, line_id="9"))
    assert raised.value.field == "line_id"


def test_sap_takes_back_no_more_than_was_ordered(tenant: Tenant) -> None:
    made, posted = placed(tenant)
    with pytest.raises(RejectedError, match="still be returned"):
        tenant.client.post_return(wish(made, posted, units=4))


@pytest.mark.parametrize(
    ("movement", "became", "kind"),
    [
        ("653", Disposition.RESTOCK, "01"),
        ("657", Disposition.DAMAGED, "07"),
        ("651", Disposition.QUARANTINE, "03"),
        ("999", Disposition.QUARANTINE, ""),
    ],
)
def test_the_goods_movement_says_what_became_of_the_units(
    tenant: Tenant, movement: str, became: Disposition, kind: str
) -> None:
    made, posted = placed(tenant)
    kept = tenant.client.post_return(wish(made, posted, units=2))
    number = tenant.simulator.control("receive_return", number=kept.document, movement=movement)
    (receipt,) = read(tenant, kept.document).receipts
    assert (receipt.receipt_id, receipt.location) == (number, "london")
    assert [(line.item, line.quantity, line.disposition) for line in receipt.lines] == [
        ("10", 2, became)
    ]
    places = tenant.simulator.tenant.stock["HAT-M"]
    assert places.get(("1710", "171A", kind), 0) == (12 if kind == "01" else 2 if kind else 0)


def test_a_tenant_may_name_its_own_movements() -> None:
    tenant = Tenant(return_movements={"Z53": "scrap"})
    tenant.load(materials=[GENERIC, hat("M")], stock=[stock()])
    made, posted = placed(tenant)
    kept = tenant.client.post_return(wish(made, posted))
    tenant.simulator.control("receive_return", number=kept.document, movement="Z53")
    assert read(tenant, kept.document).receipts[0].lines[0].disposition is Disposition.SCRAP


def test_a_return_staff_made_says_what_it_gives_back(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    number = tenant.simulator.control("make_return", order=posted.erp_order, items={"10": 2})
    (found,) = tenant.client.returns_of(posted.erp_order)
    assert (found.document, found.worth, found.lines[0].quantity) == (number, gbp(3998), 2)
    delivery = next(d for d in tenant.simulator.due(tenant.clock.now()) if b"CustomerR" in d.body)
    (reading,) = hints.readings(delivery.headers, delivery.body)
    assert (reading.entity, reading.key) == (Entity.RETURN, number)


def test_a_rejected_return_says_so(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    number = tenant.simulator.control("make_return", order=posted.erp_order, items={"10": 1})
    tenant.simulator.control("reject_return", number=number)
    assert read(tenant, str(number)).lines[0].rejected


def test_what_bills_a_return_is_found_by_the_return(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    number = tenant.simulator.control("make_return", order=posted.erp_order, items={"10": 1})
    bills = tenant.simulator.control("bill")
    assert isinstance(bills, list)
    (found,) = tenant.client.read_billed(f"{BILLS_OF}{number}").items
    assert (found.document, found.bills, found.total) == (bills[0], number, gbp(1999))
    assert tenant.client.read_billed(f"{BILLS_OF}4711").items == []


def polled(tenant: Tenant, *, hours: int | None = None) -> list[str]:
    since = None if hours is None else tenant.clock.now() - timedelta(hours=hours)
    found, page = [], None
    while True:
        answer = tenant.client.returns_since(since, page=page)
        found += [f"{one.document} {len(one.receipts)}" for one in answer.items]
        page = answer.next
        if page is None:
            return found


def test_a_poll_finds_every_return_page_by_page(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    for _ in range(3):
        tenant.simulator.control("make_return", order=posted.erp_order, items={"10": 1})
    assert polled(tenant) == ["60000001 0", "60000002 0", "60000003 0"]


def test_goods_that_came_are_found_though_their_return_did_not_change(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    number = tenant.simulator.control("make_return", order=posted.erp_order, items={"10": 1})
    tenant.clock.advance(hours=30)
    tenant.simulator.control("receive_return", number=number)
    assert polled(tenant, hours=1) == [f"{number} 1"]


@pytest.mark.parametrize(("zone", "day"), [("UTC", 27), ("America/Los_Angeles", 26)])
def test_what_changed_is_asked_for_by_the_day_it_is_at_the_tenant(zone: str, day: int) -> None:
    tenant = Tenant(zone=zone)
    since = datetime(2026, 11, 27, 5, tzinfo=UTC)
    tenant.client.shipments_since(since, page=None)
    tenant.client.returns_since(since, page="delivery:")
    asked = [r.url.params["$filter"] for r, _ in tenant.seen if "Delivery" in r.url.path]
    assert [f"LastChangeDate ge datetime'2026-11-{day}T00:00:00'" in one for one in asked] == [
        True,
        True,
    ]


@needs_specs
def test_the_return_we_post_is_one_sap_s_schema_takes(tenant: Tenant) -> None:
    made, posted = placed(tenant)
    tenant.client.post_return(wish(made, posted))
    request = next(r for r, _ in reversed(tenant.seen) if r.method == "POST")
    body = json.loads(request.content)
    path = test_specs.SAP / "openapi_op" / "OP_API_CUSTOMER_RETURN_SRV_0001.json"
    schemas = json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"]
    head = schemas["API_CUSTOMER_RETURN_SRV.A_CustomerReturnType-create"]["properties"]
    row = schemas["API_CUSTOMER_RETURN_SRV.A_CustomerReturnItemType-create"]["properties"]
    for said, known in ((body, head), (body["to_Item"][0], row)):
        for name, value in said.items():
            assert name in known
            if isinstance(value, str):
                wanted = {k: v for k, v in known[name].items() if k in {"type", "maxLength"}}
                assert list(Draft7Validator(wanted).iter_errors(value)) == []


def invoiced(tenant: Tenant, posted: PostedOrder) -> str:
    tenant.simulator.control("deliver", order=posted.erp_order)
    tenant.simulator.control("bill")
    return next(iter(tenant.simulator.tenant.bills.after(None))).number


def test_a_return_made_from_an_invoice_is_one_of_the_order_it_bills(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    invoice = invoiced(tenant, posted)
    number = tenant.simulator.control(
        "make_return", order=posted.erp_order, items={"10": 2}, invoice=invoice
    )
    found = read(tenant, str(number))
    assert (found.erp_order, [(x.erp_item, x.quantity) for x in found.lines]) == (
        posted.erp_order,
        [("10", 2)],
    )
    assert [one.document for one in tenant.client.returns_of(posted.erp_order)] == [number]
    assert tenant.client.returns_of("1") == []


def test_a_return_of_several_orders_is_refused_by_its_items(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    number = tenant.simulator.control("make_return", order=posted.erp_order, items={"10": 1})
    (document,) = tenant.simulator.tenant.credits.of(str(number))
    invoice = invoiced(tenant, posted)
    document.invoice, document.items[0].billed_item = invoice, "10"
    (bill,) = tenant.simulator.tenant.bills.of(invoice)
    document.items.append(replace(document.items[0], item="20", billed_item="20"))
    bill.items.append(replace(bill.items[0], document="4711"))
    page = tenant.client.read_return(str(number))
    assert list(page.items) == []
    assert [(one.subject, one.field) for one in page.refused] == [(number, "to_Item")]
    assert "several orders" in page.refused[0].message


def without(tenant: Tenant, request: httpx.Request, name: str) -> httpx.Response | None:
    """The simulator's answer of billed items, where each lacks a field."""
    if not request.url.path.endswith("A_BillingDocumentItem"):
        return None
    answer = tenant.simulator.handle(request).json()
    for row in answer["d"]["results"]:
        row.pop(name)
    return httpx.Response(200, json=answer)


def test_a_bill_that_lacks_a_field_keeps_back_the_return_made_from_it_alone(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    invoice = invoiced(tenant, posted)
    one: dict[str, Json] = {"order": posted.erp_order, "items": {"10": 1}}
    number = tenant.simulator.control("make_return", **one, invoice=invoice)
    other = tenant.simulator.control("make_return", **one)
    tenant.refuse = lambda request: without(tenant, request, "SalesDocumentItem")
    page = tenant.client.returns_since(None, page=None)
    assert [found.document for found in page.items] == [other]
    assert [(found.subject, found.field) for found in page.refused] == [(number, "to_Item")]
    assert f"item 10 of invoice {invoice}" in page.refused[0].message


def test_no_refund_is_credited_while_a_return_of_its_order_cannot_be_read(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    invoice = invoiced(tenant, posted)
    tenant.simulator.control(
        "make_return", order=posted.erp_order, items={"10": 1}, invoice=invoice
    )
    tenant.refuse = lambda request: without(tenant, request, "SalesDocumentItem")
    with pytest.raises(RetryableError, match=f"item 10 of invoice {invoice} cannot be read"):
        tenant.client.returns_of(posted.erp_order)


def test_what_one_delivery_brought_to_several_places_is_received_at_each(tenant: Tenant) -> None:
    _, posted = placed(tenant)
    number = str(tenant.simulator.control("make_return", order=posted.erp_order, items={"10": 3}))
    delivery = str(tenant.simulator.control("receive_return", number=number))
    (goods,) = tenant.simulator.tenant.returned.of(delivery)
    whole = goods.items[0]
    goods.items = [
        replace(whole, item="20", quantity=Decimal(1), plant="1720", storage_location="172A"),
        replace(whole, item="10", quantity=Decimal(2)),
    ]
    receipts = read(tenant, number).receipts
    assert [(one.location, [line.quantity for line in one.lines]) for one in receipts] == [
        ("london", [2]),
        ("leeds", [1]),
    ]
    assert [one.receipt_id for one in receipts] == [delivery, f"{delivery}/1720/172A"]
