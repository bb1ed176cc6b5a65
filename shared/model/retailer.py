"""The retailer's configuration: one TOML file that the template and the functions both read."""

import hashlib
from datetime import timedelta
from functools import cached_property
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

from shared.model import order_consistency, stock_consistency
from shared.model.base import Canonical, Instant
from shared.model.consistency import mistakes
from shared.model.guardrails import Guardrails
from shared.model.ids import Entity, Name, Sku
from shared.model.limits import Limits
from shared.model.money import Currency
from shared.model.notices import NoticeRules
from shared.model.order_policy import OrderPolicy
from shared.model.order_rules import OrderRule
from shared.model.policies import (
    AccuracyPolicy,
    BookRules,
    FeedLimits,
    KitRules,
    ParityPolicy,
    ShipmentRules,
    SilenceRules,
)
from shared.model.price import PriceKind, TaxBasis
from shared.model.price_rules import (
    ExchangeRate,
    MinimumMargin,
    Precedence,
    Region,
    Rounding,
    Segment,
    TaxClass,
    TaxRate,
)
from shared.model.stock_rules import Allocation, LocationGroup, StockGuards, StockRule

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Connection(Canonical):
    """One account in one system. `secret` names an entry in Secrets Manager, never a value."""

    name: Name
    system: str
    base_url: str
    secret: str
    limits: Limits
    poll_minutes: int = Field(default=5, ge=1, le=1440)
    settle_seconds: int = Field(
        default=120, ge=0, description="how late a lost request may still land at this system"
    )
    overlap_seconds: int = Field(default=300, ge=0, description="how far a poll looks back again")
    orders_from: Instant | None = Field(
        default=None, description="orders placed before this are recorded but not sent to the ERP"
    )
    older_refunds: Literal["leave", "credit"] = Field(
        default="leave",
        description="refunds, since orders_from, of orders from before it: credited in the ERP too",
    )
    shadow: bool = Field(
        default=False, description="look at this channel and compare, but write nothing to it"
    )
    settings: dict[str, JsonValue] = {}

    @field_validator("base_url")
    @classmethod
    def _https(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK):
            if url.username or url.query or url.fragment:
                raise ValueError("must hold nothing but scheme, host, port and path")
            return value.rstrip("/")
        raise ValueError("must be https (http only on the loopback address)")

    @property
    def overlap(self) -> timedelta:
        return timedelta(seconds=self.overlap_seconds)

    @property
    def settle(self) -> timedelta:
        return timedelta(seconds=self.settle_seconds)


class Source(Canonical):
    """A system that is never called: it drops files and posts, as the owner of what it tells."""

    name: Name
    returns: bool = Field(
        default=False,
        description="it posts what comes back; a receipt by call then moves none of its stock",
    )
    after_minutes: int | None = Field(
        default=None,
        ge=5,
        description="when its stock counts as silent; as stock_guards.stale says if left out",
    )


class Location(Canonical):
    """One place where stock lies; `external` names it in each connection and source."""

    name: Name
    external: dict[Name, str]
    source: Name | None = Field(
        default=None, description="source that tells the stock here; the owner of stock if none"
    )
    shipped_by: Name | None = Field(
        default=None,
        description="who is believed about what leaves here; the owner of shipments if none",
    )


class PriceList(Canonical):
    """Which of the ERP's conditions make this list, in what money, and for whom."""

    name: Name
    currency: Currency
    tax_basis: TaxBasis
    conditions: dict[str, PriceKind] = Field(description="condition type -> kind")
    keys: dict[str, str] = Field(
        default={}, description="what further keys of the ERP's conditions make this list"
    )
    segment: Name | None = Field(default=None, description="whose list it is; everybody's if none")
    region: Region | None = Field(
        default=None, description="whose tax gross amounts contain; any channel's own if none"
    )


class Channel(Canonical):
    """One shop window: what it shows, from which lists and locations, by which rules."""

    name: Name
    connection: Name
    erp: Name
    currency: Currency
    tax_display: TaxBasis
    price_lists: tuple[Name, ...] = Field(min_length=1)
    locations: tuple[Name, ...] = Field(min_length=1)
    safety_stock: int = Field(default=0, ge=0)
    zone: str = "UTC"
    compare_at: bool = True
    region: Region | None = Field(default=None, description="where it sells, as taxes name it")
    tax_class: TaxClass = Field(
        default="standard", description="tax class of articles that name none"
    )
    rounding: Name | None = Field(default=None, description="how prices are rounded")
    segment: Name | None = Field(default=None, description="whom it sells to; everybody if none")
    segments: tuple[Name, ...] = Field(
        default=(), description="whose prices it shows beside the general one"
    )
    scales: bool = Field(default=False, description="whether it shows prices by quantity")
    dates: bool = Field(
        default=False, description="whether it is told of promotions before they begin"
    )
    min_margin: MinimumMargin | None = None
    guardrails: Guardrails | None = None
    tolerance_minor: int = Field(default=0, ge=0, description="allowed difference of totals")
    parity: ParityPolicy = ParityPolicy.model_construct()
    orders: OrderPolicy = OrderPolicy.model_construct()
    custom_line_sku: Sku | None = Field(
        default=None, description="the ERP's article for lines a shop adds without a SKU"
    )


class Retailer(Canonical):
    """Everything that differs from one retailer to the next."""

    retailer: Name
    home_currency: Currency
    stage: Literal["sandbox", "dev", "prod"] = "dev"
    connections: tuple[Connection, ...] = Field(min_length=1)
    sources: tuple[Source, ...] = Field(
        default=(), description="systems that post or drop prices or stock and are never called"
    )
    channels: tuple[Channel, ...] = Field(min_length=1)
    locations: tuple[Location, ...] = Field(min_length=1)
    price_lists: tuple[PriceList, ...] = Field(min_length=1)
    segments: tuple[Segment, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()
    exchange_rates: tuple[ExchangeRate, ...] = ()
    roundings: tuple[Rounding, ...] = ()
    precedence: Precedence = Precedence.model_construct()
    feeds: FeedLimits | None = Field(
        default=None, description="how a dropped file may look; held whole if it looks otherwise"
    )
    accuracy: AccuracyPolicy = AccuracyPolicy.model_construct()
    location_groups: tuple[LocationGroup, ...] = ()
    stock_rules: tuple[StockRule, ...] = ()
    order_rules: tuple[OrderRule, ...] = Field(
        default=(), description="how orders are to stand in the ERP, by store and market"
    )
    allocations: tuple[Allocation, ...] = ()
    stock_guards: StockGuards = StockGuards.model_construct()
    books: BookRules | None = Field(
        default=None, description="how the books of shop and ERP are compared; not at all if none"
    )
    silence: SilenceRules | None = Field(
        default=None, description="when no order for how long is told of; never if none"
    )
    notices: NoticeRules | None = Field(
        default=None, description="what customers are mailed; nothing if none"
    )
    shipments: ShipmentRules = ShipmentRules.model_construct()
    kits: KitRules | None = Field(default=None, description="whether articles are sold as kits")
    authority: dict[Entity, Name] = Field(description="which connection owns which entity")

    @cached_property
    def _connection(self) -> dict[str, Connection]:
        return {c.name: c for c in self.connections}

    def connection(self, name: str) -> Connection:
        return self._connection[name]

    @cached_property
    def _channel(self) -> dict[str, Channel]:
        return {c.name: c for c in self.channels}

    def channel(self, name: str) -> Channel:
        return self._channel[name]

    def channels_of(self, connection: str) -> tuple[Channel, ...]:
        return tuple(c for c in self.channels if c.connection == connection)

    def price_list(self, name: str) -> PriceList:
        return next(p for p in self.price_lists if p.name == name)

    def price_entity(self, kind: PriceKind) -> Entity:
        """Under which word `[authority]` says who owns prices of this kind."""
        split = kind is PriceKind.PROMOTIONAL and Entity.PROMOTION in self.authority
        return Entity.PROMOTION if split else Entity.PRICE

    def price_owner(self, kind: PriceKind) -> str | None:
        return self.authority.get(self.price_entity(kind))

    @cached_property
    def price_sources(self) -> tuple[str, ...]:
        """Who owns prices of any kind: the owner of base prices first."""
        owners = (self.authority.get(entity) for entity in (Entity.PRICE, Entity.PROMOTION))
        return tuple(dict.fromkeys(owner for owner in owners if owner))

    @cached_property
    def tell_us(self) -> tuple[str, ...]:
        """Everybody who may drop a file or post: connections, and those that are never called."""
        return (*(c.name for c in self.connections), *(s.name for s in self.sources))

    def is_source(self, name: str) -> bool:
        """Whether it is only listened to, and cannot be read."""
        return name in {source.name for source in self.sources}

    def tells_returns(self, source: str) -> bool:
        """Whether it posts the returns it takes in itself."""
        return any(one.returns for one in self.sources if one.name == source)

    @cached_property
    def heeded(self) -> tuple[str, ...]:
        """The sources of stock that are unknown once they are silent, its owner first."""
        return tuple([name for name in self.stock_sources if self.silent_after(name)])

    def silent_after(self, source: str) -> timedelta | None:
        """How long nothing may be heard of a source of stock; None if that is nowhere said."""
        own = next((one.after_minutes for one in self.sources if one.name == source), None)
        return self.stock_guards.stale.after if own is None else timedelta(minutes=own)

    def stock_source(self, location: Location) -> str:
        """Who is believed about what lies there."""
        return location.source or self.authority[Entity.STOCK]

    def stock_teller(self, name: str | None) -> str:
        """Who is believed about the stock of a location; of one unknown, the owner of stock."""
        own = next((one.source for one in self.locations if one.name == name), None)
        return own or self.authority[Entity.STOCK]

    def stocked_by(self, source: str) -> frozenset[str]:
        """The locations whose stock this source tells."""
        return frozenset(one.name for one in self.locations if self.stock_source(one) == source)

    @cached_property
    def stock_sources(self) -> tuple[str, ...]:
        """Everyone who tells stock, its owner first."""
        tellers = (self.stock_source(location) for location in self.locations)
        return tuple(dict.fromkeys((self.authority[Entity.STOCK], *tellers)))

    def ships(self, teller: str, location: str | None) -> bool:
        """Whether this teller is believed about what leaves there; of connections, every one is."""
        own = next((one.shipped_by for one in self.locations if one.name == location), None)
        believed = own or self.authority.get(Entity.SHIPMENT, "")
        return teller == believed if self.is_source(believed) else not self.is_source(teller)

    @cached_property
    def fingerprint(self) -> str:
        """Another one whenever the file says something else."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def pays_out(self, connection: str) -> bool:
        """Whether it is polled for payouts: it sells, and the books are to have them."""
        wanted = self.books is not None and self.books.payout_days is not None
        told = self.connection(connection).settings.get("payouts") is True
        return wanted and told and bool(self.channels_of(connection))

    def opens_returns(self, channel: str) -> bool:
        """Whether returns that the ERP made are opened in this channel too."""
        settings = self.connection(self.channel(channel).connection).settings
        return settings.get("open_returns") is True

    def stays_when_sold(self) -> bool:
        """Whether a level may stay what it was although the channel sold of it, and took it off."""
        return bool(self.allocations or self.kits) or any(
            rule.cap is not None or rule.buffer_percent is not None for rule in self.stock_rules
        )

    def rounding(self, name: str) -> Rounding:
        return next(r for r in self.roundings if r.name == name)

    def segment_at(self, connection: str, external: str) -> str | None:
        """Our name of a segment as a connection calls it; None when nobody mapped it."""
        return next((s.name for s in self.segments if s.external.get(connection) == external), None)

    def location_at(self, connection: str, external: str) -> str | None:
        """Our name of a place as a connection calls it; None when nobody mapped it."""
        return next(
            (loc.name for loc in self.locations if loc.external.get(connection) == external), None
        )

    def external_location(self, connection: str, name: str) -> str | None:
        return next(
            (loc.external.get(connection) for loc in self.locations if loc.name == name), None
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        said = self.model_dump(mode="json")
        found = [
            *mistakes(said),
            *stock_consistency.mistakes(said),
            *order_consistency.mistakes(said),
        ]
        if found:
            raise ValueError("; ".join(str(mistake) for mistake in found))
        return self
