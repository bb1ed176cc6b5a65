"""The law of an order over the real flows: whatever is heard first, and how often, one end.

The channel tells of three hats and a cap: authorised and taken, looked at for fraud, one more cap,
one hat fewer, a hat that comes back and is paid back. The ERP allocates, lets two parcels go and
names their numbers later, bills, takes the hat back and credits it. What the ERP says of something
nobody has heard of yet is heard again once that is known, as its queue does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, partial
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import demand, lifecycle
from shared.domain.lifecycle import BEHIND
from shared.errors import RetryableError
from shared.model.allocation import ErpAllocation, Promise
from shared.model.case import Case, CaseState, IntentKind
from shared.model.invoice import BilledLine, BillingDocument, BillingKind
from shared.model.order import (
    FraudVerdict,
    Order,
    PaymentKind,
    Refund,
    RefundLine,
    Shipment,
    ShipmentLine,
    Tracking,
)
from shared.model.returns import (
    Disposition,
    ErpReceipt,
    ErpReceiptLine,
    ErpReturn,
    ErpReturnLine,
    Return,
    ReturnLine,
    ReturnStatus,
)
from tests.domain.world import NOW
from tests.factories import paid
from tests.flows.order_world import case, held
from tests.flows.world import World, gbp, order
from tests.strategies import a_share

PRICE = 1999
RETURNED, CREDIT = "6501", "91"


AUTHORISED = paid(PaymentKind.AUTHORISATION, 5 * PRICE)
PAID = paid(PaymentKind.CAPTURE, 5 * PRICE, "T2", parent="T1")
UNWANTED = Refund(
    refund_id="8",
    created_at=NOW,
    total=gbp(PRICE),
    lines=(RefundLine(line_id="1", quantity=1, amount=gbp(PRICE), tax=gbp(0), cancelled=True),),
)
GIVEN_BACK = Refund(
    refund_id="9",
    created_at=NOW,
    total=gbp(PRICE),
    lines=(RefundLine(line_id="1", quantity=1, amount=gbp(PRICE), tax=gbp(0), restock=True),),
    return_id="shop:31",
)
GRANTED = Return(
    return_id="shop:31",
    origin="shop",
    status=ReturnStatus.OPEN,
    told_at=NOW,
    lines=(ReturnLine(line_id="1", quantity=1),),
)


def _tellings() -> dict[str, Order]:
    """What the channel says at each of its instants: everything up to then."""
    said: dict[str, object] = {"pending": True, "payments": (AUTHORISED,)}
    caps = order(("HAT-M", 3), ("HAT-S", 2))
    changes: dict[str, dict[str, object]] = {
        "placed": {},
        "paid": {"pending": False, "payments": (AUTHORISED, PAID)},
        "suspected": {"fraud": FraudVerdict.PENDING},
        "cleared": {"fraud": FraudVerdict.APPROVED},
        "edited": {"lines": caps.lines, "total": caps.total},
        "one fewer": {"refunds": (UNWANTED,)},
        "return granted": {"returns": (GRANTED,)},
        "paid back": {"refunds": (UNWANTED, GIVEN_BACK)},
    }
    found = {}
    for minute, (name, change) in enumerate(changes.items()):
        said |= change | {"updated_at": NOW + timedelta(minutes=minute)}
        found[name] = order(("HAT-M", 3), ("HAT-S", 1)).model_copy(update=said)
    return found


TELLINGS = _tellings()


def parcel(name: str, hats: int, caps: int, *numbers: str) -> Shipment:
    lines = [("10", "HAT-M", hats), ("20", "HAT-S", caps)]
    return Shipment(
        shipment_id=name,
        erp_order="5001",
        shipped_at=NOW,
        lines=tuple(ShipmentLine(erp_item=i, sku=s, quantity=n) for i, s, n in lines if n),
        tracking=tuple(Tracking(carrier="DHL", number=number) for number in numbers),
    )


def bill(document: str, kind: BillingKind, bills: str, *lines: tuple[str, int]) -> BillingDocument:
    return BillingDocument(
        document=document,
        kind=kind,
        bills=bills,
        reference="SHOP-77",
        issued_at=NOW,
        total=gbp(PRICE * sum(units for _, units in lines)),
        tax=gbp(0),
        lines=tuple(
            BilledLine(erp_item=item, quantity=units, net=gbp(PRICE * units), tax=gbp(0))
            for item, units in lines
        ),
    )


def came_back() -> ErpReturn:
    line = ErpReceiptLine(item="10", quantity=1, disposition=Disposition.RESTOCK)
    receipt = ErpReceipt(receipt_id="8401", received_at=NOW, location="london", lines=(line,))
    return ErpReturn(
        document=RETURNED,
        erp_order="5001",
        reference="SHOP-V31",
        told_at=NOW,
        worth=gbp(PRICE),
        lines=(ErpReturnLine(item="10", erp_item="10", quantity=1),),
        receipts=(receipt,),
    )


PARCELS = {
    "first parcel": parcel("80", 1, 0),
    "first tracked": parcel("80", 1, 0, "A1"),
    "second parcel": parcel("81", 1, 2, "B2"),
}
ALLOCATED = ErpAllocation(
    erp_order="5001",
    told_at=NOW,
    promises={item: (Promise(units=2, on=date(2026, 11, 30)),) for item in ("10", "20")},
)
INVOICE = bill("90", BillingKind.INVOICE, "5001", ("10", 2), ("20", 2))
MEMO = bill(CREDIT, BillingKind.CREDIT_MEMO, RETURNED, ("10", 1))
TAKEN = "taken by the ERP"


def _left(said: Shipment, world: World) -> None:
    world.shipments.record(said, source=world.erp)


SAID_BY_ERP: dict[str, Callable[[World], None]] = {
    "allocated": lambda world: world.promises.record(ALLOCATED),
    "invoiced": lambda world: world.bills.record(INVOICE),
    "came back": lambda world: world.returns.record(came_back(), source=world.erp),
    "credited": lambda world: world.bills.record(MEMO),
    **{name: partial(_left, said) for name, said in PARCELS.items()},
}
NEWS = (*TELLINGS, TAKEN, *SAID_BY_ERP)
LASTING = {IntentKind.POST_ORDER, IntentKind.CREDIT, IntentKind.RETURN}
"""What every life has; whether a change or a number needed a call of its own is up to the way."""
OF_THE_RETURN = {"came back", "credited"}


@dataclass
class Life:
    """One order; what was heard too early is heard again once it is known whose it is."""

    world: World = field(default_factory=World)
    taken: bool = False
    waiting: list[str] = field(default_factory=list)
    seen: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.know("M", "S")
        self.world.erp.stock = {"HAT-M": 8, "HAT-S": 8}

    def hear(self, name: str) -> None:
        """The news itself, then all that follows, until nothing does."""
        if name in TELLINGS:
            self.world.capture.take(TELLINGS[name])
        elif name == TAKEN:
            self.taken = True
        else:
            self.waiting.append(name)
        for _ in range(2):
            self._work()
            early, self.waiting = self.waiting, []
            for one in early:
                self._said(one)
        self._look()

    def _work(self) -> None:
        """What the queues of the ERP and the channel do; the ERP is reached from `TAKEN` on."""
        if not self.taken or self.world.cases.find("shop:77") is None:
            return
        self.world.sender.send("shop:77")
        self.world.amender.amend("shop:77")
        self.world.authorising.ask("shop:77")
        self.world.crediting.credit("shop:77")
        self.world.teller.tell("shop:77")
        self.world.queues.sent.clear()

    def _said(self, name: str) -> None:
        """What the ERP did, once it can have done it; of an order it has not answered of, again."""
        found = self.world.cases.find("shop:77")
        if not self._can_be(name, found.case if found else None):
            self.waiting.append(name)
            return
        try:
            SAID_BY_ERP[name](self.world)
        except RetryableError:
            self.waiting.append(name)
            return
        if found is None or found.case.erp_order is None:
            self.waiting.append(name)

    def _can_be(self, name: str, known: Case | None) -> bool:
        """It takes back by a return it was asked for, and lets go no more caps than it holds."""
        if name in OF_THE_RETURN:
            return bool(self.world.erp.returns)
        caps = known.erp_lines.get("2") if known else None
        return name != "second parcel" or (caps is not None and caps.units == 2)

    def _look(self) -> None:
        """It never stands behind where it stood, and no number of a parcel is ever lost."""
        found = self.world.cases.find("shop:77")
        if found is None:
            return
        now = found.case
        if self.seen:
            before = self.seen[-1]
            assert now.state not in BEHIND[before.state], (before.state, now.state)
            numbers = {p.shipment_id: set(p.tracking) for p in now.shipments}
            for one in before.shipments:
                assert set(one.tracking) <= numbers[one.shipment_id]
        self.seen.append(now)

    def end(self) -> tuple[object, ...]:
        """All that anybody can see of it, here, in the ERP and at the channel."""
        now = case(self.world)
        told = {(s.shipment_id, t.number) for s in self.world.channel.told for t in s.tracking}
        return (
            lifecycle.standing(now, now=self.world.clock.now()),
            now.newest.model_copy(update={"updated_at": NOW}),
            {one.refund_id: one for one in now.refunds},
            {one.return_id: one for one in now.returns},
            {one.shipment_id: one for one in now.shipments},
            {one.document: one for one in now.bills},
            now.late,
            now.counts,
            demand.to_leave(now),
            demand.changes(now),
            {line: known.units for line, known in now.erp_lines.items()},
            {one.intent_id: one.state for one in now.intents if one.kind in LASTING},
            [reference for _, reference in self.world.erp.orders],
            [wish.reference for _, wish in self.world.erp.credits],
            [wish.reference for _, wish in self.world.erp.returns],
            told,
            held(self.world),
            held(self.world, "HAT-S"),
            sorted(self.world.kinds()),
        )


def lived(news: Sequence[str]) -> Life:
    """An order of which this is heard, one after the other."""
    life = Life()
    for name in news:
        life.hear(name)
    return life


@cache
def whole() -> tuple[object, ...]:
    return lived(NEWS).end()


def test_the_whole_life_ends_shipped_billed_returned_and_paid_back() -> None:
    life = lived(NEWS)
    now = case(life.world)
    assert now.state is CaseState.SHIPPED
    assert demand.to_leave(now) == {}
    assert demand.changes(now) == ()
    assert now.counts.allocated == {"1": 2, "2": 2}
    assert now.counts.invoiced == {"1": 2, "2": 2}
    assert now.counts.returned == {"1": 1}
    assert {one.document for one in now.bills} == {"90", CREDIT}
    assert life.world.kinds() == []
    assert life.waiting == []


@a_share(2)
@given(st.data())
def test_every_order_of_the_news_with_repeats_ends_in_the_same_place(data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(NEWS), max_size=5), label="told again")
    news = data.draw(st.permutations([*NEWS, *again]), label="news")
    assert lived(news).end() == whole()


HARD = (TAKEN, "edited", "one fewer", "second parcel")


def test_every_permutation_of_what_depends_on_each_other_ends_in_the_same_place() -> None:
    """What is wanted, what the ERP holds of it, and what has left."""
    rest = [name for name in NEWS if name not in HARD]
    for some in permutations(HARD):
        assert lived([*some, *rest]).end() == whole(), some
