"""What is really so, seen from outside Shelfwire: the books of the vendors and their changes."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from shared.domain.availability import offered
from shared.domain.stock_rules import StockRules
from shared.flows import keys
from shared.flows.sku_facts import sku_facts
from shared.model.ids import Entity
from shared.model.price import PriceKind
from shared.ports import Key, Table
from tests.simulation.engine import MINUTE
from tests.simulation.marketplace import PRICE, Parcels, Refusals, order_of, orders_of, sent
from tests.simulation.retailer import TRADE
from tests.simulation.watch import watch_rows
from tests.simulation.world import World

REACH_MS = 15 * MINUTE  # how far back a published level may rest on what was known
PROMOTION = "VKA0"
ITEM = "gid://shopify/InventoryItem/"


@dataclass(frozen=True, slots=True)
class Shown:
    """A price a shop began to show, and when."""

    at_ms: int
    price: int


@dataclass
class Truth:
    """Watches the vendors; `broken` collects what must never happen, the moment it happens.

    `looked` counts the moments.
    """

    world: World
    broken: list[str] = field(default_factory=list)
    prices: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[tuple[str, str], list[Shown]] = field(default_factory=lambda: defaultdict(list))
    known: dict[tuple[str, str], list[tuple[int, dict[str, int]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    told: dict[str, list[tuple[int, datetime, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    sold: Counter[str] = field(default_factory=Counter)
    on_hand: dict[str, int] = field(default_factory=dict)
    looked: Counter[str] = field(default_factory=Counter)
    expected: Callable[["Truth", str, str], dict[str, int]] | None = None
    warehouse: Any = None
    taken_in: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    refusals: Refusals = field(default_factory=Refusals)
    parcels: Parcels = field(default_factory=Parcels)
    rules: StockRules = field(init=False)

    def __post_init__(self) -> None:
        self.rules = StockRules(self.world.retailer)
        for transport in self.world.transports.values():
            transport.changed.append(self._changed)
        self.world.store.tell(self._fact, Table.FACTS)
        watch_rows(self.world, self.break_)

    # the ERP

    def conditions(self, sku: str) -> list[Any]:
        tenant = self.world.vendors["erp"].tenant
        return [c for c in tenant.conditions.of(sku) if not c.deleted and c.kind != TRADE]

    def window(self, condition: Any) -> tuple[datetime, datetime]:
        """The instants between which a condition of whole days holds, in the tenant's zone."""
        zone = ZoneInfo(str(self.world.retailer.connection("erp").settings.get("zone", "UTC")))
        start = datetime(
            condition.start.year, condition.start.month, condition.start.day, tzinfo=zone
        )
        if condition.end.year == 9999:
            return start.astimezone(UTC), datetime.max.replace(tzinfo=UTC)
        after = condition.end.toordinal() + 1
        day = datetime.fromordinal(after)
        return start.astimezone(UTC), day.replace(tzinfo=zone).astimezone(UTC)

    def price_of(self, sku: str, at: datetime) -> int | None:
        """What a shop should show: the promotion of the moment, else the base price."""
        promoted = [price for price, start, end in self.promotions(sku) if start <= at < end]
        bases = [c for c in self.conditions(sku) if c.kind != PROMOTION]
        held = [_minor(c) for c in bases if (w := self.window(c))[0] <= at < w[1]]
        return next(iter(promoted[-1:] or held[-1:]), None)

    def base_of(self, sku: str) -> int | None:
        """The price outside every promotion."""
        bases = [c for c in self.conditions(sku) if c.kind != PROMOTION]
        return _minor(bases[-1]) if bases else None

    def promoted(self, sku: str) -> set[int]:
        """Every price at which a SKU is ever promoted."""
        return {price for price, _, _ in self.promotions(sku)}

    def promotions(self, sku: str) -> list[tuple[int, datetime, datetime]]:
        """Prices and windows of promotions by who owns them; a corrected one ended when it was."""
        if self.world.retailer.price_owner(PriceKind.PROMOTIONAL) != "erp":
            return self.told[sku]
        own = [c for c in self.conditions(sku) if c.kind == PROMOTION]
        return [*((_minor(c), *self.window(c)) for c in own), *self.told[sku]]

    def posted(self, sku: str, price: int, start: datetime, end: datetime) -> None:
        """Call when a promotion is told one by one: what was told of it before ends now."""
        now = self.world.engine.now()
        before, since = self.told[sku], max(start, now)
        if before and before[-1][0] == price:  # only its end is another
            since = min(since, before.pop()[1])
        self.told[sku] = [(p, first, min(last, now)) for p, first, last in before]
        self.told[sku].append((price, since, end))

    def note_price(self, sku: str) -> None:
        """Call after every change in the ERP: the sequence of base prices of a SKU."""
        value = self.base_of(sku)
        history = self.prices[sku]
        if value is not None and (not history or history[-1][1] != value):
            history.append((self.world.engine.now_ms, value))

    def stock_of(self, sku: str) -> dict[str, int]:
        """Unrestricted units by location of ours."""
        if self.warehouse is not None:
            return dict(self.warehouse.available(sku))
        places = self.world.vendors["erp"].tenant.stock.get(sku, {})
        found: Counter[str] = Counter()
        for (plant, storage, kind), units in places.items():
            location = self.world.retailer.location_at("erp", f"{plant}/{storage}")
            if kind == "01" and location is not None:
                found[location] += int(units)
        return dict(found)

    def open_units(self, sku: str) -> Counter[str]:
        """Units of any shop's order that are wanted, or open in the ERP, and have not left it."""
        found: Counter[str] = Counter()
        for shop in (*self.world.shops, *self.world.markets):
            for order in orders_of(self.world.vendors[shop]):
                if order.test:
                    continue
                left = self.to_leave(f"{shop}-{order.order_id}".upper(), order)
                for line in order.lines:
                    if self.sku_of(shop, line.sku) == sku:
                        found[self._place(shop, order, line)] += left[line.line_id]
        return found

    def left_of(self, sku: str, taken: Counter[str]) -> Counter[str]:
        """What lies there less what is taken, unit by unit: of its own place, else of the first.

        Below 0 is what is lacking everywhere, at the place where it was taken.
        """
        left = Counter({place: max(0, units) for place, units in self.stock_of(sku).items()})
        for place, units in taken.items():
            left[place] -= units
        for place in [place for place, units in left.items() if units < 0]:
            for other in (one.name for one in self.world.retailer.locations):
                while left[place] < 0 < left[other]:
                    left[place] += 1
                    left[other] -= 1
        return left

    def to_leave(self, reference: str, order: Any) -> Counter[int]:
        """Units of a shop's order that have yet to leave, by line: none of a rejected item.

        Where the ERP held it twice and one was rejected as a whole, the other is what is kept.
        """
        wish, found = wanted(order), Counter[int]()
        held = self.world.vendors["erp"].tenant.by_reference.get(reference, [])
        alive = [one for one in held if not all(item.rejected for item in one.items)]
        items = {item.position: item for first in (alive or held)[:1] for item in first.items}
        for place, line in enumerate(order.lines, start=1):
            item = items.get(str(place))
            if item is None:
                found[line.line_id] = wish[line.line_id]
            elif not item.rejected:
                most = max(wish[line.line_id], int(item.quantity))
                found[line.line_id] = max(0, most - int(item.delivered))
        return found

    def order_of(self, order_id: str) -> Any:
        """The shop's own order behind one of our ids."""
        shop, _, number = order_id.partition(":")
        return order_of(self.world.vendors[shop], number)

    def sku_of(self, shop: str, code: str) -> str:
        row = self.world.store._get([keys.code(shop, code)])  # noqa: SLF001 - from outside
        mapped = next(iter(row.values()), None)
        return str(mapped.body["sku"]) if mapped else code

    def _place(self, shop: str, order: Any, line: Any) -> str:
        for placement in order.placements:
            if any(placed.line_id == line.line_id for placed in placement.lines):
                gid = f"gid://shopify/Location/{placement.location_id}"
                return self.world.retailer.location_at(shop, gid) or "london"
        return "london"

    # the moments of change

    def _changed(self, connection: str, request: httpx.Request, response: httpx.Response) -> None:
        if connection == "erp":
            if request.method == "POST" and "A_SalesOrder" in request.url.path:
                self._ordered()
        elif b"productVariantsBulkUpdate" in request.content:
            self._priced(connection)
        elif connection in self.world.markets:
            self._patched(connection, request, response)
        elif b"inventorySetQuantities" in request.content:
            asked = json.loads(request.content)["variables"]["input"]
            self._stocked(connection, asked["quantities"])

    def _ordered(self) -> None:
        self.looked["I1 at each order written"] += 1
        for reference, orders in self.world.vendors["erp"].tenant.by_reference.items():
            if len(orders) > 1:
                numbers = ", ".join(order.number for order in orders)
                self.break_("I1", f"order {reference} is in the ERP as {numbers}")
        for market in self.world.markets:
            for order in self.world.vendors[market].seller.orders.values():
                reference = f"{market}-{order.order_id}".upper()
                if order.status == "PENDING" and self.world.vendors["erp"].tenant.by_reference.get(
                    reference
                ):
                    self.break_("I1", f"order {reference} is in the ERP, and nobody has paid it")

    def _priced(self, shop: str) -> None:
        now = self.world.engine.now_ms
        for variant in self.world.vendors[shop].shop.variants.values():
            history = self.shown[shop, variant.sku]
            if variant.price and (not history or history[-1].price != variant.price):
                history.append(Shown(now, variant.price))

    def _stocked(self, shop: str, sent: Iterable[dict[str, Any]]) -> None:
        """No level that was set is above all that was known lately of what may be sold.

        What the shop adds by itself, such as a unit it restocks, is not of our making.
        """
        self.looked["I2 at each level written"] += 1
        places = {loc.external.get(shop): loc.name for loc in self.world.retailer.locations}
        items = {f"{ITEM}{v.variant_id}": v for v in self._variants(shop)}
        for row in sent:
            variant, place = items.get(row["inventoryItemId"]), str(places[row["locationId"]])
            if variant is None:
                continue  # somebody deleted it there
            level = variant.levels.get(_number(row["locationId"]))
            if level is None or level.available != row["quantity"]:
                continue
            most = self._most_known(shop, variant.sku, place)
            if level.available > max(most, 0):
                self.break_(
                    "I2",
                    f"{shop} was told to offer {level.available} of {variant.sku} at {place}, "
                    f"while at most {most} were known to be sellable",
                )

    def _patched(self, market: str, request: httpx.Request, response: httpx.Response) -> None:
        """What a marketplace took in of a listing; it shows that later, whatever it sells until."""
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self._refused(market, request)
        if (said := self.parcels.amiss(request, response, self.world.engine)) != "":
            self.break_("I1", f"{market}: {said}")
        attribute = sent(request)
        if attribute is None or b"ACCEPTED" not in response.content:
            return
        sku = request.url.path.rsplit("/", 1)[-1]
        listing = self.world.vendors[market].seller.listings[sku]
        if attribute == PRICE:
            at = self.world.engine.now() + self.world.vendors[market].catalogue.applies_after
            price = decimal_minor(listing.price(at))
            history = self.shown[market, sku]
            if not history or history[-1].price != price:
                history.append(Shown(self.world.engine.ms_at(at), price))
            return
        self.looked["I2 at each level written"] += 1
        units = int(str(listing.stocks.newest()["quantity"]))
        known = self._lately(market, sku)
        most = max((sum(levels.values()) for levels in known), default=0)
        if units > max(most, 0):
            self.break_(
                "I2",
                f"{market} was told to offer {units} of {sku}, while at most {most} were known to "
                "be sellable",
            )

    def _refused(self, market: str, request: httpx.Request) -> None:
        engine, vendor = self.world.engine, self.world.vendors[market]
        self.looked["I8 at each call refused"] += 1
        by = engine.current.container if engine.current is not None else None
        if said := self.refusals.amiss(vendor, request, by, engine.now_ms):
            self.break_("I8", f"{market}: {said}")

    def _most_known(self, shop: str, sku: str, place: str) -> int:
        return max((v.get(place, 0) for v in self._lately(shop, sku)), default=0)

    def _lately(self, channel: str, sku: str) -> list[dict[str, int]]:
        """The levels that followed from what was known lately."""
        known, since = self.known[channel, sku], self.world.engine.now_ms - REACH_MS
        return [v for at, v in known[:-1] if at >= since] + [v for _, v in known[-2:]]

    def _variants(self, shop: str) -> Iterable[Any]:
        found: Iterable[Any] = self.world.vendors[shop].shop.variants.values()
        return found

    def _fact(self, key: Key, *_: object) -> None:
        """Remember what Shelfwire itself knew to be sellable after each of its facts."""
        if not key.pk.startswith("sku#") or key.sk.startswith(keys.OTHER_FACTS):
            return
        sku = key.pk.removeprefix("sku#")
        owner = self.world.retailer.authority[Entity.STOCK]
        place = [keys.item(sku, "erp"), keys.stock(sku, owner), keys.hold(sku)]
        if self.world.retailer.kits is not None:
            parts = [c.sku for kit in self.world.retailer.kits.defined for c in kit.components]
            place += [keys.kit_links(sku), *(keys.kit_part(sku, part) for part in parts)]
        rows = self.world.store._get(place)  # noqa: SLF001 - from outside
        rules, now = self.rules, self.world.stage.clock.now()
        known = sku_facts(sku, rows, retailer=self.world.retailer, rules=rules, now=now)
        if known is None or known.pool is None:
            return
        for channel in self.world.retailer.channels:
            found = offered(known.pool, channel, known.article_rules)
            entry = (self.world.engine.now_ms, dict(found.value.levels))
            self.known[channel.connection, sku].append(entry)

    def break_(self, name: str, story: str) -> None:
        line = f"{name}: {story}"
        if line not in self.broken:
            self.broken.append(line)
            self.world.engine.note(f"BROKEN {line}")


def wanted(order: Any) -> Counter[int]:
    """Units a shop's order is still to bring its customer, by line."""
    if order.cancelled_at is not None:
        return Counter()
    found = Counter({line.line_id: line.quantity - line.removed for line in order.lines})
    for refund in order.refunds:
        for line in refund.lines:
            found[line.line_id] -= line.quantity if line.restock == "CANCEL" else 0
    return found


def _number(gid: str) -> int:
    return int(gid.rsplit("/", 1)[-1])


def _minor(condition: Any) -> int:
    return decimal_minor(condition.rate / condition.per)


def decimal_minor(value: Decimal) -> int:
    return int(value * 100)


def skus(world: World) -> Iterable[str]:
    """Every article of the ERP that is sold, generic ones left out."""
    for material in world.vendors["erp"].tenant.materials.after(None):
        if material.product_type != "GENR":
            yield material.product
