"""Buyers at checkouts of their own: they reserve, pay or walk away, and ask again when in doubt."""

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from shared.flows import keys
from shared.flows.reserve import reservation_name
from shared.model.holds import HoldCard
from shared.model.reservation import Reservation
from shared.ports import Key, Put, Row, Table
from tests.simulation.engine import SECOND
from tests.simulation.scenario import Play

PATIENCE = 6  # how often a buyer asks again after no answer or a busy one
CALLER = "shopfront"
ONE = "/v1/reservations/{reservation}"


@dataclass(slots=True)
class Checkouts:
    """`most` is how many units lie there: no more may ever be reserved and ordered together.

    `capped` says of a channel how many it offers at once: nobody gets more by one reservation.
    """

    play: Play
    sku: str
    most: int
    capped: dict[str, int] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    buyers: int = 0

    def __post_init__(self) -> None:
        self.play.world.store.tell(self._changed)
        self.play.notes["checkouts"] = self

    def come(self, channel: str, *, units: int, expires_s: int, then: str) -> None:
        """A buyer reserves, and then `leaves`, `releases`, or has the order of that name placed."""
        self.buyers += 1
        key = f"basket-{self.buyers}"
        body = {
            "channel": channel,
            "lines": [{"sku": self.sku, "quantity": units}],
            "expires_in_s": expires_s,
        }
        self._ask("POST /v1/reservations", {}, partial(self._got, channel, units, then), body, key)

    def _got(self, channel: str, units: int, then: str, said: dict[str, Any]) -> None:
        names = {"reservation": str(said["reservation"])}
        if then == "releases":
            self._ask(f"DELETE {ONE}", names, lambda _: None)
        elif then == "orders":
            number = self.play.basket(channel, [{"sku": self.sku, "quantity": units}])
            if number is not None:
                route = f"PUT {ONE}/order/{{order}}"
                self._ask(route, {**names, "order": str(number)}, lambda _: None)
            self.play.world.hear()

    def _ask(
        self,
        route: str,
        names: dict[str, str],
        then: Any,
        body: dict[str, Any] | None = None,
        key: str = "",
        tries: int = PATIENCE,
    ) -> None:
        event = {
            "routeKey": route,
            "rawPath": route,
            "headers": {"idempotency-key": key},
            "pathParameters": names,
            "requestContext": {"authorizer": {"jwt": {"claims": {"client_id": CALLER}}}},
            "body": json.dumps(body or {}),
        }

        def ended(result: Any, error: BaseException | None) -> None:
            status = 500 if error is not None else int(result["statusCode"])
            self.answers[status] += 1
            if status >= 500 and tries:
                again = partial(self._ask, route, names, then, body, key, tries - 1)
                self.play.world.engine.at(SECOND, again)
            elif status < 300:
                said = json.loads(result["body"])
                if status == 201:
                    self._held(key, said)
                then(said)

        self.play.world.functions["api-reservations"].invoke(event, ended)

    def _held(self, key: str, said: dict[str, Any]) -> None:
        """Who is told that units are reserved has them at that moment."""
        name = reservation_name(CALLER, key)
        store = self.play.world.store
        place, hold = keys.reservation(name), keys.hold(self.sku)
        rows = store._get([place, hold])  # noqa: SLF001 - from outside
        known = Reservation.model_validate(rows[place].body)
        card = HoldCard.model_validate(rows[hold].body)
        mine = [n for n in card.holds if n.startswith(f"{known.holder}/")]
        if known.open and not known.drawn and len(mine) != len(said["lines"]):
            self.broken.append(f"{name} was promised {said['lines']}, and {mine} are held")
        units, cap = sum(line.quantity for line in known.lines), self.capped.get(known.channel)
        if cap is not None and units > cap:
            self.broken.append(f"{known.channel} offers {cap} at once, and {name} has {units}")

    def _all_reserved(self, row: Row) -> tuple[int, int]:
        """Also what was dealt to counters and is no longer in them."""
        card = HoldCard.model_validate(row.body)
        counters = self.play.world.store.rows(Table.CONTROL)
        left = sum(r.units or 0 for r in counters if r.key.pk.startswith(f"counter#{self.sku}#"))
        mine, ordered = _reserved(row)
        return mine + max(0, sum(card.dealt.values()) - left), ordered

    def _changed(self, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
        """A reservation never takes what is not there; an order that a shop sold may."""
        del put
        if key != keys.hold(self.sku) or new is None:
            return
        before, after = _reserved(old), self._all_reserved(new)
        if after[0] > before[0] and sum(after) > self.most:
            self.broken.append(
                f"{after[0]} reserved and {after[1]} ordered of {self.sku}, there are {self.most}"
            )


@dataclass(slots=True)
class Kin:
    """Articles made of the same: `takes` are units of it in one of each, `most` lie there."""

    play: Play
    takes: dict[str, int]
    most: int
    tills: dict[str, Checkouts] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, (sku, each) in enumerate(self.takes.items()):
            till = Checkouts(self.play, sku, self.most // each, buyers=100 * number)
            self.tills[sku] = till
        self.play.world.store.tell(self._changed)
        self.play.notes["kin"] = self

    def _changed(self, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
        """Together they are never promised more than is there."""
        del old, new, put
        cards = {keys.hold(sku): each for sku, each in self.takes.items()}
        if key not in cards:
            return
        rows = self.play.world.store._get([*cards])  # noqa: SLF001 - from outside
        taken = sum(sum(_reserved(row)) * cards[at] for at, row in rows.items())
        if taken > self.most:
            self.broken.append(f"{taken} units are promised of {self.most}, some in kits")


def _reserved(row: Row | None) -> tuple[int, int]:
    """Units reserved, and units ordered."""
    holds = HoldCard.model_validate(row.body).holds if row else {}
    mine = sum(h.quantity for name, h in holds.items() if name.startswith("reservation:"))
    return mine, sum(h.quantity for h in holds.values()) - mine


def promised_and_kept(play: Play) -> list[str]:
    """Never more than there is, each promise held, nothing left held that nobody wants."""
    found = play.notes["checkouts"]
    assert isinstance(found, Checkouts)
    return found.broken + _stranded(play) + _unaccounted(play, found.sku)


def _stranded(play: Play) -> list[str]:
    return [
        f"reservation {row.body['reservation_id']} still holds units"
        for row in play.world.store.rows(Table.ORDERS)
        if row.key.sk == "reservation" and row.body["state"] in {"held", "planned", "abandoned"}
    ]


def once_among_kin(play: Play) -> list[str]:
    """No unit is promised both by itself and in a kit, nothing is left held that nobody wants."""
    kin = play.notes["kin"]
    assert isinstance(kin, Kin)
    broken = [one for till in kin.tills.values() for one in till.broken]
    return kin.broken + broken + _stranded(play)


def _unaccounted(play: Play, sku: str) -> list[str]:
    """Once every reservation has ended, what was dealt lies in the counters, to the unit."""
    rows = play.world.store._get([keys.hold(sku)])  # noqa: SLF001 - from outside
    dealt = sum(HoldCard.model_validate(row.body).dealt.get("london", 0) for row in rows.values())
    counters = play.world.store.rows(Table.CONTROL)
    left = sum(r.units or 0 for r in counters if r.key.pk.startswith(f"counter#{sku}#"))
    return [] if dealt == left else [f"{dealt} of {sku} are dealt, {left} lie in counters"]
