"""What must always hold (I1 to I12), each a check of its own that tells the story when it fails.

Checks at the moment of an effect live in `truth`, those about orders in `invariants_orders`. All
here are made when the world has come to rest after its faults have ended. I9 needs a world with a
healthy half and is checked by the scenarios that have one; I10 is checked by the runner.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from sandbox.vendors.shopify.state import gid
from shared.flows import keys
from shared.model.ids import Facet
from shared.model.issue import IssueKind
from shared.model.target import PriceValue, Target, TargetState
from shared.ports import Table
from tests.simulation.compute import SKEW_MS
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.invariants_markets import confirmed_once, shown_at_marketplaces
from tests.simulation.invariants_orders import (
    each_movement_counts_once,
    every_order_accounted_for,
    exactly_once,
    money_is_conserved,
    no_stale_exception,
    stopped_or_too_late,
)
from tests.simulation.invariants_refunds import bills_known_once, refunds_credited_once
from tests.simulation.invariants_returns import returns_asked_once, units_come_back_once
from tests.simulation.retailer import CANARY
from tests.simulation.truth import Truth, skus, wanted
from tests.simulation.vendors import LATE_MS

type Check = Callable[[Truth], Iterator[str]]

# The message of an instant may be lost, and its minute makes it good; what was sent just before may
# be given up and land that late; deriving and publishing take seconds.
PROMOTION_BOUND_MS = MINUTE + LATE_MS + 10 * SECOND


def never_oversold(truth: Truth) -> Iterator[str]:
    """I2: what is sold is never offered again: each shop sells each unit once at most."""
    world = truth.world
    for sku, units in truth.on_hand.items():
        for shop in world.shops:
            sold = sum(
                wanted(order)[line.line_id]
                for order in world.vendors[shop].shop.orders.values()
                for line in order.lines
                if line.sku == sku
            )
            if sold > units:
                yield f"{shop} sold {sold} of {sku}, of which there were never more than {units}"


def newest_everywhere(truth: Truth) -> Iterator[str]:
    """I3: every channel shows what the newest facts imply, by whichever clock."""
    world = truth.world
    unfit = _explained(truth)
    ahead = world.engine.now() + timedelta(milliseconds=SKEW_MS)
    for shop in world.shops:
        variants = {v.sku: v for v in world.vendors[shop].shop.variants.values()}
        for sku in skus(world):
            variant = variants.get(sku)
            price = truth.price_of(sku, world.engine.now())
            if variant is None:
                if f"{shop}/content" not in unfit:
                    yield f"{shop} does not list {sku}"
                continue
            known = f"{shop}/price/{sku}" in unfit or _kept_back(truth, shop, sku, price)
            right = {price, truth.price_of(sku, ahead)}
            if price is not None and variant.price not in right and not known:
                target = _target(truth, f"{shop}#price#{sku}")
                yield f"{shop} shows {variant.price} for {sku}, the ERP says {price}; {target}"
            yield from _levels(truth, shop, variant, unfit)


def _kept_back(truth: Truth, shop: str, sku: str, price: int | None) -> bool:
    """Whether this price waits for approval, or was rejected."""
    if truth.world.retailer.channel(shop).guardrails is None or price is None:
        return False
    row = truth.world.store._get([keys.target(shop, Facet.PRICE, sku)])  # noqa: SLF001 - outside
    target = next((Target.model_validate(one.body) for one in row.values()), None)
    guard = target.guard if target else None
    if guard is None:
        return False
    said = {r.name: r.value for r in guard.rulings} | {p.name: p.value for p in guard.held}
    return any(
        guard.keeps_back(name) and PriceValue.model_validate(value).price.amount == price
        for name, value in said.items()
    )


def _target(truth: Truth, name: str) -> str:
    """What Shelfwire itself thinks of a target."""
    rows = [row for row in truth.world.store.rows(Table.TARGETS) if row.key.pk == name]
    if not rows:
        return "there is no target"
    target = Target.model_validate(rows[0].body)
    return f"the target is {target.state}, wishes {target.desired}, published {target.published}"


def _levels(truth: Truth, shop: str, variant: object, unfit: set[str]) -> Iterator[str]:
    sku = variant.sku  # type: ignore[attr-defined]
    if f"{shop}/stock/{sku}" in unfit or truth.price_of(sku, truth.world.engine.now()) is None:
        return
    stock, taken = truth.stock_of(sku), truth.open_units(sku)
    left = truth.left_of(sku, taken)
    expected = truth.expected(truth, shop, sku) if truth.expected else None
    for location in truth.world.retailer.locations:
        number = int(location.external[shop].rsplit("/", 1)[-1])
        level = variant.levels.get(number)  # type: ignore[attr-defined]
        shown = max(0, level.available) if level else 0
        right = max(0, left[location.name])
        right = expected[location.name] if expected else right
        if shown != right:
            yield (
                f"{shop} offers {shown} of {sku} at {location.name}, not {right}; the ERP has "
                f"{stock.get(location.name, 0)}, {taken[location.name]} are ordered"
            )


def _explained(truth: Truth) -> set[str]:
    """Targets for which an open exception already tells that they are refused."""
    return {
        str(row.body["subject"])
        for row in truth.world.store.rows(Table.ISSUES)
        if row.body["kind"] == IssueKind.LINE_REJECTED and row.body["state"] == "open"
    }


def nothing_left_to_do(truth: Truth) -> Iterator[str]:
    """I3: no target is dirty or in doubt once all is quiet, and each refused one is told of."""
    unfit = _explained(truth)
    for row in truth.world.store.rows(Table.TARGETS):
        target = Target.model_validate(row.body)
        if target.dirty:
            yield f"target {row.key.pk} is still {target.state}: {target.attempts[-1:]}"
        elif target.state is TargetState.REJECTED and row.key.pk.replace("#", "/") not in unfit:
            yield f"target {row.key.pk} is refused, and nobody is told: {target.attempts[-1:]}"
        elif target.state is TargetState.APPLIED and target.published != target.desired:
            yield f"target {row.key.pk} counts as applied, but {target.published} was published"


def never_backwards(truth: Truth) -> Iterator[str]:
    """I4: no channel goes back to an older price. Promotions begin and end by I11.

    A bulk operation does in its own time, and is then made good, which I3 sees.
    """
    for (shop, sku), shown in truth.shown.items():
        history = [price for _, price in truth.prices[sku]]
        at, promoted = 0, truth.promoted(sku)
        for each in (s for s in shown if s.price not in promoted):
            ahead = next((i for i in range(at, len(history)) if history[i] == each.price), None)
            if ahead is None and _by_bulk(truth, shop, sku, each.price):
                continue
            if ahead is None:
                yield (
                    f"{shop} showed {each.price} for {sku} at {each.at_ms / 1000:.1f} s after "
                    f"{[s.price for s in shown]}; the ERP said {history} in this order"
                )
                break
            at = ahead


def _by_bulk(truth: Truth, shop: str, sku: str, price: int) -> bool:
    """Whether a bulk operation was to put this price up, which it does in its own time."""
    if shop in truth.world.markets:
        return False
    there = truth.world.vendors[shop].shop
    wanted = (
        f'"{gid("ProductVariant", there.skus[sku])}", "price": "{price // 100}.{price % 100:02}"'
    )
    return any(wanted in json.dumps(job.lines) for job in there.jobs.values())


def accounted_for(truth: Truth) -> Iterator[str]:
    """I6: every message ends applied or as one exception; none vanishes."""
    world = truth.world
    rows = world.store.rows(Table.INBOX)
    states = Counter(str(row.body["state"]) for row in rows)
    if states["received"]:
        yield f"{states['received']} deliveries were never understood or parked"
    open_subjects = {
        (str(row.body["kind"]), str(row.body["subject"])) for row in world.store.rows(Table.ISSUES)
    }
    for row in rows:
        subject = row.key.pk.replace("#", "/", 1).replace("#", "_")
        if row.body["state"] == "parked" and ("bad_message", subject) not in open_subjects:
            yield f"delivery {row.key.pk} is parked without an exception"
    yield from _dead_letters_told(truth)
    yield from _deliveries_kept(truth)


def _dead_letters_told(truth: Truth) -> Iterator[str]:
    world = truth.world
    for queue in world.queues.values():
        told = sum(
            int(str(row.body["count"]))
            for row in world.store.rows(Table.ISSUES)
            if row.body["kind"] == IssueKind.DEAD_LETTER
            and str(row.body["subject"]).startswith(f"{queue.name}/")
        )
        if queue.died > told:
            yield f"{queue.died} messages of {queue.name} died, {told} exceptions tell of them"


def _deliveries_kept(truth: Truth) -> Iterator[str]:
    world = truth.world
    kept = {row.key.pk.split("#", 1)[1] for row in world.store.rows(Table.INBOX)}
    for name, courier in world.couriers.items():
        for delivery in courier.kept:
            if delivery not in kept:
                yield f"the door accepted delivery {delivery} of {name} and did not keep it"


def within_limits(truth: Truth) -> Iterator[str]:
    """I8: no vendor limit is exceeded: the vendor itself never had to say so."""
    for name in truth.world.shops:
        throttled = truth.world.vendors[name].counts["throttled"]
        if throttled:
            yield f"{name} had to throttle {throttled} calls"
    slots = truth.world.retailer.connection("erp").limits.slots * 2
    most = truth.world.transports["erp"].most_under_way
    if most > slots:
        yield f"{most} calls were under way at the ERP at once, {slots} are allowed"


def promotions_in_their_window(truth: Truth) -> Iterator[str]:
    """I11: no promotional price is put up before its window or after it."""
    for (shop, sku), shown in truth.shown.items():
        windows = _windows(truth, sku)
        for each in shown:
            spans = windows.get(each.price)
            if spans and not any(first <= each.at_ms < last for first, last in spans):
                held = ", ".join(
                    f"{first / 1000:.1f} s to {last / 1000:.1f} s" for first, last in spans
                )
                yield (
                    f"{shop} began to show promotion {each.price} of {sku} at "
                    f"{each.at_ms / 1000:.1f} s; it holds from {held}, skew and delay allowed"
                )


def _windows(truth: Truth, sku: str) -> dict[int, list[tuple[int, int]]]:
    """When each promotional price of a SKU may be put up; one may be told more than once."""
    found: dict[int, list[tuple[int, int]]] = {}
    for price, start, end in truth.promotions(sku):
        first = truth.world.engine.ms_at(start) - SKEW_MS
        last = truth.world.engine.ms_at(end) + PROMOTION_BOUND_MS
        found.setdefault(price, []).append((first, last))
    return found


def nothing_secret_is_told(truth: Truth) -> Iterator[str]:
    """I12: no secret and no personal data in logs, exceptions, events or messages."""
    world = truth.world
    for line in world.stage.log.lines:
        if CANARY in line:
            yield f"a log line holds it: {line[:200]}"
    for row in world.store.rows(Table.ISSUES):
        if CANARY in str(row.body):
            yield f"exception {row.key.pk} holds it"
    for event in world.stage.bus.events:
        if CANARY in event.model_dump_json():
            yield f"event {event.type} holds it"


INVARIANTS: dict[str, Check] = {
    "I1 exactly once, to the penny": exactly_once,
    "I1 shipments are confirmed once": confirmed_once,
    "I1 stopped, or too late and told": stopped_or_too_late,
    "I2 never oversold": never_oversold,
    "I3 newest everywhere": newest_everywhere,
    "I3 newest at marketplaces": shown_at_marketplaces,
    "I3 nothing left to do": nothing_left_to_do,
    "I4 never backwards": never_backwards,
    "I5 each movement counts once": each_movement_counts_once,
    "I6 every message accounted for": accounted_for,
    "I6 every order accounted for": every_order_accounted_for,
    "I6 no exception is stale": no_stale_exception,
    "I7 money is conserved": money_is_conserved,
    "I7 refunds are credited once": refunds_credited_once,
    "I1 what is billed is known": bills_known_once,
    "I1 returns are asked for once": returns_asked_once,
    "I10 units come back once": units_come_back_once,
    "I8 within the vendors' limits": within_limits,
    "I11 promotions in their window": promotions_in_their_window,
    "I12 nothing secret is told": nothing_secret_is_told,
}
