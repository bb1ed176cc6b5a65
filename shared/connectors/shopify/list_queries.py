"""Operations on price lists: fixed prices of markets and companies, and prices by quantity."""

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import ARRAY_MAX, Operation

BREAKS_MAX = 10  # prices by quantity of one variant on one list
_MONEY = "{ amount currencyCode }"

FIXED_SET = Operation(
    "FixedSet",
    f"""mutation FixedSet($list: ID!, $prices: [PriceListPriceInput!]!) {{
  priceListFixedPricesAdd(priceListId: $list, prices: $prices) {{
    prices {{ variant {{ id }} price {_MONEY} compareAtPrice {_MONEY} }}
    userErrors {{ code field message }}
  }}
}}""",
    writes=True,
    points=costs.MUTATION,
)

FIXED_DELETE = Operation(
    "FixedDelete",
    """mutation FixedDelete($list: ID!, $variants: [ID!]!) {
  priceListFixedPricesDelete(priceListId: $list, variantIds: $variants) {
    deletedFixedPriceVariantIds
    userErrors { code field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)

QUANTITY_SET = Operation(
    "QuantitySet",
    """mutation QuantitySet($list: ID!, $input: QuantityPricingByVariantUpdateInput!) {
  quantityPricingByVariantUpdate(priceListId: $list, input: $input) {
    productVariants { id }
    userErrors { code field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)

_BREAKS = (
    f"quantityPriceBreaks(first: {BREAKS_MAX}) {{ nodes {{ minimumQuantity price {_MONEY} }} }}"
)
_FIXED = f"""query FixedRead($list: ID!, $first: Int!, $query: String!) {{
  priceList(id: $list) {{
    currency
    prices(first: $first, originType: FIXED, query: $query) {{
      nodes {{ variant {{ id }} price {_MONEY} compareAtPrice {_MONEY} {_BREAKS} }}
    }}
  }}
}}"""
_EACH = 4 + 2 + BREAKS_MAX * 2  # the price, its variant, two amounts, and each break with its own
READ_AT_ONCE = (costs.SINGLE_CALL_MAX - 3) // _EACH


def fixed_read(count: int) -> Operation:
    """Read the fixed prices of `count` variants on one list."""
    points = costs.POINT + costs.connection(count, _EACH)
    return Operation("FixedRead", _FIXED, writes=False, points=points)


__all__ = ["ARRAY_MAX", "FIXED_DELETE", "FIXED_SET", "QUANTITY_SET", "READ_AT_ONCE", "fixed_read"]
