"""Days on which orders go wrong: storms, last units, unknown codes, poison, changes of mind."""

from functools import partial

from shared.model.base import Json
from shared.model.case import CaseState
from shared.model.ids import Entity
from shared.model.issue import IssueKind
from shared.ports import Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.invariants_orders import cases
from tests.simulation.poison import Overcharged, malform, overcharge
from tests.simulation.scenario import (
    ORDERLY,
    REPLAYED,
    SHARE,
    Play,
    Scenario,
    catalogue,
    few,
    some,
    spread,
)

CODE = "LEGACY-1"
RELEASED_MS = 10 * SECOND  # after its code is mapped
SELDOM = 0.25
CURABLE = REPLAYED - {IssueKind.BAD_MESSAGE}


def _order_storm(play: Play) -> None:
    """Orders arrive faster than they are handled; some are delivered in two parts."""
    for at in spread(play, 20 * SECOND, some(play, 2)):
        sku = play.rng.choice(("HAT-M", "HAT-L"))
        units = play.rng.randint(1, 3)
        play.later(at, partial(play.order, "shop", (sku, units)))
    if play.rng.random() < SHARE:
        play.later(40 * SECOND, partial(play.deliver, parts=True))
    play.later(80 * SECOND, play.deliver)


def _one_left(play: Play) -> None:
    catalogue(play, "M", units=1)


def _last_unit(play: Play) -> None:
    """Two shops offer the last unit and several shoppers want it."""
    for at in spread(play, 20 * SECOND, 1 + some(play, 2)):
        shop = play.rng.choice(play.world.shops)
        play.later(at, partial(play.order, shop, ("HAT-M", 1)))
    play.later(MINUTE, play.deliver)
    for at in spread(play, 30 * SECOND, some(play, 2)):
        shop = play.rng.choice(play.world.shops)
        play.later(80 * SECOND + at, partial(play.order, shop, ("HAT-M", 1)))


def _slow_erp(play: Play) -> None:
    """An ERP with two slots and seconds per call, while orders queue up."""
    play.world.transports["erp"].slow_ms = 4 * SECOND
    for at in spread(play, 20 * SECOND, 1 + some(play, 2)):
        play.later(at, partial(play.order, "shop", ("HAT-M", 1)))


def _one_size(play: Play) -> None:
    catalogue(play, "M", units=20)


def _unknown_code(play: Play) -> None:
    """Orders wait for a code, until it is mapped or its article is created in the ERP."""
    for at in spread(play, 20 * SECOND, some(play, 2)):
        play.later(at, partial(play.coded, "shop", CODE, 1, 1500))
    at = play.rng.randint(0, 60 * SECOND)
    if play.rng.random() < 0.5:
        play.later(at, partial(_map, play))
        play.later(at + RELEASED_MS, partial(_left_waiting, play))
    else:
        play.later(at, partial(play.article, CODE, tell=play.rng.random() < 0.7))


def _left_waiting(play: Play) -> None:
    play.notes["waits"] = [
        order_id for order_id, case in cases(play.truth).items() if case.state is CaseState.HELD
    ]


def _released_by_mapping(play: Play) -> list[str]:
    """Undisturbed, what waited for a code goes on as soon as it is mapped."""
    waits = [] if play.world.faults.fired else play.notes.get("waits", [])
    return [f"{waits} still wait for {CODE}, which is mapped"] if waits else []


def _map(play: Play) -> None:
    play.world.engine.note(f"an operator maps {CODE} to HAT-M")
    play.world.map("shop", CODE, "HAT-M")


def _poison(play: Play) -> None:
    """Orders and webhooks that cannot be right, among others that are."""
    wishes = spread(play, 30 * SECOND, 2)
    for at in wishes:
        play.later(at, partial(play.order, "shop", ("HAT-M", 1)))
    play.later(play.rng.choice(wishes), partial(overcharge, play, "shop"))
    for at in spread(play, 30 * SECOND, some(play, 2)):
        play.later(at, partial(malform, play))


def _poison_stays_out(play: Play) -> list[str]:
    return [*_one_exception_each(play), *_unsent(play)]


def _unsent(play: Play) -> list[str]:
    """What does not add up is held before anything else, and never sent."""
    sent = play.world.vendors["erp"].tenant.by_reference
    stated = play.world.vendors["shop"].shop.orders.items()
    wrong = [f"SHOP-{number}" for number, order in stated if isinstance(order, Overcharged)]
    return [f"{name} does not add up, and is in the ERP" for name in wrong if sent.get(name)]


def _one_exception_each(play: Play) -> list[str]:
    """A delivery nobody can understand is parked with one exception of its own."""
    store = play.world.store
    parked = sum(row.body["state"] == "parked" for row in store.rows(Table.INBOX))
    told = sum(row.body["kind"] == IssueKind.BAD_MESSAGE for row in store.rows(Table.ISSUES))
    return [] if parked == told else [f"{parked} deliveries are parked, {told} exceptions tell"]


def _changes_of_mind(play: Play) -> None:
    """Orders are cancelled and refunded while they are on their way to the ERP and after."""
    for at in spread(play, 15 * SECOND, some(play, 2)):
        play.later(at, partial(play.sale, "shop", "HAT-M", play.rng.randint(1, 2)))
    play.later(play.rng.randint(2, 60) * SECOND, partial(play.refund, "shop", restock=False))
    if play.rng.random() < SHARE:
        play.later(play.rng.randint(40, 90) * SECOND, play.deliver)


def _given_back(play: Play) -> None:
    """Units come back after they left, and money goes back beside them, in several steps.

    Some are paid by gift card too, and shown in another currency than the shop's.
    """
    wish: list[Json] = [{"sku": "HAT-M", "quantity": play.rng.randint(1, 3)}]
    gift = "3.00" if play.rng.random() < SHARE else None
    shown, rate = ("EUR", "1.1703") if play.rng.random() < SHARE else (None, "1")
    buy = partial(play.basket, "shop", wish, gift_card=gift, shown_in=shown, rate=rate)
    play.later(play.rng.randint(0, 10 * SECOND), buy)
    play.later(play.rng.randint(30, 50) * SECOND, play.deliver)
    for at in spread(play, 60 * SECOND, some(play, 2)):
        restock = play.rng.random() < SHARE
        play.later(50 * SECOND + at, partial(play.refund, "shop", restock=restock))
    if play.rng.random() < SHARE:
        late = play.rng.randint(50, 110) * SECOND
        play.later(late, partial(play.goodwill, "shop", play.rng.randint(1, 300)))
    billed = play.rng.randint(60, 90) * SECOND
    play.later(billed, play.bill)
    if play.rng.random() < SHARE:
        play.later(billed + play.rng.randint(5, 25) * SECOND, play.unbill)
    if play.rng.random() < SELDOM:
        early = play.rng.randint(15, 30)
        play.later(early * SECOND, partial(play.goodwill, "shop", 200))
        soon = early + play.rng.randint(4, 15)
        play.later(soon * SECOND, partial(play.refund, "shop", restock=True, whole=True))


def _cancelled(play: Play) -> None:
    """The shop cancels, or takes units back into its own stock, at any moment."""
    for at in spread(play, 15 * SECOND, some(play, 2)):
        play.later(at, partial(play.sale, "shop", "HAT-M", play.rng.randint(1, 3)))
    undo = partial(play.cancel, "shop"), partial(play.refund, "shop", restock=True)
    play.later(play.rng.randint(2, 80) * SECOND, play.rng.choice(undo))


def _raced(play: Play) -> None:
    """Orders are cancelled, in part too, or edited while the warehouse sends them in parcels."""
    for at in spread(play, 15 * SECOND, some(play, 2)):
        play.later(at, partial(play.sale, "shop", "HAT-M", play.rng.randint(1, 3)))
    at = play.rng.randint(10, 100) * SECOND
    play.later(at, partial(play.deliver, parts=play.rng.random() < SHARE))
    refund = partial(play.refund, "shop", restock=True)
    edits = partial(play.edit, "shop"), partial(play.reprice, "shop")
    undo = partial(play.cancel, "shop"), refund, *edits
    for _ in range(some(play, 2)):
        near = at + play.rng.randint(-30, 20) * SECOND
        play.later(max(0, near), play.rng.choice(undo))


def _unreadable(play: Play) -> None:
    """An order paid through a test gateway is refused, heard of by webhook and by poll."""
    wish: list[Json] = [{"sku": "HAT-M", "quantity": 1}]
    play.later(5 * SECOND, lambda: play.basket("shop", wish, test=True))
    play.later(20 * SECOND, partial(play.order, "shop", ("HAT-M", 1)))


def _revoked(play: Play) -> None:
    """Tokens and sessions are revoked in the middle of everything."""
    for at in spread(play, 60 * SECOND, some(play, 2)):
        play.later(at, partial(play.order, "shop", ("HAT-M", 1)))
    play.later(play.rng.randint(0, 60) * SECOND, partial(play.price, "HAT-M", 1250))
    for at in spread(play, 80 * SECOND, some(play, 2)):
        play.later(at, partial(play.revoke, play.rng.choice(("erp", "shop"))))


def _whole_day(play: Play) -> None:
    """A bit of everything, of which every delivery is replayed in the end."""
    play.later(play.rng.randint(0, 20) * SECOND, partial(play.order, "shop", ("HAT-M", 2)))
    play.later(play.rng.randint(0, 40) * SECOND, partial(play.price, "HAT-M", 1100))
    play.later(play.rng.randint(0, 40) * SECOND, partial(play.stock, "HAT-M", 3))
    play.later(60 * SECOND, play.deliver)


ORDERS = (
    Scenario("order storm", few, _order_storm),
    Scenario("last unit on two channels", _one_left, _last_unit, shops=("shop", "outlet")),
    Scenario("slow ERP with few slots", few, _slow_erp, slots=2),
    Scenario(
        "unknown code becomes known",
        _one_size,
        _unknown_code,
        reads=ORDERLY | {Entity.PRODUCT},
        check=_released_by_mapping,
    ),
    Scenario(
        "poison among the orders",
        _one_size,
        _poison,
        check=_poison_stays_out,
        replayed=CURABLE,
    ),
    Scenario("refunds on the way", _one_size, _changes_of_mind),
    Scenario("goods and money go back", _one_size, _given_back, reads=ORDERLY | {Entity.INVOICE}),
    Scenario("tokens are revoked", _one_size, _revoked, reads=ORDERLY | {Entity.PRICE}),
    Scenario(
        "the day is replayed", _one_size, _whole_day, replays=True, reads=ORDERLY | {Entity.PRICE}
    ),
    Scenario("orders are cancelled", _one_size, _cancelled),
    Scenario("cancellations race the warehouse", _one_size, _raced),
    Scenario("an order nobody can read", _one_size, _unreadable, replayed=CURABLE),
)
