"""Units moved under a return: which lines they are of follows from all of them, in any order."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import return_movements, return_moves, returns
from shared.model.case import Case
from shared.model.movement import Movement, MovementKind, Spot, StockStatus
from shared.model.returns import Return, ReturnLine, ReturnMove, ReturnStatus
from tests.factories import NOW, make_case, make_line, make_order

QI = StockStatus.QUALITY_INSPECTION
UNITS = st.integers(1, 3)


def movement(name: str, units: int, start: StockStatus | None, end: StockStatus | None) -> Movement:
    kind = MovementKind.RETURN if start is None else MovementKind.RECLASSIFY
    kind = MovementKind.SCRAP if end is None else kind
    spots = [Spot(location="leeds", status=s) if s else None for s in (start, end)]
    return Movement(
        movement_id=name,
        source="wms",
        kind=kind,
        sku="HAT-M",
        quantity=Decimal(units),
        unit="PC",
        origin=spots[0],
        destination=spots[1],
        occurred_at=NOW + timedelta(minutes=units),
        document="31",
    )


def moved(name: str, units: int, start: StockStatus | None, end: StockStatus | None) -> ReturnMove:
    made = return_movements.move_of(movement(name, units, start, end), units)
    assert made is not None
    return made


def sold() -> Case:
    """An order with one article on two lines, and another on a third."""
    skus = {"1": "HAT-M", "2": "HAT-M", "3": "HAT-S"}
    lines = tuple(make_line(line_id=n, sku=s, channel_sku=s) for n, s in skus.items())
    return make_case(order=make_order(lines=lines))


def returned(*moves: ReturnMove) -> Return:
    lines = (ReturnLine(line_id="1", quantity=1), ReturnLine(line_id="2", quantity=2))
    return Return(
        return_id="shop:31",
        origin="shop",
        status=ReturnStatus.OPEN,
        told_at=NOW,
        lines=lines,
        moves=return_moves.joined(moves),
    )


def came(case: Case, one: Return) -> dict[str, int]:
    (found,) = returns.whole(case.model_copy(update={"returns": (one,)}))
    return dict(returns.received(found))


def test_lines_of_an_article_are_filled_in_order_and_the_last_overflows() -> None:
    assert came(sold(), returned(moved("a", 1, None, QI))) == {"1": 1}
    assert came(sold(), returned(moved("a", 2, None, QI))) == {"1": 1, "2": 1}
    assert came(sold(), returned(moved("a", 5, None, QI))) == {"1": 1, "2": 4}


def test_a_move_within_one_fate_says_nothing() -> None:
    blocked = movement("a", 1, QI, StockStatus.BLOCKED)
    assert return_movements.move_of(blocked, 1) is None


@settings(max_examples=30)
@given(st.lists(UNITS, min_size=1, max_size=4), st.data())
def test_moves_in_any_order_and_twice_say_the_same(units: list[int], data: st.DataObject) -> None:
    moves = [moved(f"m{n}", each, None, QI) for n, each in enumerate(units)]
    moves += [moved("s", units[0], QI, data.draw(st.sampled_from([StockStatus.AVAILABLE, None])))]
    mixed = data.draw(st.permutations([*moves, *moves]))
    one, other = returned(*moves), returned()
    for move in mixed:
        joined = return_moves.joined(other.moves, [move])
        other = other.model_copy(update={"moves": joined})
    assert other == one
    assert sum(came(sold(), other).values()) == sum(units)
    assert sum(return_moves.fates(other)["HAT-M"].values()) == sum(units)
