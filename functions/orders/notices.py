"""Stream of the orders -> mails to customers; each minute those that wait; replays by message."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import Body, each_message, orders_of, out_of_time
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.notices import Notices
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    tables: dict[Table, str]
    queues: dict[str, str]
    bus: str


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    """A batch of the stream that failed is delivered again: what is begun is not mailed twice."""
    store, clock, retailer = bootstrap.store(), bootstrap.clock, bootstrap.retailer()
    rules = retailer.notices
    if rules is None:
        return None
    cases, mailer = Cases(store, clock, retailer), bootstrap.mailer(rules)
    notices = Notices(store, cases, bootstrap.issues(), mailer, clock, retailer, rules)
    over = out_of_time(context)
    match event:
        case {"Records": [{"messageId": _}, *_]}:

            def again(said: Body) -> None:
                notices.again(said["notice"], said["mark"], after=said["after"])

            return each_message(event, again, queue=keys.MAIL_QUEUE)
        case {"Records": _}:
            mailed = notices.give(orders_of(event), out_of_time=over)
            bootstrap.logger.info("customers told", mails=mailed)
        case _:
            bootstrap.logger.info("mails looked after", rows=notices.overdue(out_of_time=over))
    return None
