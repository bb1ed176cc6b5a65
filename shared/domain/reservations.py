"""Which units a checkout gets: all it asks for, or the names of the lines that are short."""

from collections.abc import Callable, Mapping, Sequence

from shared.frozen import frozen
from shared.model.holds import Hold, HoldCard
from shared.model.reservation import Reservation, ReservedLine, Wish

type Levels = Mapping[str, Mapping[str, int]]
"""SKU -> location -> units that may be sold, in the channel's own order of locations."""


type Offered = Callable[[str, Levels], Mapping[str, int]]
"""The levels of an article, when of other articles so many units are taken by lines before."""


type Offers = Mapping[str, Mapping[str, int]]
"""Channel -> location -> units of one article that it may sell."""


@frozen
class Deal:
    """So many units at a location that each of these channels may draw."""

    location: str
    channels: tuple[str, ...]
    units: int


@frozen
class Short:
    """A line that cannot be had: `available` units are left for it, after the lines before."""

    line: int
    wish: Wish
    available: int


def placed(wishes: Sequence[Wish], offered: Offered) -> tuple[list[ReservedLine], list[Short]]:
    """Every line with its location, and those that are short; if any is, nothing is to be had.

    A line is taken whole from the first location that has all of it, else from one after another.
    """
    taken: dict[str, dict[str, int]] = {}
    lines: list[ReservedLine] = []
    short: list[Short] = []
    for number, wish in enumerate(wishes, start=1):
        mine = taken.get(wish.sku, {})
        open_to = {
            name: max(0, units - mine.get(name, 0))
            for name, units in offered(wish.sku, taken).items()
            if wish.location in {None, name}
        }
        if sum(open_to.values()) < wish.quantity:
            short.append(Short(number, wish, sum(open_to.values())))
            continue
        for part, (location, units) in enumerate(_from(open_to, wish.quantity), start=1):
            at = taken.setdefault(wish.sku, {})
            at[location] = at.get(location, 0) + units
            name = str(number) if part == 1 else f"{number}.{part}"
            lines.append(
                ReservedLine(line_id=name, sku=wish.sku, location=location, quantity=units)
            )
    return lines, short


def _from(open_to: Mapping[str, int], wanted: int) -> list[tuple[str, int]]:
    whole = next((location for location, units in open_to.items() if units >= wanted), None)
    if whole is not None:
        return [(whole, wanted)]
    found = []
    for location, units in open_to.items():
        taken = min(units, wanted)
        if taken:
            found.append((location, taken))
            wanted -= taken
    return found


def dealing(offers: Offers, channel: str) -> Deal | None:
    """What a channel that sells much draws, where it has most; None where it sells nowhere.

    Who may sell at least half as much there draws with it, from as many units as each of them may
    sell by itself. Who may sell less would leave too few for that, and draws none.
    """
    mine = offers.get(channel, {})
    location = max(mine, key=lambda place: mine[place], default=None)
    if location is None:
        return None
    there = {name: levels.get(location, 0) for name, levels in offers.items()}
    alike = {name: units for name, units in there.items() if 2 * units >= mine[location]}
    return Deal(location, tuple(alike), min(alike.values()))


def ended(reservation: Reservation, card: HoldCard) -> HoldCard:
    """The card without what this reservation takes, from its holds or from what was dealt."""
    if not reservation.drawn:
        return without_holds(reservation.holder, card)
    dealt = dict(card.dealt)
    for line in reservation.lines:
        if line.sku == card.sku:
            dealt[line.location] = dealt.get(line.location, 0) - line.quantity
    return card.model_copy(update={"dealt": dealt})


def with_holds(reservation: Reservation, card: HoldCard) -> HoldCard:
    """The card with everything this reservation takes of its SKU."""
    mine = {
        f"{reservation.holder}/{line.line_id}": Hold(
            order_id=reservation.holder,
            line_id=line.line_id,
            location=line.location,
            quantity=line.quantity,
            since=reservation.since,
        )
        for line in reservation.lines
        if line.sku == card.sku
    }
    return card.model_copy(update={"holds": {**card.holds, **mine}})


def without_holds(holder: str, card: HoldCard) -> HoldCard:
    """The card without what this order or reservation takes."""
    prefix = f"{holder}/"
    kept = {name: hold for name, hold in card.holds.items() if not name.startswith(prefix)}
    return card.model_copy(update={"holds": kept})
