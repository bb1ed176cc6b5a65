"""What is asked of the returns of an order: one after another, since each may be long."""

from typing import Final

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import Operation

LINES, EXCHANGED, REVERSE, DISPOSED = 40, 10, 2, 2
"""Lines of a return, lines exchanged, reverse orders of it, and dispositions reserved for each."""

RETURNS: Final = Operation(
    "Returns",
    f"""query Returns($id: ID!, $after: String) {{
  order(id: $id) {{
    updatedAt
    returns(first: 1, after: $after) {{
      nodes {{
        id status
        returnLineItems(first: {LINES}) {{
          nodes {{
            id quantity
            ... on ReturnLineItem {{
              returnReasonNote
              fulfillmentLineItem {{ lineItem {{ id }} }}
            }}
          }}
          pageInfo {{ hasNextPage endCursor }}
        }}
        exchangeLineItems(first: {EXCHANGED}) {{
          nodes {{ lineItems {{ id }} }}
          pageInfo {{ hasNextPage endCursor }}
        }}
        reverseFulfillmentOrders(first: {REVERSE}) {{
          nodes {{
            lineItems(first: {LINES}) {{
              nodes {{
                fulfillmentLineItem {{ lineItem {{ id }} }}
                dispositions {{ id type quantity createdAt location {{ id }} }}
              }}
              pageInfo {{ hasNextPage endCursor }}
            }}
          }}
          pageInfo {{ hasNextPage endCursor }}
        }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    writes=False,
    points=3 * costs.POINT
    + costs.connection(
        1,
        1
        + costs.connection(LINES, 3) // costs.POINT
        + costs.connection(EXCHANGED, 2) // costs.POINT
        + costs.connection(REVERSE, 1 + costs.connection(LINES, 3 + 2 * DISPOSED) // costs.POINT)
        // costs.POINT,
    ),
)
