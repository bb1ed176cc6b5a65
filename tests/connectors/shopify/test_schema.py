"""Our operations and the simulator's table, held against Shopify's own schema."""

import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from sandbox.vendors.shopify.table import TABLE
from shared.connectors.catalog import CATALOG
from shared.connectors.shopify import bulk_queries, list_queries, queries
from shared.connectors.shopify.payout_queries import MOVEMENTS, PAYOUTS
from shared.connectors.shopify.queries import Operation
from shared.connectors.shopify.return_queries import RETURNS
from shared.connectors.shopify.settings import ShopifySettings
from shared.connectors.shopify.tender_queries import order_tenders
from shared.connectors.shopify.track_queries import TRACK
from tests.connectors.shopify.world import (
    answer_complaints,
    complaints,
    input_complaints,
    vendor_schema,
)
from tests.specs import needs_specs

OPERATIONS = (
    queries.PRODUCT_PROBE,
    queries.PUBLISH,
    queries.STOCK_SET,
    queries.STOCK_ACTIVATE,
    queries.ORDER_STAMP,
    queries.order_lines(40),
    queries.ORDER_LONG_LISTS,
    queries.REFUND,
    order_tenders(100),
    PAYOUTS,
    MOVEMENTS,
    RETURNS,
    queries.placements(100),
    queries.PLACEMENT_LINES,
    queries.fulfilments(queries.FULFILMENTS_MAX),
    queries.FULFILMENT_LINES,
    queries.FULFIL,
    TRACK,
    queries.product(100),
    queries.product_set(250),
    queries.prices_set(250),
    queries.prices(250),
    list_queries.FIXED_SET,
    list_queries.FIXED_DELETE,
    list_queries.QUANTITY_SET,
    list_queries.fixed_read(list_queries.READ_AT_ONCE),
    bulk_queries.STAGE,
    bulk_queries.RUN,
    bulk_queries.STATE,
    bulk_queries.BEGUN,
    queries.levels(100, 3),
    queries.order_read(40),
    queries.orders_changed(queries.orders_page(5), 5),
)


@needs_specs
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_shopify_knows_every_field_and_argument_we_use(operation: Operation) -> None:
    assert complaints(operation.document) == ()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_no_operation_costs_more_than_one_call_may(operation: Operation) -> None:
    assert operation.points <= 1000 * 1000


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_an_operation_says_whether_it_writes(operation: Operation) -> None:
    assert operation.writes == operation.document.startswith("mutation")


@needs_specs
def test_everything_in_the_simulators_table_exists_at_shopify() -> None:
    theirs = vendor_schema()
    assert theirs is not None
    missing = []
    for name, kind in build_schema(TABLE).type_map.items():
        if name.startswith("__") or not hasattr(kind, "fields"):
            continue
        known = theirs.type_map.get(name)
        fields = getattr(known, "fields", {})
        missing += [f"{name}.{field}" for field in kind.fields if field not in fields]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            missing += [
                f"{name}.{field}({argument})"
                for field, found in kind.fields.items()
                for argument in found.args
                if field in fields and argument not in fields[field].args
            ]
    assert missing == []


@needs_specs
def test_the_simulators_inputs_have_shopifys_types() -> None:
    theirs = vendor_schema()
    assert theirs is not None
    different = [
        f"{name}.{field}: {found.type} is {known.fields[field].type}"
        for name, kind in build_schema(TABLE).type_map.items()
        if isinstance(kind, GraphQLInputObjectType)
        and isinstance(known := theirs.type_map[name], GraphQLInputObjectType)
        for field, found in kind.fields.items()
        if str(found.type) != str(known.fields[field].type)
    ]
    assert different == []


@needs_specs
@pytest.mark.parametrize("variables", [{}, {"identifier": {"colour": "red"}}, {"identifier": 1}])
def test_variables_shopify_would_refuse_are_noticed(variables: dict[str, object]) -> None:
    assert input_complaints(queries.PRODUCT_PROBE.document, variables) != []


@needs_specs
@pytest.mark.parametrize("product", [{}, {"id": None}, [], 1])
def test_an_answer_shopify_could_not_give_is_noticed(product: object) -> None:
    variables = {"identifier": {"handle": "a"}}
    data = {"product": product}
    assert answer_complaints(queries.PRODUCT_PROBE.document, variables, data) != []


def test_the_catalogue_lists_exactly_the_settings_there_are() -> None:
    described = {name: f.description for name, f in ShopifySettings.model_fields.items()}
    assert CATALOG["shopify"].settings == described


def test_the_catalogue_names_the_version_we_call() -> None:
    assert CATALOG["shopify"].version == queries.VERSION
