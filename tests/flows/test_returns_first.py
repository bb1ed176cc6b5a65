"""What comes of a return is the same in the end, whoever tells of it first."""

from datetime import timedelta
from itertools import permutations

from shared.model.case import Case
from shared.model.movement import StockStatus
from shared.model.returns import Disposition, Receipt, ReceivedLine, Return
from tests.domain.world import NOW
from tests.flows.stock_world import move
from tests.flows.test_returns import made
from tests.flows.test_returns_moved import Moved, opened, told


def processed() -> Return:
    """The shop says that it put the unit back on sale."""
    line = ReceivedLine(line_id="1", quantity=1, disposition=Disposition.RESTOCK)
    at = NOW + timedelta(minutes=2)
    return opened(
        Receipt(receipt_id="d1", told_by="shop", received_at=at, lines=(line,)), minutes=2
    )


def ended(happens: tuple[str, ...]) -> tuple[object, ...]:
    setup = Moved()
    for what in happens:
        match what:
            case "opens":
                told(setup, opened())
            case "processes":
                told(setup, processed())
            case "is asked":
                setup.world.authorising.ask("shop:77")
            case "the ERP receives":
                came = made("6501", came=True, reference="SHOP-V31")
                setup.world.returns.record(came, source=setup.world.erp)
            case "receives":
                setup.post(document="31", to_status="")
            case "sorts":
                said = {"document": "31", "movement_id": "s1", "quantity": "1", "to_location": ""}
                there = {"from_location": "leeds", "from_status": "quality_inspection"}
                row = move(kind="reclassify", to_status="available", **said, **there)
                setup.world.post(row, key="sorted")
    setup.later()
    found, case = setup.view("shop:31"), setup.case()
    stock = setup.world.on_hand(), setup.part(StockStatus.QUALITY_INSPECTION)
    return found["state"], found["became"], returned(case), stock, setup.issues()


def returned(case: Case) -> tuple[object, ...]:
    return case.state, case.counts.returned, [len(one.receipts) for one in case.returns]


def test_erp_and_warehouse_end_in_one_place_whoever_tells_first() -> None:
    """The ERP receives what it was asked for, and that was granted."""
    said = ("opens", "is asked", "the ERP receives")
    events = (*said, "receives", "sorts")
    orders = [e for e in permutations(events) if tuple(x for x in e if x in said) == said]
    ends = [ended(each) for each in orders]
    assert ends[0][0] == "received"
    assert ends[0][3:] == ((7 + 1, 0), [])
    assert all(each == ends[0] for each in ends)


def test_shop_and_warehouse_end_in_one_place_whoever_tells_first() -> None:
    events = ("opens", "processes", "receives", "sorts")
    ends = [ended(each) for each in permutations(events)]
    assert ends[0][:2] == ("received", {"HAT-M": {"restock": 1}})
    assert ends[0][3:] == ((7 + 1, 0), [])
    assert all(each == ends[0] for each in ends)
