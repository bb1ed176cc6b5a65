"""`refundCreate`, and the refunds of an order with the notes by which ours are known."""

from typing import Final

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import REFUNDS_MAX, Operation

REFUND_NOTES: Final = Operation(
    "RefundNotes",
    f"""query RefundNotes($id: ID!) {{
  order(id: $id) {{ refunds(first: {REFUNDS_MAX}) {{ id note }} }}
}}""",
    writes=False,
    points=costs.POINT + costs.listed(REFUNDS_MAX, 1),
)

GIVE_BACK: Final = Operation(
    "GiveBack",
    """mutation GiveBack($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id }
    userErrors { field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)
