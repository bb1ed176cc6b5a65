"""Import queue: what the store of dropped files tells, and how far each file has been read.

And what of a source's stock was set aside, to be judged again.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.capturing import capture
from functions.returning import returned
from functions.runtime import Body, each_message, out_of_time
from shared.errors import RejectedError
from shared.flows import keys
from shared.flows.asides import Asides, Where
from shared.flows.import_file import Importer
from shared.flows.import_run import dropped_files
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    files: str
    archive: str
    bus: str


def importer() -> Importer:
    return Importer(
        store=bootstrap.store(),
        files=bootstrap.files(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=bootstrap.retailer(),
        journal=bootstrap.journal(),
        capture=capture(),
    )


def asides() -> Asides:
    made = importer()
    return Asides(made.store, made.ledger, returned())


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    stop = out_of_time(context)

    def handle(body: Body) -> None:
        if where := Where.named(body):
            taken = asides().judge(where)
            bootstrap.logger.info("judged again", results=[str(one) for one in taken.results])
            return
        messages = dropped_files(body)
        if messages is None:
            raise RejectedError("the message tells of no file", field="body")
        for message in messages:
            run = importer().handle(message, out_of_time=stop)
            if run is not None:
                bootstrap.logger.info(
                    "file read", rows=run.rows, refused=run.refused, done=run.done
                )

    return each_message(event, handle, queue=keys.IMPORT_QUEUE)
