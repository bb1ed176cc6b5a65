"""How every connection fares: its circuit, what is left of its rate, who calls it now."""

from datetime import datetime

from shared.flows import keys
from shared.flows.breaker import Circuit
from shared.flows.pacing import Rate
from shared.flows.slots import taken
from shared.kit.bucket import MILLI
from shared.model.base import Json
from shared.model.retailer import Connection, Retailer
from shared.ports import Key, Row, Store


def connections(store: Store, retailer: Retailer, *, now: datetime) -> list[dict[str, Json]]:
    """One entry for each connection of the retailer's file, in its order."""
    wanted = [key for c in retailer.connections for key in (*_keys(c), *_places(c))]
    rows = store.get(wanted)
    return [_connection(c, rows, now) for c in retailer.connections]


def _keys(connection: Connection) -> tuple[Key, Key]:
    return keys.breaker(connection.name), keys.rate(connection.name)


def _places(connection: Connection) -> list[Key]:
    limits = connection.limits
    return keys.slots(connection.name, limits.slots) if limits.slots_are_counted else []


def _connection(connection: Connection, rows: dict[Key, Row], now: datetime) -> dict[str, Json]:
    breaker, rate = (rows.get(key) for key in _keys(connection))
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
        said["calls_under_way"] = sum(taken(rows.get(key), now) for key in _places(connection))
    return said


def _state(circuit: Circuit, now: datetime) -> str:
    if not circuit.open:
        return "closed"
    return "half-open" if circuit.until is None or now >= circuit.until else "open"
