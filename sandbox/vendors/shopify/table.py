"""The part of the Admin API the simulator serves; whatever is not here is an error."""

from sandbox.vendors.shopify.return_table import RETURN_TABLE

TABLE = (
    RETURN_TABLE
    + """
scalar Money
scalar Decimal
scalar DateTime
scalar URL
scalar HTML
scalar UnsignedInt64

directive @idempotent(key: String!) on FIELD

schema { query: QueryRoot mutation: Mutation }

type QueryRoot {
  returnableFulfillments(
    orderId: ID!, first: Int, after: String
  ): ReturnableFulfillmentConnection!
  productByIdentifier(identifier: ProductIdentifierInput!): Product
  nodes(ids: [ID!]!): [Node]!
  order(id: ID!): Order
  orders(first: Int, after: String, query: String, sortKey: OrderSortKeys): OrderConnection!
  refund(id: ID!): Refund
  shopifyPaymentsAccount: ShopifyPaymentsAccount
  fulfillment(id: ID!): Fulfillment
  fulfillmentOrder(id: ID!): FulfillmentOrder
  bulkOperation(id: ID!): BulkOperation
  priceList(id: ID!): PriceList
  bulkOperations(
    first: Int, query: String, sortKey: BulkOperationsSortKeys, reverse: Boolean
  ): BulkOperationConnection!
  webhookSubscriptions(
    first: Int, after: String, topics: [WebhookSubscriptionTopic!], uri: String
  ): WebhookSubscriptionConnection!
}

type Mutation {
  returnCreate(returnInput: ReturnInput!): ReturnCreatePayload
  productSet(
    identifier: ProductSetIdentifiers, input: ProductSetInput!, synchronous: Boolean
  ): ProductSetPayload
  productVariantsBulkUpdate(
    productId: ID!, variants: [ProductVariantsBulkInput!]!, allowPartialUpdates: Boolean
  ): ProductVariantsBulkUpdatePayload
  publishablePublish(id: ID!, input: [PublicationInput!]!): PublishablePublishPayload
  refundCreate(input: RefundInput!): RefundCreatePayload
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
  inventoryActivate(
    inventoryItemId: ID!, locationId: ID!, available: Int
  ): InventoryActivatePayload
  fulfillmentCreate(fulfillment: FulfillmentInput!, message: String): FulfillmentCreatePayload
  fulfillmentTrackingInfoUpdate(
    fulfillmentId: ID!, notifyCustomer: Boolean, trackingInfoInput: FulfillmentTrackingInput!
  ): FulfillmentTrackingInfoUpdatePayload
  priceListFixedPricesAdd(
    priceListId: ID!, prices: [PriceListPriceInput!]!
  ): PriceListFixedPricesAddPayload
  priceListFixedPricesDelete(
    priceListId: ID!, variantIds: [ID!]!
  ): PriceListFixedPricesDeletePayload
  quantityPricingByVariantUpdate(
    priceListId: ID!, input: QuantityPricingByVariantUpdateInput!
  ): QuantityPricingByVariantUpdatePayload
  stagedUploadsCreate(input: [StagedUploadInput!]!): StagedUploadsCreatePayload
  bulkOperationRunMutation(
    mutation: String!, stagedUploadPath: String!, clientIdentifier: String
  ): BulkOperationRunMutationPayload
  webhookSubscriptionCreate(
    topic: WebhookSubscriptionTopic!, webhookSubscription: WebhookSubscriptionInput!
  ): WebhookSubscriptionCreatePayload
}

enum WebhookSubscriptionTopic {
  ORDERS_CREATE ORDERS_UPDATED ORDERS_CANCELLED REFUNDS_CREATE INVENTORY_LEVELS_UPDATE
  RETURNS_REQUEST RETURNS_APPROVE RETURNS_DECLINE RETURNS_CANCEL
  RETURNS_PROCESS RETURNS_UPDATE RETURNS_CLOSE RETURNS_REOPEN ORDERS_RISK_ASSESSMENT_CHANGED
}
input WebhookSubscriptionInput { uri: String }
type WebhookSubscription implements Node {
  id: ID! topic: WebhookSubscriptionTopic! uri: String!
}
type WebhookSubscriptionConnection { nodes: [WebhookSubscription!]! pageInfo: PageInfo! }
type WebhookSubscriptionCreatePayload {
  webhookSubscription: WebhookSubscription userErrors: [UserError!]!
}

enum CurrencyCode { CHF EUR GBP JPY PLN SEK USD }
enum PriceListPriceOriginType { FIXED RELATIVE }
input MoneyInput { amount: Decimal! currencyCode: CurrencyCode! }
input PriceListPriceInput { variantId: ID! price: MoneyInput! compareAtPrice: MoneyInput }
input QuantityPriceBreakInput { variantId: ID! minimumQuantity: Int! price: MoneyInput! }
input QuantityRuleInput { variantId: ID! minimum: Int! maximum: Int increment: Int! }
input QuantityPricingByVariantUpdateInput {
  pricesToAdd: [PriceListPriceInput!]! pricesToDeleteByVariantId: [ID!]!
  quantityPriceBreaksToAdd: [QuantityPriceBreakInput!]!
  quantityPriceBreaksToDelete: [ID!]! quantityPriceBreaksToDeleteByVariantId: [ID!]
  quantityRulesToAdd: [QuantityRuleInput!]! quantityRulesToDeleteByVariantId: [ID!]!
}
type QuantityPriceBreak { minimumQuantity: Int! price: MoneyV2! }
type QuantityPriceBreakConnection { nodes: [QuantityPriceBreak!]! pageInfo: PageInfo! }
type PriceListPrice {
  originType: PriceListPriceOriginType! variant: ProductVariant! price: MoneyV2!
  compareAtPrice: MoneyV2
  quantityPriceBreaks(first: Int, after: String): QuantityPriceBreakConnection!
}
type PriceListPriceConnection { nodes: [PriceListPrice!]! pageInfo: PageInfo! }
type PriceList implements Node {
  id: ID! currency: CurrencyCode! fixedPricesCount: Int!
  prices(
    first: Int, after: String, query: String, originType: PriceListPriceOriginType
  ): PriceListPriceConnection!
}
type PriceListPriceUserError { code: String field: [String!] message: String! }
type PriceListFixedPricesAddPayload {
  prices: [PriceListPrice!] userErrors: [PriceListPriceUserError!]!
}
type PriceListFixedPricesDeletePayload {
  deletedFixedPriceVariantIds: [ID!] userErrors: [PriceListPriceUserError!]!
}
type QuantityPricingByVariantUserError { code: String field: [String!] message: String! }
type QuantityPricingByVariantUpdatePayload {
  productVariants: [ProductVariant!] userErrors: [QuantityPricingByVariantUserError!]!
}
enum StagedUploadHttpMethodType { POST PUT }
enum StagedUploadTargetGenerateUploadResource { BULK_MUTATION_VARIABLES FILE IMAGE }
input StagedUploadInput {
  filename: String! fileSize: UnsignedInt64 mimeType: String!
  httpMethod: StagedUploadHttpMethodType = PUT
  resource: StagedUploadTargetGenerateUploadResource!
}
type StagedUploadParameter { name: String! value: String! }
type StagedMediaUploadTarget {
  url: URL resourceUrl: URL parameters: [StagedUploadParameter!]!
}
type StagedUploadsCreatePayload {
  stagedTargets: [StagedMediaUploadTarget!] userErrors: [UserError!]!
}
enum BulkOperationsSortKeys { CREATED_AT COMPLETED_AT }
enum BulkOperationStatus { CANCELED CANCELING COMPLETED CREATED EXPIRED FAILED RUNNING }
enum BulkOperationErrorCode { ACCESS_DENIED INTERNAL_SERVER_ERROR TIMEOUT }
enum BulkOperationType { MUTATION QUERY }
type BulkOperation implements Node {
  id: ID! status: BulkOperationStatus! type: BulkOperationType!
  errorCode: BulkOperationErrorCode createdAt: DateTime! completedAt: DateTime
  objectCount: UnsignedInt64! fileSize: UnsignedInt64 url: URL partialDataUrl: URL
}
type BulkOperationConnection { nodes: [BulkOperation!]! pageInfo: PageInfo! }
type BulkMutationUserError { code: String field: [String!] message: String! }
type BulkOperationRunMutationPayload {
  bulkOperation: BulkOperation userErrors: [BulkMutationUserError!]!
}

enum PayoutSortKeys { ISSUED_AT }
enum ShopifyPaymentsPayoutStatus { CANCELED FAILED IN_TRANSIT PAID SCHEDULED }
type ShopifyPaymentsAssociatedOrder { id: ID! }
type ShopifyPaymentsPayout implements Node {
  id: ID! legacyResourceId: UnsignedInt64! issuedAt: DateTime!
  status: ShopifyPaymentsPayoutStatus!
}
type ShopifyPaymentsPayoutConnection { nodes: [ShopifyPaymentsPayout!]! pageInfo: PageInfo! }
type ShopifyPaymentsBalanceTransaction {
  id: ID! type: String! test: Boolean! transactionDate: DateTime!
  associatedOrder: ShopifyPaymentsAssociatedOrder amount: MoneyV2! fee: MoneyV2!
}
type ShopifyPaymentsBalanceTransactionConnection {
  nodes: [ShopifyPaymentsBalanceTransaction!]! pageInfo: PageInfo!
}
type ShopifyPaymentsAccount {
  payouts(
    first: Int, after: String, query: String, sortKey: PayoutSortKeys
  ): ShopifyPaymentsPayoutConnection!
  balanceTransactions(
    first: Int, after: String, query: String, hideTransfers: Boolean
  ): ShopifyPaymentsBalanceTransactionConnection!
}

interface Node { id: ID! }
enum OrderSortKeys { ID UPDATED_AT CREATED_AT }
enum ProductStatus { ACTIVE ARCHIVED DRAFT UNLISTED }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type UserError { field: [String!] message: String! }

input ProductIdentifierInput { id: ID handle: String }
input ProductSetIdentifiers { id: ID handle: String }
input OptionValueSetInput { name: String }
input OptionSetInput { name: String position: Int values: [OptionValueSetInput!] }
input VariantOptionValueInput { name: String optionName: String }
input InventoryItemInput { sku: String tracked: Boolean cost: Decimal }
input ProductSetInventoryInput { locationId: ID! name: String! quantity: Int! }
input ProductVariantSetInput {
  id: ID sku: String barcode: String
  optionValues: [VariantOptionValueInput!]!
  inventoryItem: InventoryItemInput
  inventoryQuantities: [ProductSetInventoryInput!]
}
input ProductSetInput {
  title: String handle: String descriptionHtml: String vendor: String productType: String
  status: ProductStatus tags: [String!]
  productOptions: [OptionSetInput!] variants: [ProductVariantSetInput!]
}
type ProductSetUserError { code: String field: [String!] message: String! }
type ProductSetPayload { product: Product userErrors: [ProductSetUserError!]! }

input ProductVariantsBulkInput { id: ID price: Money compareAtPrice: Money barcode: String }
type ProductVariantsBulkUpdateUserError { code: String field: [String!] message: String! }
type ProductVariantsBulkUpdatePayload {
  product: Product
  productVariants: [ProductVariant!]
  userErrors: [ProductVariantsBulkUpdateUserError!]!
}

input PublicationInput { publicationId: ID publishDate: DateTime }
type PublishablePublishPayload { userErrors: [UserError!]! }

type Product implements Node {
  id: ID! handle: String! title: String! descriptionHtml: HTML! vendor: String!
  productType: String! status: ProductStatus! updatedAt: DateTime!
  options(first: Int): [ProductOption!]!
  variants(first: Int, after: String): ProductVariantConnection!
}
type ProductOption { name: String! }
type ProductVariantConnection { nodes: [ProductVariant!]! pageInfo: PageInfo! }
type SelectedOption { name: String! value: String! }
type ProductVariant implements Node {
  id: ID! sku: String barcode: String price: Money! compareAtPrice: Money
  selectedOptions: [SelectedOption!]! inventoryItem: InventoryItem! product: Product!
}
type InventoryItem implements Node {
  id: ID! sku: String tracked: Boolean! inventoryLevel(locationId: ID!): InventoryLevel
}
type InventoryLevel implements Node {
  id: ID! location: Location! quantities(names: [String!]!): [InventoryQuantity!]!
}
type InventoryQuantity { name: String! quantity: Int! }
type Location implements Node { id: ID! name: String! }

input InventoryQuantityInput {
  inventoryItemId: ID! locationId: ID! quantity: Int! changeFromQuantity: Int
}
input InventorySetQuantitiesInput {
  name: String! reason: String! referenceDocumentUri: String
  quantities: [InventoryQuantityInput!]!
}
type InventoryAdjustmentGroup implements Node { id: ID! reason: String! }
type InventorySetQuantitiesUserError { code: String field: [String!] message: String! }
type InventorySetQuantitiesPayload {
  inventoryAdjustmentGroup: InventoryAdjustmentGroup
  userErrors: [InventorySetQuantitiesUserError!]!
}
type InventoryActivatePayload { inventoryLevel: InventoryLevel userErrors: [UserError!]! }

type MoneyV2 { amount: Decimal! currencyCode: String! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type TaxLine { title: String! rate: Float priceSet: MoneyBag! }
interface DiscountApplication { index: Int! }
type DiscountCodeApplication implements DiscountApplication { index: Int! code: String! }
type AutomaticDiscountApplication implements DiscountApplication { index: Int! title: String! }
type ManualDiscountApplication implements DiscountApplication { index: Int! title: String! }
type ScriptDiscountApplication implements DiscountApplication { index: Int! title: String! }
type DiscountAllocation {
  allocatedAmountSet: MoneyBag! discountApplication: DiscountApplication!
}
type LineItem implements Node {
  id: ID! title: String! sku: String quantity: Int! currentQuantity: Int!
  originalUnitPriceSet: MoneyBag!
  discountAllocations: [DiscountAllocation!]! taxLines: [TaxLine!]!
}
type LineItemConnection { nodes: [LineItem!]! pageInfo: PageInfo! }
type ShippingLine {
  title: String! code: String originalPriceSet: MoneyBag!
  discountAllocations: [DiscountAllocation!]! taxLines: [TaxLine!]!
}
type ShippingLineConnection { nodes: [ShippingLine!]! pageInfo: PageInfo! }
type MailingAddress {
  name: String company: String address1: String address2: String city: String
  provinceCode: String zip: String countryCodeV2: String phone: String
}
type Customer implements Node { id: ID! }
type OrderTransaction implements Node {
  id: ID! kind: String! status: String! gateway: String amountSet: MoneyBag!
  authorizationExpiresAt: DateTime processedAt: DateTime parentTransaction: OrderTransaction
}
type OrderTransactionConnection { nodes: [OrderTransaction!]! pageInfo: PageInfo! }
type RefundLineItem {
  quantity: Int! restockType: String! subtotalSet: MoneyBag! totalTaxSet: MoneyBag!
  lineItem: LineItem!
}
type RefundLineItemConnection { nodes: [RefundLineItem!]! pageInfo: PageInfo! }
type RefundShippingLine { subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! }
type RefundShippingLineConnection { nodes: [RefundShippingLine!]! pageInfo: PageInfo! }
type Refund implements Node {
  return: Return note: String
  id: ID! createdAt: DateTime processedAt: DateTime! totalRefundedSet: MoneyBag!
  transactions(first: Int, after: String): OrderTransactionConnection!
  refundLineItems(first: Int, after: String): RefundLineItemConnection!
  refundShippingLines(first: Int, after: String): RefundShippingLineConnection!
}
type FulfillmentOrderAssignedLocation { location: Location }
type FulfillmentOrderLineItem implements Node {
  id: ID! remainingQuantity: Int! totalQuantity: Int! lineItem: LineItem!
}
type FulfillmentOrderLineItemConnection {
  nodes: [FulfillmentOrderLineItem!]! pageInfo: PageInfo!
}
type FulfillmentOrder implements Node {
  id: ID! status: String! assignedLocation: FulfillmentOrderAssignedLocation!
  lineItems(first: Int, after: String): FulfillmentOrderLineItemConnection!
}
type FulfillmentOrderConnection { nodes: [FulfillmentOrder!]! pageInfo: PageInfo! }
type FulfillmentTrackingInfo { company: String number: String url: URL }
type FulfillmentLineItem { id: ID! quantity: Int lineItem: LineItem! }
type FulfillmentLineItemConnection { nodes: [FulfillmentLineItem!]! pageInfo: PageInfo! }
type Fulfillment implements Node {
  id: ID! status: String! trackingInfo(first: Int): [FulfillmentTrackingInfo!]!
  fulfillmentLineItems(first: Int, after: String): FulfillmentLineItemConnection!
}
enum OrderRiskRecommendationResult { ACCEPT CANCEL INVESTIGATE NONE }
type OrderRiskSummary { recommendation: OrderRiskRecommendationResult! }
type PaymentTerms implements Node { id: ID! dueInDays: Int }
type Order implements Node {
  risk: OrderRiskSummary! paymentTerms: PaymentTerms returnStatus: OrderReturnStatus!
  returns(first: Int, after: String): ReturnConnection!
  id: ID! legacyResourceId: UnsignedInt64! name: String! test: Boolean!
  createdAt: DateTime! processedAt: DateTime! updatedAt: DateTime! cancelledAt: DateTime
  currencyCode: String! presentmentCurrencyCode: String! taxesIncluded: Boolean! email: String
  subtotalLineItemsQuantity: Int!
  totalPriceSet: MoneyBag! totalTaxSet: MoneyBag customer: Customer
  billingAddress: MailingAddress shippingAddress: MailingAddress
  shippingLines(first: Int, after: String): ShippingLineConnection!
  transactions(first: Int): [OrderTransaction!]!
  refunds(first: Int): [Refund!]!
  fulfillments(first: Int): [Fulfillment!]!
  lineItems(first: Int, after: String): LineItemConnection!
  fulfillmentOrders(first: Int, after: String): FulfillmentOrderConnection!
}
type OrderConnection { nodes: [Order!]! pageInfo: PageInfo! }

input FulfillmentTrackingInput {
  company: String number: String url: URL numbers: [String!] urls: [URL!]
}
input FulfillmentOrderLineItemInput { id: ID! quantity: Int! }
input FulfillmentOrderLineItemsInput {
  fulfillmentOrderId: ID! fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!]
}
input FulfillmentInput {
  notifyCustomer: Boolean trackingInfo: FulfillmentTrackingInput
  lineItemsByFulfillmentOrder: [FulfillmentOrderLineItemsInput!]!
}
type FulfillmentTrackingInfoUpdatePayload {
  fulfillment: Fulfillment userErrors: [UserError!]!
}
enum OrderTransactionKind { REFUND }
enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }
input RefundLineItemInput { lineItemId: ID! quantity: Int! restockType: RefundLineItemRestockType }
input ShippingRefundInput { amount: Money fullRefund: Boolean }
input OrderTransactionInput {
  amount: Money! gateway: String! kind: OrderTransactionKind! orderId: ID! parentId: ID
}
input RefundInput {
  orderId: ID! currency: CurrencyCode note: String refundLineItems: [RefundLineItemInput!]
  shipping: ShippingRefundInput transactions: [OrderTransactionInput!]
}
type RefundCreatePayload { refund: Refund userErrors: [UserError!]! }
type FulfillmentCreatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }
"""
)
