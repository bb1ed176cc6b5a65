"""What a retailer's file must agree with outside itself: systems, settings, zones, secrets."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import TypeIs, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from shared.connectors.catalog import CATALOG, Connector, Kind
from shared.model.consistency import Mistake, Plain, items, text, texts

_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,128}")
_CREDENTIAL = re.compile(
    r"^(shp[a-z]{2}_|sk_|pk_|AKIA|ASIA|eyJ|gh[pousr]_|-----BEGIN|Bearer |Basic |\{)", re.IGNORECASE
)
# A name is made of words; twenty letters and digits without a break, or a UUID, are not.
_RANDOM = re.compile(
    r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{20,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_CONFIDENTIAL = re.compile(r"secret|password|token|key|credential", re.IGNORECASE)


def mistakes(retailer: Plain) -> Iterator[Mistake]:
    """Everything that names a thing which does not exist, or gives away what must stay secret."""
    for i, connection in items(retailer, "connections"):
        at = f"connections.{i}"
        yield from _secret(at, connection)
        yield from _system(at, connection)
        if row := CATALOG.get(text(connection, "system") or ""):
            yield from _shadow(at, connection, row)
            yield from _settings(at, connection, row)
    yield from _shared_secrets(retailer)
    for i, channel in items(retailer, "channels"):
        yield from _zone(f"channels.{i}.zone", text(channel, "zone"))
        yield from _kinds(f"channels.{i}", channel, retailer)
        yield from _places(f"channels.{i}", channel, retailer)
        yield from _payments(f"channels.{i}.orders.release_when", channel, retailer)


def confidential(path: str, value: str) -> bool:
    """Whether a value must not be shown again."""
    if "@" in urlsplit(value).netloc or _CREDENTIAL.match(value):
        return True
    return bool(_CONFIDENTIAL.search(path)) and not _looks_like_a_name(value)


def _looks_like_a_name(value: str) -> bool:
    named = _SECRET_NAME.fullmatch(value) is not None
    return named and not _CREDENTIAL.match(value) and not _RANDOM.search(value)


def _secret(at: str, connection: Plain) -> Iterator[Mistake]:
    secret = text(connection, "secret")
    if secret is not None and not _looks_like_a_name(secret):
        yield Mistake(
            f"{at}.secret",
            "looks like a credential, not like the name of one",
            "keep the value in Secrets Manager and write its name here, like 'erp'",
        )


def _shared_secrets(retailer: Plain) -> Iterator[Mistake]:
    seen: dict[str, str] = {}
    for i, connection in items(retailer, "connections"):
        secret = text(connection, "secret")
        if secret is None:
            continue
        if secret in seen:
            problem = f"is also the secret of {seen[secret]!r}"
            yield Mistake(f"connections.{i}.secret", problem, "give each connection its own")
        seen.setdefault(secret, text(connection, "name") or f"connection {i}")


def _system(at: str, connection: Plain) -> Iterator[Mistake]:
    system = text(connection, "system")
    if system is not None and system not in CATALOG:
        yield Mistake(f"{at}.system", "no such system", _choice(system, list(CATALOG)))


def _shadow(at: str, connection: Plain, row: Connector) -> Iterator[Mistake]:
    if connection.get("shadow") is True and row.kind is not Kind.CHANNEL:
        problem = f"{row.title} is no sales channel"
        yield Mistake(f"{at}.shadow", problem, "remove it: only a channel can be in shadow")


def _settings(at: str, connection: Plain, row: Connector) -> Iterator[Mistake]:
    settings = connection.get("settings", {})
    if not isinstance(settings, Mapping):
        return
    for key in settings:
        if key not in row.settings:
            problem = f"{row.title} has no such setting"
            yield Mistake(f"{at}.settings.{key}", problem, _choice(key, list(row.settings)))
        elif key == "zone":
            yield from _zone(f"{at}.settings.zone", text(cast("Plain", settings), "zone"))
    yield from _values(at, cast("Plain", settings), row)


def _values(at: str, settings: Plain, row: Connector) -> Iterator[Mistake]:
    """What the connector itself says about the values."""
    model = _model(row)
    if model is None:
        return
    try:
        model.model_validate({k: v for k, v in settings.items() if k in row.settings})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path = ".".join(str(part) for part in (at, "settings", *detail["loc"]))
            meaning = row.settings.get(str(detail["loc"][0]), "") if detail["loc"] else ""
            if detail["type"] == "missing":
                yield Mistake(path, "is missing", f"add it: {meaning}")
                continue
            message = detail["msg"]
            yield Mistake(path, message[0].lower() + message[1:], f"correct it: {meaning}")


def _model(row: Connector) -> type[BaseModel] | None:
    """The connector's own model of its settings, if it keeps one in `settings.py`."""
    package = row.factory.partition(":")[0].rpartition(".")[0]
    if find_spec(f"{package}.settings") is None:
        return None
    for found in vars(import_module(f"{package}.settings")).values():
        if _is_model(found) and set(found.model_fields) == set(row.settings):
            return found
    return None


def _is_model(found: object) -> TypeIs[type[BaseModel]]:
    return isinstance(found, type) and issubclass(found, BaseModel)


def _zone(path: str, zone: str | None) -> Iterator[Mistake]:
    if zone is None:
        return
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        yield Mistake(path, "no such time zone", "use a name like Europe/London or UTC")


def _kinds(at: str, channel: Plain, retailer: Plain) -> Iterator[Mistake]:
    """A channel sells through a shop and posts to an ERP, never the other way round."""
    systems = {text(c, "name"): text(c, "system") for _, c in items(retailer, "connections")}
    for field, wanted in (("connection", Kind.CHANNEL), ("erp", Kind.ERP)):
        row = CATALOG.get(systems.get(text(channel, field)) or "")
        if row is not None and row.kind is not wanted:
            said = {Kind.CHANNEL: "a sales channel", Kind.ERP: "an ERP"}
            yield Mistake(
                f"{at}.{field}",
                f"{row.title} is {said[row.kind]}",
                f"name a connection to {said[wanted]}",
            )


def _payments(path: str, channel: Plain, retailer: Plain) -> Iterator[Mistake]:
    """Nothing waits for payments that are never told."""
    systems = {text(c, "name"): text(c, "system") for _, c in items(retailer, "connections")}
    row = CATALOG.get(systems.get(text(channel, "connection")) or "")
    orders = channel.get("orders")
    said = orders.get("release_when") if isinstance(orders, Mapping) else None
    if row is not None and row.collects and said in {"authorised", "captured"}:
        problem = f"{row.title} tells of no payment: every order would be held for good"
        yield Mistake(path, problem, "write 'placed', or leave it out")


def _places(at: str, channel: Plain, retailer: Plain) -> Iterator[Mistake]:
    """Each place a channel shows stock of needs a name there and at the ERP that counts it."""
    places = {text(p, "name"): p.get("external") for _, p in items(retailer, "locations")}
    both = [name for name in (text(channel, "connection"), text(channel, "erp")) if name]
    for j, name in texts(channel, "locations"):
        external = places.get(name)
        for connection in both:
            if isinstance(external, Mapping) and connection not in external:
                yield Mistake(
                    f"{at}.locations.{j}",
                    f"{connection!r} has no name for location {name!r}",
                    f"add {connection!r} to its `external`",
                )


def _choice(value: str, known: list[str]) -> str:
    close = get_close_matches(value, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(sorted(known))}" if known else "remove it; there are none"
