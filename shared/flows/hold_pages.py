"""Cards of holds with their pages: read together, checked against each other, written together.

A card that has no pages is one row, read once and written once. A page is read only if it may hold
what is asked for. One that is not there, or holds something else than its card says, was read at
another moment than the card: nothing is concluded from it, and both are read again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from shared.domain.hold_pages import SIZES, Holds, closed, opened, page_row, pages_of
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.shards import card_put
from shared.frozen import frozen
from shared.model.holds import HoldCard, HoldPage
from shared.ports import Key, Put, Row, Store

TOGETHER_MAX: Final = 100  # rows of one transaction
TRIES: Final = 8

type Change = Callable[[HoldCard], HoldCard]


@frozen
class Opened:
    """A card with the holds of these of its pages on it, and the rows all of it was read from."""

    card: HoldCard
    row: Row | None
    pages: Mapping[str, Row]

    def puts(self, changed: HoldCard, *, room: int) -> list[Put]:
        """The rows of the changed card, itself as the last; up to `room` of them are new pages."""
        held = {name: _holds(row) for name, row in self.pages.items()}
        card, pages = closed(changed, held, room=room, sizes=SIZES)
        puts = [self._page(name, holds, held.get(name, {})) for name, holds in pages.items()]
        return [*puts, card_put(card, self.row)]

    def _page(self, name: str, holds: Holds, before: Holds) -> Put:
        """A page's row; once nothing is on it, it may be forgotten."""
        row = self.pages.get(name)
        over = None if holds else max(hold.since for hold in before.values())
        body = page_row(self.card.sku, holds).model_dump(mode="json")
        return Put(keys.hold_page(self.card.sku, name), body, row.rev if row else 0, expires=over)


def open_cards(
    store: Store, rows: Mapping[Key, Row], skus: Iterable[str], instants: Collection[datetime]
) -> list[Opened] | None:
    """The cards of these SKUs with everything on them that is held since one of the instants.

    `rows` has the rows of the cards. None when somebody wrote one meanwhile.
    """
    read = {sku: rows.get(keys.hold(sku)) for sku in skus}
    cards = {
        sku: HoldCard.model_validate(row.body) if row else HoldCard(sku=sku)
        for sku, row in read.items()
    }
    wanted = {sku: pages_of(card, instants) for sku, card in cards.items()}
    pages = _pages(store, wanted)
    if pages is None:
        return None
    found = []
    for sku, card in cards.items():
        whole = opened(card, {name: _holds(row) for name, row in pages.get(sku, {}).items()})
        if whole is None:
            return None
        found.append(Opened(whole, read[sku], pages.get(sku, {})))
    return found


def changed_rows(cards: Iterable[Opened], change: Change, *, others: int) -> list[list[Put]]:
    """For each card that is another after the change: its rows, which only go together.

    With `others` all of them fit in one transaction, unless without any new page they do not.
    """
    changes = [(one, new) for one in cards if (new := change(one.card)) != one.card]
    made = [one.puts(new, room=0) for one, new in changes]
    spare = TOGETHER_MAX - others - sum(map(len, made))
    full = [i for i, (_, new) in enumerate(changes) if len(new.holds) > SIZES.card]
    for i in sorted(full, key=lambda i: -len(changes[i][1].holds)):
        one, new = changes[i]
        before = len(made[i])
        room = spare if spare >= 0 else TOGETHER_MAX - before
        made[i] = one.puts(new, room=room)
        spare -= len(made[i]) - before if spare >= 0 else 0
    return made


def commit_cards(store: Store, cards: Sequence[Sequence[Put]], ending: Sequence[Put]) -> bool:
    """Write all of it together, or if it is too much, card by card and then what ends with it."""
    writes = [*ending, *chain.from_iterable(cards)]
    if 1 < len(writes) <= TOGETHER_MAX:
        return store.commit_together(writes)
    done = store.commit([puts[0] for puts in cards if len(puts) == 1])
    done += [store.commit_together(puts) for puts in cards if len(puts) > 1]
    return all(done) and all(store.commit(ending))


def with_pages(
    store: Store, cards: Iterable[HoldCard], *, since: datetime | None = None
) -> dict[str, HoldCard] | None:
    """By SKU the cards with every hold on them that is not older; None if they have changed."""
    known = {card.sku: card for card in cards}
    wanted = {
        sku: [name for name, page in card.pages.items() if since is None or page.last >= since]
        for sku, card in known.items()
    }
    pages = _pages(store, wanted)
    if pages is None:
        return None
    found = {}
    for sku, card in known.items():
        whole = opened(card, {name: _holds(row) for name, row in pages.get(sku, {}).items()})
        if whole is None:
            return None
        found[sku] = whole
    return found


def whole_card(store: Store, row: Row) -> HoldCard:
    """Everything that is held of the SKU whose card this is, or was a moment ago.

    Raises RetryableError if its pages cannot be found.
    """
    now: Row | None = row
    for _ in range(TRIES):
        if now is None:
            break
        card = HoldCard.model_validate(now.body)
        found = with_pages(store, [card])
        if found is not None:
            return found[card.sku]
        now = store.get([row.key]).get(row.key)
    raise apart(row.key.pk)


def apart(name: str) -> RetryableError:
    return RetryableError(f"the card of holds of {name} and its pages do not say the same")


def _pages(store: Store, wanted: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Row]] | None:
    """Rows of pages by SKU and name; None if one is not there."""
    places = {
        keys.hold_page(sku, name): (sku, name) for sku, names in wanted.items() for name in names
    }
    rows = store.get(places) if places else {}
    if len(rows) < len(places):
        return None
    found: dict[str, dict[str, Row]] = {}
    for place, (sku, name) in places.items():
        found.setdefault(sku, {})[name] = rows[place]
    return found


def _holds(row: Row) -> Holds:
    return HoldPage.model_validate(row.body).holds
