"""Every dead-letter queue and failure destination -> one exception each."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from shared.flows.recovery import dead_letter
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    bus: str
    prefix: str


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    del context
    failed = []
    for record in event["Records"]:
        physical = record["eventSourceARN"].rsplit(":", 1)[-1]
        queue = physical.removeprefix(f"{bootstrap.environment().prefix}-")
        try:
            problem = dead_letter(queue, record["body"], message_id=record["messageId"])
            bootstrap.issues().report([problem])
        except Exception:  # noqa: BLE001 - the letter must stay where it is, whatever failed
            failed.append(record["messageId"])
            bootstrap.logger.exception("dead letter kept", queue=queue)
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
