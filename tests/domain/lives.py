"""Lives of one order: what may be heard of it, by Hypothesis, and how a case takes it in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from shared.domain import demand, lifecycle
from shared.model.case import Case, CaseState, Counts, ErpLine, Intent, IntentKind, IntentState
from shared.model.order import (
    FraudVerdict,
    Order,
    Payment,
    PaymentKind,
    Refund,
    RefundLine,
    Shipment,
    ShipmentLine,
    Tracking,
)
from tests.domain.world import NOW
from tests.flows.world import gbp, order

type News = Callable[[Case], Case]
LINES = ("1", "2")


def captured(placed: Order) -> Case:
    return Case(order=placed, reference="SHOP-77", state=CaseState.RELEASED, captured_at=NOW)


def accepts(lines: Mapping[str, ErpLine]) -> News:
    intent = Intent(
        intent_id="post#erp",
        kind=IntentKind.POST_ORDER,
        connection="erp",
        reference="SHOP-77",
        state=IntentState.APPLIED,
    )

    def hear(case: Case) -> Case:
        total = case.order.total
        return lifecycle.accepted(case, intent, number="5001", lines=lines, total=total)

    return hear


def tells(told: Order) -> News:
    return lambda case: lifecycle.told(case, told, before_erp=case.erp_order is None)


def ships(shipment: Shipment) -> News:
    return lambda case: lifecycle.shipped(case, shipment)


def counts(told: Counts) -> News:
    return lambda case: lifecycle.counted(case, told)


def heard(placed: Order, news: Sequence[News]) -> list[Case]:
    """The case after each piece of news."""
    found = [lifecycle.settled(captured(placed), now=NOW)]
    for hear in news:
        found.append(lifecycle.settled(hear(found[-1]), now=NOW))
    return found


def essence(case: Case) -> tuple[object, ...]:
    """All that anybody can see of a case but how it came to be so."""
    return (
        lifecycle.standing(case, now=NOW),
        case.newest,
        {refund.refund_id: refund for refund in case.refunds},
        case.shipments,
        case.late,
        case.counts,
        demand.to_leave(case),
        demand.changes(case),
    )


@dataclass(frozen=True, slots=True)
class Life:
    placed: Order
    news: tuple[News, ...]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A whole life in any order, each piece of news once or twice."""
    units = {line: draw(st.integers(1, 3)) for line in LINES}
    placed = order(*[(f"HAT-{line}", n) for line, n in units.items()])
    placed = _with_skus(placed)
    news: list[News] = [accepts(_erp_lines(draw, units))]
    news += [tells(told) for told in draw(_tellings(placed))]
    news += [ships(shipment) for shipment in draw(_shipments(units))]
    if draw(st.booleans()):
        some = st.dictionaries(st.sampled_from(LINES), st.integers(1, 3))
        news.append(counts(Counts(allocated=draw(some), invoiced=draw(some))))
        news.append(counts(Counts(returned=draw(some), invoiced=draw(some))))
    twice = draw(st.lists(st.sampled_from(news), max_size=3))
    return Life(placed, tuple(draw(st.permutations([*news, *twice]))))


def _with_skus(placed: Order) -> Order:
    lines = tuple(line.model_copy(update={"sku": line.channel_sku}) for line in placed.lines)
    return placed.model_copy(update={"lines": lines})


def _erp_lines(draw: st.DrawFn, units: Mapping[str, int]) -> dict[str, ErpLine]:
    """As posted, or as it was after the ERP had let some of it go."""
    return {
        line: ErpLine(item=f"{line}0", place=int(line), units=n, rejected=draw(st.booleans()))
        for line, n in units.items()
    }


@st.composite
def _tellings(draw: st.DrawFn, placed: Order) -> list[Order]:
    """What the channel makes of it later, each at an instant of its own."""
    found, payments, refunds = [], placed.payments, placed.refunds
    for minute in range(draw(st.integers(0, 3))):
        payments = (*payments, draw(_payment(minute)))
        if draw(st.booleans()):
            refunds = (*refunds, _refund(minute, draw(st.sampled_from(LINES)), draw(st.booleans())))
        over: dict[str, object] = {
            "updated_at": NOW + timedelta(minutes=minute + 1),
            "payments": payments,
            "refunds": refunds,
            "fraud": draw(st.sampled_from(FraudVerdict)),
        }
        if draw(st.booleans()):
            over["cancelled_at"] = NOW + timedelta(minutes=minute + 1)
        if draw(st.booleans()):
            over["lines"] = tuple(
                line.model_copy(update={"quantity": draw(st.integers(1, 3))})
                for line in placed.lines
            )[: draw(st.integers(1, 2))]
        found.append(placed.model_copy(update=over))
    return found


def _payment(minute: int) -> st.SearchStrategy[Payment]:
    return st.builds(
        Payment,
        reference=st.just(f"T{minute}"),
        gateway=st.sampled_from(["card", "gift_card"]),
        kind=st.sampled_from(PaymentKind),
        succeeded=st.booleans(),
        amount=st.integers(1, 6000).map(gbp),
        parent=st.none() | st.just("T0"),
        expires_at=st.none() | st.just(NOW - timedelta(days=1)) | st.just(NOW + timedelta(days=1)),
    )


def _refund(minute: int, line: str, cancelled: bool) -> Refund:  # noqa: FBT001
    given = RefundLine(line_id=line, quantity=1, amount=gbp(1999), tax=gbp(0), cancelled=cancelled)
    return Refund(refund_id=f"R{minute}", created_at=NOW, total=gbp(1999), lines=(given,))


@st.composite
def _shipments(draw: st.DrawFn, units: Mapping[str, int]) -> list[Shipment]:
    """Parcels of the units there are, each told again with more tracking numbers."""
    found = []
    for n, (line, most) in enumerate(units.items()):
        gone = draw(st.integers(0, most))
        if gone:
            parcel = ShipmentLine(erp_item=f"{line}0", sku=f"HAT-{line}", quantity=gone)
            bare = Shipment(shipment_id=f"8{n}", erp_order="5001", shipped_at=NOW, lines=(parcel,))
            numbers = draw(st.lists(st.sampled_from(["A1", "B2"]), unique=True))
            tracked = tuple(Tracking(number=number) for number in numbers)
            found += [bare, bare.model_copy(update={"tracking": tracked})]
    return found
