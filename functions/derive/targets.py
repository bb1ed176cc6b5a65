"""Stream of the facts -> what every channel should show."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import partitions
from shared.flows import keys
from shared.flows.derive import Deriver
from shared.flows.recovery import Mapper
from shared.flows.stock_alone import Moved, moved
from shared.ports import Table
from shared.settings import Settings as Base

STOCK = frozenset({"stock", "holds"})


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Of articles, prices and the clock, from which all that is shown may follow.

    Raises for the whole batch, which the stream then delivers again: deriving twice is safe.
    """
    del context
    derived(event, theirs=keys.LEVEL_FACTS)
    mapper = Mapper(bootstrap.store(), bootstrap.queues(), bootstrap.retailer())
    mapper.release(_new_articles(event))


def derived(event: dict[str, Any], *, theirs: tuple[str, ...]) -> None:
    """Derive what a batch is about, while another function does the same of `theirs`."""
    deriver = Deriver(
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=bootstrap.retailer(),
        bus=bootstrap.bus(),
        theirs=theirs,
    )
    found = deriver.derive(partitions(event), alone=_alone(event))
    bootstrap.logger.info("derived", records=len(event["Records"]), targets=found.written)


def _alone(event: dict[str, Any]) -> dict[str, Moved]:
    """Partitions of which nothing but positions and holds was written, and where."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for record in event["Records"]:
        row, new = record["dynamodb"]["Keys"], record["dynamodb"].get("NewImage", {})
        kind = row["sk"]["S"].split("#")[0]
        found.setdefault(row["pk"]["S"], []).append((kind, new.get("state", {}).get("S")))
    return {pk: moved(rows) for pk, rows in found.items() if {kind for kind, _ in rows} <= STOCK}


def _new_articles(event: dict[str, Any]) -> list[str]:
    return [
        record["dynamodb"]["Keys"]["pk"]["S"].removeprefix("sku#")
        for record in event["Records"]
        if record["eventName"] == "INSERT"
        and record["dynamodb"]["Keys"]["sk"]["S"].startswith("item#")
    ]
