"""Points per operation, known before the call, in thousandths of a point.

Shopify: a mutation is 10 points, and 0.2 more for every variant that `productSet` and
`productVariantsBulkUpdate` carry; in a query an object is 1 point and a connection 2 points plus
what its `first` objects cost; scalars are free (shopify.dev, API rate limits; the descriptions of
`ProductSetInput.variants`). What the vendor then states as requested replaces the estimate of the
next call of the same shape, because shops are known to be charged less for long connections.
"""

from dataclasses import field

from shared.frozen import slotted
from shared.ports import Pacer

POINT = 1000
SINGLE_CALL_MAX = 1000  # points; a dearer query is refused whatever the bucket holds
MUTATION = 10 * POINT
PER_VARIANT = POINT // 5


def connection(first: int, each: int) -> int:
    """A connection of `first` objects of `each` points, in thousandths."""
    return (2 + first * each) * POINT


def listed(count: int, each: int) -> int:
    """A plain list, or `nodes(ids:)`, of `count` objects of `each` points, in thousandths."""
    return count * each * POINT


def product_set(variants: int, answered: int, each: int) -> int:
    """`productSet` with `variants`, answering a page of `answered` at `each` points."""
    return MUTATION + variants * PER_VARIANT + connection(answered, each)


def bulk_update(variants: int) -> int:
    """`productVariantsBulkUpdate`."""
    return MUTATION + variants * PER_VARIANT


@slotted
class Meter:
    """Takes points from the pacer before a call and tells it after what the vendor counted.

    A pacer counts whole points; what rounding up took too much is credited to the next call, so
    that five calls of 10.2 points take 51 and not 55. Whole points that a query was reserved for
    and did not cost go back to the pacer, with whom they lapse: the vendor gave them back as well,
    and its bucket holds no more than it did.
    """

    pacer: Pacer
    _credit: int = 0
    _last: int = 0
    _stated: dict[tuple[str, int], int] = field(default_factory=dict)

    def take(self, operation: str, estimate: int) -> int:
        """Reserve `estimate` thousandths, or what the vendor stated for the same call before."""
        wanted = self.price(operation, estimate)
        self.reserve(wanted)
        self._credit -= wanted
        self._last = wanted
        return wanted

    def reserve(self, wanted: int) -> None:
        """Take ahead what several calls will cost together, in thousandths.

        Calls that only make sense together must not spend the points of the first in vain, try
        after try. What is left over belongs to the next call.
        """
        whole = -(-(wanted - self._credit) // POINT)
        if whole > 0:
            self.pacer.take(whole)
            self._credit += whole * POINT

    def price(self, operation: str, estimate: int) -> int:
        """What the vendor stated for this call before, else the estimate; in thousandths."""
        return self._stated.get((operation, estimate), estimate)

    def stated(self, operation: str, estimate: int, requested: int) -> None:
        """Remember the vendor's own figure, in points, for the next call of this shape.

        One that is merely our estimate rounded up to a whole point teaches nothing.
        """
        if requested != -(-estimate // POINT):
            self._stated[operation, estimate] = requested * POINT

    def observe(
        self, *, available: int | None, rate: int | None, spent: int, taken: int | None = None
    ) -> None:
        """What a call was `taken` for is that of the last, unless several are under way."""
        unspent = (self._last if taken is None else taken) - spent * POINT
        if spent and unspent > 0:
            whole, part = divmod(unspent, POINT)
            self._credit += part
            if whole:
                self.pacer.refund(whole)
        self._last = 0
        self.pacer.observe(available=available, rate=rate, spent=spent)
