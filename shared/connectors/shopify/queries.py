"""Every operation sent to the Admin API, version 2026-10, with what it costs.

A page size is a variable wherever the price of the call depends on it.
"""

from shared.connectors.shopify import costs
from shared.frozen import frozen

VERSION = "2026-10"
ARRAY_MAX = 250  # entries of any input array, and of one page
VARIANTS_PAGE = 100
LINES_PAGE_MIN, LINES_PAGE = 5, 40
REFUND_LINES_PAGE = 60
PLACED_LINES_PAGE = 100
# read with an order; what has more is read again with the longer lists
PAYMENTS, REFUNDS, FREIGHT = 5, 3, 2
REFUND_PAYMENTS = 10  # payments of one refund; what more there are it is not told by
REFUNDED_FREIGHT = 5  # lines of freight in one refund; what more there were counts as goodwill
PAYMENTS_MAX, REFUNDS_MAX, FREIGHT_MAX = 100, 100, 20


@frozen
class Operation:
    """`writes` says whether a lost answer leaves a doubt; `points` are thousandths."""

    name: str
    document: str
    writes: bool
    points: int


VARIANT_POINTS = 3  # the variant, its option values, its inventory item
_VARIANT = "id sku barcode selectedOptions { name value } inventoryItem { id }"

PRODUCT_PROBE = Operation(
    "ProductProbe",
    """query ProductProbe($identifier: ProductIdentifierInput!) {
  product: productByIdentifier(identifier: $identifier) { id }
}""",
    writes=False,
    points=costs.POINT,
)

_PRODUCT = (
    """query Product($identifier: ProductIdentifierInput!, $first: Int!, $after: String) {
  product: productByIdentifier(identifier: $identifier) {
    id handle title descriptionHtml vendor productType status
    options(first: 3) { name }
    variants(first: $first, after: $after) {
      nodes { """
    + _VARIANT
    + """ }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
)

_PRODUCT_SET = """mutation ProductSet(
  $identifier: ProductSetIdentifiers!, $input: ProductSetInput!, $first: Int!
) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product {
      id
      variants(first: $first) {
        nodes { id sku inventoryItem { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
    userErrors { code field message }
  }
}"""

PUBLISH = Operation(
    "Publish",
    """mutation Publish($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) { userErrors { field message } }
}""",
    writes=True,
    points=costs.MUTATION,
)

_PRICES_SET = """mutation PricesSet($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(
    productId: $product, variants: $variants, allowPartialUpdates: true
  ) {
    productVariants { id price compareAtPrice }
    userErrors { code field message }
  }
}"""

_PRICES = """query Prices($ids: [ID!]!) {
  nodes(ids: $ids) { ... on ProductVariant { id price compareAtPrice } }
}"""

STOCK_SET = Operation(
    "StockSet",
    """mutation StockSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)

STOCK_ACTIVATE = Operation(
    "StockActivate",
    """mutation StockActivate($item: ID!, $location: ID!, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location) @idempotent(key: $key) {
    inventoryLevel { id quantities(names: ["available"]) { name quantity } }
    userErrors { field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)

_SHOP_MONEY = "{ shopMoney { amount } }"
_BOTH_MONEYS = "{ shopMoney { amount } presentmentMoney { amount } }"
_DISCOUNTS = (
    "discountAllocations { allocatedAmountSet "
    + _SHOP_MONEY
    + """ discountApplication {
      ... on DiscountCodeApplication { code }
      ... on AutomaticDiscountApplication { title }
      ... on ManualDiscountApplication { title }
      ... on ScriptDiscountApplication { title }
    } }"""
)
_TAXES = "taxLines { title rate priceSet " + _SHOP_MONEY + " }"
_LINE = f"""id title sku quantity currentQuantity
    originalUnitPriceSet {_SHOP_MONEY}
    {_DISCOUNTS}
    {_TAXES}"""
_FREIGHT = f"""nodes {{ title code originalPriceSet {_SHOP_MONEY}
    {_DISCOUNTS}
    {_TAXES} }}
    pageInfo {{ hasNextPage endCursor }}"""
_LINE_POINTS = 10  # the line, its price 2, an allocation 4, a tax line 3
_ADDRESS = "{ name company address1 address2 city provinceCode zip countryCodeV2 phone }"
_PAYMENT = (
    "{ id kind status gateway processedAt authorizationExpiresAt amountSet " + _SHOP_MONEY + " }"
)
_PLACEMENT = """id status assignedLocation { location { id } }
      lineItems(first: $lines) {
        nodes { id remainingQuantity totalQuantity lineItem { id } }
        pageInfo { hasNextPage endCursor }
      }"""
PLACEMENTS = 2  # fulfilment orders read with an order
PLACEMENTS_PAGE = 3

_ORDER = f"""fragment Order on Order {{
  id legacyResourceId name test createdAt processedAt updatedAt cancelledAt
  currencyCode presentmentCurrencyCode taxesIncluded email subtotalLineItemsQuantity
  totalPriceSet {_SHOP_MONEY} totalTaxSet {_SHOP_MONEY} returnStatus
  customer {{ id }} risk {{ recommendation }} paymentTerms {{ dueInDays }}
  billingAddress {_ADDRESS} shippingAddress {_ADDRESS}
  shippingLines(first: {FREIGHT}) {{ {_FREIGHT} }}
  transactions(first: {PAYMENTS}) {_PAYMENT}
  refunds(first: {REFUNDS}) {{ id }}
  lineItems(first: $lines) {{
    nodes {{ {_LINE} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
  fulfillmentOrders(first: {PLACEMENTS}) {{
    nodes {{ {_PLACEMENT} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

_ORDER_READ = "query OrderRead($id: ID!, $lines: Int!) { order(id: $id) { ...Order } }\n" + _ORDER
_ORDERS_CHANGED = (
    """query OrdersChanged($first: Int!, $after: String, $query: String, $lines: Int!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { ...Order }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + _ORDER
)

ORDER_STAMP = Operation(
    "OrderStamp",
    "query OrderStamp($id: ID!) { order(id: $id) { updatedAt } }",
    writes=False,
    points=costs.POINT,
)

_ORDER_LINES = f"""query OrderLines($id: ID!, $first: Int!, $after: String) {{
  order(id: $id) {{
    updatedAt
    lineItems(first: $first, after: $after) {{
      nodes {{ {_LINE} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}"""

ORDER_LONG_LISTS = Operation(
    "OrderLongLists",
    f"""query OrderLongLists($id: ID!) {{
  order(id: $id) {{
    updatedAt
    transactions(first: {PAYMENTS_MAX}) {_PAYMENT}
    refunds(first: {REFUNDS_MAX}) {{ id }}
    shippingLines(first: {FREIGHT_MAX}) {{ {_FREIGHT} }}
  }}
}}""",
    writes=False,
    points=costs.POINT
    + costs.listed(PAYMENTS_MAX, 3)
    + costs.listed(REFUNDS_MAX, 1)
    + costs.connection(FREIGHT_MAX, _LINE_POINTS),
)

REFUND = Operation(
    "Refund",
    f"""query Refund($id: ID!, $after: String) {{
  refund(id: $id) {{
    id createdAt processedAt note return {{ id }}
    totalRefundedSet {_BOTH_MONEYS}
    transactions(first: {REFUND_PAYMENTS}) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }}
    refundLineItems(first: {REFUND_LINES_PAGE}, after: $after) {{
      nodes {{ quantity restockType subtotalSet {_SHOP_MONEY} totalTaxSet {_SHOP_MONEY}
        lineItem {{ id }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    refundShippingLines(first: {REFUNDED_FREIGHT}) {{
      nodes {{ subtotalAmountSet {_SHOP_MONEY} taxAmountSet {_SHOP_MONEY} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    writes=False,
    points=5 * costs.POINT
    + costs.connection(REFUND_PAYMENTS, 1)
    + costs.connection(REFUND_LINES_PAGE, 6)
    + costs.connection(REFUNDED_FREIGHT, 5),
)

_PLACEMENTS = f"""query Placements($id: ID!, $after: String, $lines: Int!) {{
  order(id: $id) {{
    updatedAt
    fulfillmentOrders(first: {PLACEMENTS_PAGE}, after: $after) {{
      nodes {{ {_PLACEMENT} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}"""

PLACEMENT_LINES = Operation(
    "PlacementLines",
    f"""query PlacementLines($id: ID!, $after: String) {{
  fulfillmentOrder(id: $id) {{
    lineItems(first: {PLACED_LINES_PAGE}, after: $after) {{
      nodes {{ id remainingQuantity totalQuantity lineItem {{ id }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    writes=False,
    points=costs.POINT + costs.connection(PLACED_LINES_PAGE, 2),
)

FULFILMENTS_FEW, FULFILMENTS_MAX = 5, 80
NUMBERS_MAX = 10  # tracking numbers of one fulfilment

_FULFILMENTS = f"""query Fulfilments($id: ID!, $first: Int!) {{
  order(id: $id) {{
    fulfillments(first: $first) {{
      id status trackingInfo(first: {NUMBERS_MAX}) {{ company number url }}
    }}
  }}
}}"""

FULFILMENT_LINES = Operation(
    "FulfilmentLines",
    f"""query FulfilmentLines($id: ID!, $after: String) {{
  fulfillment(id: $id) {{
    fulfillmentLineItems(first: {PLACED_LINES_PAGE}, after: $after) {{
      nodes {{ quantity lineItem {{ id }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    writes=False,
    points=costs.POINT + costs.connection(PLACED_LINES_PAGE, 2),
)

FULFIL = Operation(
    "Fulfil",
    """mutation Fulfil($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status }
    userErrors { field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)


def product(first: int) -> Operation:
    """Read a product with its options, and up to `first` variants at `VARIANT_POINTS`."""
    points = 4 * costs.POINT + costs.connection(first, VARIANT_POINTS)
    return Operation("Product", _PRODUCT, writes=False, points=points)


def product_set(variants: int) -> Operation:
    points = costs.product_set(variants, min(variants, VARIANTS_PAGE), each=2)
    return Operation("ProductSet", _PRODUCT_SET, writes=True, points=points)


def prices_set(variants: int) -> Operation:
    return Operation("PricesSet", _PRICES_SET, writes=True, points=costs.bulk_update(variants))


def prices(count: int) -> Operation:
    return Operation("Prices", _PRICES, writes=False, points=costs.listed(count, 1))


def levels(count: int, locations: int) -> Operation:
    """Read `count` inventory items at `locations` places: variables `ids`, `l0`, `l1`, ..."""
    names = [f"l{i}" for i in range(locations)]
    declared = "".join(f", ${name}: ID!" for name in names)
    wanted = "\n".join(
        f"    {name}: inventoryLevel(locationId: ${name}) "
        '{ id quantities(names: ["available"]) { name quantity } }'
        for name in names
    )
    document = (
        f"query Levels($ids: [ID!]!{declared}) {{\n"
        f"  nodes(ids: $ids) {{ ... on InventoryItem {{ id\n{wanted}\n  }} }}\n}}"
    )
    points = costs.listed(count, levels_each(locations))
    return Operation("Levels", document, writes=False, points=points)


def levels_each(locations: int) -> int:
    """Points of one inventory item read at this many places."""
    return 1 + 2 * locations


def order_read(lines: int) -> Operation:
    return Operation("OrderRead", _ORDER_READ, writes=False, points=order_points(lines))


def orders_changed(first: int, lines: int) -> Operation:
    each = order_points(lines) // costs.POINT
    points = costs.connection(first, each)
    return Operation("OrdersChanged", _ORDERS_CHANGED, writes=False, points=points)


def orders_page(lines: int) -> int:
    """How many orders of this size one call may read."""
    each = order_points(lines) // costs.POINT
    return max((costs.SINGLE_CALL_MAX - 2) // each, 1)


def order_lines(first: int) -> Operation:
    """The next `first` lines of an order."""
    points = costs.POINT + costs.connection(first, _LINE_POINTS)
    return Operation("OrderLines", _ORDER_LINES, writes=False, points=points)


def placements(lines: int) -> Operation:
    """A page of an order's fulfilment orders, each with up to `lines` of its lines."""
    points = costs.POINT + costs.connection(PLACEMENTS_PAGE, 5 + 2 * lines)
    return Operation("Placements", _PLACEMENTS, writes=False, points=points)


def fulfilments(first: int) -> Operation:
    """The first fulfilments of an order with their tracking numbers."""
    points = costs.POINT + costs.listed(first, 1 + NUMBERS_MAX)
    return Operation("Fulfilments", _FULFILMENTS, writes=False, points=points)


def order_points(lines: int) -> int:
    """One order with `lines` of its lines: totals, people, freight, lists, and where it lies."""
    totals, people, lists = 4, 3, PAYMENTS * 3 + REFUNDS
    risk_and_terms = 2
    return (
        (1 + totals + people + lists + risk_and_terms) * costs.POINT
        + costs.connection(FREIGHT, _LINE_POINTS)
        + costs.connection(lines, _LINE_POINTS)
        + costs.connection(PLACEMENTS, 5 + 2 * lines)
    )
