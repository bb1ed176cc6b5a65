"""Read queue of one connection: polls, re-reads that hints asked for, held orders, comparisons."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import bootstrap
from functions.runtime import Body, each_message, out_of_time
from shared.flows import keys
from shared.flows.billing import Bills
from shared.flows.books import Books
from shared.flows.capture import Capture
from shared.flows.cases import Cases
from shared.flows.compare import Comparer
from shared.flows.compare_source import BEGIN, SourceComparer
from shared.flows.derive import Deriver
from shared.flows.findings import Findings
from shared.flows.payouts import Payouts
from shared.flows.promises import Promises
from shared.flows.read import Reader
from shared.flows.returns import ErpReturns
from shared.flows.shipments import Shipments
from shared.flows.subscriptions import NOW, Subscriptions
from shared.model.accuracy import Variance
from shared.model.books import BookRules
from shared.model.parity import Cause, Comparison
from shared.ports import Table
from shared.settings import Settings as Base


class Settings(Base):
    connection: str
    tables: dict[Table, str]
    queues: dict[str, str]
    secrets: dict[str, str]
    bus: str


def reader() -> Reader:
    name = bootstrap.environment().connection
    cases = Cases(bootstrap.store(), bootstrap.clock, bootstrap.retailer())
    common: dict[str, Any] = {
        "store": bootstrap.store(),
        "queues": bootstrap.queues(),
        "issues": bootstrap.issues(),
        "clock": bootstrap.clock,
        "retailer": bootstrap.retailer(),
    }
    return Reader(
        connection=name,
        source=bootstrap.connector(name),
        capture=Capture(
            bus=bootstrap.bus(), cases=cases, limits=bootstrap.address_limits(), **common
        ),
        shipments=Shipments(connection=name, bus=bootstrap.bus(), cases=cases, **common),
        returns=ErpReturns(connection=name, bus=bootstrap.bus(), cases=cases, **common),
        promises=Promises(
            connection=name,
            store=bootstrap.store(),
            queues=bootstrap.queues(),
            bus=bootstrap.bus(),
            cases=cases,
            clock=bootstrap.clock,
        ),
        bills=Bills(
            connection=name,
            store=bootstrap.store(),
            queues=bootstrap.queues(),
            bus=bootstrap.bus(),
            cases=cases,
            clock=bootstrap.clock,
        ),
        payouts=Payouts(name, books(cases), bootstrap.queues()),
        **common,
    )


def books(cases: Cases) -> Books:
    retailer = bootstrap.retailer()
    return Books(
        store=bootstrap.store(),
        cases=cases,
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=retailer,
        rules=retailer.books or BookRules(),
    )


def comparer() -> Comparer:
    name = bootstrap.environment().connection
    return Comparer(
        connection=name,
        channel_client=bootstrap.connector(name),
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        findings=Findings(name, bootstrap.issues(), bootstrap.bus(), bootstrap.clock),
        deriver=Deriver(
            store=bootstrap.store(),
            queues=bootstrap.queues(),
            issues=bootstrap.issues(),
            clock=bootstrap.clock,
            retailer=bootstrap.retailer(),
        ),
        clock=bootstrap.clock,
        retailer=bootstrap.retailer(),
    )


def compare(body: Body, stop: Callable[[], bool]) -> None:
    found = comparer().handle(body, out_of_time=stop)
    if found is not None:
        bootstrap.logger.info("compared", channel=found.channel, facet=found.facet)
        measure(found)


def compare_source(body: Body, stop: Callable[[], bool]) -> None:
    """Hold all stock of this connection against what is known of it."""
    name = bootstrap.environment().connection
    comparer = SourceComparer(
        connection=name,
        source=bootstrap.connector(name),
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
        retailer=bootstrap.retailer(),
    )
    found = comparer.handle(body, out_of_time=stop)
    if found is None:
        return
    bootstrap.metrics.add_dimension("source", found.source)
    counts = {"StockCompared": found.compared, "StockEqual": found.equal}
    counts |= {f"StockDiffering{c.title()}": found.differing.get(c, 0) for c in Variance}
    for metric, count in counts.items():
        bootstrap.metrics.add_metric(metric, MetricUnit.Count, count)
    bootstrap.metrics.flush_metrics()


def check_hooks(body: Body) -> None:
    """See whether this connection still sends us its webhooks."""
    name = bootstrap.environment().connection
    missing = Subscriptions(
        connection=name,
        vendor=bootstrap.connector(name),
        store=bootstrap.store(),
        queues=bootstrap.queues(),
        issues=bootstrap.issues(),
        clock=bootstrap.clock,
    ).check(now=body["hooks"] == NOW)
    bootstrap.logger.info("hooks looked at", missing=missing)


def measure(found: Comparison) -> None:
    """One set of metrics per channel and facet; the share of what is equal is theirs to divide."""
    counts = {
        "ParityCompared": found.tally.compared,
        "ParityEqual": found.tally.equal,
        "ParityAccepted": found.tally.accepted,
        "ParityMoving": found.tally.moving,
        "ParityWithheld": found.tally.withheld,
        "ParityHeld": found.tally.held,
        "ParityDiffering": sum(found.tally.differing.values()),
    } | {f"ParityDiffering{c.title()}": found.tally.differing.get(c, 0) for c in Cause}
    bootstrap.metrics.add_dimension("channel", found.channel)
    bootstrap.metrics.add_dimension("facet", found.facet.value)
    for name, count in counts.items():
        bootstrap.metrics.add_metric(name, MetricUnit.Count, count)
    bootstrap.metrics.flush_metrics()


@bootstrap.logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    stop = out_of_time(context)
    queue = keys.read_queue(bootstrap.environment().connection)

    def handle(body: Body) -> None:
        if body.get("compare") == BEGIN:
            compare_source(body, stop)
        elif "compare" in body:
            compare(body, stop)
        elif "hooks" in body:
            check_hooks(body)
        else:
            reader().handle(body, out_of_time=stop)

    return each_message(event, handle, queue=queue)
