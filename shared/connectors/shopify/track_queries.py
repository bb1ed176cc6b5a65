"""The tracking of a fulfilment that is there already: what is sent takes the place of all of it."""

from typing import Final

from shared.connectors.shopify import costs
from shared.connectors.shopify.queries import Operation

TRACK: Final = Operation(
    "Track",
    """mutation Track($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(
    fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify
  ) {
    fulfillment { id status }
    userErrors { field message }
  }
}""",
    writes=True,
    points=costs.MUTATION,
)
