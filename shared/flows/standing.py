"""How every connection fares: its circuit, what is left of its rate, who calls it now."""

from datetime import datetime

from shared.flows import keys
from shared.flows.breaker import Circuit
from shared.flows.pacing import Rate
from shared.kit.bucket import MILLI
from shared.model.base import Json
from shared.model.retailer import Connection, Retailer
from shared.ports import Key, Row, Store


def connections(store: Store, retailer: Retailer, *, now: datetime) -> list[dict[str, Json]]:
    """One entry for each connection of the retailer's file, in its order."""
    wanted = [key for c in retailer.connections for key in _keys(c.name)]
    rows = store.get(wanted)
    return [_connection(c, rows, now) for c in retailer.connections]


def _keys(name: str) -> tuple[Key, Key, Key]:
    return keys.breaker(name), keys.rate(name), keys.slots(name)


def _connection(connection: Connection, rows: dict[Key, Row], now: datetime) -> dict[str, Json]:
    breaker, rate, slots = (rows.get(key) for key in _keys(connection.name))
    circuit = Circuit.of(breaker)
    limits = connection.limits
    known = Rate.of(rate, limits, now)
    said: dict[str, Json] = {
        "connection": connection.name,
        "system": connection.system,
        "circuit": _state(circuit, now),
        "failures": circuit.failures,
        "since": circuit.since.isoformat() if circuit.since else None,
        "next_try": circuit.until.isoformat() if circuit.open and circuit.until else None,
        "last_failure": circuit.why or None,
        "pace": limits.pace,
        "calls_left": max(known.bucket.level, 0) // (limits.call * MILLI),
        "slots": limits.slots,
    }
    if known.curve is not None:
        said["calls_per_second"] = f"{known.bucket.rate / MILLI:.1f}"
    if limits.slots_are_counted:
        said["calls_under_way"] = _under_way(slots, now)
    return said


def _state(circuit: Circuit, now: datetime) -> str:
    if not circuit.open:
        return "closed"
    return "half-open" if circuit.until is None or now >= circuit.until else "open"


def _under_way(row: Row | None, now: datetime) -> int:
    places = row.body.get("places") if row else None
    held = places.values() if isinstance(places, dict) else ()
    return sum(datetime.fromisoformat(str(until)) > now for until in held)
