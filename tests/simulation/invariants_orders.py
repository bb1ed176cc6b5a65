"""What must hold of orders and of the units they take: I1, I5, I7, and the orders' half of I6."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from shared.domain import orders
from shared.flows import keys
from shared.model.case import Case, CaseState, HoldReason
from shared.model.facts import StockCard
from shared.model.holds import HoldCard
from shared.model.issue import IssueKind, IssueState
from shared.ports import Row, Table
from tests.simulation.marketplace import orders_of
from tests.simulation.paged import on_pages
from tests.simulation.truth import Truth, decimal_minor, skus, wanted

NEVER_SENT = frozenset({CaseState.HELD, CaseState.CANCELLED})
# An edit that the ERP could not follow: a person brings shop and ERP together.
BY_HAND = (IssueKind.CHANGE_REJECTED, IssueKind.CANCELLED_TOO_LATE)
DONE = frozenset({CaseState.CANCELLED, CaseState.RECORDED})
TOLD_BY = {
    HoldReason.UNMAPPED_SKU: IssueKind.UNMAPPED_SKU,
    HoldReason.TOTALS_DIFFER: IssueKind.TOTALS_DIFFER,
    HoldReason.REJECTED_BY_ERP: IssueKind.ORDER_REJECTED,
}
"""All other reasons are told by an `order_held` each."""


def exactly_once(truth: Truth) -> Iterator[str]:
    """I1: an accepted order is in the ERP exactly once, to the penny."""
    stored = truth.world.vendors["erp"].tenant.by_reference
    known, told = cases(truth), _open_issues(truth)
    expected = set()
    for shop, order in sold(truth):
        reference = f"{shop}-{order.order_id}".upper()
        expected.add(reference)
        case = known.get(f"{shop}:{order.order_id}")
        found = _kept_first(stored.get(reference, []), case)
        if not found and order.cancelled_at is None and not _waits(truth, shop, order, case):
            yield f"order {reference} is not in the ERP; it is {_standing(case)}"
        owed = any((kind.value, f"{shop}:{order.order_id}") in told for kind in BY_HAND)
        yield from _other_total(reference, order, [] if owed else found)
        if found and case is not None and case.erp_order != found[0].number:
            yield (
                f"order {reference} is ERP order {found[0].number}; the case, {case.state}, "
                f"says {case.erp_order}"
            )
    by_reference = {case.reference: case for case in known.values()}
    for reference, listed in stored.items():
        found = _kept_first(listed, by_reference.get(reference))
        again = [order for order in found[1:] if not all(item.rejected for item in order.items)]
        if again or not found:
            yield f"order {reference} is in the ERP {len(again) + len(found[:1])} times"
        if reference not in expected:
            yield f"the ERP holds {reference}, which no shop sold"


def _kept_first(found: list[Any], case: Case | None) -> list[Any]:
    """The orders under one reference; the one that is kept may have landed after another."""
    return sorted(found, key=lambda held: case is None or held.number != case.erp_order)


def _other_total(reference: str, order: Any, found: list[Any]) -> Iterator[str]:
    """What is rejected is worth nothing there, also where some of it had left."""
    for held in found[:1]:
        lost = any(item.rejected and item.delivered for item in held.items)
        if not lost and decimal_minor(held.gross) != (due := _due(order, held)):
            yield f"order {reference}: {due} is left in the shop, ERP {held.gross}"


def _due(order: Any, held: Any) -> int:
    """What is left of a shop's order: whole lines less what went back for units not sent."""
    wish, tax = wanted(order), 0 if order.taxes_included else 1
    alive = [line for line in order.lines if wish[line.line_id] > 0]
    given_up = [
        row.subtotal + tax * row.tax
        for refund in order.refunds
        for row in refund.lines
        if row.restock == "CANCEL" and wish[row.line_id] > 0
    ]
    goods: int = sum(line.net + tax * line.tax for line in alive) - sum(given_up)
    if not alive and not any(item.delivered for item in held.items):
        return goods
    carried: int = sum(f.price + tax * sum(t.amount for t in f.taxes) for f in order.freight)
    return goods + carried


def stopped_or_too_late(truth: Truth) -> Iterator[str]:
    """I1: what nobody wants any more the ERP does not send, or it had left and that is told."""
    known, told = cases(truth), _open_issues(truth)
    for shop, order in sold(truth):
        order_id, reference = f"{shop}:{order.order_id}", f"{shop}-{order.order_id}".upper()
        case, wish = known.get(order_id), wanted(order)
        late = Counter[str]()
        for held in truth.world.vendors["erp"].tenant.by_reference.get(reference, []):
            for place, line in enumerate(order.lines, start=1):
                item = next(i for i in held.items if i.position == str(place))
                over = int(item.quantity) - max(wish[line.line_id], int(item.delivered))
                if over > 0 and not item.rejected:
                    yield f"{over} of {item.material} of {order_id} are open, and nobody wants them"
                if (gone := int(item.delivered) - wish[line.line_id]) > 0:
                    late[str(line.line_id)] = gone
        if case is not None and case.late != late:
            yield f"of order {order_id} {dict(late)} left in vain; its case says {case.late}"
        if late and (IssueKind.CANCELLED_TOO_LATE.value, order_id) not in told:
            yield f"of order {order_id} {dict(late)} left in vain, and nobody is told"


def _waits(truth: Truth, shop: str, order: Any, case: Case | None) -> bool:
    """Whether a person was told why this order goes no further."""
    if case is None:
        return bool(_unreadable(truth, shop, order))
    return case.state in NEVER_SENT


def _standing(case: Case | None) -> str:
    if case is None:
        return "never captured"
    last = "; ".join(f"{hop.what} {hop.detail}".strip() for hop in case.timeline[-3:])
    return f"{case.state} after: {last}"


def every_order_accounted_for(truth: Truth) -> Iterator[str]:
    """I6: every order of a shop is a case or one exception, and whatever waits is told of."""
    known = cases(truth)
    told = _open_issues(truth)
    for shop, order in sold(truth):
        order_id = f"{shop}:{order.order_id}"
        case = known.get(order_id)
        if case is None:
            found = _unreadable(truth, shop, order)
            if len(found) != 1:
                yield f"order {order_id} is no case, and {found or 'nothing'} tells of it"
            continue
        yield from _told_of(case, told)
        yield from _waits_for_something(truth, case)


def _told_of(case: Case, told: set[tuple[str, str]]) -> Iterator[str]:
    order_id = case.order.order_id
    if case.state is CaseState.HELD and not case.holds:
        yield f"order {order_id} is held for no reason"
    for kind, subject in _reasons(case):
        if (kind, subject) not in told:
            yield f"order {order_id} is held, and no {kind} tells of it"


def _reasons(case: Case) -> set[tuple[str, str]]:
    """The exceptions that must tell why a case is held, by kind and subject."""
    if case.state is not CaseState.HELD and case.holds != (HoldReason.FRAUD,):
        return set()
    order_id = case.order.order_id
    return {
        (TOLD_BY[reason].value, order_id)
        if reason in TOLD_BY
        else (IssueKind.ORDER_HELD.value, f"{order_id}/{reason}")
        for reason in case.holds
    }


def no_stale_exception(truth: Truth) -> Iterator[str]:
    """I6: an exception is closed once what it tells of is no longer so."""
    told = _open_issues(truth)
    for order_id, case in cases(truth).items():
        shop = case.order.channel
        for stale in _unreadable(truth, shop, truth.order_of(order_id)):
            yield f"{stale} is open, but order {order_id} is {case.state}"
        kinds = {kind.value for kind in (*TOLD_BY.values(), IssueKind.ORDER_IN_DOUBT)}
        about = {(kind, order_id) for kind in kinds}
        held = IssueKind.ORDER_HELD.value
        about |= {one for one in told if one[0] == held and one[1].startswith(f"{order_id}/")}
        for kind, subject in sorted((about & told) - _reasons(case)):
            yield f"{kind} is open of order {subject}, which is {case.state}"
        for shipment in case.shipments:
            subject = f"erp/{shipment.shipment_id}"
            if (IssueKind.SHIPMENT_WITHOUT_ORDER.value, subject) in told:
                yield f"delivery {subject} is said to have no order; it is on {order_id}"


def _waits_for_something(truth: Truth, case: Case) -> Iterator[str]:
    store, order_id = truth.world.store, case.order.order_id
    waiting = {
        str(row.body["code"])
        for row in store.rows(Table.ORDERS)
        if row.key.pk == keys.WAITING and row.body["order_id"] == order_id
    }
    missing = set(orders.unmapped(case.order)) if case.state is CaseState.HELD else set()
    if waiting != missing:
        yield f"order {order_id}, {case.state}, lacks {missing} and is found under {waiting}"
    channel = truth.world.retailer.channel(case.order.channel)
    for code in missing:
        places = [keys.code(channel.connection, code), keys.item(code, channel.erp)]
        if "#" not in code and store._get(places):  # noqa: SLF001 - from outside
            yield f"order {order_id} waits for {code}, which is known"


def each_movement_counts_once(truth: Truth) -> Iterator[str]:
    """I5: the stock known is the ERP's own; held is what was ordered and has not left."""
    world = truth.world
    open_units = _held_by_right(truth)
    for sku in skus(world):
        place, hold = keys.stock(sku, "erp"), keys.hold(sku)
        rows = world.store._get([place, hold])  # noqa: SLF001 - from outside
        if truth.warehouse is not None:
            yield from truth.warehouse.differences(sku)
        else:
            yield from _known_there(truth, sku, rows.get(place))
        card = HoldCard.model_validate(rows[hold].body) if hold in rows else HoldCard(sku=sku)
        holds = card.holds | on_pages(world.store, card)
        for name in sorted(open_units[sku].keys() | holds.keys()):
            held = holds[name].quantity if name in holds else 0
            right = open_units[sku][name]
            if held != right:
                state = _state_of(truth, name)
                yield f"{held} of {sku} are held for {name}, {state}; {right} have yet to leave"


def _known_there(truth: Truth, sku: str, row: Row | None) -> Iterator[str]:
    book = {k: Decimal(units) for k, units in truth.stock_of(sku).items() if units}
    known = StockCard.model_validate(row.body) if row else None
    free = {p.location: p.on_hand - p.blocked for p in known.positions} if known else {}
    said = {place: units for place, units in free.items() if units}
    if said != book:
        yield f"{sku}: {_units(said)} are known to lie there, in the ERP {_units(book)}"


def _held_by_right(truth: Truth) -> dict[str, Counter[str]]:
    """SKU -> units by `order_id/line_id` that have yet to leave, of every case there is."""
    found: dict[str, Counter[str]] = {sku: Counter() for sku in skus(truth.world)}
    for order_id, case in cases(truth).items():
        left = truth.to_leave(case.reference, truth.order_of(order_id))
        for line in orders.lines_of(case):
            if line.sku in found and case.state not in DONE:
                found[line.sku][f"{order_id}/{line.line_id}"] += left[int(line.line_id)]
    return found


def _units(levels: dict[str, Decimal]) -> str:
    return ", ".join(f"{n} at {place}" for place, n in sorted(levels.items())) or "none"


def _state_of(truth: Truth, hold: str) -> str:
    case = cases(truth).get(hold.split("/", 1)[0])
    return case.state if case is not None else "no case"


def money_is_conserved(truth: Truth) -> Iterator[str]:
    """I7: what was captured and given back is what the shop says, line by line, in minor units."""
    for order_id, case in cases(truth).items():
        theirs = truth.order_of(order_id)
        goods = case.order.goods().amount - case.order.discounts().amount
        lines = sum(line.net for line in theirs.lines) + sum(f.price for f in theirs.freight)
        if goods + case.order.freight().amount != lines:
            yield f"order {order_id}: lines sum to {goods}, sold were {lines}"
        if case.order.total.amount != theirs.total:
            yield f"order {order_id}: total {case.order.total.amount}, the shop says {theirs.total}"
        ours = sorted((r.refund_id, r.total.amount) for r in case.refunds)
        given = sorted((str(r.refund_id), r.total) for r in theirs.refunds)
        if ours != given:
            yield f"order {order_id}: refunds {ours} are known, the shop gave {given}"


def cases(truth: Truth) -> dict[str, Case]:
    """Every case by the id of its order."""
    return {
        row.key.pk.removeprefix("order#"): Case.model_validate(row.body)
        for row in truth.world.store.rows(Table.ORDERS)
        if row.key.sk == "-"
    }


def sold(truth: Truth) -> Iterator[tuple[str, Any]]:
    """Channel and order of everything that was ever sold."""
    for name in (*truth.world.shops, *truth.world.markets):
        for order in orders_of(truth.world.vendors[name]):
            yield name, order


def _open_issues(truth: Truth) -> set[tuple[str, str]]:
    return {
        (str(row.body["kind"]), str(row.body["subject"]))
        for row in truth.world.store.rows(Table.ISSUES)
        if row.body["state"] == IssueState.OPEN
    }


def _unreadable(truth: Truth, shop: str, order: Any) -> list[str]:
    """Open exceptions that say this order cannot be understood."""
    subject = f"{shop}/order/{order.order_id}"
    kinds = (IssueKind.BAD_MESSAGE, IssueKind.BAD_FACT)
    return sorted(
        f"{kind} {about}"
        for kind, about in _open_issues(truth)
        if kind in kinds and (about == subject or about.startswith(f"{subject}/"))
    )
