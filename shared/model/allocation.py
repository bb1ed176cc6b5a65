"""What the ERP promises of an order: units by line, and by when."""

from datetime import date

from pydantic import Field

from shared.model.base import Canonical, Instant
from shared.model.ids import ExternalId


class Promise(Canonical):
    """`units` are to leave on a day; later than was asked for if `late`."""

    units: int = Field(gt=0)
    on: date
    late: bool = False


class ErpAllocation(Canonical):
    """What one ERP order is promised, by its items; an item without a promise has none yet.

    Of an item that is `rejected` nothing more leaves. `reference` is whose order it says it is.
    """

    erp_order: ExternalId
    reference: str = ""
    told_at: Instant
    promises: dict[str, tuple[Promise, ...]] = Field(default_factory=dict)
    rejected: frozenset[str] = frozenset()
