"""Position by position: what is known, held against what its source says now."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.model.accuracy import Accuracy, Difference, Variance
from shared.model.facts import StockCard
from shared.model.stock import StockPosition

EXAMPLES = 3  # differences of one cause that are kept as they are


def held_against(
    known: StockCard | None, said: StockCard, *, read_until: datetime | None
) -> Iterator[Difference | None]:
    """A difference for each position that has one, None for each that agrees.

    `read_until` is since when nothing more has been read of the source: what differs of a card that
    was told after it is late, and of an older one was missed.
    """
    ours = {p.location: p for p in known.positions} if known else {}
    theirs = {p.location: p for p in said.positions}
    gone = not theirs and not said.untold
    for location in sorted(ours.keys() | theirs.keys()):
        mine, yours = ours.get(location), theirs.get(location)
        if _same(mine, yours):
            yield None
            continue
        yield Difference(
            sku=said.sku,
            location=location,
            cause=Variance.GONE if gone else _cause(known, mine, yours, read_until),
            known=mine.on_hand if mine else None,
            said=yours.on_hand if yours else None,
        )


def counted(found: Accuracy, differences: Iterable[Difference | None]) -> Accuracy:
    """The figures with these positions, and the first few differences of each cause."""
    compared, equal = found.compared, found.equal
    differing, examples = dict(found.differing), list(found.examples)
    for one in differences:
        compared += 1
        if one is None:
            equal += 1
            continue
        differing[one.cause] = differing.get(one.cause, 0) + 1
        if sum(other.cause is one.cause for other in examples) < EXAMPLES:
            examples.append(one)
    update = {"compared": compared, "equal": equal, "differing": differing}
    return found.model_copy(update={**update, "examples": tuple(examples)})


def _same(mine: StockPosition | None, yours: StockPosition | None) -> bool:
    """Whether they agree; a position with nothing in it is none."""
    if mine is None or yours is None:
        one = mine or yours
        return one is None or one.empty
    return mine == yours


def _cause(
    known: StockCard | None,
    mine: StockPosition | None,
    yours: StockPosition | None,
    read_until: datetime | None,
) -> Variance:
    if mine is not None and yours is not None and mine.unit != yours.unit:
        return Variance.UNIT
    if known is None or mine is None:
        return Variance.MISSED
    if read_until is None:
        return Variance.UNEXPLAINED
    return Variance.LATE if known.as_of >= read_until else Variance.MISSED
