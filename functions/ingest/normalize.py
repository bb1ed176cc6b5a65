"""Stream of the inbox -> messages that say what to read again."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import partitions
from shared.connectors.catalog import CATALOG
from shared.flows.intake import Normalizer
from shared.ports import Key, Reading, Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    archive: str
    bus: str


def understand(connection: str, headers: Mapping[str, str], body: bytes) -> Sequence[Reading]:
    """Let the connection's own connector say what a delivery is about."""
    row = CATALOG[bootstrap.retailer().connection(connection).system]
    found: Sequence[Reading] = import_module(row.hints).readings(headers, body)
    return found


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Raises for the whole batch, which the stream then delivers again: a repeat is harmless."""
    del context
    normalizer = Normalizer(
        store=bootstrap.store(),
        blobs=bootstrap.blobs(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        understand=understand,
    )
    names = list(dict.fromkeys(partitions(event)))
    try:
        normalizer.handle([Key(Table.INBOX, name) for name in names])
    except Exception:
        bootstrap.logger.exception(
            "deliveries not taken in", deliveries=[name.replace("#", "/", 1) for name in names]
        )
        raise
