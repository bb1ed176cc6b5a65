"""A day of which the books of shop and ERP are kept while both go on."""

from collections.abc import Iterator
from functools import partial

from sandbox.vendors.shopify.balance import LOST
from shared.domain import books
from shared.flows import keys
from shared.model.base import Json
from shared.model.books import OrderBooks, OrderPayouts
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.engine import SECOND
from tests.simulation.invariants_orders import cases
from tests.simulation.scenario import ORDERLY, REPLAYED, SHARE, Play, Scenario, few, spread

RULES = """
[books]
zone = "Europe/London"
after_hours = 0
"""
ZONE = "Europe/London"


def _trade(play: Play) -> None:
    play.later(play.rng.randint(0, 20 * SECOND), partial(play.order, "shop", ("HAT-M", 2)))
    play.later(50 * SECOND, play.deliver)
    play.later(70 * SECOND, play.bill)
    if play.rng.random() < SHARE:
        play.later(90 * SECOND, partial(play.refund, "shop", restock=False))


def _agree(play: Play) -> list[str]:
    return [*_by_day(play), *_differing(play)]


def _by_day(play: Play) -> Iterator[str]:
    """Each row of the ledger says what the case of its order does, and none is missing."""
    known: dict[tuple[str, str], object] = {
        (row.key.pk.removeprefix("books#"), row.key.sk): row.body["entries"]
        for row in play.world.store.rows(Table.CONTROL)
        if row.key.pk.startswith("books#")
    }
    for order_id, case in cases(play.truth).items():
        for day in books.days(case, zone=ZONE):
            found = [e for e in books.entries(case, zone=ZONE) if e.day == day]
            said = known.get((day, order_id), [])
            if said != [e.model_dump(mode="json") for e in found]:
                yield f"the books of {order_id} on {day} say {said}"


def _differing(play: Play) -> Iterator[str]:
    rows = {row.key: row for row in play.world.store.rows(Table.CONTROL)}
    for order_id, case in cases(play.truth).items():
        row = rows.get(keys.difference(order_id))
        said = OrderBooks.model_validate(row.body).differences if row else ()
        kinds = [d.bucket for d in books.differences(case, {})]
        if [d.bucket for d in said] != kinds:
            yield f"{order_id} differs by {kinds}, its books say {[d.bucket for d in said]}"


def _pay_out(play: Play) -> None:
    """The provider pays out in two payouts; the first may fail, and another may pay its content."""
    for at in spread(play, 20 * SECOND, 2):
        more: dict[str, Json] = {"gift_card": "4.00"} if play.rng.random() < SHARE else {}
        wish: list[Json] = [{"sku": "HAT-M", "quantity": 1}]
        play.later(at, partial(_sell, play, wish, more))
    if play.rng.random() < SHARE:
        play.later(30 * SECOND, partial(play.goodwill, "shop", 150))
    shop = play.world.vendors["shop"]
    play.later(40 * SECOND, partial(shop.control, "pay_out", state="IN_TRANSIT"))
    play.later(52 * SECOND, partial(play.world.poll, "shop", Entity.PAYOUT))  # on its way
    play.later(play.rng.randint(60, 80) * SECOND, partial(_land, play))
    if play.rng.random() >= SHARE:
        play.later(100 * SECOND, partial(shop.control, "pay_out"))


def _sell(play: Play, wish: list[Json], more: dict[str, Json]) -> None:
    play.basket("shop", wish, **more)  # type: ignore[arg-type]


def _land(play: Play) -> None:
    shop = play.world.vendors["shop"]
    state = "FAILED" if play.rng.random() < SHARE else "PAID"
    for number in list(shop.balance.payouts):
        shop.control("payout_state", number=number, state=state)


def _paid_out(play: Play) -> Iterator[str]:
    """Every movement of a payout that left stands with its order, once; none of one that failed."""
    shop = play.world.vendors["shop"]
    rows = {row.key: row.body for row in play.world.store.rows(Table.CONTROL)}
    for payout in shop.balance.payouts.values():
        for number in payout.movements if payout.state in {"PAID", "IN_TRANSIT"} else ():
            movement = shop.balance.movements[number]
            body = rows.get(keys.payouts(f"shop:{movement.order_id}"), {"lines": []})
            found = OrderPayouts.model_validate(body).lines
            said = [(one.payout, one.gross.amount) for one in found if one.reference == str(number)]
            if said != [(str(payout.number), abs(movement.amount))]:
                yield f"movement {number} of payout {payout.number} is known as {said}"
    lost = {str(one.number) for one in shop.balance.payouts.values() if one.state in LOST}
    for order_id, case in cases(play.truth).items():
        body = rows.get(keys.payouts(order_id), {"lines": []})
        for line in OrderPayouts.model_validate(body).lines:
            if line.payout in lost:
                yield f"{order_id} is paid out by payout {line.payout}, which failed"
        body = rows.get(keys.difference(order_id), {"differences": []})
        whole = len(shop.balance.payouts) > 1
        if "payout_missing" in str(body) and case.newest.payments and whole:
            yield f"{order_id} is paid out, and its books say it is not"


def _take_back(play: Play) -> None:
    """An order is taken back whole before it leaves, postage included, or as it leaves."""
    units = play.rng.randint(1, 2)
    wish: list[Json] = [{"sku": "HAT-M", "quantity": units}]
    play.later(2 * SECOND, partial(_sell, play, wish, {"shipping": {"price": "4.95"}}))
    at = play.rng.randint(8, 70) * SECOND
    play.later(at, partial(_undo, play, units))
    if play.rng.random() < SHARE:
        near = at + play.rng.randint(-20, 20) * SECOND
        play.later(max(0, near), partial(play.deliver, parts=play.rng.random() < SHARE))
    play.later(100 * SECOND, play.bill)


def _undo(play: Play, units: int) -> None:
    shop = play.world.vendors["shop"]
    for order in list(shop.shop.orders.values()):
        rows: list[Json] = [{"line": line.line_id, "quantity": units} for line in order.lines]
        play.world.engine.note(f"shop: takes {order.order_id} back with its postage")
        shop.control("refund", order=order.order_id, lines=rows, restock=True, freight=True)


BOOKS = (
    Scenario(
        "an order is taken back with its postage",
        few,
        _take_back,
        rules=RULES,
        reads=ORDERLY | {Entity.INVOICE},
        check=_agree,
    ),
    Scenario(
        "what a provider paid out",
        few,
        _pay_out,
        rules=RULES + "payout_days = 5\n",
        settings="payouts = true",
        reads=ORDERLY | {Entity.PAYOUT},
        replayed=REPLAYED | {IssueKind.BAD_FACT},
        check=lambda play: list(_paid_out(play)),
    ),
    Scenario(
        "the books of shop and ERP",
        few,
        _trade,
        rules=RULES,
        reads=ORDERLY | {Entity.INVOICE},
        check=_agree,
    ),
)
