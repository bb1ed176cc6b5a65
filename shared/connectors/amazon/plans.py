"""Amazon's usage plans: what each operation may be asked by default, per account and application.

A call costs `CALL` points of its operation's bucket, so that rates of four decimals are whole
numbers. Rates and bursts are those of Amazon's own models; what an answer says instead of the rate
replaces it.
"""

from datetime import timedelta
from decimal import Decimal

from shared.domain.ways import Way
from shared.frozen import frozen
from shared.model.limits import Limits

CALL = 10_000
LINES_MAX = 10_000  # of a feed of ours: below Amazon's 25,000 messages and its 10 MiB
IDENTIFIERS_MAX = 20
PATCHES_AT_ONCE = 100  # lines of a round: what the usage plan lets through in twenty seconds
PATCH_GROUP = 5  # recorded together; the calls are one by one
PATCHES = Way("patch", CALL)


def feed(latency: timedelta) -> Way:
    """A feed costs the plan of patches nothing, and shows its lines once it was processed."""
    return Way("feed", 0, lines_most=LINES_MAX, latency=latency, taken_most=LINES_MAX)


@frozen
class Operation:
    """`rate` calls a second refill a bucket of `burst`.

    Of one that `writes`, a lost answer leaves a doubt. One that is `grantless` is the
    application's own business and is asked without a seller's leave.
    """

    name: str
    rate: Decimal
    burst: int
    writes: bool = False
    grantless: bool = False

    def limits(self, rate: Decimal | None = None) -> Limits:
        points = int((rate or self.rate) * CALL)
        return Limits(points_per_second=max(points, 1), bucket=self.burst * CALL)


def _operation(
    name: str, rate: str, burst: int, *, writes: bool = False, grantless: bool = False
) -> Operation:
    return Operation(name, Decimal(rate), burst, writes, grantless)


PATCH_LISTING = _operation("patchListingsItem", "5", 5, writes=True)
GET_LISTING = _operation("getListingsItem", "5", 10)
SEARCH_LISTINGS = _operation("searchListingsItems", "5", 5)
CREATE_FEED_DOCUMENT = _operation("createFeedDocument", "0.5", 15)
CREATE_FEED = _operation("createFeed", "0.0083", 15, writes=True)
GET_FEED = _operation("getFeed", "2", 15)
GET_FEEDS = _operation("getFeeds", "0.0222", 10)
GET_FEED_DOCUMENT = _operation("getFeedDocument", "0.0222", 10)
SEARCH_ORDERS = _operation("searchOrders", "0.0056", 20)
GET_ORDER = _operation("getOrder", "0.5", 30)
CONFIRM_SHIPMENT = _operation("confirmShipment", "2", 10, writes=True)
GET_DESTINATIONS = _operation("getDestinations", "1", 5, grantless=True)
CREATE_DESTINATION = _operation("createDestination", "1", 5, writes=True, grantless=True)
GET_SUBSCRIPTION = _operation("getSubscription", "1", 5)
CREATE_SUBSCRIPTION = _operation("createSubscription", "1", 5, writes=True)

ALL = (
    PATCH_LISTING,
    GET_LISTING,
    SEARCH_LISTINGS,
    CREATE_FEED_DOCUMENT,
    CREATE_FEED,
    GET_FEED,
    GET_FEEDS,
    GET_FEED_DOCUMENT,
    SEARCH_ORDERS,
    GET_ORDER,
    CONFIRM_SHIPMENT,
    GET_DESTINATIONS,
    CREATE_DESTINATION,
    GET_SUBSCRIPTION,
    CREATE_SUBSCRIPTION,
)
