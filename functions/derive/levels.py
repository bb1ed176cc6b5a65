"""Stream of what lies where and what is promised -> levels, which do not wait for a price list."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.derive.targets import derived
from shared.flows import keys
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Raises for the whole batch, which the stream then delivers again: deriving twice is safe."""
    del context
    derived(event, theirs=keys.OTHER_FACTS)
