"""The rarer half of a read queue: comparisons with what is shown or said, and webhooks."""

from collections.abc import Callable, Mapping

from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap
from functions.runtime import Body
from shared.flows.compare import Comparer
from shared.flows.compare_source import BEGIN, SourceComparer
from shared.flows.derive import Deriver
from shared.flows.findings import Findings
from shared.flows.subscriptions import NOW, Subscriptions
from shared.model.accuracy import Variance
from shared.model.parity import Cause, Comparison


def handle(body: Body, stop: Callable[[], bool]) -> None:
    if "hooks" in body:
        check_hooks(body)
    elif body["compare"] == BEGIN:
        compare_source(body, stop)
    else:
        compare(body, stop)


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
    counts = {"StockCompared": found.compared, "StockEqual": found.equal}
    counts |= {f"StockDiffering{c.title()}": found.differing.get(c, 0) for c in Variance}
    _count({"source": found.source}, counts)


def check_hooks(body: Body) -> None:
    """See whether this connection still sends us its webhooks."""
    name, queue = bootstrap.environment().connection, bootstrap.environment().notifications
    vendor = bootstrap.connector(name)
    missing = Subscriptions(
        connection=name,
        vendor=vendor.told_in(queue) if queue else vendor,
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
    _count({"channel": found.channel, "facet": found.facet.value}, counts)


def _count(dimensions: Mapping[str, str], counts: Mapping[str, int]) -> None:
    for name, value in dimensions.items():
        bootstrap.metrics.add_dimension(name, value)
    for name, count in counts.items():
        bootstrap.metrics.add_metric(name, MetricUnit.Count, count)
    bootstrap.metrics.flush_metrics()
