"""Every invariant can fail: a world at rest is spoilt by hand, and the invariant tells of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zlib import compress

import pytest

from sandbox.vendors.sap.tenant import Bill, BilledItem, CreditDocument
from shared.domain import orders
from shared.flows import keys
from shared.flows.capture import Capture
from shared.model.case import CaseState
from shared.model.holds import Hold
from shared.ports import Key, Put, Table
from tests.simulation.engine import MINUTE, SECOND
from tests.simulation.faults import Faults
from tests.simulation.invariants import INVARIANTS as CHECKS
from tests.simulation.invariants_orders import cases
from tests.simulation.opening import opened
from tests.simulation.retailer import CANARY
from tests.simulation.runner import run
from tests.simulation.scenario import Play
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.truth import Shown, Truth
from tests.simulation.world import World

ORDER, LINE, CASE = "I6 every order accounted for", "line_rejected#shop/price/HAT-M", "order#"


@pytest.fixture
def truth() -> Truth:
    """An undisturbed order storm, five minutes later."""
    scenario = SCENARIOS["order storm"]
    world = World(1, Faults(1, on=()), setup=scenario.setup)
    play = Play(world, Truth(world), world.engine.rng("scenario"))
    opened(scenario, world.engine.start).restore(play)
    with world.playing():
        scenario.play(play)
        world.engine.run(until_ms=world.engine.now_ms + 5 * MINUTE)
    assert [list(check(play.truth)) for check in CHECKS.values()] == [[]] * len(CHECKS)
    return play.truth


def _erp_order(truth: Truth) -> tuple[str, list[Any]]:
    found: tuple[str, list[Any]] = next(iter(_tenant(truth).by_reference.items()))
    return found


def _tenant(truth: Truth) -> Any:
    return truth.world.vendors["erp"].tenant


def _shop(truth: Truth) -> Any:
    return truth.world.vendors["shop"].shop


def _variant(truth: Truth) -> Any:
    return next(v for v in _shop(truth).variants.values() if v.sku == "HAT-M")


def _change(truth: Truth, table: Table, part: str, **members: Any) -> None:
    """Change members of the first row whose key has this part."""
    row = next(r for r in truth.world.store.rows(table) if part in r.key.pk and r.key.sk == "-")
    body = {**row.body, **members}
    assert truth.world.store.put_now(Put(row.key, body, row.rev))


def _forget(truth: Truth, table: Table, part: str) -> None:
    rows = truth.world.store._rows  # noqa: SLF001 - a row that vanishes is what is tried here
    for key in [k for k in rows if k.table is table and part in k.pk]:
        del rows[key]


def _second_erp_order(truth: Truth) -> None:
    _, stored = _erp_order(truth)
    stored.append(stored[0])


def _another_penny(truth: Truth) -> None:
    _erp_order(truth)[1][0].items[0].elements[0].rate += Decimal("0.01")


def _not_in_the_erp(truth: Truth) -> None:
    del _tenant(truth).by_reference[_erp_order(truth)[0]]


def _more_sold(truth: Truth) -> None:
    truth.on_hand = dict.fromkeys(truth.on_hand, 0)


def _old_price(truth: Truth) -> None:
    _variant(truth).price += 1


def _old_level(truth: Truth) -> None:
    next(iter(_variant(truth).levels.values())).available += 1


def _unlisted(truth: Truth) -> None:
    del _shop(truth).variants[_variant(truth).variant_id]


def _dirty(truth: Truth) -> None:
    _change(truth, Table.TARGETS, "shop#price", state="dirty")


def _refused_in_silence(truth: Truth) -> None:
    _change(truth, Table.TARGETS, "shop#price", state="rejected")


def _back_again(truth: Truth) -> None:
    truth.prices["HAT-M"] = [(0, 1000), (1, 1100)]
    truth.shown["shop", "HAT-M"] = [Shown(1, 1100), Shown(2, 1000)]


def _moved_unheard(truth: Truth) -> None:
    _tenant(truth).move("HAT-M", ("1710", "171A", "01"), Decimal(1))


def _hold_left(truth: Truth) -> None:
    hold = {
        "order_id": "shop:1",
        "line_id": "1",
        "location": "london",
        "quantity": 1,
        "since": "2026-11-27T09:00:00Z",
    }
    key = Key(Table.FACTS, "sku#HAT-M", "holds")
    row = truth.world.store._get([key]).get(key)  # noqa: SLF001 - from outside
    body: Any = {"kind": "holds", "sku": "HAT-M", "holds": {"shop:1/1": hold}}
    assert truth.world.store.put_now(Put(key, body, row.rev if row else 0))


def _never_understood(truth: Truth) -> None:
    _change(truth, Table.INBOX, "shop#", state="received")


def _parked_in_silence(truth: Truth) -> None:
    _change(truth, Table.INBOX, "shop#", state="parked")


def _died_in_silence(truth: Truth) -> None:
    truth.world.queues["shop-read"].died += 1


def _not_kept(truth: Truth) -> None:
    truth.world.couriers["shop"].kept.add("orders/create:never")


def _not_captured(truth: Truth) -> None:
    _forget(truth, Table.ORDERS, CASE)


def _held_in_silence(truth: Truth) -> None:
    _change(truth, Table.ORDERS, CASE, state="held", holds=["totals_differ"])


def _held_for_nothing(truth: Truth) -> None:
    _change(truth, Table.ORDERS, CASE, state="held", holds=[])


def _another_total(truth: Truth) -> None:
    next(iter(_shop(truth).orders.values())).lines[0].unit_price += 1


def _credited_for_nothing(truth: Truth) -> None:
    """The ERP gives money back that no shop gave back."""
    _documented(truth, "CreditMemoRequest", "SHOP-R1", net=5)


def _taken_back_unasked(truth: Truth) -> None:
    """The ERP expects goods of a return that no shop granted."""
    _documented(truth, "CustomerReturn", "SHOP-V1", net=0)


def _documented(truth: Truth, kind: str, reference: str, *, net: int) -> None:
    document = CreditDocument(
        kind=kind,
        number="70000001",
        doc_type="CR",
        reference=reference,
        order="1",
        sold_to="SHOPPER",
        currency="GBP",
        net=Decimal(net),
        items=[],
        changed_at=truth.world.engine.now(),
    )
    _tenant(truth).add_credit(document)


def _never_left_and_came_back(truth: Truth) -> None:
    counts = {"allocated": {}, "invoiced": {}, "returned": {"1": 1}}
    _change(truth, Table.ORDERS, CASE, counts=counts)


def _throttled(truth: Truth) -> None:
    truth.world.vendors["shop"].counts["throttled"] += 1


def _too_many_at_once(truth: Truth) -> None:
    truth.world.transports["erp"].most_under_way = 99


def _too_early(truth: Truth) -> None:
    Play(truth.world, truth, truth.world.engine.rng("")).promote(
        "HAT-M", 800, date(2030, 1, 1), date(2030, 1, 2)
    )
    truth.shown["shop", "HAT-M"].append(Shown(1, 800))


def _logged(truth: Truth) -> None:
    truth.world.stage.log.lines.append(f"client_secret={CANARY}-shop")


def _still_in_doubt(truth: Truth) -> None:
    order_id = next(iter(_shop(truth).orders))
    body = {"kind": "order_in_doubt", "subject": f"shop:{order_id}", "state": "open"}
    key = Key(Table.ISSUES, f"order_in_doubt#shop:{order_id}")
    assert truth.world.store.put_now(Put(key, dict(body), 0))


def _left_in_vain(truth: Truth) -> None:
    """The ERP would send more than anybody wants."""
    _erp_order(truth)[1][0].items[0].quantity += 1


def _billed_unheard(truth: Truth) -> None:
    item = BilledItem("50000001", "10", "HAT-M", Decimal(1), Decimal(10), Decimal(0))
    now = truth.world.engine.now()
    bill = Bill("90000001", "M", "F2", "SHOP-1", "SHOPPER", "GBP", now.date(), now, [item])
    _tenant(truth).bills.add(bill.number, bill)


SPOILT: list[tuple[str, Callable[[Truth], None]]] = [
    ("I1 exactly once, to the penny", _second_erp_order),
    ("I1 exactly once, to the penny", _another_penny),
    ("I1 exactly once, to the penny", _not_in_the_erp),
    ("I1 stopped, or too late and told", _left_in_vain),
    ("I1 what is billed is known", _billed_unheard),
    ("I1 returns are asked for once", _taken_back_unasked),
    ("I2 never oversold", _more_sold),
    ("I3 newest everywhere", _old_price),
    ("I3 newest everywhere", _old_level),
    ("I3 newest everywhere", _unlisted),
    ("I3 nothing left to do", _dirty),
    ("I3 nothing left to do", _refused_in_silence),
    ("I4 never backwards", _back_again),
    ("I5 each movement counts once", _moved_unheard),
    ("I5 each movement counts once", _hold_left),
    ("I6 every message accounted for", _never_understood),
    ("I6 every message accounted for", _parked_in_silence),
    ("I6 every message accounted for", _died_in_silence),
    ("I6 every message accounted for", _not_kept),
    (ORDER, _not_captured),
    (ORDER, _held_in_silence),
    (ORDER, _held_for_nothing),
    ("I6 no exception is stale", _still_in_doubt),
    ("I7 money is conserved", _another_total),
    ("I7 refunds are credited once", _credited_for_nothing),
    ("I8 within the vendors' limits", _throttled),
    ("I8 within the vendors' limits", _too_many_at_once),
    ("I10 units come back once", _never_left_and_came_back),
    ("I11 promotions in their window", _too_early),
    ("I12 nothing secret is told", _logged),
]


@pytest.mark.parametrize(
    ("name", "spoil"), SPOILT, ids=[f"{n}: {f.__name__.strip('_')}" for n, f in SPOILT]
)
def test_a_spoilt_world_is_told_of(truth: Truth, name: str, spoil: Callable[[Truth], None]) -> None:
    spoil(truth)
    assert list(CHECKS[name](truth))


def test_a_second_order_in_the_erp_is_told_of_at_once(truth: Truth) -> None:
    _second_erp_order(truth)
    truth._ordered()  # noqa: SLF001 - what every answer of the ERP leads to
    assert truth.broken


def test_a_level_above_all_that_was_known_is_told_of_at_once(truth: Truth) -> None:
    variant = _variant(truth)
    number, level = next(iter(variant.levels.items()))
    sent = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{variant.variant_id}",
        "locationId": f"gid://shopify/Location/{number}",
        "quantity": 1000,
    }
    truth._stocked("shop", [sent])  # noqa: SLF001 - what every level a shop is given leads to
    assert not truth.broken  # it was not taken
    level.available = 1000
    truth._stocked("shop", [sent])  # noqa: SLF001
    assert truth.broken


def test_a_lease_taken_from_its_owner_is_told_of_at_once(truth: Truth) -> None:
    store, key = truth.world.store, Key(Table.CONTROL, "lease#publish#shop")
    row = store._get([key])[key]  # noqa: SLF001 - from outside
    until = (truth.world.engine.now() + timedelta(minutes=1)).isoformat()
    assert store.put_now(Put(key, {**row.body, "until": until}, row.rev))
    assert not truth.broken
    taken = {**row.body, "until": until, "fence": int(str(row.body["fence"])) + 1}
    assert store.put_now(Put(key, taken, row.rev + 1))
    assert [story.split(":", 1)[0] for story in truth.broken] == ["one owner"]


def _rewritten(truth: Truth, key: Key, **changes: Any) -> list[str]:
    """Which invariants tell when a row is put down so."""
    store = truth.world.store
    row = store._get([key])[key]  # noqa: SLF001 - from outside
    assert store.put_now(Put(key, {**row.body, **changes}, row.rev))
    return [story.split(":", 1)[0] for story in truth.broken]


def test_a_fact_read_before_the_one_it_replaces_is_told_of_at_once(truth: Truth) -> None:
    key = keys.stock("HAT-M", "erp")
    assert _rewritten(truth, key, as_of=truth.world.engine.now().isoformat()) == []
    assert _rewritten(truth, key, as_of=truth.world.engine.start.isoformat()) == ["I4"]


def test_an_accepted_order_that_goes_back_is_told_of_at_once(truth: Truth) -> None:
    key = keys.case(next(iter(cases(truth))))
    assert _rewritten(truth, key, state="in_doubt") == ["I4"]


def test_a_case_that_forgets_is_told_of_at_once(truth: Truth) -> None:
    key = keys.case(next(iter(cases(truth))))
    assert _rewritten(truth, key, timeline=[]) == ["I4"]


def test_units_freed_by_somebody_else_are_told_of_at_once(truth: Truth) -> None:
    order_id, case = next(iter(cases(truth).items()))
    hold = Hold(
        order_id=order_id,
        line_id=case.order.lines[0].line_id,
        location="london",
        quantity=1,
        since=case.captured_at,
    )
    store, key = truth.world.store, keys.case(order_id)
    row = store._get([key])[key]  # noqa: SLF001 - from outside
    unshipped = case.model_copy(update={"state": CaseState.ACCEPTED, "shipments": ()})
    assert store.put_now(Put(key, unshipped.model_dump(mode="json"), row.rev))
    sku = str(case.order.lines[0].sku)
    held = {f"{order_id}/{hold.line_id}": hold.model_dump(mode="json")}
    assert _rewritten(truth, keys.hold(sku), holds=held) == []
    assert _rewritten(truth, keys.hold(sku), holds={}) == ["I5"]


def test_a_delivery_handled_before_it_is_passed_on_is_told_of_at_once(truth: Truth) -> None:
    store, raw = truth.world.store, compress(b'{"id": 4711}')
    key = Key(Table.INBOX, "shop#never-passed-on")
    body: dict[str, Any] = {"state": "received", "headers": {"x-shopify-topic": "orders/create"}}
    assert store.put_now(Put(key, body, 0, raw=raw))
    assert not truth.broken
    assert store.put_now(Put(key, {**body, "state": "handled"}, 1))
    assert [story.split(":", 1)[0] for story in truth.broken] == ["I6"]


def test_a_shop_that_is_slow_for_its_neighbour_s_sake_is_told_of() -> None:
    scenario = SCENARIOS["one shop is dead"]

    def both_slow(play: Play) -> None:
        scenario.play(play)
        play.world.transports["shop"].slow_ms = 28 * SECOND

    found = [run(replace(scenario, play=both_slow), seed).violations for seed in range(3)]
    assert any("I9" in story for stories in found for story in stories)


def test_a_replay_that_changes_anything_is_told_of() -> None:
    told = run(SCENARIOS["the day is replayed"], 1, given=(), sabotage=_noting_repeats)
    assert any("I10" in story for story in told.violations)


@contextmanager
def _noting_repeats() -> Iterator[None]:
    """Every repeat of an order leaves a line in its timeline."""
    before = Capture._updated  # noqa: SLF001 - sabotage

    def updated(self: Capture, old: Any, order: Any, channel: Any) -> Any:
        case = before(self, old, order, channel)
        return orders.noted(case, "heard again", now=self.clock.now())

    Capture._updated = updated  # type: ignore[method-assign]  # noqa: SLF001
    try:
        yield
    finally:
        Capture._updated = before  # type: ignore[method-assign]  # noqa: SLF001
