"""What a retailer's file says of books, parity, accuracy, feeds, kits and silence.

Every function reads the file, and few handle what follows from these.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from shared.model.base import Canonical
from shared.model.guardrails import Share
from shared.model.ids import Facet, Sku
from shared.model.price_rules import Exact, Percent
from shared.model.product import Component


class BookRules(Canonical):
    """How the books of shop and ERP are compared."""

    zone: str = Field(default="UTC", description="whose days the ledger has")
    after_hours: int = Field(
        default=24, ge=0, le=720, description="how old a difference is before a person is told"
    )
    payout_days: int | None = Field(
        default=None,
        ge=1,
        le=90,
        description="how soon a provider pays out; payouts are not compared if none",
    )
    not_paid_out: tuple[str, ...] = Field(
        default=("gift_card",),
        description="gateways whose money no provider pays out, such as gift cards",
    )

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone") from error
        return zone


class Repair(StrEnum):
    """What becomes of a difference."""

    OVERWRITE = "overwrite"
    ACCEPT = "accept"  # the channel's value stays until what it should show changes
    ASK = "ask"


class ParityPolicy(Canonical):
    """How often a channel is compared, and what becomes of what differs, by facet."""

    price: Repair = Field(default=Repair.ASK, description="what becomes of a differing price")
    stock: Repair = Field(default=Repair.ASK, description="what becomes of a differing level")
    every_minutes: int = Field(
        default=360, ge=15, le=10080, description="how often each of the two is compared"
    )

    @property
    def every(self) -> timedelta:
        return timedelta(minutes=self.every_minutes)

    def of(self, facet: Facet) -> Repair:
        return self.price if facet is Facet.PRICE else self.stock


class Repairing(StrEnum):
    """What becomes of a position that differs."""

    TAKE = "take"  # the source's figure is kept
    ASK = "ask"


class AccuracyPolicy(Canonical):
    """How often all stock of a source that can be read is held against ours."""

    repair: Repairing = Field(default=Repairing.TAKE, description="what becomes of what differs")
    every_minutes: int = Field(
        default=1440, ge=15, le=10080, description="how often all stock is compared"
    )


class FeedLimits(Canonical):
    """Limits of dropped files; one that is left out is not tested. Percent, as text."""

    max_refused: Share | None = Field(default=None, description="of the rows, that are refused")
    max_unpriced: Share | None = Field(
        default=None, description="of the rows, whose amount is missing or no positive decimal"
    )
    max_foreign: Share | None = Field(
        default=None, description="of the rows, in another currency than their list"
    )
    max_changed: Share | None = Field(
        default=None, description="of the rows of known prices, that change them"
    )
    max_median: Percent | None = Field(
        default=None, description="by which the median of the changed prices differs"
    )
    min_rows: Annotated[Exact, Field(ge=0, le=100)] | None = Field(
        default=None, description="of the rows of the last file in the same folder"
    )
    rows_from: int = Field(default=20, ge=1, description="files of fewer rows are not judged")


class Kit(Canonical):
    """An article that is made of others when it is sold, and has no stock of its own."""

    sku: Sku
    components: tuple[Component, ...] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _once(self) -> Self:
        skus = [component.sku for component in self.components]
        if len(set(skus)) != len(skus):
            raise ValueError(f"kit {self.sku}: a component occurs twice; add up its quantity")
        if self.sku in skus:
            raise ValueError(f"kit {self.sku}: it is a component of itself")
        return self


class KitRules(Canonical):
    """Kits the source of products does not tell of, and how many one article may be part of."""

    per_component: int = Field(default=100, ge=1, le=500)
    defined: tuple[Kit, ...] = ()


class SilenceRules(Canonical):
    """Told of when `times` the longest of the last gaps is over, and `at_least_minutes` are."""

    times: int = Field(default=2, ge=1, le=100, description="how many of the longest gap")
    at_least_minutes: int = Field(
        default=60, ge=1, le=10_080, description="what is never too long a silence"
    )
    after_orders: int = Field(
        default=50, ge=3, le=500, description="how many orders must be known before it is judged"
    )


class ShipmentRules(Canonical):
    """What becomes of shipments that two tell: the ERP, and a warehouse beside it."""

    differ_after_minutes: int = Field(
        default=240,
        ge=1,
        le=10_080,
        description="how long the two may tell other units of an order before it is told of",
    )
