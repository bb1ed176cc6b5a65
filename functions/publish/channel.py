"""Write queue of one channel: publish its dirty targets, tell it what was shipped."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import Body, each_message, out_of_time
from shared.connectors.catalog import CATALOG
from shared.errors import RetryableError
from shared.flows import keys
from shared.flows.cases import Cases
from shared.flows.leases import Leases
from shared.flows.publish import Publisher
from shared.flows.rechecks import recheck, reconsider
from shared.flows.refunds_told import RefundTeller
from shared.flows.returns_opened import ReturnTeller
from shared.flows.shipments_told import ShipmentTeller
from shared.model.ids import Facet
from shared.ports import Table
from shared.settings import Settings as Base

LEASE = timedelta(seconds=90)  # longer than the function's own time limit


class Settings(Base):
    connection: str
    tables: dict[Table, str]
    queues: dict[str, str]
    secrets: dict[str, str]
    bus: str


def publisher() -> Publisher:
    name = bootstrap.environment().connection
    row = CATALOG[bootstrap.retailer().connection(name).system]
    client = bootstrap.connector(name)
    return Publisher(
        connection=name,
        channel_client=client,
        guarded=frozenset(Facet(facet) for facet in row.compare_and_set),
        store=bootstrap.store(),
        leases=Leases(bootstrap.store(), bootstrap.clock, length=LEASE),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=bootstrap.retailer(),
        later=client if row.decides_later else None,
    )


def teller() -> ShipmentTeller:
    name = bootstrap.environment().connection
    return ShipmentTeller(
        connection=name,
        channel_client=bootstrap.connector(name),
        cases=Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer()),
        bus=bootstrap.bus(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
    )


def at_channel[T](flow: Callable[..., T]) -> T:
    """What has its channel do something of an order."""
    name = bootstrap.environment().connection
    return flow(
        connection=name,
        channel_client=bootstrap.connector(name),
        cases=Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer()),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        settle=bootstrap.retailer().connection(name).settle,
    )


@bootstrap.entry
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    stop = out_of_time(context)

    def handle(body: Body) -> None:
        if "ship" in body:
            again = body.get("retry") == "rejected"
            teller().tell(body["ship"], retry_rejected=again)
            at_channel(RefundTeller).tell(body["ship"], retry_rejected=again)
            at_channel(ReturnTeller).tell(body["ship"], retry_rejected=again)
            return
        if "target" in body:
            settle = bootstrap.retailer().connection(bootstrap.environment().connection).settle
            reconsider(body["target"], store=bootstrap.store(), settle=settle)
        if "check" in body:
            settle = bootstrap.retailer().connection(bootstrap.environment().connection).settle
            now = bootstrap.clock.now()
            recheck(body["check"], store=bootstrap.store(), settle=settle, now=now)
        published = publisher().run(out_of_time=stop, withheld=body.get("look") == "withheld")
        bootstrap.logger.info(
            "published",
            applied=published.applied,
            rejected=published.rejected,
            retried=published.retried,
            withheld=published.withheld,
        )
        if published.again is not None:
            wait = max(published.again - bootstrap.clock.now(), timedelta())
            raise RetryableError("there is more to publish later", after=wait)

    return each_message(event, handle, queue=keys.write_queue(bootstrap.environment().connection))
