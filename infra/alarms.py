"""Alarms over queues, streams, functions and the API, and one page to look at.

Each kind has a runbook page.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.queue import WorkQueue
from infra.stage import Stage

ALARM_KINDS = (
    "api-errors",
    "dead-letters",
    "function-errors",
    "function-throttles",
    "oldest-message",
    "stream-behind",
)
OLDEST_MAX = Duration.minutes(15)
_OVER = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_QUIET = cloudwatch.TreatMissingData.NOT_BREACHING


class Alarms(Construct):
    """`streamed` are those of the functions that a table's stream feeds."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        *,
        functions: Sequence[lambda_.Function],
        streamed: Sequence[lambda_.Function],
        queues: Sequence[WorkQueue],
        door: api.HttpStage,
    ) -> None:
        super().__init__(scope, name)
        self._stage = stage
        self.topic = sns.Topic(self, "Topic", topic_name=stage.name("alarms"), enforce_ssl=True)
        for queue in queues:
            dead = queue.dead.metric_approximate_number_of_messages_visible()
            oldest = queue.work.metric_approximate_age_of_oldest_message()
            self._alarm("dead-letters", queue.name, dead, over=0)
            self._alarm("oldest-message", queue.name, oldest, over=OLDEST_MAX.to_seconds())
        for function in functions:
            label = function.node.id
            self._alarm("function-errors", label, function.metric_errors(), over=0)
            self._alarm("function-throttles", label, function.metric_throttles(), over=0)
        for function in streamed:
            behind = OLDEST_MAX.to_milliseconds()
            self._alarm("stream-behind", function.node.id, _age(function), over=behind)
        self._alarm("api-errors", "api", door.metric_server_error(), over=0)
        self._dashboard(
            {
                **_of_queues(queues),
                **_of_functions(functions),
                "age of the oldest stream record, ms": [_age(f) for f in streamed],
                "requests refused, and failed": [
                    door.metric_client_error(),
                    door.metric_server_error(),
                ],
            }
        )

    def _alarm(self, kind: str, about: str, metric: cloudwatch.IMetric, *, over: float) -> None:
        alarm = cloudwatch.Alarm(
            self,
            f"{kind}-{about}",
            alarm_name=self._stage.name(kind, about),
            alarm_description=f"docs/runbook/{kind}.md",
            metric=metric,
            threshold=over,
            evaluation_periods=1,
            comparison_operator=_OVER,
            treat_missing_data=_QUIET,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def _dashboard(self, graphs: Mapping[str, Sequence[cloudwatch.IMetric]]) -> None:
        widgets: list[cloudwatch.IWidget] = [
            cloudwatch.GraphWidget(title=title, left=metrics, width=12)
            for title, metrics in graphs.items()
        ]
        cloudwatch.Dashboard(
            self, "Page", dashboard_name=self._stage.name("overview"), widgets=[widgets]
        )


def _age(function: lambda_.Function) -> cloudwatch.Metric:
    return function.metric("IteratorAge", statistic="max")


def _of_queues(queues: Sequence[WorkQueue]) -> dict[str, list[cloudwatch.Metric]]:
    work = [queue.work for queue in queues]
    dead = [queue.dead for queue in queues]
    return {
        "messages waiting": [q.metric_approximate_number_of_messages_visible() for q in work],
        "age of the oldest message, s": [
            q.metric_approximate_age_of_oldest_message() for q in work
        ],
        "dead letters": [q.metric_approximate_number_of_messages_visible() for q in dead],
    }


def _of_functions(functions: Sequence[lambda_.Function]) -> dict[str, list[cloudwatch.Metric]]:
    return {
        "errors": [function.metric_errors() for function in functions],
        "throttles": [function.metric_throttles() for function in functions],
        "duration p99, ms": [function.metric_duration(statistic="p99") for function in functions],
    }
