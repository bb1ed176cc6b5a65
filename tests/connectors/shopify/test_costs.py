"""Our price of every operation is the simulator's, which prices the document by itself."""

import pytest

from sandbox.vendors.shopify import language
from sandbox.vendors.shopify.language import Document, Price
from shared.connectors.shopify import queries
from shared.connectors.shopify.queries import Operation
from shared.connectors.shopify.track_queries import TRACK
from shared.model.base import Json

IDS: list[Json] = [f"gid://shopify/ProductVariant/{i}" for i in range(250)]


def product_set(count: int) -> dict[str, Json]:
    variants: list[Json] = [{"optionValues": []} for _ in range(count)]
    first = min(count, queries.VARIANTS_PAGE)
    return {"identifier": {}, "input": {"variants": variants}, "first": first}


def prices_set(count: int) -> dict[str, Json]:
    return {"product": "p", "variants": [{"id": name} for name in IDS[:count]]}


PRICED: list[tuple[Operation, dict[str, Json]]] = [
    (queries.PRODUCT_PROBE, {}),
    (queries.product(1), {"first": 1}),
    (queries.product(100), {"first": 100}),
    (queries.product_set(1), product_set(1)),
    (queries.product_set(300), product_set(300)),
    (queries.PUBLISH, {"input": []}),
    (queries.prices_set(1), prices_set(1)),
    (queries.prices_set(7), prices_set(7)),
    (queries.prices_set(250), prices_set(250)),
    (queries.prices(250), {"ids": IDS}),
    (queries.STOCK_SET, {"key": "k"}),
    (queries.STOCK_ACTIVATE, {"key": "k"}),
    (queries.levels(90, 1), {"ids": IDS[:90]}),
    (queries.levels(90, 4), {"ids": IDS[:90]}),
    (queries.order_read(1), {"lines": 1}),
    (queries.order_read(40), {"lines": 40}),
    (queries.orders_changed(3, 10), {"first": 3, "lines": 10}),
    (queries.ORDER_STAMP, {}),
    (queries.order_lines(5), {"first": 5}),
    (queries.order_lines(40), {"first": 40}),
    (queries.ORDER_LONG_LISTS, {}),
    (queries.REFUND, {}),
    (queries.placements(2), {"lines": 2}),
    (queries.placements(100), {"lines": 100}),
    (queries.PLACEMENT_LINES, {}),
    (queries.fulfilments(5), {"first": 5}),
    (queries.fulfilments(80), {"first": 80}),
    (queries.FULFILMENT_LINES, {}),
    (queries.FULFIL, {}),
    (TRACK, {}),
]


@pytest.mark.parametrize(("operation", "variables"), PRICED)
def test_the_price_of_an_operation_is_known_before_the_call(
    operation: Operation, variables: dict[str, Json]
) -> None:
    document = language.document(operation.document)
    assert isinstance(document, Document)
    assert Price(document, variables).requested() == operation.points


@pytest.mark.parametrize(
    ("variants", "thousandths"), [(1, 10_200), (5, 11_000), (50, 20_000), (250, 60_000)]
)
def test_a_price_update_is_ten_points_and_a_fifth_per_variant(
    variants: int, thousandths: int
) -> None:
    assert queries.prices_set(variants).points == thousandths


@pytest.mark.parametrize("lines", range(1, 41))
def test_a_page_of_orders_is_as_large_as_one_call_allows(lines: int) -> None:
    page = queries.orders_page(lines)
    assert queries.orders_changed(page, lines).points <= 1_000_000
    assert queries.orders_changed(page + 1, lines).points > 1_000_000
