"""Which simulator stands in for which connection, and the retailer's file that leads to them."""

import tomllib
from pathlib import Path
from typing import Self, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from sandbox.check import require_right
from sandbox.failures import CannotRunError
from sandbox.home import Home
from sandbox.processes import LOOPBACK, free_port, port_is_free
from sandbox.simulators import Standing, stand
from sandbox.toml_text import written
from shared.model.base import Canonical
from shared.model.retailer import LOOPBACK as LOOPBACK_NAMES
from shared.model.retailer import Connection, Retailer

type Tables = list[dict[str, object]]


class Plan(Canonical):
    retailer: str
    control_port: int
    vendors: tuple[Standing, ...]

    @classmethod
    def made(cls, home: Home, file: Path) -> Self:
        """Derive a file whose connections lead to loopback, and keep the plan beside it."""
        require_right(file)
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        retailer = Retailer.model_validate(raw)
        wanted = _ports_before(home)
        vendors = tuple(_standing(c, wanted.get(c.name)) for c in retailer.connections)
        _lead_to(vendors, raw)
        derived = home.path("retailer.toml")
        derived.write_text(written(raw | {"stage": "sandbox"}), encoding="utf-8")
        plan = cls(retailer=str(derived), control_port=free_port(), vendors=vendors)
        home.path("plan.json").write_text(plan.model_dump_json(), encoding="utf-8")
        return plan

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.model_validate_json(path.read_bytes())

    def vendor(self, connection: str) -> Standing:
        for vendor in self.vendors:
            if vendor.connection == connection:
                return vendor
        known = ", ".join(vendor.connection for vendor in self.vendors)
        raise CannotRunError(f"no connection is called {connection!r}", f"known: {known}")


def _lead_to(vendors: tuple[Standing, ...], raw: dict[str, Tables]) -> None:
    """Change base URLs to loopback, and external locations to the ids a simulator gives them."""
    for standing, connection in zip(vendors, raw["connections"], strict=True):
        path = urlsplit(str(connection["base_url"])).path
        connection["base_url"] = f"http://{LOOPBACK}:{standing.port}{path}"
        place = stand(standing.system).place
        if place is None:
            continue
        names = [cast("dict[str, str]", location["external"]) for location in raw["locations"]]
        known = [external for external in names if standing.connection in external]
        for number, external in enumerate(known):
            external[standing.connection] = place(number)


def _ports_before(home: Home) -> dict[str, int]:
    """The ports of the last plan: with them the file, and so the synthesis, stays the same."""
    try:
        before = Plan.read(home.path("plan.json"))
    except (OSError, ValidationError):
        return {}
    return {vendor.connection: vendor.port for vendor in before.vendors}


def _standing(connection: Connection, before: int | None) -> Standing:
    """Its port is the one in its file if that leads to loopback, else the last, else any."""
    url = urlsplit(connection.base_url)
    host = url.hostname or LOOPBACK
    wanted = url.port if host in LOOPBACK_NAMES and url.port else before
    port = wanted if wanted and port_is_free(wanted) else free_port()
    return Standing(
        connection=connection.name,
        system=connection.system,
        host=host,
        port=port,
        secret=stand(connection.system).secret(f"http://{LOOPBACK}:{port}{url.path}"),
    )
