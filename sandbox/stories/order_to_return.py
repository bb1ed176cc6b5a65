"""One order up to its last credit memo: a lost answer, two parcels, returns, an exchange.

It is paid by gift card and card, and shown in euros. The ERP loses the answer after storing it.
Goods leave in two parcels and are invoiced. One unit comes back as good, one broken, refunded in
two steps; another is exchanged for a cheaper article; in the end some money is given back for no
goods at all. What the shop was paid and what the ERP has booked must then be the same, to the
penny, and each payment must have given back what the shop says.
"""

import json
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.home import Home, Steps
from sandbox.play.loading import load
from sandbox.play.quiet import settle, targets
from sandbox.play.tenders import divided
from sandbox.retailer.day import Article, Day, StockPlace
from sandbox.toml_text import written
from sandbox.world import World
from shared.model.base import Json
from shared.model.ids import Facet

PATIENCE_S: Final = 240.0
COAT, SCARF, BELT = "COAT", "SCARF", "BELT"
PRICES: Final = {COAT: 4950, SCARF: 1999, BELT: 1250}
UNITS: Final = 20
FREIGHT: Final = "4.80"
GOODWILL: Final = "2.35"
GOOD, BROKEN = "653", "657"  # goods movements: for sale again, and blocked


def retailer_file(home: Home, base: Path, *, export: Path | None) -> Path:
    """The retailer's file with times that suit a sandbox."""
    del export
    raw = tomllib.loads(base.read_text(encoding="utf-8"))
    for connection in raw["connections"]:
        connection["settle_seconds"] = 5
    path = home.path("order-to-return.toml")
    path.write_text(written(raw), encoding="utf-8")
    return path


@dataclass(slots=True)
class Telling:
    """The story on one world. `wrong` holds a line for everything that is not as it must be."""

    world: World
    steps: Steps
    shop: str
    erp: str
    order: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Json] = field(default_factory=dict)
    checks: list[dict[str, Json]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def order_id(self) -> str:
        return f"{self.shop}:{self.order['id']}"

    @property
    def reference(self) -> str:
        return f"{self.shop}-{self.order['id']}".upper()

    def timed(self, name: str, began: float) -> None:
        self.seconds[name] = round(time.monotonic() - began, 1)
        self.steps.took(name, self.seconds[name])

    def check(self, name: str, pairs: Iterable[tuple[object, object]]) -> None:
        """What is, and what must be."""
        wrong = [f"{name}: {found!r}, not {wanted!r}" for found, wanted in pairs if found != wanted]
        self.wrong += wrong
        detail = wrong[0] if wrong else "as it must be"
        self.checks.append({"name": name, "ok": not wrong, "detail": detail})

    def sells(self, command: str, **said: Json) -> Any:
        return self.world.controls.control(self.shop, command, **said)

    def books(self, command: str, **said: Json) -> Any:
        return self.world.controls.control(self.erp, command, **said)

    def poll(self, entity: str, *, facet: Facet | None = None) -> None:
        url = self.world.deployed.queues[f"{self.erp}-read"]
        body = json.dumps({"poll": entity})
        self.world.deployed.aws.sqs.send_message(QueueUrl=url, MessageBody=body)
        wanted = len(PRICES) if facet else 0
        settle(
            self.world,
            within_s=PATIENCE_S,
            enough=lambda: facet is None or targets(self.world, facet) >= wanted,
        )

    def settle(self) -> None:
        settle(self.world, within_s=PATIENCE_S)

    def case(self) -> Any:
        return self.world.api.trace_order(self.order_id)

    def line(self, sku: str) -> str:
        return next(str(one["id"]) for one in self.order["lines"] if one["sku"] == sku)

    def in_erp(self) -> list[Any]:
        return [one for one in self.books("orders") if one["reference"] == self.reference]


def run(world: World, *, export: Path | None, steps: Steps) -> dict[str, Json]:
    """Play and compare; `ok` is False when a document, a unit or a penny is not as it must be."""
    del export
    channel = world.retailer.channels[0]
    return told(Telling(world, steps, channel.connection, channel.erp))


def told(telling: Telling) -> dict[str, Json]:
    """The story from its first article to its last penny."""
    began = time.monotonic()
    _open(telling)
    _sell(telling)
    _ship(telling)
    _take_back(telling)
    _exchange(telling)
    _appease(telling)
    _compare(telling)
    return _result(telling, time.monotonic() - began)


def _open(telling: Telling) -> None:
    began = time.monotonic()
    location = telling.world.retailer.locations[0].name
    day = Day(
        articles=tuple(Article(sku, sku, sku.title(), "", None, "PC", "clothes") for sku in PRICES),
        opening_prices=dict(PRICES),
        opening_stock=tuple(StockPlace(sku, location, UNITS) for sku in PRICES),
        orders=(),
        refunds=(),
        price_points=(),
        corrections=(),
        oddities=(),
        currency="GBP",
    )
    load(telling.world.controls, telling.erp, day, telling.world.retailer)
    for entity, facet in (
        ("product", Facet.CONTENT),
        ("price", Facet.PRICE),
        ("stock", Facet.STOCK),
    ):
        telling.poll(entity, facet=facet)
    telling.timed("open the shop", began)


def _sell(telling: Telling) -> None:
    """The ERP stores the order and its answer is lost; nothing is posted a second time."""
    began = time.monotonic()
    telling.books("timeout_after_commit", times=1)
    telling.order = telling.sells(
        "place_order",
        lines=[{"sku": COAT, "quantity": 3}, {"sku": SCARF, "quantity": 2}],
        shipping={"price": FREIGHT},
        discount={"amount": "5.00", "code": "WELCOME"},
        customer={"name": "A Shopper", "email": "shopper@customers.example", "country": "GB"},
        tax_rate="0.2",
        gift_card="60.00",
        shown_in="EUR",
        rate="1.1703",
    )
    telling.settle()
    held, case = telling.in_erp(), telling.case()
    due = [one["total"] for one in held]
    telling.check(
        "the order is in the ERP once, to the penny",
        [
            (due, [_text(int(telling.order["total"]))]),
            (case["state"], "accepted"),
            (_attempts(case), 1),
        ],
    )
    telling.check(
        "the lost answer stands in the timeline",
        [
            (
                [hop["what"] for hop in case["timeline"]].count("in doubt"),
                1,
            )
        ],
    )
    telling.timed("sell, with the answer lost", began)


def _attempts(case: Any) -> int:
    return sum(one["attempts"] for one in case["intents"] if one["kind"] == "post_order")


def _ship(telling: Telling) -> None:
    """Two parcels, each with a tracking number, and one invoice."""
    began = time.monotonic()
    number = telling.in_erp()[0]["number"]
    telling.books("deliver", order=number, items={"10": 2}, tracking="JJD-1")
    telling.settle()
    part = telling.case()
    telling.books("deliver", order=number, tracking="JJD-2")
    telling.settle()
    (shown,) = [one for one in telling.sells("orders") if one["id"] == telling.order["id"]]
    sent = sorted(name for one in shown["fulfilments"] for name in one["numbers"])
    telling.check(
        "two parcels, each with its tracking in the shop",
        [
            (part["state"], "partly_shipped"),
            (telling.case()["state"], "shipped"),
            (sent, ["JJD-1", "JJD-2"]),
        ],
    )
    _bill(telling)
    case = telling.case()
    telling.check(
        "all of it is invoiced",
        [
            (case["standing"]["billing"], "invoiced"),
            (_billed(telling, "invoice"), int(telling.order["total"])),
        ],
    )
    telling.timed("ship in two parcels and invoice", began)


def _bill(telling: Telling) -> None:
    telling.books("bill")
    telling.settle()


def _billed(telling: Telling, kind: str) -> int:
    """What stands on the case as billed, in pennies."""
    bills = telling.case()["bills"]
    return sum(b["total"]["amount"] for b in bills if b["kind"] == kind and not b["cancelled"])


def _take_back(telling: Telling) -> None:
    """Two coats come back, one as good and one broken; the money goes back in two steps."""
    began = time.monotonic()
    before = _unrestricted(telling, COAT)
    number = _granted(telling, COAT, 2)
    _received(telling, {GOOD: 1, BROKEN: 1})
    for disposition in ("RESTOCKED", "NOT_RESTOCKED"):
        row: Json = {"line": telling.line(COAT), "quantity": 1, "disposition": disposition}
        telling.sells(
            "process_return", order=telling.order["id"], number=number, lines=[row], refund=True
        )
        telling.settle()
    telling.check(
        "one coat may be sold again, the broken one never",
        [
            (_unrestricted(telling, COAT), before + 1),
            (_offered(telling, COAT), before + 1),
            (_returned(telling), 2),
        ],
    )
    _credited(telling, "each step of the refund is one document and one credit memo", 2)
    telling.timed("take two back, refund in two steps", began)


def _granted(telling: Telling, sku: str, units: int) -> int:
    """A return the shop opens, which the ERP then expects once."""
    row: Json = {"line": telling.line(sku), "quantity": units}
    number = telling.sells("open_return", order=telling.order["id"], lines=[row])
    telling.settle()
    reference = f"{telling.shop}-V{number}".upper()
    asked = [one["total"] for one in telling.books("credits") if one["reference"] == reference]
    telling.check(f"the ERP expects the return of {sku} once, at no worth", [(asked, ["0.00"])])
    return int(number)


def _received(telling: Telling, movements: dict[str, int]) -> None:
    """The warehouse receives the newest return, and the next poll hears of it."""
    document = [c for c in telling.books("credits") if c["kind"] == "CustomerReturn"][-1]
    for movement, units in movements.items():
        telling.books(
            "receive_return", number=document["number"], items={"10": units}, movement=movement
        )
    telling.poll("return")


def _credited(telling: Telling, name: str, memos: int) -> None:
    _bill(telling)
    case = telling.case()
    kept = [one for one in case["intents"] if one["kind"] == "credit"]
    bills = [one for one in case["bills"] if one["kind"] == "credit_memo"]
    linked = {one["bills"] for one in bills} == {one["result"] for one in kept}
    telling.check(
        name,
        [
            ([one["state"] for one in kept], ["applied"] * memos),
            (len(bills), memos),
            (linked, True),
        ],
    )


def _exchange(telling: Telling) -> None:
    """A scarf comes back for a belt, which costs less: the difference goes back."""
    began = time.monotonic()
    number = _granted(telling, SCARF, 1)
    _received(telling, {GOOD: 1})
    row: Json = {"line": telling.line(SCARF), "quantity": 1, "disposition": "RESTOCKED"}
    telling.sells(
        "process_return",
        order=telling.order["id"],
        number=number,
        lines=[row],
        exchange=[{"sku": BELT, "quantity": 1}],
    )
    telling.settle()
    (held,) = telling.in_erp()
    telling.check(
        "the ERP's order has the belt",
        [([i["material"] for i in held["items"]], [COAT, SCARF, BELT])],
    )
    telling.books("deliver", order=held["number"], tracking="JJD-3")
    telling.settle()
    _credited(telling, "what was exchanged is credited, and the belt invoiced", 3)
    telling.check("three of the five came back", [(_returned(telling), 3)])
    telling.timed("exchange a scarf for a belt", began)


def _appease(telling: Telling) -> None:
    """Some money for the trouble, and nothing comes back."""
    began = time.monotonic()
    telling.sells("refund", order=telling.order["id"], lines=[], amount=GOODWILL)
    telling.settle()
    _credited(telling, "goodwill is a credit memo without goods", 4)
    telling.timed("give some money for no goods", began)


def _compare(telling: Telling) -> None:
    """What the shop was paid and gave back, and what the ERP has invoiced and credited."""
    paid: Any = telling.sells("payments", order=telling.order["id"])
    took = sum(one["amount"] for one in paid if one["kind"] != "REFUND")
    gave = sum(one["amount"] for one in paid if one["kind"] == "REFUND")
    invoiced, credited = _billed(telling, "invoice"), _billed(telling, "credit_memo")
    telling.check(
        "shop and ERP come to the same, to the penny", [(invoiced - credited, took - gave)]
    )
    telling.check(
        "each payment gives back what the shop says, as shown", divided(paid, telling.case())
    )
    telling.figures |= {
        "paid": _text(took),
        "refunded": _text(gave),
        "invoiced": _text(invoiced),
        "credited": _text(credited),
        "both come to": _text(took - gave),
    }


def _returned(telling: Telling) -> int:
    return sum(
        line["quantity"]
        for one in telling.case()["returns"]
        for receipt in one["receipts"]
        if receipt["told_by"] == telling.erp
        for line in receipt["lines"]
    )


def _unrestricted(telling: Telling, sku: str) -> int:
    return sum(int(units) for units in telling.books("stock")[sku].values())


def _offered(telling: Telling, sku: str) -> int:
    levels = telling.sells("read_stock")[sku]
    return sum(max(0, int(level["available"])) for level in levels.values())


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def _result(telling: Telling, seconds: float) -> dict[str, Json]:
    open_now = [str(one["summary"]) for one in telling.world.api.exceptions()]
    telling.check("no exception is open", [(open_now, [])])
    case = telling.case()
    telling.figures["steps in the trace"] = len(case["timeline"])
    timings = {f"{name}, s": value for name, value in telling.seconds.items()}
    wrong: list[Json] = list(telling.wrong[:20])
    return {
        "ok": not telling.wrong,
        "order": telling.order_id,
        "seconds": round(seconds, 1),
        "figures": {**telling.figures, **timings},
        "chain": [f"{hop['at'][11:19]} {hop['what']} {hop['detail']}" for hop in case["timeline"]],
        "wrong": wrong,
        "checks": list[Json](telling.checks),
    }
