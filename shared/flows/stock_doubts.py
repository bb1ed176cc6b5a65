"""Tells people of tellings of stock that are likely to be wrong, and when that is over."""

from collections.abc import Collection, Iterable, Mapping

from shared.domain.stock_guards import begun, ended, guarded, noted
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.issues import Issues, Problem
from shared.model.facts import Doubt, StockCard
from shared.model.issue import IssueKind
from shared.model.movement import Level, Movement
from shared.model.retailer import Retailer
from shared.ports import Key, Row

_SAID = {
    "null": ("came without a quantity", "correct the quantity in {source}"),
    "missing": ("is no longer told of", "tell of the position, if it is empty as 0"),
    "negative": ("is told to be {said}", "count the location and correct the book in {source}"),
    "absurd": ("is told to be {said}", "correct the quantity in {source}, or raise `above`"),
}
_SHOWN = {
    "accept": "it counts as told, and below 0 as none",
    "keep": "the last good level stays",
    "floor": "the last good level stays, less a buffer that grows",
    "suppress": "none is shown",
}


def believed[T](
    told: Mapping[Key, T], rows: Mapping[Key, Row], *, issues: Issues, retailer: Retailer
) -> dict[Key, T | StockCard]:
    """What is told, but of stock only what is believed.

    Doubts are told of before anything is put down: a crash in between tells of them once more.
    """
    return {
        key: _judged(rows.get(key), card, issues, retailer) if isinstance(card, StockCard) else card
        for key, card in told.items()
    }


def _judged(row: Row | None, told: StockCard, issues: Issues, retailer: Retailer) -> StockCard:
    guards = retailer.stock_guards
    simple = guards.missing.unknown is None and not (row and row.body.get("doubts"))
    if simple and guarded(None, told, guards) is told:
        return told
    known = StockCard.model_validate(row.body) if row else None
    if known is not None and known.as_of > told.as_of:
        return told
    kept = guarded(known, told, guards)
    issues.report(_problem(kept, doubt, retailer) for doubt in begun(known, kept))
    _over(ended(known, kept), kept, issues)
    return kept


def noticed(
    known: StockCard | None,
    new: StockCard,
    counted: Collection[Level],
    *,
    issues: Issues,
    retailer: Retailer,
) -> StockCard:
    """A card kept by movements and counts, with what is doubted of it, told of once."""
    kept = noted(known, new, counted, retailer.stock_guards)
    if not kept.doubts and not (known and known.doubts):
        return kept
    issues.report(_problem(kept, doubt, retailer) for doubt in begun(known, kept))
    _over(ended(known, kept), kept, issues)
    return kept


def refused_late(movement: Movement, error: RejectedError) -> Problem:
    """One that had waited, and that was refused when its turn came: its caller was told to wait."""
    name = movement.movement_id
    return Problem(
        kind=IssueKind.BAD_MOVEMENT,
        subject=f"{movement.source}/{name}".replace("#", "_")[:200],
        connection=movement.source,
        summary=f"movement {name} of {movement.source} waited for ones before it and was then not "
        f"counted: {error}; SKU {movement.sku}, location {movement.location}",
        remedy=f"{error.remedy}; then send it again",
        field=error.field,
        value=str(error.value)[:200],
    )


def _over(doubts: Iterable[Doubt], kept: StockCard, issues: Issues) -> None:
    for doubt in doubts:
        kind = IssueKind(f"stock_{doubt.kind}")
        issues.solve(kind, _subject(kept, doubt), by="a telling that is believed")


def _subject(card: StockCard, doubt: Doubt) -> str:
    return f"{card.source}/{card.sku}/{doubt.location}"


def _problem(card: StockCard, doubt: Doubt, retailer: Retailer) -> Problem:
    what, remedy = _SAID[doubt.kind]
    policy = getattr(retailer.stock_guards, doubt.kind).then
    told = what.format(said=doubt.said)
    replay = _replay(card, doubt)
    if replay:
        remedy += "; what was told is set aside: send it anew, or have it judged again by a replay"
    return Problem(
        kind=IssueKind(f"stock_{doubt.kind}"),
        subject=_subject(card, doubt),
        connection=card.source,
        summary=f"stock of {card.sku} at {doubt.location} {told}; {_SHOWN[policy]}",
        remedy=remedy.format(source=card.source),
        field=f"positions.{doubt.location}",
        value=doubt.said,
        replay=replay,
    )


def _replay(card: StockCard, doubt: Doubt) -> dict[str, str] | None:
    """A message that has judged again what was set aside there."""
    aside = card.book.aside if card.book else ()
    if not any(one.entry.location == doubt.location for one in aside):
        return None
    names = {"source": card.source, "sku": card.sku, "place": doubt.location}
    return {"queue": keys.IMPORT_QUEUE, **names}
