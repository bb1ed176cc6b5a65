"""12,000 base prices and a promotion in two time zones: begun, corrected, withdrawn in part, ended.

One ERP owns base prices, an engine that is never called owns promotions, and two shops show them
in their own money, tax and time. Every shown price is held against plain arithmetic.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sandbox.home import Home, Steps
from sandbox.play.loading import load, price_text
from sandbox.play.quiet import armed, counters, open_at_last
from sandbox.retailer.generated import generate
from sandbox.stories.weekend import CHANGE, ERP, LOOK_S, Weekend
from sandbox.stories.weekend_prices import Book, Window, whole_second
from sandbox.toml_text import written
from sandbox.world import World
from shared.model.base import Json
from shared.model.ids import Facet

FILE: Final = "retailers/two-markets.toml"
PRODUCTS: Final = 800  # of 15 articles each: colours and sizes
MEANT, SLIP = 1, 2  # articles whose price falls to a tenth: one on purpose, one by mistake
PROMOTED: Final = 1500
CORRECTED: Final = 300
REPRICED: Final = 100  # base prices that change while they are promoted
WITHDRAWN: Final = 300
LEAD_S: Final = 60.0  # from dropping the file to the start in London, at the least
APART_S: Final = 30.0  # New York begins and ends so much later
LASTS_S: Final = 180.0  # at the least; a machine that is slow gets longer
EARLY_S: Final = 45.0  # from dropping a withdrawal to the end it names
BUDGET_S: Final = 5.0  # what docs/architecture.md plans with, from an instant to the first price


def retailer_file(home: Home, base: Path, *, export: Path | None) -> Path:
    """The retailer of two markets, whatever `base` is; with times that suit a sandbox."""
    import tomllib  # noqa: PLC0415 - only here

    del base, export
    raw = tomllib.loads((home.root / FILE).read_text(encoding="utf-8"))
    for connection in raw["connections"]:
        connection["settle_seconds"] = 5
        connection["limits"]["slots"] = (
            2  # one publisher works; more would only start cold beside it
        )
    path = home.path("weekend.toml")
    path.write_text(written(raw), encoding="utf-8")
    return path


def run(world: World, *, export: Path | None, steps: Steps) -> dict[str, Json]:
    """Play and compare; `ok` is False when a price, its time or its attribution is not right."""
    del export
    began = time.monotonic()
    day = replace(generate(products=PRODUCTS, orders=0), promotions=(), opening_stock=())
    now = datetime.now(UTC)
    windows = {
        c.name: Window(c.name, now, now + timedelta(days=1)) for c in world.retailer.channels
    }
    weekend = Weekend(
        world=world, steps=steps, day=day, book=Book(dict(day.opening_prices), windows)
    )
    _open(weekend)
    _reprice(weekend)
    _rule(weekend)
    promoted = weekend.skus[:: len(weekend.skus) // PROMOTED][:PROMOTED]
    _announce(weekend, promoted)
    _run(weekend, promoted)
    _end(weekend, promoted)
    _look(weekend, promoted)
    return _result(weekend, began)


def _open(weekend: Weekend) -> None:
    """Both shops list the catalogue and show the prices the ERP has."""
    began = time.monotonic()
    load(weekend.world.controls, ERP, weekend.day, weekend.world.retailer)
    weekend.timed("load the ERP", began)
    began = time.monotonic()
    weekend.poll("product")
    weekend.settle(Facet.CONTENT, wanted=len({a.product_id for a in weekend.day.articles}))
    weekend.timed("list the catalogue twice", began)
    began = time.monotonic()
    weekend.poll("price")
    weekend.settle(Facet.PRICE, wanted=len(weekend.skus))
    weekend.timed("show first prices", began)


def _reprice(weekend: Weekend) -> None:
    """The ERP changes every base price, two of them to a tenth of what it was."""
    began = time.monotonic()
    before = _points(weekend)
    book, old = weekend.book, dict(weekend.book.prices)
    book.prices = {sku: pence + 20 + number % 90 for number, (sku, pence) in _numbered(old)}
    for sku in _tenths(weekend):
        book.prices[sku] = old[sku] // 10
        book.kept |= {(channel, sku): old[sku] for channel in weekend.channels}
    changed = {sku: price_text(pence) for sku, pence in book.prices.items()}
    weekend.world.controls.control(ERP, "set_prices", prices=dict[str, Json](changed))
    weekend.poll("price")
    weekend.settle()
    for channel in weekend.channels:
        left = weekend.differing(channel, weekend.skus)
        weekend.check(f"every changed base price in {channel}", left, of=len(weekend.skus))
    weekend.figures["base prices changed"] = len(changed)
    weekend.figures["points of the change"] = _points(weekend) - before
    weekend.timed(CHANGE, began)


def _tenths(weekend: Weekend) -> tuple[str, str]:
    return weekend.skus[MEANT], weekend.skus[SLIP]


def _rule(weekend: Weekend) -> None:
    """Both shops hold both prices; a person approves the one that was meant, rejects the other."""
    began = time.monotonic()
    api, (meant, slip) = weekend.world.api, _tenths(weekend)
    waiting = api.approvals()
    wanted = sorted((channel, sku) for channel in weekend.channels for sku in (meant, slip))
    held = sorted((str(one["channel"]), str(one["sku"])) for one in waiting)
    wrong = [] if held == wanted else [f"held are {held}, not {wanted}"]
    weekend.check("prices that fall to a tenth are held", wrong, of=len(wanted))
    for decision, sku, why in (("approve", meant, "clearance"), ("reject", slip, "a slip")):
        names = ("channel", "sku", "proposal")
        lines: list[Json] = [{n: one[n] for n in names} for one in waiting if one["sku"] == sku]
        api.rule(decision, why, proposals=lines)
    for channel in weekend.channels:
        del weekend.book.kept[channel, meant]
        weekend.awaited(
            f"what was approved, and not what was rejected, in {channel}", channel, [meant, slip]
        )
    left = [f"{one['channel']} still holds {one['sku']}" for one in api.approvals()]
    weekend.check("nothing waits for approval any more", left, of=len(wanted))
    weekend.timed("approve one, reject one", began)


def _numbered(prices: Mapping[str, int]) -> Iterable[tuple[int, tuple[str, int]]]:
    return enumerate(sorted(prices.items()))


def _points(weekend: Weekend) -> int:
    return sum(int(str(counters(weekend.world, name)["points"])) for name in weekend.channels)


def _announce(weekend: Weekend, promoted: list[str]) -> None:
    """The engine drops the promotion, in each market's local time."""
    began = time.monotonic()
    pace = weekend.seconds[CHANGE]
    start = whole_second(datetime.now(UTC), later_s=max(LEAD_S, pace / 4))
    for number, channel in enumerate(weekend.channels):
        window = weekend.book.windows[channel]
        window.start = start + timedelta(seconds=number * APART_S)
        window.end = whole_second(window.start, later_s=max(LASTS_S, pace / 2))
    weekend.book.promote(promoted, percent=20)
    rows = weekend.book.rows(promoted)
    weekend.drop("weekend", rows)
    while armed(weekend.world) < len(promoted) and datetime.now(UTC) < start:
        time.sleep(LOOK_S)
    weekend.figures["s armed before the start"] = round((start - datetime.now(UTC)).total_seconds())
    weekend.timed("take the promotion in", began)


def _prolong(weekend: Weekend, promoted: list[str]) -> None:
    """Move the end where this machine became so slow that what is to come would not fit before."""
    windows = weekend.book.windows.values()
    left = (min(w.end for w in windows) - datetime.now(UTC)).total_seconds()
    needed_s = EARLY_S + 2 * max(last for _, last in weekend.late)
    if left < needed_s:
        for window in windows:
            window.end = whole_second(window.end, later_s=2 * needed_s)
        weekend.drop(f"prolonged-{len(weekend.late)}", weekend.book.rows(promoted))


def _run(weekend: Weekend, promoted: list[str]) -> None:
    book = weekend.book
    began = time.monotonic()
    weekend.switched("start", promoted, {name: w.start for name, w in book.windows.items()})
    weekend.timed("start", began)
    _trace(weekend, promoted[-1], wanted=["base price", "promotional price"])

    _prolong(weekend, promoted)
    began = time.monotonic()
    corrected = promoted[:CORRECTED]
    at = datetime.now(UTC)
    book.promote(corrected, percent=30)
    weekend.post(book.rows(corrected))
    weekend.switched("correction", corrected, dict.fromkeys(weekend.channels, at))
    weekend.timed("correct while it runs", began)

    _prolong(weekend, promoted)
    began = time.monotonic()
    repriced = promoted[CORRECTED : CORRECTED + REPRICED]
    for sku in repriced:
        book.prices[sku] += book.prices[sku] // 20
        text = price_text(book.prices[sku])
        weekend.world.controls.control(ERP, "set_price", sku=sku, amount=text, tell=True)
    withdrawn = promoted[-WITHDRAWN:]
    early = whole_second(datetime.now(UTC), later_s=EARLY_S)
    book.withdraw(withdrawn, early)
    weekend.drop("withdrawn", book.rows(withdrawn))
    weekend.switched("early end", withdrawn, dict.fromkeys(weekend.channels, early))
    for channel in weekend.channels:
        weekend.awaited(f"a base changed below the promotion in {channel}", channel, repriced)
    weekend.timed("change bases, withdraw a part", began)


def _end(weekend: Weekend, promoted: list[str]) -> None:
    began = time.monotonic()
    still = promoted[:-WITHDRAWN]
    due = {name: window.end for name, window in weekend.book.windows.items()}
    weekend.switched("end", still, due)
    weekend.settle()
    weekend.timed("end", began)


def _look(weekend: Weekend, promoted: list[str]) -> None:
    """Read everything back, by hand and by the product's own comparison, and ask for a reason."""
    began = time.monotonic()
    for channel in weekend.channels:
        left = weekend.differing(channel, weekend.skus)
        weekend.check(f"every price in {channel} at the end", left, of=len(weekend.skus))
        url = weekend.world.deployed.queues[f"{channel}-read"]
        body = json.dumps({"compare": Facet.PRICE, "channel": channel})
        weekend.world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    weekend.settle()
    _parity(weekend)
    _trace(weekend, promoted[0], wanted=["base price", "exchange rate", "tax", "rounding charm"])
    weekend.timed("compare", began)


def _parity(weekend: Weekend) -> None:
    for one in weekend.world.api.parity():
        if one["facet"] != Facet.PRICE:
            continue
        name = f"parity of {one['channel']}"
        weekend.figures[name] = str(one.get("share_equal"))
        examples = one.get("examples")
        listed = examples if isinstance(examples, list) else []
        total = int(str(one.get("compared")))
        wrong = [f"{name}: {json.dumps(example)}" for example in listed]
        if total != len(weekend.skus) or (one.get("equal") != total and not wrong):
            wrong.append(f"{name}: {one.get('equal')} of {total} are equal: {one.get('differing')}")
        weekend.check(name, wrong, of=total)


def _trace(weekend: Weekend, sku: str, *, wanted: list[str]) -> None:
    """The chain of rules behind a price: in New York from sterling with tax to dollars without."""
    found: Any = weekend.world.api.trace_sku(sku)
    chains = {
        one["channel"]: [f"{s['rule']}: {s['detail']}" for s in one["targets"]["price"]["why"]]
        for one in found["channels"]
    }
    for channel, steps in chains.items():
        weekend.chain += [f"{sku} in {channel}: {step}" for step in steps]
    rules = [step.split(":", 1)[0] for step in chains["new-york"]]
    wrong = [] if rules == wanted else [f"{sku} in new-york is explained by {rules}, not {wanted}"]
    pence = weekend.book.prices[sku]
    if not any(price_text(pence) in step for step in chains["london"]):
        wrong.append(f"{sku} in london is not explained by {price_text(pence)}")
    weekend.check(f"the chain of rules behind {sku}", wrong, of=len(chains))


def _result(weekend: Weekend, began: float) -> dict[str, Json]:
    weekend.check("no exception is open", open_at_last(weekend.world), of=0)
    most = f"{max(first for first, _ in weekend.late):.1f}, of {BUDGET_S:.0f} planned with"
    weekend.figures["most s from an instant to the first price"] = most
    return weekend.result(began) | {"chain": list[Json](weekend.chain)}
