"""What one deployment is made from: the retailer's file, and the few values stages differ in."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aws_cdk import App, Environment, RemovalPolicy

from shared.connectors.catalog import CATALOG, Connector
from shared.model.retailer import Connection, Retailer

ROOT = Path(__file__).resolve().parent.parent
NAME_MAX = 64  # of a function and of a rule
BUCKET_MAX = 63
ACCOUNT_DIGITS = 12

type Platform = Literal["arm64", "host"]


@dataclass(frozen=True, slots=True)
class Stage:
    """`prefix` begins every physical name, so that several retailers share one account.

    `file` is the retailer's, bundled with the functions. `platform` is what they run on: arm64,
    or `host`, whatever this machine is. ValueError if a name would be longer than AWS takes.
    """

    retailer: Retailer
    file: Path
    platform: Platform
    environment: Environment

    def __post_init__(self) -> None:
        archive = len(self.name("archive")) + 1 + ACCOUNT_DIGITS
        if archive > BUCKET_MAX:
            over = archive - BUCKET_MAX
            raise ValueError(f"retailer {self.retailer.retailer!r} is {over} characters too long")
        for connection in self.retailer.connections:
            over = len(self.name("poll", connection.name, "shipment")) - NAME_MAX
            if over > 0:
                raise ValueError(
                    f"retailer {self.retailer.retailer!r} and connection {connection.name!r} "
                    f"are together {over} characters too long"
                )

    @property
    def prefix(self) -> str:
        return f"shelfwire-{self.retailer.retailer}-{self.retailer.stage}"

    @property
    def sandbox(self) -> bool:
        return self.retailer.stage == "sandbox"

    @property
    def removal(self) -> RemovalPolicy:
        return RemovalPolicy.DESTROY if self.sandbox else RemovalPolicy.RETAIN

    def name(self, *parts: str) -> str:
        return "-".join((self.prefix, *parts))


def row_of(connection: Connection) -> Connector:
    return CATALOG[connection.system]


def stage_from(app: App) -> Stage:
    """Read the context: `retailer` names the file, `platform` is `arm64` or `host`."""
    named = app.node.try_get_context("retailer") or "retailers/example.toml"
    path = ROOT / str(named)
    retailer = Retailer.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    return Stage(
        retailer=retailer,
        file=path,
        platform=_platform(app.node.try_get_context("platform") or "arm64"),
        environment=Environment(
            account=app.node.try_get_context("account"),
            region=app.node.try_get_context("region"),
        ),
    )


def _platform(said: object) -> Platform:
    match said:
        case "arm64" | "host":
            return said
        case _:
            raise ValueError(f"platform is arm64 or host, not {said!r}")
