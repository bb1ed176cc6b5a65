"""What is asked of Shopify Payments: payouts one by one, and the movements of each."""

from typing import Final

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import Operation

AT_ONCE: Final = 25
PAGE: Final = 100
"""Payouts, and movements of one, read at once."""

PAYOUTS: Final = Operation(
    "Payouts",
    f"""query Payouts($after: String, $query: String!) {{
  shopifyPaymentsAccount {{
    payouts(first: {AT_ONCE}, after: $after, sortKey: ISSUED_AT, query: $query) {{
      nodes {{ legacyResourceId issuedAt status }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    writes=False,
    points=costs.POINT + costs.connection(AT_ONCE, 1),
)

MOVEMENTS: Final = Operation(
    "PayoutMovements",
    f"""query PayoutMovements($after: String, $query: String!) {{
  shopifyPaymentsAccount {{
    balanceTransactions(first: {PAGE}, after: $after, query: $query, hideTransfers: true) {{
      nodes {{
        id type test transactionDate associatedOrder {{ id }}
        amount {{ amount currencyCode }} fee {{ amount currencyCode }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    writes=False,
    points=costs.POINT + costs.connection(PAGE, 4),
)
