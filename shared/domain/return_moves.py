"""What sources of stock moved under a return: units that came, and what became of them since.

A movement names an article and no line. It is kept as it was told, and which lines its units are of
follows from all that is known, so movements may come in any order and before the return is whole.
Sources tell of locations of their own, so what several of them tell is added up.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from shared.domain import orders
from shared.domain.returned_kits import Kits
from shared.model.case import Case
from shared.model.returns import (
    CALLED,
    Disposition,
    Receipt,
    ReceivedLine,
    Return,
    ReturnMove,
)

MOVED: Final = "sources"
"""Who tells what sources of stock tell, all of them together."""


def joined(*lists: Iterable[ReturnMove]) -> tuple[ReturnMove, ...]:
    """Each once, in the order in which they happened."""
    found = {(one.source, one.movement_id): one for each in lists for one in each}
    return tuple(sorted(found.values(), key=lambda x: (x.moved_at, x.source, x.movement_id)))


def receipts(case: Case, one: Return) -> tuple[Receipt, ...]:
    """What came by them: announced lines of the article are filled, and the last one overflows."""
    lines = _lines(case, one)
    left = _announced(one)
    kits, found = _kits(one, lines), list[Receipt]()
    for move in _came(one):
        whole = {move.sku: (move.quantity, move.became)} if move.sku in lines else kits.take(move)
        came = tuple(
            ReceivedLine(line_id=line_id, quantity=part, disposition=became)
            for sku, (units, became) in whole.items()
            for line_id, part in _spread(units, lines[sku], left)
        )
        if came:
            name = f"{move.source}/{move.movement_id}"
            found.append(
                Receipt(
                    receipt_id=name,
                    told_by=MOVED,
                    received_at=move.moved_at,
                    location=move.location,
                    lines=came,
                )
            )
    return tuple(found)


def strangers(case: Case, one: Return) -> Counter[str]:
    """Units that came of articles that are on no line of the return, and in no kit of one."""
    lines = _lines(case, one)
    kits = _kits(one, lines)
    for move in _came(one):
        if move.sku not in lines:
            kits.take(move)
    return kits.over


def _came(one: Return) -> Iterator[ReturnMove]:
    return (move for move in one.moves if move.was is None)


def _announced(one: Return) -> Counter[str]:
    found = Counter[str]()
    for line in one.lines:
        found[line.line_id] += line.quantity
    return found


def _kits(one: Return, lines: Mapping[str, list[str]]) -> Kits:
    units = _announced(one)
    announced = {sku: sum(units[name] for name in lines[sku]) for sku in one.kits if sku in lines}
    return Kits({sku: one.kits[sku] for sku in announced}, announced)


def twice(case: Case, one: Return, source: str, places: Collection[str]) -> Counter[str]:
    """Units of articles that calls and movements of a source both raise its stock by.

    So many as exceed what was announced: the same unit is not told by both.
    """
    lines = _lines(case, one)
    of = {line_id: sku for sku, listed in lines.items() for line_id in listed}
    announced, called, moved = Counter[str](), Counter[str](), Counter[str]()
    for line in one.lines:
        announced[of.get(line.line_id, "")] += line.quantity
    for receipt in one.receipts:
        for row in receipt.lines if _raises(receipt, places) else ():
            kept = row.disposition is not Disposition.SCRAP
            called[of.get(row.line_id, "")] += row.quantity * kept
    for move in one.moves:
        if move.source == source and move.was is None:
            moved[move.sku] += move.quantity
    over = called + moved - announced
    return Counter({sku: n for sku, n in over.items() if called[sku] and moved[sku]})


def _raises(receipt: Receipt, places: Collection[str]) -> bool:
    return receipt.told_by == CALLED and receipt.location in places


def fates(one: Return) -> dict[str, dict[str, int]]:
    """What became of the units that came by movements, by article, as far as it is told."""
    found: dict[str, Counter[str]] = {}
    for move in one.moves:
        units = found.setdefault(move.sku, Counter())
        units[move.became] += move.quantity
        if move.was is not None:
            units[move.was] -= move.quantity
    return {sku: dict(+units) for sku, units in sorted(found.items())}


def _lines(case: Case, one: Return) -> dict[str, list[str]]:
    """The lines of a return by their article."""
    announced = {line.line_id for line in one.lines}
    found: dict[str, list[str]] = {}
    for line in orders.lines_of(case):
        if line.line_id in announced and line.sku is not None:
            found.setdefault(line.sku, []).append(line.line_id)
    return found


def _spread(units: int, lines: list[str], left: Counter[str]) -> Iterator[tuple[str, int]]:
    for line_id in lines:
        more = units if line_id == lines[-1] else min(units, left[line_id])
        if more > 0:
            yield line_id, more
            units -= more
            left[line_id] -= more
