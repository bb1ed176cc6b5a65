"""Tells people of tellings of stock that are likely to be wrong, and when that is over."""

from collections.abc import Collection, Iterable, Mapping

from shared.domain.stock_guards import begun, ended, guarded
from shared.flows.issues import Issues, Problem
from shared.model.facts import Doubt, StockCard
from shared.model.issue import IssueKind
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


def below_nothing(
    known: StockCard | None,
    new: StockCard,
    counted: Collection[str],
    *,
    issues: Issues,
    retailer: Retailer,
) -> StockCard:
    """A card kept by movements and counts, with what was counted below nothing, told of once.

    What movements alone take below it is not: the receipt may still be on its way.
    """
    since = {doubt.location: doubt.since for doubt in known.doubts} if known else {}
    if not counted and not since:
        return new
    doubts = tuple(
        Doubt(
            location=p.location,
            kind="negative",
            since=since.get(p.location, new.as_of),
            said=str(p.on_hand),
        )
        for p in new.positions
        if p.on_hand < 0 and (p.location in counted or p.location in since)
    )
    if not doubts and not since:
        return new
    kept = new.model_copy(update={"doubts": doubts})
    issues.report(_problem(kept, doubt, retailer) for doubt in begun(known, kept))
    _over(ended(known, kept), kept, issues)
    return kept


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
    return Problem(
        kind=IssueKind(f"stock_{doubt.kind}"),
        subject=_subject(card, doubt),
        connection=card.source,
        summary=f"stock of {card.sku} at {doubt.location} {told}; {_SHOWN[policy]}",
        remedy=remedy.format(source=card.source),
        field=f"positions.{doubt.location}",
        value=doubt.said,
    )
