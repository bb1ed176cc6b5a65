"""Read every simulator back and compare: nothing missing, doubled, off by a cent, or unlike."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.play.loading import minor
from sandbox.play.quiet import bodies, counters, states
from sandbox.play.taxing import taxed
from sandbox.retailer.day import Day, OrderKind
from sandbox.world import World
from shared.model.base import Json
from shared.model.ids import Facet


@dataclass(slots=True)
class Compared:
    """`wrong` holds a line for everything that is not as it must be."""

    orders: dict[str, Json] = field(default_factory=dict)
    targets: dict[str, Json] = field(default_factory=dict)
    exceptions: dict[str, Json] = field(default_factory=dict)
    vendor: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def compare(
    world: World, day: Day, placed: Mapping[str, dict[str, Json]], *, shop: str, erp: str
) -> Compared:
    found = Compared()
    _orders(world, day, placed, erp, found)
    _refunds(world, day, placed, erp, found)
    _taxes(world, day, placed, erp, found)
    _targets(world, shop, found)
    _messages(world, found)
    issues = Counter(
        json.loads(item["body"]["S"])["kind"]
        for item in bodies(world, "issues")
        if item["state"]["S"] == "open"
    )
    found.exceptions = dict[str, Json](sorted(issues.items()))
    _vendors(world, shop, found)
    return found


def _orders(
    world: World,
    day: Day,
    placed: Mapping[str, dict[str, Json]],
    erp: str,
    found: Compared,
) -> None:
    cases = {
        body["order"]["external_id"]: body
        for item in bodies(world, "orders")
        if item["sk"]["S"] == "-"
        for body in [json.loads(item["body"]["S"])]
    }
    stored: dict[str, list[dict[str, Any]]] = defaultdict(list)
    in_erp = world.controls.control(erp, "orders")
    for row in in_erp if isinstance(in_erp, list) else []:
        if isinstance(row, dict):
            stored[str(row["reference"])].append(row)
    counts: Counter[str] = Counter()
    for order in day.orders:
        if order.kind is not OrderKind.SALE or order.key not in placed:
            continue
        counts["received"] += 1
        external_id = str(placed[order.key]["id"])
        _one_order(order.key, placed[order.key], cases.get(external_id), stored, counts, found)
    counts["in_erp"] = sum(len(rows) for rows in stored.values())
    counts["duplicates"] = sum(len(rows) - 1 for rows in stored.values())
    names = ("received", "accepted", "in_erp", "duplicates", "held", "cents_difference")
    found.orders = {name: counts[name] for name in names}
    if counts["duplicates"]:
        found.wrong.append(f"{counts['duplicates']} orders are doubled in the ERP")


def _one_order(
    key: str,
    shown: Mapping[str, Json],
    case: dict[str, Any] | None,
    stored: Mapping[str, list[dict[str, Any]]],
    counts: Counter[str],
    found: Compared,
) -> None:
    if case is None:
        found.wrong.append(f"order {key} was never captured")
        return
    rows = stored.get(case["reference"], [])
    if case["state"] == "held":
        counts["held"] += 1
        if rows:
            found.wrong.append(f"order {key} is held, yet in the ERP")
        return
    counts["accepted"] += bool(case["erp_order"])
    if not rows:
        found.wrong.append(f"order {key} ({case['state']}) is missing in the ERP")
        return
    cents = minor(str(rows[0]["total"])) - int(str(shown["total"]))
    if cents:
        counts["cents_difference"] += abs(cents)
        found.wrong.append(f"order {key}: the ERP's total is off by {cents}")


def _refunds(
    world: World, day: Day, placed: Mapping[str, dict[str, Json]], erp: str, found: Compared
) -> None:
    """Each refund is one document of the ERP and one credit memo, and their sums are the same."""
    cases = [
        json.loads(item["body"]["S"]) for item in bodies(world, "orders") if item["sk"]["S"] == "-"
    ]
    held = {body["order"]["external_id"] for body in cases if body["state"] == "held"}
    given = [
        one
        for one in day.refunds
        if one.order_key in placed and str(placed[one.order_key]["id"]) not in held
    ]
    booked: Any = world.controls.control(erp, "credits")
    memos = {
        bill["document"]
        for body in cases
        for bill in body.get("bills", ())
        if bill["kind"] == "credit_memo"
    }
    gave = sum(one.total_minor for one in given)
    kept = sum(minor(str(one["total"])) for one in booked)
    found.orders |= {
        "refunds": len(given),
        "credited": len(booked),
        "credit_memos": len(memos),
        "refunds_cents_difference": abs(gave - kept),
    }
    if not len(given) == len(booked) == len(memos):
        found.wrong.append(
            f"{len(given)} refunds, {len(booked)} documents of the ERP, {len(memos)} credit memos"
        )
    if gave != kept:
        found.wrong.append(f"{gave} went back, the ERP credits {kept}")


def _taxes(
    world: World, day: Day, placed: Mapping[str, dict[str, Json]], erp: str, found: Compared
) -> None:
    in_erp: Any = world.controls.control(erp, "orders")
    figures, wrong = taxed(day, placed, in_erp)
    found.orders |= figures
    found.wrong += wrong


def _targets(world: World, shop: str, found: Compared) -> None:
    prices = world.controls.control(shop, "read_prices")
    stock = world.controls.control(shop, "read_stock")
    listed = world.controls.control(shop, "products")
    if not (isinstance(prices, dict) and isinstance(stock, dict) and isinstance(listed, list)):
        raise TypeError("the shop cannot be read back")
    titles = {
        str(v["sku"]): str(p["title"])
        for p in listed
        if isinstance(p, dict) and isinstance(p["variants"], list)
        for v in p["variants"]
        if isinstance(v, dict)
    }
    shows = _Shows(world, prices, stock, titles)
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for item in bodies(world, "targets"):
        target = json.loads(item["body"]["S"])
        mine = counts[target["channel"]][target["facet"]]
        mine["total"] += 1
        mine["published"] += target["published_version"] == target["version"]
        mine["dirty"] += target["state"] in {"dirty", "in_doubt"}
        if not shows.right(target):
            mine["mismatched"] += 1
            found.wrong.append(f"{target['facet']} of {target['key']} is not what the shop shows")
    for channel, facets in counts.items():
        names = ("total", "published", "dirty", "mismatched")
        found.targets[channel] = {
            facet: {name: tally[name] for name in names} for facet, tally in sorted(facets.items())
        }
        dirty = sum(tally["dirty"] for tally in facets.values())
        if dirty:
            found.wrong.append(f"{dirty} targets of {channel} are still dirty")


@dataclass(frozen=True, slots=True)
class _Shows:
    """What the shop shows, by SKU."""

    world: World
    prices: Mapping[str, Any]
    stock: Mapping[str, Any]
    titles: Mapping[str, str]

    def right(self, target: dict[str, Any]) -> bool:
        desired, key = target["desired"], target["key"]
        match target["facet"]:
            case Facet.PRICE:
                shown = self.prices.get(key)
                higher = desired["compare_at"]["amount"] if desired["compare_at"] else None
                wanted = {"price": desired["price"]["amount"], "compare_at": higher}
                return bool(shown == wanted)
            case Facet.STOCK:
                return self._stocked(desired["levels"], self.stock.get(key, {}))
            case _:
                title = desired["title"]
                return all(
                    self.titles.get(v["sku"]) == title
                    for v in desired["variants"]
                    if v["lifecycle"] == "active"
                )

    def _stocked(self, levels: Mapping[str, int], shown: Mapping[str, Any]) -> bool:
        retailer = self.world.retailer
        shop = retailer.channels[0].connection
        at = {place: str(retailer.external_location(shop, place)) for place in levels}
        return all(sellable(shown.get(at[place], {})) == units for place, units in levels.items())


def sellable(level: Mapping[str, int]) -> int:
    """Units the shop will still sell: below nothing is nothing."""
    return max(0, level.get("available", 0))


def _messages(world: World, found: Compared) -> None:
    kept = states(world, "inbox")
    taken = sum(kept.values())
    lost = taken - kept["handled"] - kept["parked"]
    found.messages = {
        "in": taken,
        "applied": kept["handled"],
        "exceptions": kept["parked"],
        "lost": lost,
    }
    if lost:
        found.wrong.append(f"{lost} messages are neither applied nor an exception")


def _vendors(world: World, shop: str, found: Compared) -> None:
    for vendor in world.plan.vendors:
        said = counters(world, vendor.connection)
        minimum = (
            world.controls.control(shop, "minimum_points") if vendor.connection == shop else None
        )
        found.vendor[vendor.connection] = {
            "calls": said.get("calls", 0),
            "points": said.get("points", said.get("calls", 0)),
            "minimum_points": minimum,
            "throttled": said.get("throttled", 0),
        }
