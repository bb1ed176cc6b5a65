"""How returns are opened: those there are by their notes, what may come back, and the mutation."""

from typing import Final

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import Operation

RETURNS, LINES, SENT = 20, 10, 20
"""Returns of an order, lines of one, and fulfilments of an order that are looked at."""

RETURN_NOTES: Final = Operation(
    "ReturnNotes",
    f"""query ReturnNotes($id: ID!) {{
  order(id: $id) {{
    returns(first: {RETURNS}) {{
      nodes {{
        id
        returnLineItems(first: {LINES}) {{
          nodes {{ id quantity ... on ReturnLineItem {{ returnReasonNote }} }}
          pageInfo {{ hasNextPage endCursor }}
        }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    writes=False,
    points=costs.POINT + costs.connection(RETURNS, 1 + costs.connection(LINES, 1) // costs.POINT),
)

RETURNABLE: Final = Operation(
    "Returnable",
    f"""query Returnable($order: ID!) {{
  returnableFulfillments(orderId: $order, first: {SENT}) {{
    nodes {{
      id
      returnableFulfillmentLineItems(first: {LINES}) {{
        nodes {{ quantity fulfillmentLineItem {{ id lineItem {{ id }} }} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""",
    writes=False,
    points=costs.connection(SENT, 1 + costs.connection(LINES, 3) // costs.POINT),
)

OPEN_RETURN: Final = Operation(
    "OpenReturn",
    """mutation OpenReturn($input: ReturnInput!) {
  returnCreate(returnInput: $input) {
    return { id }
    userErrors { code field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)
