"""An article that many check out at once: its units dealt to counters, and gathered again.

While it is hot, checkouts draw from a counter each, which takes what a partition can write, instead
of one after another from the card. The card knows how many units the counters were dealt; less what
is left in them, these are held. When the counters run low all that is left comes back to the card,
so that the last units are sold from there and none is stranded. No channel draws that may not sell
by itself, when they are dealt, all that the counters have; the others are sold from the card.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from shared.domain.reservations import Offers, dealing
from shared.errors import ThrottledError
from shared.flows import keys
from shared.flows.heat import Heat, Hot
from shared.frozen import frozen
from shared.kit.counters import Counters
from shared.model.holds import HoldCard
from shared.ports import Clock, Key, Put, Row, Store

COUNTERS: Final = 8
DEALT_AT_LEAST: Final = 10 * COUNTERS  # fewer are sold from the card
DRY: Final = 3  # counters that had not enough: then all is gathered
TRIES: Final = 6
HOT_FOR: Final = timedelta(minutes=1)  # then what channels have sold is taken into account
REMEMBERED: Final = timedelta(seconds=1)
TOUCHED: Final = timedelta(seconds=2)


@frozen
class Shards:
    store: Store
    counters: Counters
    clock: Clock
    heat: Heat

    def location(self, sku: str, channel: str) -> str | None:
        """Where this channel draws a hot article, as far as this container remembers, or None."""
        known = self.heat.hot.get(sku)
        if known is None or channel not in known.channels or self.clock.now() >= known.until:
            return None
        return known.location

    def remember(self, card: HoldCard) -> None:
        if card.dealt_at is not None:
            until = self.clock.now() + REMEMBERED
            self.heat.hot[card.sku] = Hot(card.dealt_at, card.dealt_to, until)
        else:
            self.heat.hot.pop(card.sku, None)

    def draw(self, sku: str, location: str, units: int, token: str) -> Key | None:
        """The counter that gave so many units; None when several have not as many."""
        home = self.heat.home
        if home is None:
            home = crc32(token.encode()) % COUNTERS
        dry = 0
        full: ThrottledError | None = None
        for number in (*range(home, COUNTERS), *range(home)):
            key = keys.counter(sku, location, number)
            try:
                drawn = self._drawn(key, units, token)
            except ThrottledError as error:  # the next one is another partition
                full = error
                continue
            if drawn:
                self.heat.home = number
                return key
            dry += 1
            if dry == DRY:
                return None
        if full is not None and not dry:
            raise full
        return None

    def _drawn(self, key: Key, units: int, token: str) -> bool:
        """Draw, and let the counter forget what this container drew before."""
        done = self.heat.settled.get(key)
        settled = [done] if done else ()
        if self.counters.draw(key, units, token, settled=settled) is None:
            return False
        self.heat.settled.pop(key, None)
        return True

    def settle(self, counter: Key, token: str) -> None:
        """The draw is known by its reservation; the counter need not remember it any longer."""
        self.heat.settled[counter] = token

    def touch(self, sku: str) -> bool:
        """Have it derived now and then while it sells; whoever was first has done it for all."""
        now = self.clock.now()
        if now < self.heat.touched.get(sku, now):
            return False
        self.heat.touched[sku] = now + TOUCHED
        key = keys.wake(sku)
        row = self.store.get([key]).get(key)
        said = row.body.get("woken") if row else None
        if isinstance(said, str) and now < datetime.fromisoformat(said) + TOUCHED:
            return False
        at = row.body.get("at") if row else None
        due = datetime.fromisoformat(str(at)) if at else None
        body = {"at": at, "woken": now.isoformat()}
        lane = keys.WAKE_LANE if due else None
        return self.store.commit([Put(key, body, row.rev if row else 0, lane=lane, due=due)])[0]

    def recall(self, sku: str, offers: Offers) -> None:
        """Gather if the counters have more than who draws from them may sell there by now."""
        known = self.heat.hot.get(sku)
        if known is None:
            return
        counters = self.store.get(_counters(sku, known.location)).values()
        least = min(offers.get(name, {}).get(known.location, 0) for name in known.channels)
        if sum(row.units or 0 for row in counters) > least:
            self.gather(sku)

    def deal(
        self, sku: str, channel: str, offers: Callable[[], Offers], *, parts: Sequence[str] = ()
    ) -> bool:
        """Deal what this channel and those like it may sell where it has most; whether it is hot.

        `offers` are asked for after the card was read, so that nobody's hold is missed, nor of a
        kit those of its `parts`.
        """
        rows = self.store.get(keys.hold(one) for one in (sku, *parts))
        row = rows.get(keys.hold(sku))
        card = _card(sku, row)
        if card.dealt_at is not None:
            self.remember(card)
            return True
        deal = dealing(offers(), channel)
        if deal is None:
            return False
        location = deal.location
        old = self.store.get(_counters(sku, location))
        left = sum(r.units or 0 for r in old.values())
        units = deal.units - left
        if units < DEALT_AT_LEAST:
            return False
        share, over = divmod(units, COUNTERS)
        dealt = [
            _counter_put(key, old.get(key), share + (number < over))
            for number, key in enumerate(_counters(sku, location))
        ]
        total = card.dealt.get(location, 0) + units
        hot = card.model_copy(
            update={
                "dealt": {**card.dealt, location: total},
                "dealt_at": location,
                "dealt_to": deal.channels,
                "gather_at": self.clock.now() + HOT_FOR,
            }
        )
        touched = [touch_put(part, rows.get(keys.hold(part))) for part in parts]
        if not self.store.commit_together([card_put(hot, row), *dealt, *touched]):
            return False
        self.remember(hot)
        return True

    def gather(self, sku: str) -> bool:
        """Take back what is left in counters; False when others draw too fast for that.

        Also what was given back to them after they were gathered.
        """
        self.heat.hot.pop(sku, None)
        for _ in range(TRIES):
            row = self._card_row(sku)
            card = _card(sku, row)
            of = {key: place for place in card.dealt for key in _counters(sku, place)}
            filled = {key: r for key, r in self.store.get(of).items() if r.units}
            if card.dealt_at is None and not filled:
                return True
            rest = dict(card.dealt)
            for key, counter in filled.items():
                rest[of[key]] -= counter.units or 0
            cold = card.model_copy(
                update={"dealt": rest, "dealt_at": None, "dealt_to": (), "gather_at": None}
            )
            emptied = [_counter_put(key, r, -(r.units or 0)) for key, r in filled.items()]
            if self.store.commit_together([card_put(cold, row), *emptied]):
                return True
        return False

    def gather_all(self, skus: Iterable[str]) -> None:
        """Take back what is left in counters of any of these."""
        rows = self.store.get(keys.hold(sku) for sku in dict.fromkeys(skus))
        for row in rows.values():
            if row.body.get("dealt"):
                self.gather(str(row.body["sku"]))

    def undo(self, sku: str, location: str, units: int, token: str) -> int:
        """Give back what a reservation drew that never came to be; how many units that were.

        A token is in one counter at most; given back once, it is in none.
        """
        for key in _counters(sku, location):
            if self.counters.undo(key, units, token) is not None:
                return units
        return 0

    def knows(self, sku: str, location: str, token: str) -> bool:
        """Whether a counter remembers that this token has drawn."""
        return any(token in r.drawn for r in self.store.get(_counters(sku, location)).values())

    def _card_row(self, sku: str) -> Row | None:
        key = keys.hold(sku)
        return self.store.get([key]).get(key)


def with_what_is_left(
    store: Store, rows: dict[Key, Row], *, of: Collection[str] | None = None
) -> dict[Key, Row]:
    """The rows, with cards that count as held only what was drawn from their counters.

    Those `of` these articles, if any are named; the others count all that was dealt.
    """
    cards = [
        r
        for r in rows.values()
        if r.key.sk == keys.HOLDS and r.body.get("dealt") and (of is None or r.body["sku"] in of)
    ]
    if not cards:
        return rows
    wanted: dict[Key, tuple[Key, str]] = {}
    for row in cards:
        card = HoldCard.model_validate(row.body)
        for location in card.dealt:
            wanted |= dict.fromkeys(_counters(card.sku, location), (row.key, location))
    left: dict[Key, dict[str, int]] = {}
    for key, counter in store.get(wanted).items():
        card_key, location = wanted[key]
        of = left.setdefault(card_key, {})
        of[location] = of.get(location, 0) + (counter.units or 0)
    changed = {row.key: _drawn(row, left.get(row.key, {})) for row in cards}
    return rows | changed


def card_put(card: HoldCard, row: Row | None) -> Put:
    """The card's row; in its lane while it is dealt, to be gathered."""
    return Put(
        keys.hold(card.sku),
        card.model_dump(mode="json"),
        row.rev if row else 0,
        lane=keys.HOT_LANE if card.gather_at else None,
        due=card.gather_at,
    )


def touch_put(sku: str, row: Row | None) -> Put:
    """The card as it is, on its next revision: whoever has read it must read it again."""
    return card_put(_card(sku, row), row)


def _drawn(row: Row, left: Mapping[str, int]) -> Row:
    card = HoldCard.model_validate(row.body)
    drawn = {place: max(0, units - left.get(place, 0)) for place, units in card.dealt.items()}
    body = card.model_copy(update={"dealt": drawn}).model_dump(mode="json")
    return Row(row.key, row.rev, body)


def _card(sku: str, row: Row | None) -> HoldCard:
    return HoldCard.model_validate(row.body) if row else HoldCard(sku=sku)


def _counters(sku: str, location: str) -> list[Key]:
    return [keys.counter(sku, location, number) for number in range(COUNTERS)]


def _counter_put(key: Key, row: Row | None, more: int) -> Put:
    units = (row.units or 0) + more if row else more
    return Put(key, {}, row.rev if row else 0, units=units, drawn=dict(row.drawn) if row else {})
