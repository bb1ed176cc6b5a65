"""Every system Shelfwire speaks to, as data: one row each, code loaded on first use."""

from collections.abc import Mapping
from enum import StrEnum

from shared.frozen import frozen


class Kind(StrEnum):
    ERP = "erp"
    CHANNEL = "channel"


@frozen
class Connector:
    """One system.

    `factory` makes the client that satisfies the Protocols of `shared.ports`; `door` is the module
    with its webhook functions, free of any import that a cold start would pay for; `hints` says
    what a delivery is about. `sender` is the AWS account of a vendor that calls no hook and
    delivers to a queue of ours; its `door` names deliveries alone. One that `collects` takes the
    buyers' money itself and tells of no payment; one that `refunds` gives it back when asked to.
    `watch` is the setting by which lost subscriptions are made anew. `settings` are the keys a
    connection may set, with what each means; `secret_fields` what its secret holds.
    `compare_and_set` are facets whose stale writes the vendor itself refuses. What `decides_later`
    is a `LaterPublisher` as well. `price_extras` say which of `scales`, `segments` and `dates` it
    is told of, the latter only where `dates_need` holds of its settings. `notes` say what a
    retailer must know that no setting tells, and what the vendor leaves open. `address_limits` is
    where an ERP's `AddressLimits` are.
    """

    system: str
    title: str
    kind: Kind
    factory: str
    door: str
    hints: str
    version: str
    secret_fields: tuple[str, ...]
    settings: dict[str, str]
    topics: tuple[str, ...] = ()
    compare_and_set: tuple[str, ...] = ()
    decides_later: bool = False
    price_extras: tuple[str, ...] = ()
    dates_need: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    address_limits: str = ""
    sender: str = ""
    collects: bool = False
    refunds: bool = False
    watch: str = ""

    def watched(self, settings: Mapping[str, object]) -> bool:
        """Whether its subscriptions are looked at: who delivers to a queue is, unless told not."""
        return bool(self.watch) and bool(settings.get(self.watch, bool(self.sender)))


_ORDER_STEPS = ("create", "updated", "cancelled", "risk_assessment_changed")
_RETURN_STEPS = "request", "approve", "decline", "cancel", "process", "update", "close", "reopen"

CATALOG: dict[str, Connector] = {
    row.system: row
    for row in (
        Connector(
            system="amazon",
            collects=True,
            title="Amazon Selling Partner API",
            kind=Kind.CHANNEL,
            factory="shared.connectors.amazon.client:connect",
            door="shared.connectors.amazon.notification",
            hints="shared.connectors.amazon.hints",
            version="Listings Items 2021-08-01, Feeds 2021-06-30, Orders 2026-01-01",
            secret_fields=(
                "client_id",
                "client_secret",
                "refresh_token",
                "token_url",
            ),
            # The same in every region: "Set up notifications (Amazon SQS workflow)", step 1.
            sender="437568002678",
            watch="subscribe",
            settings={
                "seller_id": "the seller's own id (merchant token)",
                "marketplace_id": "the marketplace this channel sells in",
                "product_type": "product type named in patches; empty takes the listing's own",
                "fulfillment_channel": "fulfilment channel whose quantity is set",
                "price_op": (
                    "replace drops sale and business prices of the offer; merge keeps them"
                ),
                "stock_op": "replace drops the handling time; merge keeps it",
                "price_shown_in": (
                    "what counts as the price shown: the offer, or what was submitted for it"
                ),
                "read_back": "read listings back twenty at a time, or one by one",
                "feed_facets": (
                    "what may go by feed; a value under way in a feed cannot be corrected"
                ),
                "feed_latency_seconds": "how long a feed takes until its prices are shown",
                "issue_locale": "language of Amazon's issues",
                "first_poll_days": "how far the first poll of orders looks back",
                "fulfilled_by": "whose orders are taken in",
                "tax_in_prices": "whether amounts of an order contain its tax",
                "carriers": "our carrier -> Amazon's carrier code; others are sent as Other",
                "parcels": (
                    "a shipment of several parcels is told by its first, or its units are divided"
                ),
                "late_tracking": "a carrier's number that comes later is confirmed, or left",
                "shipping_method": "shipping method told with a shipment",
                "subscribe": (
                    "its queue is made a destination and subscribed, and what is lost made anew"
                ),
            },
            topics=("ORDER_CHANGE",),
            decides_later=True,
            price_extras=("dates",),
            dates_need=(("price_op", "replace"),),
            notes=(
                "Returns that the ERP made are not opened at Amazon, which has no call for it.",
                (
                    "With `dates = true` on the channel a promotion is told as a sale with "
                    "its start and its end before it begins, and nothing is sent at either; "
                    "whether Amazon kept them is read back. That it keeps them to the second "
                    "is not documented: leave it out where sales begin by the day."
                ),
                (
                    "Listings are made in Seller Central; prices and stock are set of those"
                    " there are. A product with an article that has none becomes a "
                    "`line_rejected`."
                ),
                (
                    "One connection is one marketplace. The levels of a channel's locations"
                    " are summed into one quantity; a location's `external` may be any "
                    "text."
                ),
                (
                    "Units sold later are part of the quantity. When they come is not told: a "
                    "listing has one `restock_date` and one handling time for all its units, those "
                    'on hand too. With `stock_op = "merge"` both stay as Seller Central has them: '
                    "set them there for an article that is sold later alone."
                ),
                "A price struck through is not told; set `compare_at = false` for the channel.",
                (
                    "Set `settle_seconds` to what Amazon takes to show an accepted change: "
                    "minutes. Too little, and a change taken back meanwhile may stay."
                ),
                (
                    "Rates follow Amazon's usage plan of each operation; of `limits` only "
                    "`slots` counts."
                ),
                (
                    "Amazon calls no hook: it delivers notifications to the queue "
                    "`<connection>-notifications`, whose policy lets Amazon's AWS account in "
                    "and nobody else. The queue is made a destination of the application and "
                    "subscribed to `ORDER_CHANGE` within the minute, and looked at each hour: "
                    "what vanished is made anew and told of as `webhook_lost`, and orders are "
                    "polled. A seller has one subscription of a type for an application; one "
                    "that leads to another queue is left as it is and told of. The first "
                    "notifications may take an hour. With `subscribe = false` nothing is made, "
                    "and polls find what is not told."
                ),
                (
                    "Neither buyer nor recipient is read. A pending order holds stock and "
                    "is sent on once it is paid. One whose buyer asks to cancel waits for a "
                    "person, or is told of once the ERP has it; one that left before the ERP "
                    "knew of it waits too (`orders` of the channel; with orders that Amazon "
                    'fulfils, `shipped_elsewhere = "send"`). What cannot be fulfilled counts '
                    "as cancelled."
                ),
                (
                    "A shipment is one package under a number made from its id, with its "
                    "first tracking number; without one, the shipment's id stands for it. "
                    "Amazon wants to know what lies in each parcel and the ERP does not say: "
                    "with `parcels` as `split` the units are divided over the parcels, one at "
                    "least in each. A number that comes later is confirmed as well, which is "
                    "undocumented: an exception if refused, left with `late_tracking` as `leave`."
                ),
                "Amazon tells of no payment: `release_when` of its orders can only be `placed`.",
                (
                    "Not documented by Amazon, and held to work either way: the sign of "
                    "discounts, whether amounts contain tax, what is left of cancelled "
                    "units, how an unknown SKU, a repeated package or a repeated feed "
                    "document is answered, how old reads are."
                ),
            ),
        ),
        Connector(
            system="sap-s4hana",
            title="SAP S/4HANA (OData V2)",
            kind=Kind.ERP,
            factory="shared.connectors.sap.client:connect",
            door="shared.connectors.sap.webhook",
            hints="shared.connectors.sap.hints",
            version="OData V2 API_*_SRV",
            address_limits="shared.connectors.sap.addresses:LIMITS",
            secret_fields=("client_id", "client_secret", "token_url", "webhook_secrets"),
            settings={
                "auth": "oauth2 (client credentials) or basic (a communication user)",
                "csrf_method": "how a CSRF token is fetched: HEAD or GET",
                "client": "sap-client, where the tenant needs it named",
                "language": "language of descriptions",
                "zone": "zone of the tenant's days",
                "page_size": "rows asked for at once",
                "filter_chunk": "keys joined by `or` in one filter",
                "option_name": "name of the option variants differ in",
                "generic_product_types": "product types that may have variants; empty asks for all",
                "discontinued_statuses": "cross-plant statuses that end an article",
                "stock_route": "set: read A_MatlStkInAcctMod; expand: by A_MaterialStock",
                "sales_organization": "of prices and orders",
                "distribution_channel": "of prices and orders",
                "division": "of orders",
                "order_type": "sales order type",
                "sold_to": "customer that stands for web shoppers",
                "ship_to_function": "partner function of ship_to, if any",
                "ship_to": "customer goods go to; the order's own where an address is sent",
                "price_condition": "manual price per unit",
                "discount_condition": "absolute discount of an item",
                "freight_condition": "freight of the whole order",
                "tax_condition": "tax of an item or of freight, when prices exclude it",
                "rejection_reason": "reason for rejection of items nobody wants",
                "delivery_block": "delivery block of orders that may be fraud, if any",
                "return_type": "type of a customer return",
                "credit_type": "type of a credit memo request",
                "credit_reason": "order reason of credit documents",
                "return_reason": "return reason of returned items",
                "return_billing_block": (
                    "billing block of returns we ask for, whose money goes back by refunds"
                ),
                "return_movements": (
                    "goods movement of a returns delivery -> restock, damaged, quarantine or scrap"
                ),
                "freight_material": (
                    "article credited when freight alone goes back; the order's first if empty"
                ),
                "invoice_categories": "document categories that are invoices",
                "credit_memo_categories": "document categories that are credit memos",
                "tracking_field": "where a delivery keeps its tracking number",
                "carrier": "carrier named with tracking numbers",
                "ignored_keys": "keys of conditions that no list here is about, such as Customer",
                "released_statuses": "release statuses of conditions that count",
                "amount_types": "calculation types that are an amount per unit",
                "quantity_scales": "scale types whose lines hold from their quantity on",
                "quantity_bases": "scale bases that are a quantity",
                "locked_messages": "message codes that mean: locked, try again",
                "partner_grouping": "grouping of business partners that are created",
                "partner_roles": "roles of business partners that are created",
                "partner_language": "language of business partners that are created",
                "partner_customer": (
                    "send the customer's sales area with a new business partner, "
                    "where no role brings it along"
                ),
            },
            notes=(
                (
                    "What an order says beside its lines follows from `order_rules`: sales area, "
                    "order type, customer, shipping condition, plant, terms of payment, tax "
                    "classifications, freight as an item. The settings here hold where no rule "
                    "says otherwise."
                ),
                (
                    "An address is sent for the partner function `ship_to_function`, whose code "
                    "depends on the tenant's language: without it no address is sent."
                ),
                (
                    "A business partner is known again by our reference in its number in the "
                    "external system, else by e-mail, if only one has it. It is read from "
                    "API_BUSINESS_PARTNER, which its communication user must be allowed to use."
                ),
                (
                    "A condition record belongs to the price list that names its type in "
                    "`conditions` and exactly its further keys, such as a customer group, in"
                    ' `keys`: `keys = { CustomerPriceGroup = "02" }`. Without `keys` it is '
                    "the list of records that have none."
                ),
                (
                    "Prices are read by material. Records for a product hierarchy, a "
                    "material group or a GTIN are not, and percentages are refused."
                ),
                (
                    "Neither kits nor safety stock are read: bills of material and planning data "
                    "are made for production and procurement, and what of them a shop should "
                    "keep to is each company's own rule. They stand in the retailer's file, as "
                    "`[kits]` and as `safety_stock` of a rule."
                ),
                (
                    "Stock has no change date and is read whole. An article of which it lists no "
                    "position any more is asked about by name before it goes off sale."
                ),
                (
                    "Not documented by SAP, and so settings: letters of release statuses, of scale "
                    "types and bases, of calculation types; which `delivery_block` stops goods too."
                ),
                (
                    "Subscriptions of an event mesh are the customer's: they are neither made nor "
                    "looked at from here, and polls find what is not told."
                ),
                (
                    "No event tells of a returns delivery: its goods receipt is heard of by the "
                    "next poll. Which movement puts units into which stock is customising, and so "
                    "a setting; one that it does not name is quarantine. What SAP bills of a "
                    "return whose billing block somebody takes away is nothing, since its units "
                    "are posted at no worth."
                ),
            ),
        ),
        Connector(
            system="shopify",
            refunds=True,
            title="Shopify Admin GraphQL",
            kind=Kind.CHANNEL,
            factory="shared.connectors.shopify.client:connect",
            door="shared.connectors.shopify.webhook",
            hints="shared.connectors.shopify.hints",
            version="2026-10",
            secret_fields=("client_id", "client_secret", "webhook_secrets"),
            watch="hooks_url",
            settings={
                "handle_prefix": "put before every product handle we make",
                "publications": "publication ids a new product is published to",
                "new_status": "status of a product when it is first listed",
                "stock_new_variants": (
                    "stock a new variant, with nothing, at every location of the channel"
                ),
                "description_is_html": "descriptions are HTML already and are sent as they are",
                "notify_customer": "let the shop mail the customer when goods leave",
                "test_orders": "what to do with orders paid through a test gateway",
                "calls_at_once": (
                    "price calls under way at once; as many as a second pays for, if not set"
                ),
                "bulk": "whether many prices go by bulk operation; auto: if faster",
                "bulk_from": "prices from which on a bulk operation is thought of",
                "bulk_seconds": "how long a bulk operation takes beside its lines",
                "bulk_products_per_second": (
                    "how many products a bulk operation works through a second"
                ),
                "file_hosts": (
                    "hosts that files of bulk operations may lie at, beside the shop's own"
                ),
                "order_lines": "lines read with an order before paging begins",
                "open_returns": "open the ERP's own returns in the shop too; needs write_returns",
                "payouts": (
                    "read what Shopify Payments paid out; needs read_shopify_payments_payouts"
                ),
                "payout_days_back": "how long a payout may take from its issue to the end",
                "hooks_url": (
                    "where its webhooks reach us; if set, lost subscriptions are made anew"
                ),
            },
            topics=(
                *(f"orders/{step}" for step in _ORDER_STEPS),
                "refunds/create",
                *(f"returns/{step}" for step in _RETURN_STEPS),
            ),
            compare_and_set=("stock",),
            decides_later=True,
            price_extras=("segments", "scales"),
            notes=(
                (
                    "A segment's `external` is the id of a price list, of a market's or a company's"
                    " catalogue: `gid://shopify/PriceList/5`. Who pays as everybody has no fixed "
                    "price there. Prices by quantity are shown to segments alone, since Shopify has"
                    " them in catalogues only, and at most ten of an article."
                ),
                (
                    "Units sold later are part of `available`, so that no more of them are sold "
                    "than there will be; `inventoryPolicy` stays as it is, since `CONTINUE` would "
                    "sell without an end. When they come is not told: a variant has no such field. "
                    "Shopify has dates in selling plans of the category `PRE_ORDER`, which also say"
                    " how one pays and belong to the app that made them. A shop that shows dates "
                    "asks the lookup."
                ),
                (
                    "A location without an id here, or at which the shop does not stock an article,"
                    " is a `line_rejected` that names it; the article's other locations are set."
                ),
                (
                    "Not documented by Shopify, and a setting or held to work either way: how "
                    "long a bulk operation takes, what a call on a price list costs, whether the "
                    "good rows of such a call stand beside a bad one, and what a refund comes to "
                    "in the shop's currency once the rate has moved: one that exceeds what was "
                    "captured, in either currency, is a `refund_exceeds_paid`."
                ),
                (
                    "`payouts = true` polls what Shopify Payments paid out; the app needs the "
                    "scope `read_shopify_payments_payouts`, and the file `payout_days` in "
                    "`[books]`. What other providers pay out is dropped as files."
                ),
                (
                    "With `hooks_url` (`https://<api>/hooks/<connection>`) the topics above are "
                    "subscribed to and looked at once an hour: what Shopify dropped or a "
                    "reinstallation lost is made anew, told of as `webhook_lost`, and orders are "
                    "polled. Each topic needs the scope of what it tells: `read_orders`, "
                    "`read_returns`. Leave it empty where the app's configuration file "
                    "(`shopify.app.toml`) subscribes: Shopify does not list those, so that "
                    "everything would be told twice."
                ),
                "`open_returns = true` opens returns that the ERP made; scope `write_returns`.",
            ),
        ),
    )
}
