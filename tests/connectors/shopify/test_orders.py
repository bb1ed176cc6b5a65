"""Orders from Shopify's words to ours, to the cent; what cannot be read is refused by name."""

from collections.abc import Mapping

import pytest

from shared.connectors.shopify import order_schema, orders
from shared.domain.orders import check_totals
from shared.errors import RejectedError
from shared.model.money import Money
from shared.model.order import Order, PaymentKind
from tests.connectors.shopify.recorded import Rest, as_order, refunds_of, rest_orders
from tests.connectors.shopify.world import retailer, shopify_specs
from tests.specs import needs_specs

CHANNEL = retailer().channel("web")


def read(view: Mapping[str, object], *refunds: Mapping[str, object]) -> Order:
    theirs = order_schema.Order.model_validate(view)
    channel = CHANNEL.model_copy(update={"currency": theirs.currency_code})
    return orders.to_order(
        theirs,
        channel=channel,
        refunds=[order_schema.Refund.model_validate(refund) for refund in refunds],
        places={},
    )


def money(text: str) -> dict[str, object]:
    return {"shopMoney": {"amount": text}}


def line(**more: object) -> dict[str, object]:
    return {
        "id": "gid://shopify/LineItem/1",
        "title": "Mug",
        "sku": "MUG",
        "quantity": 1,
        "originalUnitPriceSet": money("9.00"),
    } | more


def order(**more: object) -> dict[str, object]:
    page = {"nodes": [], "pageInfo": {"hasNextPage": False}}
    return {
        "id": "gid://shopify/Order/7",
        "legacyResourceId": "7",
        "name": "#1007",
        "test": False,
        "createdAt": "2026-11-23T09:00:00Z",
        "processedAt": "2026-11-22T09:00:00Z",
        "updatedAt": "2026-11-23T09:00:00Z",
        "cancelledAt": None,
        "currencyCode": "EUR",
        "taxesIncluded": True,
        "totalPriceSet": money("9.00"),
        "shippingLines": page,
        "transactions": [],
        "refunds": [],
        "lineItems": page | {"nodes": [line()]},
        "fulfillmentOrders": page,
    } | more


def lines(*rows: Mapping[str, object]) -> dict[str, object]:
    return {"nodes": list(rows), "pageInfo": {"hasNextPage": False}}


RECORDED = rest_orders() if shopify_specs().is_dir() else []


@needs_specs
@pytest.mark.parametrize("rest", RECORDED, ids=lambda rest: str(rest["id"]))
def test_a_recorded_order_adds_up_to_the_cent(rest: Rest) -> None:
    found = read(as_order(rest))
    assert found.external_id == str(rest["id"])
    assert found.total == Money.parse(str(rest["total_price"]), str(rest["currency"]))
    assert check_totals(found, tolerance_minor=0) is None


@needs_specs
def test_a_recorded_refund_keeps_its_lines_and_amounts() -> None:
    rest = next(row for row in RECORDED if row["id"] == 450789469)
    [refund] = read(as_order(rest), *refunds_of(rest)).refunds
    assert refund.refund_id == "929361465"
    assert refund.total.text() == "10.00"
    assert {found.restock for found in refund.lines} == {False}
    assert refund.lines[0].amount.text() == "195.66"


@needs_specs
def test_a_recorded_discount_is_named_by_its_code_on_every_line() -> None:
    rest = next(row for row in RECORDED if row["id"] == 450789469)
    found = read(as_order(rest))
    titles = {discount.title for row in found.lines for discount in row.discounts}
    assert titles == {"TENOFF"}
    assert found.discounts().text() == "10.00"


def test_an_order_is_placed_when_it_was_processed() -> None:
    assert read(order()).placed_at.isoformat() == "2026-11-22T09:00:00+00:00"


def test_a_line_edited_away_is_not_part_of_the_order() -> None:
    gone = line(id="gid://shopify/LineItem/2", quantity=0)
    assert [row.line_id for row in read(order(lineItems=lines(line(), gone))).lines] == ["1"]


def test_a_custom_line_has_no_sku() -> None:
    [row] = read(order(lineItems=lines(line(sku=None, title="Engraving")))).lines
    assert (row.channel_sku, row.title) == ("", "Engraving")


def test_an_allocation_of_nothing_is_no_discount() -> None:
    nothing = {"allocatedAmountSet": money("0.00"), "discountApplication": {"code": "FREE"}}
    [row] = read(order(lineItems=lines(line(discountAllocations=[nothing])))).lines
    assert row.discounts == ()


def test_the_rate_of_a_tax_is_exact() -> None:
    tax = {"title": "VAT", "rate": 0.07, "priceSet": money("0.59")}
    [row] = read(order(lineItems=lines(line(taxLines=[tax])))).lines
    assert str(row.taxes[0].rate) == "0.07"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("SALE", PaymentKind.CAPTURE),
        ("AUTHORIZATION", PaymentKind.AUTHORISATION),
        ("VOID", PaymentKind.VOID),
        ("REFUND", PaymentKind.REFUND),
        ("CHANGE", None),
    ],
)
def test_a_transaction_is_a_payment_of_its_kind(kind: str, expected: PaymentKind | None) -> None:
    transaction = {
        "id": "gid://shopify/OrderTransaction/3",
        "kind": kind,
        "status": "SUCCESS",
        "amountSet": money("9.00"),
    }
    found = [payment.kind for payment in read(order(transactions=[transaction])).payments]
    assert found == ([] if expected is None else [expected])


def test_a_failed_payment_is_known_as_such() -> None:
    transaction = {
        "id": "gid://shopify/OrderTransaction/3",
        "kind": "SALE",
        "status": "FAILURE",
        "amountSet": money("9.00"),
    }
    [payment] = read(order(transactions=[transaction])).payments
    assert not payment.succeeded


def test_an_unknown_kind_of_transaction_is_refused_by_name() -> None:
    transaction = {
        "id": "gid://shopify/OrderTransaction/3",
        "kind": "BARTER",
        "status": "SUCCESS",
        "amountSet": money("9.00"),
    }
    with pytest.raises(RejectedError) as caught:
        read(order(transactions=[transaction]))
    assert (caught.value.field, caught.value.value) == ("transactions.kind", "BARTER")


def test_an_order_in_another_currency_than_the_channels_is_refused() -> None:
    theirs = order_schema.Order.model_validate(order(currencyCode="USD"))
    with pytest.raises(RejectedError) as caught:
        orders.to_order(theirs, channel=CHANNEL, refunds=[], places={})
    assert (caught.value.field, caught.value.value) == ("currencyCode", "USD")


@pytest.mark.parametrize(
    ("view", "field"),
    [
        (order(totalPriceSet=money("9.001")), "totalPriceSet"),
        (order(totalPriceSet=money("free")), "totalPriceSet"),
        (order(lineItems=lines()), "lines"),
        (order(lineItems=lines(line(quantity=-1))), "quantity"),
        (order(lineItems=lines(line(originalUnitPriceSet=money("1e-5")))), "originalUnitPriceSet"),
    ],
)
def test_an_order_that_cannot_be_understood_names_the_field(
    view: dict[str, object], field: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        read(view)
    assert field in str(caught.value.field)
    assert caught.value.remedy


def test_an_address_without_permission_to_read_it_is_empty() -> None:
    found = read(order(shippingAddress={"name": None, "city": "Köln"}))
    assert found.shipping_address is not None
    assert (found.shipping_address.name, found.shipping_address.city) == ("", "Köln")


def test_no_address_is_no_address() -> None:
    assert read(order()).shipping_address is None


def placed(
    status: str, location: str | None, *rows: tuple[str, int]
) -> order_schema.FulfilmentOrder:
    return order_schema.FulfilmentOrder.model_validate(
        {
            "id": "gid://shopify/FulfillmentOrder/1",
            "status": status,
            "assignedLocation": {"location": {"id": location} if location else None},
            "lineItems": lines(
                *(
                    {
                        "id": f"gid://shopify/FulfillmentOrderLineItem/{i}",
                        "remainingQuantity": units,
                        "totalQuantity": units,
                        "lineItem": {"id": name},
                    }
                    for i, (name, units) in enumerate(rows)
                )
            ),
        }
    )


def test_a_line_lies_where_most_of_it_is_sent_from() -> None:
    found = orders.assigned([placed("OPEN", "a", ("l", 1)), placed("OPEN", "b", ("l", 2))])
    assert found == {"l": "b"}


def test_a_cancelled_or_placeless_fulfilment_order_says_nothing() -> None:
    found = orders.assigned([placed("CANCELLED", "a", ("l", 5)), placed("OPEN", None, ("l", 2))])
    assert found == {}


@pytest.mark.parametrize(
    ("gid", "legacy"),
    [
        ("gid://shopify/LineItem/42", "42"),
        ("gid://shopify/InventoryLevel/42?inventory_item_id=1", "42"),
        ("42", "42"),
    ],
)
def test_a_legacy_id_is_the_number_in_a_global_one(gid: str, legacy: str) -> None:
    assert orders.legacy_id(gid) == legacy
