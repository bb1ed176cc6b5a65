"""Which holds of an article lie on its card, and which on pages beside it.

A row has a size it cannot exceed, and an article may have more open orders than fit in one. The
card keeps the newest; when there are too many on it, its oldest become a page. What the card says
of its pages is what they hold, always: both are written in one transaction.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from shared.model.holds import Hold, HoldCard, HoldPage, Paged

type Holds = Mapping[str, Hold]


class Sizes(NamedTuple):
    """So many holds a card keeps at most, and a page takes from it. `few` go back to the card."""

    card: int
    page: int
    few: int


SIZES: Final = Sizes(card=100, page=50, few=10)
"""A hold takes about 170 bytes and what is said of a page 110, of the 400 KB of a row."""


def held(holds: Iterable[Hold]) -> dict[str, int]:
    """Units by location."""
    found: dict[str, int] = {}
    for hold in holds:
        found[hold.location] = found.get(hold.location, 0) + hold.quantity
    return found


def pages_of(card: HoldCard, instants: Collection[datetime]) -> list[str]:
    """The pages that may hold something since one of these instants."""
    return [
        name
        for name, page in card.pages.items()
        if any(page.first <= instant <= page.last for instant in instants)
    ]


def opened(card: HoldCard, pages: Mapping[str, Holds]) -> HoldCard | None:
    """The card with the holds of these of its pages on it, and as many units in all.

    None where a page does not hold what the card says: they were read at different moments.
    """
    holds = dict(card.holds)
    for name, page in pages.items():
        if held(page.values()) != card.pages[name].held:
            return None
        holds |= page
    rest = {name: said for name, said in card.pages.items() if name not in pages}
    return card.model_copy(update={"holds": holds, "pages": rest})


def closed(
    card: HoldCard, pages: Mapping[str, Holds], *, room: int, sizes: Sizes = SIZES
) -> tuple[HoldCard, dict[str, Holds]]:
    """The reverse, once the card has changed: it, and those of its pages that have changed too.

    What was on a page stays there, or on the card if it is little; a page without holds is over. Up
    to `room` new pages are made of what is too much for the card.
    """
    said, holds, written = dict(card.pages), dict(card.holds), dict[str, Holds]()
    for name, before in pages.items():
        kept = {hold: holds[hold] for hold in before if hold in holds}
        if kept != before and len(kept) <= sizes.few:
            kept = {}
        if kept:
            said[name] = _said(kept.values())
            holds = {hold: one for hold, one in holds.items() if hold not in kept}
        if kept != before:
            written[name] = kept
    paged = card.paged
    while len(holds) > sizes.card and paged - card.paged < room:
        moved = _moved(holds, said.values(), sizes.page)
        paged += 1
        said[str(paged)], written[str(paged)] = _said(moved.values()), moved
        holds = {hold: one for hold, one in holds.items() if hold not in moved}
    update = {"holds": holds, "pages": said, "paged": paged}
    return card.model_copy(update=update), written


def page_row(sku: str, holds: Holds) -> HoldPage:
    return HoldPage(sku=sku, holds=dict(holds))


def _moved(holds: Holds, pages: Iterable[Paged], size: int) -> dict[str, Hold]:
    """The oldest of those newer than all pages, or of those older, whichever are more.

    So pages follow each other in time, but for what was left of some, and an order is on few.
    """
    newest = max((page.last for page in pages), default=None)
    listed = sorted(holds.items(), key=lambda named: (named[1].since, named[0]))
    old = sum(newest is not None and hold.since <= newest for hold in holds.values())
    first = 0 if old > len(listed) - old else old
    return dict(listed[first : first + size])


def _said(holds: Collection[Hold]) -> Paged:
    since = [hold.since for hold in holds]
    return Paged(held=held(holds), first=min(since), last=max(since))
