"""What is asked of payments where an order has another currency too, or gave money back."""

from typing import Final

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import Operation

_MONEY: Final = "{ presentmentMoney { amount } }"
_TENDERS: Final = f"""query OrderTenders($id: ID!, $first: Int!) {{
  order(id: $id) {{
    updatedAt totalPriceSet {_MONEY}
    transactions(first: $first) {{ id parentTransaction {{ id }} amountSet {_MONEY} }}
  }}
}}"""


def order_tenders(payments: int) -> Operation:
    """What so many payments belong to, and what they are in the shopper's currency."""
    points = 3 * costs.POINT + costs.listed(payments, 4)
    return Operation("OrderTenders", _TENDERS, writes=False, points=points)
