"""Read queue of one connection: polls, re-reads that hints asked for, held orders, comparisons."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import Body, each_message, out_of_time
from shared.flows import keys
from shared.flows.read import Part, Reader
from shared.model.ids import Entity
from shared.ports import Table
from shared.settings import Settings as Base

type Parts = Mapping[Entity, Callable[[], Part]]
type Release = Callable[[str, str], object]

LOOKING: Final = "functions.ingest.looking"
"""What is asked for now and then, and so is imported when it is."""


class Settings(Base):
    connection: str
    tables: dict[Table, str]
    queues: dict[str, str]
    secrets: dict[str, str]
    bus: str
    notifications: str
    """The ARN of the queue its vendor delivers to, if it does."""


def handled(
    event: dict[str, Any], context: LambdaContext, parts: Parts, release: Release | None = None
) -> dict[str, list[dict[str, str]]]:
    """Every message of a batch, by what its function can read."""
    stop = out_of_time(context)
    name = bootstrap.environment().connection

    def reader() -> Reader:
        return Reader(
            connection=name,
            parts=parts,
            store=bootstrap.store(),
            queues=bootstrap.queues(),
            issues=bootstrap.issues(),
            clock=bootstrap.clock,
            retailer=bootstrap.retailer(),
            release=release,
        )

    def handle(body: Body) -> None:
        if "compare" in body or "hooks" in body:
            import_module(LOOKING).handle(body, stop)
        else:
            reader().handle(body, out_of_time=stop)

    return each_message(event, handle, queue=keys.read_queue(name))
