"""What one deployment is made from: the retailer's file, and the few values stages differ in."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import App, Environment, RemovalPolicy

from shared.connectors.catalog import CATALOG, Connector, Kind
from shared.model.retailer import Connection, Retailer

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Stage:
    """`prefix` begins every physical name, so that several retailers share one account."""

    retailer: Retailer
    file: Path
    platform: str
    environment: Environment

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

    def connections(self, kind: Kind) -> list[Connection]:
        return [c for c in self.retailer.connections if row_of(c).kind is kind]


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
        platform=str(app.node.try_get_context("platform") or "arm64"),
        environment=Environment(
            account=app.node.try_get_context("account"),
            region=app.node.try_get_context("region"),
        ),
    )
