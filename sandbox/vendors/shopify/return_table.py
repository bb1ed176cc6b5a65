"""The schema of returns that are opened through the Admin API: names and types as documented."""

RETURN_TABLE = """
enum ReturnStatus { CANCELED CLOSED DECLINED OPEN REQUESTED }
enum OrderReturnStatus {
  INSPECTION_COMPLETE IN_PROGRESS NO_RETURN RETURNED RETURN_FAILED RETURN_REQUESTED
}
enum ReverseFulfillmentOrderDispositionType {
  MISSING NOT_RESTOCKED PROCESSING_REQUIRED RESTOCKED
}
interface ReturnLineItemType { id: ID! quantity: Int! }
type ReturnLineItem implements ReturnLineItemType {
  id: ID! quantity: Int! fulfillmentLineItem: FulfillmentLineItem! returnReasonNote: String!
}
type ReturnLineItemTypeConnection { nodes: [ReturnLineItemType!]! pageInfo: PageInfo! }
type ReverseFulfillmentOrderDisposition implements Node {
  id: ID! type: ReverseFulfillmentOrderDispositionType! quantity: Int! createdAt: DateTime!
  location: Location
}
type ReverseFulfillmentOrderLineItem {
  fulfillmentLineItem: FulfillmentLineItem
  dispositions: [ReverseFulfillmentOrderDisposition!]!
}
type ReverseFulfillmentOrderLineItemConnection {
  nodes: [ReverseFulfillmentOrderLineItem!]! pageInfo: PageInfo!
}
type ReverseFulfillmentOrder {
  lineItems(first: Int, after: String): ReverseFulfillmentOrderLineItemConnection!
}
type ReverseFulfillmentOrderConnection {
  nodes: [ReverseFulfillmentOrder!]! pageInfo: PageInfo!
}
type Return implements Node {
  id: ID! status: ReturnStatus!
  returnLineItems(first: Int, after: String): ReturnLineItemTypeConnection!
  exchangeLineItems(first: Int, after: String): ExchangeLineItemConnection!
  reverseFulfillmentOrders(first: Int, after: String): ReverseFulfillmentOrderConnection!
}
type ReturnConnection { nodes: [Return!]! pageInfo: PageInfo! }
enum ReturnReason {
  COLOR DEFECTIVE NOT_AS_DESCRIBED OTHER SIZE_TOO_LARGE SIZE_TOO_SMALL STYLE UNKNOWN UNWANTED
  WRONG_ITEM
}
enum ReturnErrorCode { INVALID INVALID_STATE NOT_FOUND TOO_LONG }
input ReturnLineItemInput {
  fulfillmentLineItemId: ID! quantity: Int! returnReason: ReturnReason
  returnReasonNote: String = ""
}
input ReturnInput { orderId: ID! returnLineItems: [ReturnLineItemInput!]! }
type ExchangeLineItem { lineItems: [LineItem!] }
type ExchangeLineItemConnection { nodes: [ExchangeLineItem!]! pageInfo: PageInfo! }
type ReturnUserError { code: ReturnErrorCode field: [String!] message: String! }
type ReturnCreatePayload { return: Return userErrors: [ReturnUserError!]! }
type ReturnableFulfillmentLineItem { quantity: Int! fulfillmentLineItem: FulfillmentLineItem! }
type ReturnableFulfillmentLineItemConnection {
  nodes: [ReturnableFulfillmentLineItem!]! pageInfo: PageInfo!
}
type ReturnableFulfillment implements Node {
  id: ID!
  returnableFulfillmentLineItems(
    first: Int, after: String
  ): ReturnableFulfillmentLineItemConnection!
}
type ReturnableFulfillmentConnection { nodes: [ReturnableFulfillment!]! pageInfo: PageInfo! }
"""
