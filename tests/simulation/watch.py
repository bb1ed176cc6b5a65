"""What Shelfwire keeps, looked at whenever it changes: much of what goes wrong heals unseen."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from importlib import import_module
from typing import Any

from shared.connectors.catalog import CATALOG
from shared.domain import orders
from shared.flows import keys
from shared.flows.cases import TO_SEND
from shared.flows.intake import unpacked
from shared.model.case import Case, CaseState
from shared.model.holds import HoldCard, HoldPage
from shared.ports import Key, Put, Row, Table
from tests.simulation.compute import SKEW_MS
from tests.simulation.paged import on_pages
from tests.simulation.world import World

HOLDS = "holds"
PAGE = "holds#"
UNSENT = frozenset({CaseState.HELD, *TO_SEND})

type Broken = Callable[[str, str], None]
"""Name of an invariant, and the story."""


def watch_rows(world: World, broken: Broken) -> None:
    watch = _Watch(world, broken)
    world.store.tell(watch.changed)
    for queue in world.queues.values():
        queue.heard.append(partial(watch.heard, queue.name))


@dataclass(slots=True)
class _Watch:
    world: World
    broken: Broken
    received: dict[Key, int] = field(default_factory=dict)
    asked: dict[tuple[str, str, str], int] = field(default_factory=dict)
    unpaged: set[str] = field(default_factory=set)

    def heard(self, queue: str, text: str) -> None:
        body = json.loads(text)
        if "read" in body:
            self.asked[queue, body["read"], body["key"]] = self.world.engine.now_ms

    def changed(self, key: Key, old: Row | None, new: Row | None, put: Put | None) -> None:
        del put
        if key.table is Table.INBOX and new is not None:
            self._delivery(key, old, new)
        elif old is not None and new is not None:
            self._rewritten(key, old, new)

    def _rewritten(self, key: Key, old: Row, new: Row) -> None:
        if key.pk.startswith("lease#"):
            self._leased(key, old, new)
        elif key.sk == HOLDS:
            self._freed(old, new)
        elif key.pk.startswith(PAGE):  # together with its card, which is told of next
            before, now = HoldPage.model_validate(old.body), HoldPage.model_validate(new.body)
            self.unpaged |= before.holds.keys() - now.holds.keys()
        elif key.table is Table.FACTS and "as_of" in new.body:
            self._told(key, old, new)
        elif key.table is Table.ORDERS and "erp_order" in new.body:
            self._went_on(key, old, new)

    def _delivery(self, key: Key, old: Row | None, new: Row) -> None:
        if new.body["state"] == "received":
            self.received[key] = self.world.engine.now_ms
        elif new.body["state"] == "handled" and old is not None and old.raw is not None:
            self._handled(key, new.body["headers"], unpacked(old.raw))

    def _handled(self, key: Key, headers: Any, body: bytes) -> None:
        """At no moment is a delivery done with and what it hints at not asked for."""
        connection = key.pk.split("#", 1)[0]
        since = self.received.get(key, 0)
        system = self.world.retailer.connection(connection).system
        for reading in _hints(system).readings(headers, body):
            name = (keys.read_queue(connection), reading.entity.value, reading.key)
            if self.asked.get(name, -1) < since:
                self.broken("I6", f"delivery {key.pk} is handled, and {name} was not asked for")

    def _leased(self, key: Key, old: Row, new: Row) -> None:
        """Nobody becomes the owner while another one is; clocks may differ."""
        until = self.world.engine.ms_at(datetime.fromisoformat(str(old.body["until"])))
        left = until - self.world.engine.now_ms
        if new.body["fence"] != old.body["fence"] and left > SKEW_MS:
            self.broken(
                "one owner", f"{key.pk} was taken, and its owner had {left / 1000:.1f} s left"
            )

    def _told(self, key: Key, old: Row, new: Row) -> None:
        """No fact gives way to one that was read before it."""
        before, now = str(old.body["as_of"]), str(new.body["as_of"])
        if datetime.fromisoformat(now) < datetime.fromisoformat(before):
            self.broken("I4", f"{key.pk} {key.sk} as of {before} was overwritten as of {now}")

    def _freed(self, old: Row, new: Row) -> None:
        """Units are freed when their own order says so, and by nobody else's."""
        before, now = HoldCard.model_validate(old.body), HoldCard.model_validate(new.body)
        held = now.holds.keys() | on_pages(self.world.store, now).keys()
        freed, self.unpaged = (before.holds.keys() | self.unpaged) - held, set()
        for name in sorted(freed):
            holder = name.rsplit("/", 1)[0]
            if holder.startswith("reservation:"):
                self._let_go(holder, now.sku)
                continue
            key = keys.case(holder)
            case = Case.model_validate(self.world.store._get([key])[key].body)  # noqa: SLF001
            if case.erp_order in self.world.undone:
                continue  # by what was so before staff undid it: another round takes them again
            channel = self.world.retailer.channel(case.order.channel)
            if name in orders.holds(case, location=channel.locations[0]):
                self.broken("I5", f"{name} of {now.sku} was freed; its order is {case.state}")
            self._stopped(case, name)

    def _stopped(self, case: Case, hold: str) -> None:
        """Units are freed only when the ERP will not send them any more."""
        line_id = hold.rsplit("/", 1)[-1]
        known = case.erp_lines.get(line_id)
        held = self.world.vendors["erp"].tenant.by_reference.get(case.reference, [])
        for order in held:  # one that is there twice is nobody's, whichever landed first
            for item in order.items if order.number == case.erp_order else ():
                ours = known is not None and item.item == known.item
                if ours and not item.rejected and item.delivered < item.quantity:
                    self.broken("I5", f"{hold} was freed; the ERP may still send it")

    def _let_go(self, holder: str, sku: str) -> None:
        """Reserved units are let go with their reservation, in one transaction."""
        key = keys.reservation(holder.removeprefix("reservation:"))
        if self.world.store._get([key])[key].body["state"] == "held":  # noqa: SLF001 - from outside
            self.broken("I5", f"{holder} holds on, and its {sku} were freed")

    def _went_on(self, key: Key, old: Row, new: Row) -> None:
        """What the ERP has taken is never again on its way there."""
        before, now = old.body["erp_order"], new.body["erp_order"]
        if before is not None and (now != before or new.body["state"] in UNSENT):
            self.broken("I4", f"{key.pk}, taken as {before}, went back to {new.body['state']}")
        gone = [hop for hop in _hops(old) if hop not in _hops(new)]
        if gone and len(_hops(new)) < orders.TIMELINE_MAX:
            self.broken("I4", f"{key.pk} no longer knows that {gone}")


@cache
def _hints(system: str) -> Any:
    return import_module(CATALOG[system].hints)


def _hops(row: Row) -> list[tuple[str, str]]:
    """What a case says has happened, and when."""
    timeline: Any = row.body["timeline"]
    return [(str(hop["at"]), str(hop["what"])) for hop in timeline]
